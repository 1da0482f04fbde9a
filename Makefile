# Forseti's tasks. `make` lists them; `make check` is what CI does.

FUZZTIME ?= 10s
# A number of inputs, not a time: on a busy machine Go 1.26 may take the end of
# the time for a failure (golang/go#75804).
CHECKFUZZTIME ?= 2000x
BENCHTIME ?= 200ms
TIMEOUT ?= 20m
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# FORSETI_SHARED is the folder of third-party cases; tests that need it skip
# without it. Tests run in their own folders, so it has to be absolute.
ifdef FORSETI_SHARED
override FORSETI_SHARED := $(abspath $(FORSETI_SHARED))
export FORSETI_SHARED
endif

# The tools of tools/go.mod are built once, and again when their versions or the
# Go version change.
BIN := $(CURDIR)/.tools
TOOLS := $(BIN)/$(shell go env GOVERSION)-$(shell cat tools/go.mod tools/go.sum | cksum | cut -d ' ' -f 1).stamp
WIRE := proto/forseti/authorization/v1 proto/forseti/attribute/v1

.DEFAULT_GOAL := help
.PHONY: help build run test race fuzz conformance bench bench-full lint fmt gen check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## build bin/forseti, static and reproducible
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/forseti ./cmd/forseti

run: ## serve the policies of the folder policies
	go run ./cmd/forseti serve

test: ## run all tests
	go test -timeout $(TIMEOUT) ./...
	FORSETI_ALONE=1 go test -timeout $(TIMEOUT) ./contexthandler/faults

race: ## run all tests with the race detector (needs a C compiler)
	go test -race -timeout $(TIMEOUT) ./...

fuzz: ## run each fuzz target for FUZZTIME
	@tools/fuzz $(FUZZTIME)

conformance: ## run the third-party cases below FORSETI_SHARED
	@test -n "$$FORSETI_SHARED" || { echo 'conformance: set FORSETI_SHARED to the folder of the cases' >&2; exit 1; }
	go test -count=1 -timeout $(TIMEOUT) -run 'Conformance|Altinn' ./...

bench: $(TOOLS) ## measure decisions, and compare with bench/baseline.txt
	@go test -run '^$$' -bench Decision -count 6 -benchtime $(BENCHTIME) -timeout 1h ./bench > bench/latest.txt || { cat bench/latest.txt; exit 1; }
	$(BIN)/benchstat -filter .unit:ns/op bench/baseline.txt bench/latest.txt

bench-full: ## measure everything of docs/performance.md: half an hour and 5 GB of memory
	go run ./bench/report -w3 -img docs/img
	go run ./bench/rpc -w3
	cd bench/peers && go run . -w3

lint: $(TOOLS) ## lint Go and the wire contract, look for dead code and stale generated code
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	$(BIN)/buf breaking --against proto/baseline.binpb
	@tools/gencheck $(WIRE)
	go vet ./...
	$(BIN)/golangci-lint run ./...
	@tools/deadcode

fmt: $(TOOLS) ## format Go and the wire contract
	$(BIN)/golangci-lint fmt ./...
	$(BIN)/buf format --write

gen: $(TOOLS) ## generate Go from the wire contract, and docs/functions.md from the tables
	$(BIN)/buf generate
	go run ./cmd/forseti functions --markdown > docs/functions.md

check: lint build test race ## do what CI does
	@tools/fuzz $(CHECKFUZZTIME)

$(TOOLS):
	@echo 'building the tools of tools/go.mod: takes some minutes, once'
	@mkdir -p $(BIN) && rm -f $(BIN)/*.stamp
	@cd tools && GOBIN=$(BIN) go install -trimpath tool
	@touch $@
