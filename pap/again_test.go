package pap

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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
		if file, ok := s.File(t.Context(), name); ok {
			d, ok := s.Document(file)
			if !ok {
				t.Fatalf("Document(%q): got none", name)
			}
			got = d.Root.(*policy.Policy).ID
		}
		if got != want {
			t.Errorf("File(%q): got that of %q, want %q", name, got, want)
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

// A disk that does not answer keeps nobody who wants to see a document longer than that
// can wait, and takes no more than some goroutines.
func TestSnapshot_FileOnADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, "a.xml", onePolicy("one"))
		f.config.Compile = CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "")
		f.open()
		s := f.store.Current()
		answers, asked := make(chan struct{}), atomic.Int64{}
		s.again.folder.open = func(dir string) (tree, error) {
			asked.Add(1)
			<-answers
			return openRoot(dir)
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var waiting sync.WaitGroup
		for range 10 * readers {
			waiting.Go(func() {
				if _, ok := s.File(ctx, "a.xml"); ok {
					t.Error("got a file, want none")
				}
			})
		}
		waiting.Wait()
		if took := time.Since(began); took != time.Second || asked.Load() != readers {
			t.Errorf("got %v and %d readers, want what there is to wait, and %d", took, asked.Load(), readers)
		}
		close(answers)
		synctest.Wait()
		if _, ok := s.File(t.Context(), "a.xml"); !ok {
			t.Error("got no file from a disk that answers again")
		}
	})
}
