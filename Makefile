# Forseti's tasks. `make` lists them; `make check` is what CI does.

FUZZTIME ?= 10s
# A number of inputs, not a time: on a busy machine Go 1.26 may take the end of
# the time for a failure (golang/go#75804).
CHECKFUZZTIME ?= 2000x
FUZZLONG ?= 20m
BENCHTIME ?= 200ms
SOAK ?= 60m
TIMEOUT ?= 20m
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
# When the sources were made, in seconds of Unix time.
DATE ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

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

# What measures runs when nothing else does, and on the binary that was built.
ALONE := FORSETI_ALONE=1 FORSETI_BINARY=$(CURDIR)/bin/forseti

.DEFAULT_GOAL := help
.PHONY: help build run test race cover bugbank mutants vuln soak chaos fuzz fuzz-long conformance bench bench-full lint fmt gen release release-check deploy check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## build bin/forseti, static and reproducible
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/forseti ./cmd/forseti

run: ## serve the policies of the folder policies
	go run ./cmd/forseti serve

test: build ## run all tests, those that measure alone and last
	go test -timeout $(TIMEOUT) ./...
	$(ALONE) go test -p 1 -count 1 -timeout $(TIMEOUT) ./contexthandler/faults ./internal/programme/...

race: ## run all tests with the race detector (needs a C compiler)
	go test -race -timeout $(TIMEOUT) ./...

cover: ## print which share of each package tests run, and fail if it is too little
	@TIMEOUT=$(TIMEOUT) tools/cover

bugbank: ## seed the faults of internal/programme/bugbank, and see the tests find each
	FORSETI_LONG=1 go test -count=1 -v -timeout 3h -run 'TestBank$$' ./internal/programme/bugbank

mutants: ## change the engine in small ways, one at a time, and see whether its tests notice: hours
	@tools/mutants

vuln: ## look for known vulnerabilities in what the programs call: asks vuln.go.dev
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

soak: build ## have the service decide for SOAK, and look at what grows
	$(ALONE) FORSETI_LONG=1 FORSETI_SOAK=$(SOAK) go test -v -count 1 -timeout 0 ./internal/programme/soak

chaos: build ## the long forms of faults, restarts, reloads, overload and attacks: some hours, nothing else may run
	$(ALONE) FORSETI_LONG=1 go test -v -p 1 -count 1 -timeout 0 ./contexthandler/audit ./contexthandler/faults \
		./internal/programme/restart ./internal/programme/reload ./internal/programme/overload ./internal/programme/hostile

fuzz: ## run each fuzz target for FUZZTIME
	@tools/fuzz $(FUZZTIME)

fuzz-long: ## run each fuzz target for FUZZLONG: a night
	@tools/fuzz $(FUZZLONG)

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
	cd deploy/observability && go run . -check
	for module in deploy/observability deploy/validate tools/release; do \
		(cd $$module && $(BIN)/golangci-lint run -c $(CURDIR)/.golangci.yml ./...) || exit 1; done
	@tools/deadcode

fmt: $(TOOLS) ## format Go and the wire contract
	$(BIN)/golangci-lint fmt ./...
	$(BIN)/buf format --write

gen: $(TOOLS) ## generate Go from the wire contract; docs/functions.md, the dashboard, the rules and docs/alerts.md from tables
	$(BIN)/buf generate
	go run ./cmd/forseti functions --markdown > docs/functions.md
	cd deploy/observability && go run .

release: ## build archives, checksums and SBOMs for Linux into dist
	cd tools/release && go run . -source $(CURDIR) -out $(CURDIR)/dist -version $(VERSION) -date $(DATE)

release-check: ## make the release twice, in different folders, and compare: some minutes
	cd tools/release && FORSETI_RELEASE=1 go test -count=1 -v -timeout 1h -run TestReproducible .

deploy: ## test what is in deploy: the dashboard and rules, the manifests, the release
	cd deploy/observability && go test -timeout $(TIMEOUT) ./...
	cd deploy/validate && go test -timeout $(TIMEOUT) ./...
	cd tools/release && go test -timeout $(TIMEOUT) ./...

check: lint build test race deploy ## do what CI does
	@tools/fuzz $(CHECKFUZZTIME)

$(TOOLS):
	@echo 'building the tools of tools/go.mod: takes some minutes, once'
	@mkdir -p $(BIN) && rm -f $(BIN)/*.stamp
	@cd tools && GOBIN=$(BIN) go install -trimpath tool
	@touch $@
