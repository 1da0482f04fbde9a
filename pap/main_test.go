package pap

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeCompiler accepts files, unless one holds "broken", and remembers the
// candidates that it was given. A file that holds "warn" gives a warning.
type fakeCompiler struct {
	mu    sync.Mutex
	calls [][]File
	sets  []string // names of the files that were set, in the order of time
	made  map[*pdp.PDP]map[string]File
	// accepted is told of the files of each PDP, if it is not nil.
	accepted func(files []File)
}

func (c *fakeCompiler) compile(base *pdp.PDP) Candidate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &fakeCandidate{compiler: c, files: maps.Clone(c.made[base])}
}

// fakeCandidate holds the files themselves.
type fakeCandidate struct {
	compiler *fakeCompiler
	files    map[string]File
}

func (c *fakeCandidate) Set(file File) Outcome {
	c.compiler.mu.Lock()
	defer c.compiler.mu.Unlock()
	if c.files == nil {
		c.files = make(map[string]File)
	}
	c.files[file.Name] = File{file.Name, bytes.Clone(file.Data)}
	c.compiler.sets = append(c.compiler.sets, file.Name)
	return Outcome{Policies: 1, Decides: true}
}

func (c *fakeCandidate) Remove(name string) { delete(c.files, name) }

func (c *fakeCandidate) Build(outcomes iter.Seq[Outcome]) (Compiled, policy.Problems) {
	c.compiler.mu.Lock()
	defer c.compiler.mu.Unlock()
	var files []File
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		files = append(files, c.files[name])
	}
	c.compiler.calls = append(c.compiler.calls, files)
	policies := 0
	for o := range outcomes {
		policies += o.Policies
	}
	if policies != len(files) {
		panic(fmt.Sprintf("%d outcomes for %d files", policies, len(files)))
	}
	var problems policy.Problems
	for _, f := range files {
		if bytes.Contains(f.Data, []byte("warn")) {
			problems = append(problems, policy.Problem{File: f.Name, Reason: policy.ReasonType, Message: "odd", Warning: true})
		}
		if bytes.Contains(f.Data, []byte("panic")) {
			panic("fault")
		}
		if bytes.Contains(f.Data, []byte("broken")) {
			problems = append(problems, policy.Problem{
				File: f.Name, Position: policy.Position{Line: 3, Column: 7},
				Reason: policy.ReasonParse, Message: "not well-formed",
			})
		}
	}
	if len(problems.Errors()) > 0 {
		return Compiled{}, problems
	}
	made := new(pdp.PDP)
	if c.compiler.made == nil {
		c.compiler.made = make(map[*pdp.PDP]map[string]File)
	}
	c.compiler.made[made] = c.files
	if c.compiler.accepted != nil {
		c.compiler.accepted(files)
	}
	return Compiled{PDP: made, Policies: policies}, problems
}

func (c *fakeCompiler) seen() [][]File {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// log is a logger's output that may be read while it is written.
type log struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}

// fixture is a store on a folder, with what it tells.
type fixture struct {
	t        *testing.T
	dir      string
	compiler *fakeCompiler
	log      *log
	config   Config
	store    *Store
}

// newFixture makes a folder with files, given as name and content in turn.
func newFixture(t *testing.T, files ...string) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: t.TempDir(), compiler: &fakeCompiler{}, log: &log{}}
	f.config = Config{
		Dir: f.dir, Compile: f.compiler.compile, RootAlgorithm: "root",
		Poll: 20 * time.Millisecond, Settle: 10 * time.Millisecond,
		Logger: slog.New(secrettest.Planted().Handler(t, f.log)),
	}
	for i := 0; i < len(files); i += 2 {
		f.write(files[i], files[i+1])
	}
	return f
}

func (f *fixture) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) write(name, content string) {
	f.t.Helper()
	f.must(os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	f.must(os.WriteFile(f.path(name), []byte(content), 0o644))
}

func (f *fixture) remove(name string) { f.t.Helper(); f.must(os.RemoveAll(f.path(name))) }

func (f *fixture) rename(from, to string) {
	f.t.Helper()
	f.must(os.MkdirAll(filepath.Dir(f.path(to)), 0o755))
	f.must(os.Rename(f.path(from), f.path(to)))
}

func (f *fixture) link(target, name string) {
	f.t.Helper()
	f.must(os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	f.must(os.Symlink(target, f.path(name)))
}

// open opens the store.
func (f *fixture) open() *fixture {
	f.t.Helper()
	store, err := Open(f.t.Context(), f.config)
	f.must(err)
	f.store = store
	return f
}

// run opens the store and watches until the test ends.
func (f *fixture) run() *fixture {
	f.t.Helper()
	f.open()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- f.store.Run(ctx) }()
	f.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.t.Errorf("Run: got %v, want no error", err)
		}
	})
	return f
}

// within is how soon a change has to be in force. It is generous for the sake
// of slow machines; TestChangeIsInForceWithinASecond is about the promise.
const within = 20 * time.Second

// until waits for a condition.
func (f *fixture) until(what string, condition func() bool) {
	f.t.Helper()
	deadline := time.Now().Add(within)
	for !condition() {
		if time.Now().After(deadline) {
			f.t.Fatalf("waited in vain for %s; in force: %v, status: %+v, log:\n%s", what, f.inForce(), f.store.Status(), f.log)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// inForce is the ID in force, or "none".
func (f *fixture) inForce() string {
	if s := f.store.Current(); s != nil {
		return s.ID
	}
	return "none"
}

// idOf is the ID of files, given as name and content in turn, sorted by name.
func idOf(files ...string) string {
	var list []File
	for i := 0; i < len(files); i += 2 {
		list = append(list, File{Name: files[i], Data: []byte(files[i+1])})
	}
	return ID("root", list)
}

// wants waits until exactly these files are in force.
func (f *fixture) wants(files ...string) {
	f.t.Helper()
	id := idOf(files...)
	f.until("snapshot "+id+" of "+strings.Join(files, " "), func() bool {
		return f.inForce() == id && f.store.Status().State == StateCurrent
	})
}

// wantsRefused waits until the folder is refused for a reason, which names a
// file, and checks that these files are still in force.
func (f *fixture) wantsRefused(file string, reason policy.Reason, files ...string) {
	f.t.Helper()
	f.until(fmt.Sprintf("refusal for %s of %q", reason, file), func() bool {
		status := f.store.Status()
		return status.State == StateRefused && slices.ContainsFunc(status.Problems, func(p policy.Problem) bool {
			return p.File == file && p.Reason == reason && !p.Warning
		})
	})
	want := "none"
	if len(files) > 0 {
		want = idOf(files...)
	}
	if got := f.inForce(); got != want {
		f.t.Errorf("in force after a refusal: got %s, want %s of %v", got, want, files)
	}
}
