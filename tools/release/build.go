package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
)

// build builds the binary of a platform. Nothing of the folder, the user, the
// version control or the environment gets into it.
func build(ctx context.Context, source, binary, version string, p platform) error {
	environment, err := buildEnvironment(ctx, source, p)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version="+version, "-o", binary, "./cmd/forseti")
	cmd.Dir, cmd.Env = source, environment
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// buildEnvironment is the environment with everything that changes what the
// compiler makes as it is by default, also what `go env -w` has changed. The
// modules have been fetched by now.
func buildEnvironment(ctx context.Context, source string, p platform) ([]string, error) {
	caches, err := goCommand(ctx, source, "env", "GOCACHE", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	builds, modules, _ := strings.Cut(strings.TrimSpace(string(caches)), "\n")
	var kept []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "GO") && !strings.HasPrefix(name, "CGO_") || name == "GOTOOLCHAIN" || name == "GOROOT" {
			kept = append(kept, variable)
		}
	}
	return append(kept, "GOENV=off", "GOPROXY=off", "GOWORK=off", "GOCACHE="+builds, "GOMODCACHE="+modules,
		"CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOAMD64=v1", "GOARM64=v8.0"), nil
}
