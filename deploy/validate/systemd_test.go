package validate

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
)

// documentedExposure is what `systemd-analyze security` says, from 0 to 10, and
// docs/operations.md. Versions of systemd differ by a little.
const documentedExposure = 1.1

// unit gives the text of the unit, and the values of its keys.
func unit(t *testing.T) (text string, keys map[string][]string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(deploy, "systemd/forseti.service"))
	if err != nil {
		t.Fatal(err)
	}
	keys = make(map[string][]string)
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			keys[key] = append(keys[key], value)
		}
	}
	return string(data), keys
}

func needSystemd(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd-analyze (Debian package systemd)")
	}
}

// TestUnit_Verify: systemd takes every line of the unit.
func TestUnit_Verify(t *testing.T) {
	needSystemd(t)
	text, _ := unit(t)
	file := filepath.Join(t.TempDir(), "forseti.service")
	text = strings.ReplaceAll(text, "=/usr/bin/forseti ", "="+program+" ")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, output := run(t, "systemd-analyze", "verify", "--man=no", file); code != 0 || output != "" {
		t.Errorf("got exit code %d\n%s", code, output)
	}
	if err := os.WriteFile(file, []byte(text+"[Service]\nNoNewPrivilege=yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, output := run(t, "systemd-analyze", "verify", "--man=no", file); !strings.Contains(output, "NoNewPrivilege") {
		t.Errorf("a key that does not exist is not found: %q", output)
	}
}

// TestUnit_Exposure: the unit takes from the service what it does not need.
func TestUnit_Exposure(t *testing.T) {
	needSystemd(t)
	output := must(t, "systemd-analyze", "security", "--offline=yes", "--no-pager", filepath.Join(deploy, "systemd/forseti.service"))
	level := regexp.MustCompile(`Overall exposure level for forseti\.service: ([0-9.]+)`).FindStringSubmatch(output)
	if level == nil {
		t.Fatalf("no level in\n%s", output)
	}
	if got, err := strconv.ParseFloat(level[1], 64); err != nil || got > documentedExposure+0.2 {
		t.Errorf("the exposure is %s, want %v", level[1], documentedExposure)
	}
	t.Logf("exposure %s", level[1])
}

// TestUnit_Program: the unit runs commands that exist, and gives the service the time
// that it takes to stop.
func TestUnit_Program(t *testing.T) {
	_, keys := unit(t)
	for _, key := range []string{"ExecStart", "ExecStartPre"} {
		for _, line := range keys[key] {
			words := strings.Fields(line)
			if words[0] != "/usr/bin/forseti" {
				t.Errorf("%s is %q", key, line)
			}
			checkCommandLine(t, key, words[1:])
		}
	}
	limit, err := time.ParseDuration(keys["TimeoutStopSec"][0])
	if err != nil {
		t.Fatal(err)
	}
	if least := time.Duration(effective(t, "").Server.ShutdownTimeout) + margin; limit < least {
		t.Errorf("TimeoutStopSec is %v, want %v", limit, least)
	}
	if got := keys["ExecReload"][0]; !strings.HasSuffix(got, " -HUP $MAINPID") {
		t.Errorf("ExecReload is %q", got)
	}
}

// TestUnit_Account: systemd takes the file that declares the account of the unit.
func TestUnit_Account(t *testing.T) {
	if _, err := exec.LookPath("systemd-sysusers"); err != nil {
		t.Skip("there is no systemd-sysusers (Debian package systemd)")
	}
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := filepath.Abs(filepath.Join(deploy, "systemd/forseti.sysusers"))
	if err != nil {
		t.Fatal(err)
	}
	must(t, "systemd-sysusers", "--root="+folder, file)
	made, err := os.ReadFile(filepath.Join(folder, "etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	_, keys := unit(t)
	if want := keys["User"][0] + ":"; !strings.HasPrefix(string(made), want) {
		t.Errorf("got the accounts\n%s\nwant %s", made, want)
	}
}

// TestUnit_SystemCalls serves and decides with the system calls that the unit allows,
// and no others.
func TestUnit_SystemCalls(t *testing.T) {
	needSystemd(t)
	if !seccomp.Supported() {
		t.Skip("this kernel filters no system calls")
	}
	_, keys := unit(t)
	allowed := make(map[string]bool)
	for _, line := range keys["SystemCallFilter"] {
		line, without := strings.CutPrefix(line, "~")
		for name := range strings.FieldsSeq(line) {
			expand(t, name, func(call string) { allowed[call] = !without })
		}
	}
	expand(t, "@default", func(call string) { allowed[call] = true }) // as systemd does
	table, err := arch.GetInfo(runtime.GOARCH)
	if err != nil {
		t.Skip(err)
	}
	var names []string
	for call, yes := range allowed {
		if _, exists := table.SyscallNames[call]; yes && exists {
			names = append(names, call)
		}
	}
	if len(names) < 100 || allowed["mount"] || allowed["ptrace"] {
		t.Fatalf("the unit allows %d calls: the filter was not read well", len(names))
	}

	folder := t.TempDir()
	file := filepath.Join(folder, "forseti.yaml")
	if err := os.WriteFile(file, []byte("audit: {file: {folder: audit}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	policies, err := filepath.Abs(filepath.Join(root, "policies"))
	if err != nil {
		t.Fatal(err)
	}
	serve := again(map[string]string{becomeWhich: program, becomeCalls: strings.Join(names, " ")},
		"serve", "--config", file, "--policies", policies, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	serve.Dir = folder
	r := start(t, serve)
	r.becomes("/readyz")
	must(t, program, sampleQuestion(r)...)
	if code, _ := r.get("/metrics"); code != 200 {
		t.Errorf("got %d for the metrics", code)
	}
	if err := serve.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	must(t, program, sampleQuestion(r)...)
	r.stop()
}

// expand gives the system calls of a set of systemd, or the one that is named.
func expand(t *testing.T, name string, each func(call string)) {
	t.Helper()
	if !strings.HasPrefix(name, "@") {
		each(name)
		return
	}
	for line := range strings.Lines(must(t, "systemd-analyze", "--no-pager", "syscall-filter", name)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && line != name {
			expand(t, line, each)
		}
	}
}
