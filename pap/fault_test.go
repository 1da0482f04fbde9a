package pap

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// fakeTree is a tree whose calls can be replaced.
type fakeTree struct {
	tree
	stat func(name string) (os.FileInfo, error)
}

func (f fakeTree) Stat(name string) (os.FileInfo, error) { return f.stat(name) }

// on puts the tree on a folder that holds one link of that name.
func (f fakeTree) on(t *testing.T, name string) tree {
	t.Helper()
	fixture := newFixture(t)
	fixture.link("anywhere", name)
	root, err := openRoot(fixture.dir)
	fixture.must(err)
	t.Cleanup(func() { _ = root.Close() })
	f.tree = root
	return f
}

// failing is a tree whose n-th call fails, counted over all trees of a test.
type failing struct {
	tree
	calls *atomic.Int64 // goes down; the call that makes it zero fails
}

var errFault = errors.New("input/output error")

func (f failing) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	if f.calls.Add(-1) == 0 {
		return nil, &os.PathError{Op: "openat", Path: name, Err: errFault}
	}
	file, err := f.tree.OpenFile(name, flag, perm)
	if err == nil && f.calls.Add(-1) == 0 {
		_ = file.Close() // whatever is asked of it fails
	}
	return file, err
}

func (f failing) Stat(name string) (os.FileInfo, error) {
	if f.calls.Add(-1) == 0 {
		return nil, &os.PathError{Op: "statat", Path: name, Err: errFault}
	}
	return f.tree.Stat(name)
}

// TestNthOperationFails lets each operation on the folder fail once: what comes
// into force is always one of the two contents as a whole, and the second one
// is as soon as the fault is over.
func TestNthOperationFails(t *testing.T) {
	for n := int64(1); ; n++ {
		f := newFixture(t, "a.xml", "1", "b/c.xml", "2", ".v/d.xml", "3")
		f.config.Settle = time.Millisecond
		f.link("../.v/d.xml", "b/d.xml")
		var calls atomic.Int64
		store, err := open(t.Context(), f.config, func(dir string) (tree, error) {
			if calls.Add(-1) == 0 {
				return nil, &os.PathError{Op: "open", Path: dir, Err: errFault}
			}
			root, err := openRoot(dir)
			return failing{root, &calls}, err
		})
		f.must(err)
		f.store = store
		f.wants("a.xml", "1", "b/c.xml", "2", "b/d.xml", "3")
		f.remove("a.xml")
		f.write("b/c.xml", "4")
		calls.Store(n)
		err = store.Reload(t.Context())
		over := calls.Load() > 0
		first, second := idOf("a.xml", "1", "b/c.xml", "2", "b/d.xml", "3"), idOf("b/c.xml", "4", "b/d.xml", "3")
		if got := f.inForce(); got != second {
			if err == nil || got != first {
				t.Errorf("fault in operation %d: got %s in force and error %v, want %s or %s", n, got, err, first, second)
			}
		}
		calls.Store(0)
		if err := store.Reload(t.Context()); err != nil {
			t.Errorf("after a fault in operation %d: got %v, want no error", n, err)
		}
		f.wants("b/c.xml", "4", "b/d.xml", "3")
		if over {
			if n < 20 {
				t.Errorf("operations: got %d, want more", n)
			}
			return
		}
	}
}

// TestLastingFaultRefuses: the same fault in two looks is a verdict.
func TestLastingFaultRefuses(t *testing.T) {
	f := newFixture(t, "a.xml", "1", "b.xml", "2")
	var fault atomic.Bool
	store, err := open(t.Context(), f.config, func(dir string) (tree, error) {
		root, err := openRoot(dir)
		return unreadable{root, &fault}, err
	})
	f.must(err)
	f.store = store
	fault.Store(true)
	f.write("a.xml", "3")
	if err, want := store.Reload(t.Context()), "b.xml: file cannot be read: input/output error"; err == nil || err.Error() != want {
		t.Errorf("Reload: got %v, want %q", err, want)
	}
	f.wantsRefused("b.xml", policy.ReasonIO, "a.xml", "1", "b.xml", "2")
	fault.Store(false)
	// Nothing in the folder changes, but it can be read again.
	if _, err := store.examine(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	f.wants("a.xml", "3", "b.xml", "2")
}

// unreadable is a tree in which b.xml cannot be read while there is a fault.
type unreadable struct {
	tree
	fault *atomic.Bool
}

func (u unreadable) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	if name == "b.xml" && u.fault.Load() {
		return nil, &os.PathError{Op: "openat", Path: name, Err: errFault}
	}
	return u.tree.OpenFile(name, flag, perm)
}
