package validate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// deploy is the folder that is tested, root that of the repository.
const (
	deploy = ".."
	root   = "../.."
)

// margin is how much longer than server.shutdown_timeout a platform has to wait.
const margin = 10 * time.Second

// program is the path of forseti, as it is deployed: static, for this platform.
var program string

func TestMain(m *testing.M) {
	if err := become(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	folder, err := os.MkdirTemp("", "forseti-validate-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(folder, "forseti")
	code := 1
	if err := buildProgram(root, program); err != nil {
		fmt.Fprintln(os.Stderr, "forseti cannot be built:", err)
	} else {
		code = m.Run()
	}
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// buildProgram builds forseti as tools/release does.
func buildProgram(source, to string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version=test", "-o", to, "./cmd/forseti")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
