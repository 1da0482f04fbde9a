package pap

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// A document can be had again while the file holds what is in force, and not a
// byte else.
func TestSnapshot_Document(t *testing.T) {
	dir := t.TempDir()
	write := func(name, id string) {
		t.Helper()
		text := fmt.Sprintf(`<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="%s" Version="1.0"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"><Target/></Policy>`, id)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.xml", "urn:a")
	write("b.xml", "urn:b")
	store, err := Open(t.Context(), Config{Dir: dir, Compile: CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "")})
	if err != nil || store.Current() == nil {
		t.Fatalf("Open: %v, %v", err, store.Status().Problems)
	}
	first := store.Current()
	check := func(s *Snapshot, name, want string) {
		t.Helper()
		got := ""
		if d, ok := s.Document(name); ok {
			got = d.Root.(*policy.Policy).ID
		}
		if got != want {
			t.Errorf("Document(%q): got %q, want %q", name, got, want)
		}
	}
	check(first, "a.xml", "urn:a")
	check(first, "b.xml", "urn:b")
	check(first, "c.xml", "")
	check(first, "../a.xml", "")
	write("a.xml", "urn:c")
	check(first, "a.xml", "") // of the same size, and perhaps of the same stamp
	check(first, "b.xml", "urn:b")
	if err := os.Remove(filepath.Join(dir, "b.xml")); err != nil {
		t.Fatal(err)
	}
	check(first, "b.xml", "")
	if err := store.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(first, "a.xml", "") // another snapshot is in force
	check(store.Current(), "a.xml", "urn:c")
	check(&Snapshot{}, "a.xml", "")
}
