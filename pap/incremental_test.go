package pap

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// recorded notes what is set in candidates of another compiler.
type recorded struct {
	mu    sync.Mutex
	names []string
}

func (r *recorded) of(compile Compile) Compile {
	return func(base *pdp.PDP) Candidate { return recordedCandidate{compile(base), r} }
}

// take gives the names since the last call, sorted.
func (r *recorded) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := r.names
	r.names = nil
	slices.Sort(names)
	return names
}

type recordedCandidate struct {
	Candidate
	record *recorded
}

func (c recordedCandidate) Set(file File) Outcome {
	c.record.mu.Lock()
	c.record.names = append(c.record.names, file.Name)
	c.record.mu.Unlock()
	return c.Candidate.Set(file)
}

func TestOnlyWhatChangedIsCompiled(t *testing.T) {
	var record recorded
	f := newFixture(t, "a.xml", onePolicy("a"), "b.xml", onePolicy("b"), "c.xml", onePolicy("c"))
	f.config.Compile = record.of(CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "library"))
	f.open()
	twice := strings.Replace(onePolicy("c"), "<Rule", `<Rule RuleId="r" Effect="Permit"/><Rule`, 1)
	for _, step := range []struct {
		name string
		act  func()
		want []string
	}{
		{"all at the start", func() {}, []string{"a.xml", "b.xml", "c.xml"}},
		{"nothing", func() {}, nil},
		{"touched", func() { f.write("a.xml", onePolicy("a")) }, nil},
		{"changed", func() { f.write("b.xml", onePolicy("b2")) }, []string{"b.xml"}},
		{"removed", func() { f.remove("b.xml") }, nil},
		{"with a warning", func() { f.write("c.xml", twice) }, []string{"c.xml"}},
		{"added", func() { f.write("b.xml", onePolicy("b")) }, []string{"b.xml"}},
		{"renamed", func() { f.rename("b.xml", "d.xml") }, []string{"d.xml"}},
		{"broken, beside a change", func() { f.write("a.xml", "<"); f.write("d.xml", onePolicy("d")) }, []string{"a.xml", "d.xml"}},
		{"still broken, beside another change", func() { f.write("d.xml", onePolicy("d2")) }, []string{"d.xml"}},
		{"another one broken", func() { f.write("e.xml", "<<") }, []string{"d.xml", "e.xml"}},
		{"one repaired", func() { f.write("a.xml", onePolicy("a3")) }, []string{"a.xml", "d.xml"}},
		{"back to what is in force", func() { f.remove("e.xml"); f.write("a.xml", onePolicy("a")); f.write("d.xml", onePolicy("b")) }, nil},
		{"one change after that", func() { f.write("a.xml", onePolicy("a4")) }, []string{"a.xml"}},
	} {
		step.act()
		_ = f.store.Reload(t.Context())
		if got := record.take(); !slices.Equal(got, step.want) {
			t.Errorf("%s: got compiled %q, want %q", step.name, got, step.want)
		}
	}
	f.wants("a.xml", onePolicy("a4"), "c.xml", twice, "d.xml", onePolicy("b"))
	s := f.store.Current()
	if s.Policies != 3 || len(s.Warnings) != 1 || s.Warnings[0].File != "c.xml" {
		t.Errorf("snapshot: got %d policies and warnings %v, want 3 and that of c.xml, which was compiled long ago", s.Policies, s.Warnings)
	}
}

// counting is a tree that notes which files are opened.
type counting struct {
	tree
	opened *recorded
}

func (c counting) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	if strings.HasSuffix(name, extension) {
		c.opened.mu.Lock()
		c.opened.names = append(c.opened.names, name)
		c.opened.mu.Unlock()
	}
	return c.tree.OpenFile(name, flag, perm)
}

// TestFilesAtRestAreReadOnce has a folder in which nothing was written lately: a
// file is read once at the start, and again only if its stamp changes or all
// content is verified.
func TestFilesAtRestAreReadOnce(t *testing.T) {
	f := newFixture(t, "a.xml", "1", "b.xml", "22", "c/d.xml", "333")
	f.config.Verify = time.Hour
	var opened recorded
	store, err := newStore(f.config, func(dir string) (tree, error) {
		root, err := openRoot(dir)
		return counting{root, &opened}, err
	})
	f.must(err)
	store.folder.rest = -time.Hour // whatever is written was written long ago
	f.store = store
	for _, step := range []struct {
		name string
		act  func()
		full bool
		want []string
	}{
		{"start", func() {}, true, []string{"a.xml", "b.xml", "c/d.xml"}},
		{"nothing", func() {}, false, nil},
		{"change", func() { f.write("b.xml", "4444") }, false, []string{"b.xml", "b.xml"}},
		{"removed", func() { f.remove("a.xml") }, false, nil},
		{"added", func() { f.write("e.xml", "55555") }, false, []string{"e.xml", "e.xml"}},
		{"reload", func() {}, true, []string{"b.xml", "c/d.xml", "e.xml"}},
		{"reload with a change", func() { f.write("b.xml", "666666") }, true, []string{"b.xml", "b.xml", "c/d.xml", "e.xml"}},
	} {
		step.act()
		if _, err := store.examine(t.Context(), step.full); err != nil {
			t.Fatal(err)
		}
		if got := opened.take(); !slices.Equal(got, step.want) {
			t.Errorf("%s: got read %q, want %q", step.name, got, step.want)
		}
	}
	f.wants("b.xml", "666666", "c/d.xml", "333", "e.xml", "55555")
}

// TestFilesThatWereJustWrittenAreReadTwice: the stamp does not tell whether they
// are whole.
func TestFilesThatWereJustWrittenAreReadTwice(t *testing.T) {
	f := newFixture(t, "a.xml", "1")
	var opened recorded
	store, err := open(t.Context(), f.config, func(dir string) (tree, error) {
		root, err := openRoot(dir)
		return counting{root, &opened}, err
	})
	f.must(err)
	f.store = store
	if got, want := opened.take(), []string{"a.xml", "a.xml"}; !slices.Equal(got, want) {
		t.Errorf("start: got read %q, want %q", got, want)
	}
	// A change beside it reads it again, since the clock of the file system may
	// not have ticked between two writes.
	f.write("b.xml", "2")
	if _, err := store.examine(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if got := opened.take(); !slices.Contains(got, "a.xml") {
		t.Errorf("change of another file: got read %q, want a.xml too", got)
	}
}

// TestDraftFollowsTheFolder changes the folder at random between any two looks.
// What comes into force was in the folder as a whole, and the compiler has
// exactly the files that the identity says.
func TestDraftFollowsTheFolder(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	f := newFixture(t)
	f.config.Settle, f.config.AllowEmpty = time.Microsecond, true
	f.config.Logger = secrettest.Logger(t)
	mutate := func() {
		for range random.IntN(4) {
			name := fmt.Sprintf("%d.xml", random.IntN(6))
			switch random.IntN(5) {
			case 0:
				f.remove(name)
			case 1:
				f.write(name, "broken")
			default:
				f.write(name, fmt.Sprint(random.IntN(3)))
			}
		}
	}
	left := 0
	var got string
	f.compiler.accepted = func(files []File) { got = ID("root", files) }
	store, err := open(t.Context(), f.config, func(dir string) (tree, error) {
		if left > 0 {
			left--
			mutate()
		}
		return openRoot(dir)
	})
	f.must(err)
	f.store = store
	accepted := 0
	for range 1000 {
		got, left = "", random.IntN(5)
		before := store.Current()
		err := store.Reload(t.Context())
		files, problems, readErr := ReadFolder(t.Context(), f.dir, Limits{})
		if readErr != nil || len(problems) > 0 {
			t.Fatalf("ReadFolder: got %v, %v", problems, readErr)
		}
		bad := slices.ContainsFunc(files, func(f File) bool { return bytes.Contains(f.Data, []byte("broken")) })
		switch current := store.Current(); {
		case (err != nil) != bad:
			t.Fatalf("Reload of %q: got %v", files, err)
		case err == nil && current.ID != ID("root", files):
			t.Fatalf("in force: got %s, want %q", current.ID, files)
		case err == nil && current.Policies != len(files):
			t.Fatalf("policies: got %d, want %q", current.Policies, files)
		case current != before:
			accepted++
			if got != current.ID {
				t.Fatalf("compiled: got %s, want that of the files in force, %s", got, current.ID)
			}
		}
	}
	if accepted < 100 {
		t.Errorf("accepted: got %d of 1000, want more", accepted)
	}
}

// TestIncrementalLoadIsLikeTheFirst changes a folder of policies at random: what
// a store says after each change is what a new store says.
func TestIncrementalLoadIsLikeTheFirst(t *testing.T) {
	rule := func(effect string) string { return `<Rule RuleId="r" Effect="` + effect + `"/>` }
	named := func(id, inside string) string { return strings.Replace(bad(inside), `"bad"`, `"`+id+`"`, 1) }
	contents := []string{ // the first ones are in order by themselves
		named("one", rule("Permit")), named("four", rule("Deny")), named("two", rule("Permit")+rule("Permit")),
		named("three", ""), named("one", rule("Deny")), named("two", condition(function1("no-such-function"))), "<Policy", "",
		set("set", "<PolicyIdReference>one</PolicyIdReference>"),
		set("other", "<PolicyIdReference>two</PolicyIdReference>"+named("inner", rule("Deny"))),
		strings.Replace(named("hides", rule("Permit")), "deny-overrides", "permit-unless-deny", 1),
	}
	names := []string{"a.xml", "b.xml", "library/c.xml", "library/d.xml", "e.xml"}
	for _, lenient := range []bool{false, true} {
		t.Run(fmt.Sprintf("lenient=%t", lenient), func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, 8))
			f := newFixture(t)
			f.config.Settle = time.Microsecond
			f.config.Logger = secrettest.Logger(t)
			f.config.Compile = CompileXACML(pdp.Config{Lenient: lenient}, xacmlxml.DefaultLimits(), "library")
			f.open()
			accepted := 0
			for range 400 {
				for range 1 + random.IntN(2) {
					name := names[random.IntN(len(names))]
					f.remove(name)
					if random.IntN(4) > 0 {
						f.write(name, contents[random.IntN([]int{4, 4, len(contents)}[random.IntN(3)])])
					}
				}
				_ = f.store.Reload(t.Context())
				fresh, err := Open(t.Context(), f.config)
				f.must(err)
				got, want := f.store.Status(), fresh.Status()
				if got.State != want.State || !cmp.Equal(got.Problems, want.Problems) {
					t.Fatalf("status: got %s, want %s: %s", got.State, want.State, cmp.Diff(want.Problems, got.Problems))
				}
				if want.State != StateCurrent {
					continue
				}
				accepted++
				a, b := f.store.Current(), fresh.Current()
				if a.ID != b.ID || a.Files != b.Files || a.Policies != b.Policies || !cmp.Equal(a.Warnings, b.Warnings) {
					t.Fatalf("snapshot: got %+v, want %+v", a, b)
				}
				decision := func(s *Snapshot) xacml.Decision {
					return s.PDP.Evaluate(t.Context(), &xacml.Request{}, nil).Decision
				}
				if got, want := decision(a), decision(b); got != want {
					t.Fatalf("decision: got %s, want %s", got.Extended(), want.Extended())
				}
			}
			if accepted < 40 {
				t.Errorf("accepted: got %d of 400, want more", accepted)
			}
		})
	}
}

// panicking is a compiler that panics where it is told to.
type panicking struct {
	Candidate
	at *atomic.Pointer[string]
}

func (c panicking) trip(place string) {
	if at := c.at.Load(); at != nil && *at == place {
		panic("fault in " + place)
	}
}

func (c panicking) Set(file File) Outcome { c.trip("Set"); return c.Candidate.Set(file) }

func (c panicking) Remove(name string) { c.trip("Remove"); c.Candidate.Remove(name) }

func (c panicking) Build(outcomes iter.Seq[Outcome]) (Compiled, policy.Problems) {
	c.trip("Build")
	return c.Candidate.Build(outcomes)
}

// TestPanicsOfACandidateAreContained, those on the goroutines that read too.
func TestPanicsOfACandidateAreContained(t *testing.T) {
	for _, place := range []string{"begin", "Set", "Remove", "Build"} {
		f := newFixture(t, "a.xml", "1", "b.xml", "2")
		compile := f.config.Compile
		var at atomic.Pointer[string]
		f.config.Compile = func(base *pdp.PDP) Candidate {
			p := panicking{compile(base), &at}
			p.trip("begin")
			return p
		}
		f.open()
		at.Store(&place)
		f.write("a.xml", "3")
		f.write("c.xml", "4")
		want := ".: policies cannot be compiled: internal fault: fault in " + place
		if err := f.store.Reload(t.Context()); err == nil || err.Error() != want {
			t.Errorf("Reload: got %v, want %q", err, want)
		}
		f.wantsRefused(".", policy.ReasonParse, "a.xml", "1", "b.xml", "2")
		at.Store(nil)
		f.write("c.xml", "5")
		if err := f.store.Reload(t.Context()); err != nil {
			t.Errorf("Reload after the fault: got %v, want no error", err)
		}
		f.wants("a.xml", "3", "b.xml", "2", "c.xml", "5")
	}
}
