package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// binary is the environment variable with the program that Main made, or that was
// there before.
const binary = "FORSETI_BINARY"

// Main is the TestMain of a package of tests: it builds the program, unless
// FORSETI_BINARY names one, and looks for goroutines that are left behind. Without
// FORSETI_ALONE it runs nothing.
func Main(m *testing.M) {
	if os.Getenv("FORSETI_ALONE") == "" {
		fmt.Fprintln(os.Stderr, "skipped: FORSETI_ALONE is not set, which tells that nothing else runs")
		os.Exit(0)
	}
	remove, err := build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}))
}

// Long tells that there is time.
func Long() bool { return os.Getenv("FORSETI_LONG") != "" }

// Root is the folder of the repository.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("the tests do not run inside of the repository")
		}
		folder = parent
	}
}

func build() (remove func() error, err error) {
	if os.Getenv(binary) != "" {
		return func() error { return nil }, nil
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "forseti")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "forseti")
	command := exec.Command("go", "build", "-trimpath", "-o", file, "./cmd/forseti") //nolint:noctx // go build ends by itself
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the program cannot be built: %w\n%s", err, out)
	}
	return func() error { return os.RemoveAll(folder) }, os.Setenv(binary, file)
}
