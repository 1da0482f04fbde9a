package conformance

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "raise the ratchet to what passes now")

const ratchetFile = "testdata/ratchet.txt"

// TestConformance runs the third-party cases. What passed once must pass for
// ever: the ratchet lists, for each section, the cases that do not pass yet, and
// it may only get shorter.
func TestConformance(t *testing.T) {
	dir := os.Getenv("FORSETI_SHARED")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("FORSETI_SHARED is not set: it names the folder of third-party cases")
		}
		t.Skip("set FORSETI_SHARED to the folder of third-party cases to run them")
	}
	cases, err := Load(filepath.Join(dir, "conformance", "oasis-ct"))
	if err != nil {
		t.Fatal(err)
	}
	known := readRatchet(t)
	type count struct{ pass, total int }
	sections := make(map[string]*count)
	var failing []string
	mandatory := count{}
	for _, c := range cases {
		out := c.Run(t.Context())
		s := sections[c.Section()]
		if s == nil {
			s = &count{}
			sections[c.Section()] = s
		}
		s.total++
		if c.Category == "mandatory" {
			mandatory.total++
		}
		switch {
		case out.Pass:
			s.pass++
			if c.Category == "mandatory" {
				mandatory.pass++
			}
			if known[c.ID] && !*update {
				t.Errorf("%s passes now: run with -update to raise the ratchet", c.ID)
			}
		case c.Expect.Normative != nil && !*c.Expect.Normative:
			t.Logf("%s (not normative): %s", c.ID, out.Why)
		default:
			failing = append(failing, c.ID)
			if !known[c.ID] {
				t.Errorf("%s (%s): %s", c.ID, c.Category, out.Why)
			} else {
				t.Logf("%s (%s), known: %s", c.ID, c.Category, out.Why)
			}
		}
	}
	names := make([]string, 0, len(sections))
	for name := range sections {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		t.Logf("section %-5s %3d of %3d", name, sections[name].pass, sections[name].total)
	}
	t.Logf("mandatory     %3d of %3d; all %d of %d", mandatory.pass, mandatory.total, len(cases)-len(failing), len(cases))
	if *update {
		writeRatchet(t, failing)
	}
}

func readRatchet(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(ratchetFile)
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			ids[line] = true
		}
	}
	return ids
}

// writeRatchet refuses to add cases: those must be put right.
func writeRatchet(t *testing.T, failing []string) {
	t.Helper()
	known := readRatchet(t)
	var b strings.Builder
	fmt.Fprintln(&b, "# The conformance cases that do not pass yet. This list may only get shorter.")
	for _, id := range failing {
		if len(known) > 0 && !known[id] {
			t.Errorf("%s is not in the ratchet and cannot be added", id)
			continue
		}
		fmt.Fprintln(&b, id)
	}
	if err := os.WriteFile(ratchetFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
