package validate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// TestImage_Runs serves from the root of the image: read-only, with nothing else in
// it, as the user of the image, who has no capabilities and gets none. It needs to be
// root for that.
func TestImage_Runs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may change the root of a process")
	}
	mounts := &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if err := (&exec.Cmd{Path: program, Args: []string{"forseti", "version"}, SysProcAttr: mounts}).Run(); err != nil {
		t.Skipf("a process cannot have mounts of its own here: %v", err)
	}
	d := readDockerfile(t)
	user := one[*instructions.UserCommand](t, d.image).User
	work := one[*instructions.WorkdirCommand](t, d.image).Path
	image := imageRoot(t, work)

	conditions := map[string]string{becomeWhich: "/forseti", becomeRoot: image, becomeWork: work, becomeUser: user}
	cmd := again(conditions, append(one[*instructions.CmdCommand](t, d.image).CmdLine, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")...)
	cmd.SysProcAttr = mounts
	r := start(t, cmd)
	r.becomes("/readyz")

	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(user, ":")
	for _, want := range []string{`Uid:\t` + id + `\t` + id, `CapEff:\t0+$`, `CapPrm:\t0+$`, `NoNewPrivs:\t1`} {
		if !regexp.MustCompile(`(?m)^` + want).Match(state) {
			t.Errorf("got a process with\n%s\nwant %s", state, want)
		}
	}
	table, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m) / ro[, ]`).Match(table) {
		t.Errorf("the root is not read-only:\n%s", table)
	}

	health := one[*instructions.HealthCheckCommand](t, d.image).Health.Test[2:]
	check := func(more ...string) *exec.Cmd {
		cmd := again(conditions, append(health, more...)...)
		cmd.SysProcAttr = mounts
		return cmd
	}
	if output, err := check().CombinedOutput(); err == nil {
		t.Errorf("the health check of a service at another address says %q", output)
	}
	if output, err := check("--admin", r.admin).CombinedOutput(); err != nil || string(output) != "ready\n" {
		t.Errorf("the health check says %q (%v), want ready", output, err)
	}
	must(t, program, sampleQuestion(r)...)
	r.stop()
}

// imageRoot lays out the files of the image, and beside them what is mounted into it.
func imageRoot(t *testing.T, work string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(folder), 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(path, from string, mode os.FileMode) {
		t.Helper()
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, mode); err != nil {
			t.Fatal(err)
		}
	}
	put("forseti", program, 0o555)
	put("etc/forseti/forseti.yaml", filepath.Join(deploy, "kubernetes/overlays/development/forseti.yaml"), 0o444)
	samples, err := filepath.Glob(filepath.Join(root, "policies/*.xml"))
	if err != nil || len(samples) == 0 {
		t.Fatalf("there are no sample policies: %v", err)
	}
	for _, sample := range samples {
		put("policies/"+filepath.Base(sample), sample, 0o444)
	}
	if err := os.MkdirAll(filepath.Join(folder, work), 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}
