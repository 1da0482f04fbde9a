package bugbank

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long the tests may take that have to find one fault.
const patience = 5 * time.Minute

// TestBank tries the faults, one after the other.
func TestBank(t *testing.T) {
	if os.Getenv("FORSETI_LONG") == "" {
		t.Skip("FORSETI_LONG is not set: trying all faults takes some minutes")
	}
	top, faults := root(t), bank(t)
	if t.Failed() {
		t.Fatal("the bank is not whole")
	}
	wantSound(t, top, faults)
	if t.Failed() {
		t.Fatal("tests fail that should pass without a fault")
	}
	var table strings.Builder
	for _, f := range faults {
		started := time.Now()
		tried := false
		found := t.Run(f.name, func(t *testing.T) { tried = true; f.try(t, top) })
		if !tried { // others were asked for
			continue
		}
		verdict := "found by " + strings.Join(f.foundBy, ", ")
		if !found {
			verdict = "NOT FOUND"
		}
		fmt.Fprintf(&table, "%-45s %6.1f s  %s\n", f.name, time.Since(started).Seconds(), verdict)
	}
	t.Logf("%d faults:\n%s", len(faults), table.String())
}

// wantSound runs the tests of all faults without a fault.
func wantSound(t *testing.T, top string, faults []fault) {
	type group struct{ packages, tests []string }
	groups := make(map[string]*group) // by environment
	for _, f := range faults {
		key := strings.Join(f.environment, " ")
		if groups[key] == nil {
			groups[key] = new(group)
		}
		g := groups[key]
		g.packages, g.tests = append(g.packages, f.packages...), append(g.tests, f.foundBy...)
	}
	for key, g := range groups {
		slices.Sort(g.packages)
		slices.Sort(g.tests)
		g.packages, g.tests = slices.Compact(g.packages), slices.Compact(g.tests)
		environment, tests := strings.Fields(key), g.tests
		var r report
		for range 3 { // a machine that is busy with something else is given another chance
			r = run(t, top, environment, g.packages, tests, "", 4*patience)
			if tests = r.failed(tests); len(tests) == 0 {
				break
			}
		}
		if len(tests) > 0 {
			t.Errorf("without a fault, want all to pass, and not %q\n%s", tests, r.said())
		}
	}
}

// try seeds the fault, and wants it found.
func (f fault) try(t *testing.T, top string) {
	patched, err := f.patch.apply(os.DirFS(top))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var overlay struct{ Replace map[string]string }
	overlay.Replace = make(map[string]string)
	for name, text := range patched {
		to := filepath.Join(folder, fmt.Sprintf("%d.go", len(overlay.Replace)))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(top, filepath.FromSlash(name))] = to
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, top, f.environment, f.packages, f.foundBy, file, patience)
	if missed := r.missed(f.foundBy); len(missed) > 0 {
		t.Errorf("%s: %q\n%s", f.what, missed, r.said())
	}
}

// run runs tests of packages, with an overlay if there is one.
func run(t *testing.T, top string, environment, packages, tests []string, overlay string, limit time.Duration) report {
	t.Helper()
	command := []string{
		"go", "test", "-json", "-count=1", "-p=2", "-vet=off", "-timeout=" + limit.String(), "-run=" + pattern(tests), "-overlay=" + overlay,
	}
	command = append(command, packages...)
	if nice, err := exec.LookPath("nice"); err == nil { // others may want to work meanwhile
		command = append([]string{nice, "-n", "10"}, command...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit+time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir = top
	c.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "FORSETI_LONG=") || strings.HasPrefix(v, "FORSETI_ALONE=")
	}), environment...)
	var output, complaints bytes.Buffer
	c.Stdout, c.Stderr = &output, &complaints
	_ = c.Run() // that tests fail is what is wanted; what else goes wrong shows in the report
	return readReport(append(output.Bytes(), complaints.Bytes()...))
}

// said is the end of what was said, for people.
func (r report) said() string {
	var text strings.Builder
	for line := range bytes.Lines(r.output) {
		var e struct{ Action, Output string }
		if err := json.Unmarshal(line, &e); err != nil {
			text.Write(line)
		} else if e.Action == "output" || e.Action == "build-output" {
			text.WriteString(e.Output)
		}
	}
	const most = 4000
	said := text.String()
	return said[max(0, len(said)-most):]
}
