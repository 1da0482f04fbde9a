package static

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watched is a file that is looked at each millisecond, and what was told of it.
type watched struct {
	*File
	name string

	mu   sync.Mutex
	told []error
	now  time.Time
}

func watch(t *testing.T, name, text string) *watched {
	t.Helper()
	w := &watched{name: filepath.Join(t.TempDir(), name)}
	w.write(t, text)
	return watchFile(t, w.name)
}

// watchFile watches a file that is there.
func watchFile(t *testing.T, name string) *watched {
	t.Helper()
	w := &watched{name: name, now: time.Now().Add(time.Hour)}
	var err error
	w.File, err = open(w.name, roles(Table{}), func(err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, err)
	}, func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // it cannot fail
	return w
}

func (w *watched) write(t *testing.T, text string) {
	t.Helper()
	next := w.name + ".new"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, w.name); err != nil {
		t.Fatal(err)
	}
}

// tells waits until the file told n times, and gives the last.
func (w *watched) tells(t *testing.T, n int) error {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		w.mu.Lock()
		told := w.told
		w.mu.Unlock()
		if len(told) >= n {
			return told[n-1]
		}
	}
	t.Fatalf("nothing was told %d times", n)
	return nil
}

func (w *watched) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

const (
	header  = "uid,pid,role,extra,level\n"
	manager = header + "1,1000,dagl,,2\n"
)

func TestFile_TakesAChange(t *testing.T) {
	w := watch(t, "roles.csv", manager)
	if diff := cmp.Diff([][]string{{"dagl"}, {"2"}}, fetched(t, w, "1", "1000")); diff != "" {
		t.Error(diff)
	}
	w.write(t, manager+"1,1000,regna,x,3\n")
	if err := w.tells(t, 1); err != nil {
		t.Errorf("told %v", err)
	}
	if diff := cmp.Diff([][]string{{"dagl", "regna", "x"}, {"2", "3"}}, fetched(t, w, "1", "1000")); diff != "" {
		t.Error(diff)
	}
	w.write(t, header)
	if err := w.tells(t, 2); err != nil {
		t.Errorf("told %v", err)
	}
	if diff := cmp.Diff([][]string{nil, nil}, fetched(t, w, "1", "1000")); diff != "" {
		t.Error(diff)
	}
}

// What cannot be used leaves the last table in force for a minute, and then nobody
// knows; a good file ends that.
func TestFile_ThatCannotBeUsed(t *testing.T) {
	for _, text := range []string{"", header + "1,1000,dagl,,high\n", header + "1,1000\n"} {
		w := watch(t, "roles.csv", manager)
		w.write(t, text)
		if err := w.tells(t, 1); err == nil {
			t.Errorf("%q: nothing was wrong", text)
		}
		w.later(grace - time.Second)
		if diff := cmp.Diff([][]string{{"dagl"}, {"2"}}, fetched(t, w, "1", "1000")); diff != "" {
			t.Errorf("%q: within the time: %s", text, diff)
		}
		w.later(time.Second)
		_, err := w.Fetch(t.Context(), pip.Question{value.String("1"), value.NewInteger(1000)})
		if e := (*pip.Error)(nil); !errors.As(err, &e) || e.Outcome != pip.OutcomeUnavailable {
			t.Errorf("%q: got %v, want unavailable", text, err)
		}
		w.write(t, manager)
		if err := w.tells(t, 2); err != nil {
			t.Errorf("%q: told %v", text, err)
		}
		if diff := cmp.Diff([][]string{{"dagl"}, {"2"}}, fetched(t, w, "1", "1000")); diff != "" {
			t.Errorf("%q: afterwards: %s", text, diff)
		}
	}
}

func TestFile_ThatVanishes(t *testing.T) {
	w := watch(t, "roles.csv", manager)
	if err := os.Remove(w.name); err != nil {
		t.Fatal(err)
	}
	if err := w.tells(t, 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("told %v", err)
	}
	w.later(grace)
	if _, err := w.Fetch(t.Context(), nil); err == nil {
		t.Error("a file that is gone for a minute answers")
	}
}

// A file that grows is not taken before it is quiet: a row that is not written yet is
// not absent.
func TestFile_HalfWritten(t *testing.T) {
	w := &watched{name: filepath.Join(t.TempDir(), "roles.csv"), now: time.Now()}
	w.write(t, manager)
	before, err := (&File{name: w.name, now: time.Now}).stamp()
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, header)
	half, err := (&File{name: w.name, now: time.Now}).stamp()
	if err != nil {
		t.Fatal(err)
	}
	if half.like(before) || half.same(before) || !half.like(half) {
		t.Error("a shorter file looks the same")
	}
	// Content that is younger than the clock of a file system is coarse counts as changed.
	if before.same(before) {
		t.Error("a file that was written just now is taken for settled")
	}
	before.read = before.changed.Add(settled + 1)
	if !before.same(before) {
		t.Error("a settled file is taken for changed")
	}
}

func TestFile_OpenReportsEverything(t *testing.T) {
	name := filepath.Join(t.TempDir(), "roles.csv")
	if err := os.WriteFile(name, []byte(header+"1,x,dagl,,2\n1,1000,dagl,,high\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(name, roles(Table{}), nil)
	want := name + ":2: column \"pid\": a value is not a lexical form of the data type integer\n" +
		name + ":3: column \"level\": a value is not a lexical form of the data type integer"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A file that takes the place of another may have its size and its time: those that
// a build made reproducible all have the same time.
func TestFile_TakesAnotherOfTheSameSizeAndTime(t *testing.T) {
	dir := t.TempDir()
	made := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, text := range map[string]string{"old.csv": manager, "new.csv": header + "1,1000,none,,2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, name), made, made); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(dir, "roles.csv")
	point := func(to string) {
		if err := errors.Join(os.Symlink(to, name+".new"), os.Rename(name+".new", name)); err != nil {
			t.Fatal(err)
		}
	}
	point("old.csv")
	w := watchFile(t, name)
	point("new.csv")
	if err := w.tells(t, 1); err != nil {
		t.Errorf("told %v", err)
	}
	if diff := cmp.Diff([][]string{{"none"}, {"2"}}, fetched(t, w, "1", "1000")); diff != "" {
		t.Error(diff)
	}
}

// A file at which nobody can look any more, as on a file system that hangs, may have
// changed.
func TestFile_ThatNobodyLooksAt(t *testing.T) {
	w := watch(t, "roles.csv", manager)
	if err := w.Close(); err != nil { // no more looks
		t.Fatal(err)
	}
	w.later(grace)
	_, err := w.Fetch(t.Context(), pip.Question{value.String("1"), value.NewInteger(1000)})
	if e, ok := errors.AsType[*pip.Error](err); !ok || e.Outcome != pip.OutcomeUnavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

// To open a pipe would wait for somebody who writes to it.
func TestReadFile_Pipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "roles.csv")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(name); err == nil {
		t.Error("a pipe is a table")
	}
}
