package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// counts are the records by outcome.
func counts(t *testing.T, l *Log) map[string]float64 {
	t.Helper()
	out := make(map[string]float64)
	for o, name := range outcomeNames {
		var m dto.Metric
		if err := l.metrics.records[o].Write(&m); err != nil {
			t.Fatal(err)
		}
		out[name] = m.GetCounter().GetValue()
	}
	return out
}

// soon waits until something is so.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not happen that %s", what)
		}
	}
}

// shortly is a context that ends soon.
func shortly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// broken makes every write and sync of a disk fail, until it is mended.
func broken(d *memDisk) (mend func()) {
	set := func(f func(string, int) fault) {
		d.mu.Lock()
		d.fault = f
		d.mu.Unlock()
	}
	set(func(op string, _ int) fault {
		if op == "write" || op == "fsync" || op == "create" {
			return fails
		}
		return works
	})
	return func() { set(nil) }
}

func TestLog_Folder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	c := config()
	c.Folder, c.MaxBytes = dir, 1<<20
	for i := range 3 {
		l, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(c); err == nil {
			t.Error("two logs have one folder")
		}
		if err := put(t.Context(), l, fmt.Sprintf("r%d", i)); err != nil {
			t.Fatal(err)
		}
		mustClose(t, l)
		if err := put(t.Context(), l, "late"); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v after the end, want ErrClosed", err)
		}
	}
	if diff := cmp.Diff([]string{"r0", "r1", "r2"}, recordsOf(t, folder{dir})); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	report, err := Verify(dir)
	if err != nil || len(report.Findings) > 0 || report.Files != 1 {
		t.Errorf("got %+v, %v, want one sound file: restarts make no new ones", report, err)
	}
	info, err := os.Stat(filepath.Join(dir, first))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file for nobody else", info.Mode(), err)
	}
}

// A line that is not complete was not acknowledged: it is put aside, and the chain goes on.
func TestRow46_TornTail(t *testing.T) {
	dir := t.TempDir()
	c := config()
	c.Folder, c.MaxBytes = dir, 1<<20
	l := mustOpen(t, c, folder{dir}, nil)
	if err := put(t.Context(), l, "kept"); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	f, err := os.OpenFile(filepath.Join(dir, first), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"seq":4,"dur`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if report, err := Verify(dir); err != nil || len(report.Findings) != 1 || report.Findings[0].Problem != Torn {
		t.Errorf("got %+v, %v, want a torn line", report, err)
	}
	l = mustOpen(t, c, folder{dir}, nil)
	mustClose(t, l)
	wantSound(t, folder{dir}, []string{"kept"}, "after a restart")
	torn, err := os.ReadFile(filepath.Join(dir, first+tornSuffix))
	if err != nil || string(torn) != `{"seq":4,"dur` {
		t.Errorf("got %q, %v, want what was cut off", torn, err)
	}
}

// Damage before records that are on disk keeps a log from starting, and is named.
func TestRow46_CorruptMiddle(t *testing.T) {
	d := writtenFolder(t)
	lines := linesOf(d, third)
	lines[1][30] ^= 1
	d.files[third].data = bytes.Join(lines, nil)
	_, err := open(config(), d, nil)
	var corrupt *CorruptError
	if !errors.As(err, &corrupt) || corrupt.File != third || corrupt.Offset != int64(len(lines[0])) {
		t.Fatalf("got %v, want the place of the damage: %s, %d", err, third, len(lines[0]))
	}
	d = writtenFolder(t)
	edit(third, func(l [][]byte) [][]byte { return slices.Delete(l, 1, 2) })(d)
	if _, err := open(config(), d, nil); !errors.As(err, &corrupt) {
		t.Errorf("got %v of a missing record, want a CorruptError", err)
	}
}

// While records cannot be written, decisions are refused, and none is lost when they can be.
func TestRow45_RefuseWhileTheDiskFails(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, config(), d, nil)
	mend := broken(d)
	var refusedNames []string
	for i := range 5 {
		name := fmt.Sprintf("refused-%d", i)
		refusedNames = append(refusedNames, name)
		if err := put(shortly(t), l, name); !errors.Is(err, ErrBlocked) {
			t.Errorf("got %v, want ErrBlocked", err)
		}
	}
	if got := counts(t, l); got["refused"] != 5 || got["written"] != 0 {
		t.Errorf("got %v", got)
	}
	waits := make(chan error, 1)
	go func() { waits <- put(t.Context(), l, "patient") }()
	time.Sleep(5 * time.Millisecond)
	mend()
	if err := <-waits; err != nil {
		t.Errorf("got %v when the disk works again", err)
	}
	mustClose(t, l)
	wantSound(t, d, []string{"patient"}, "at the end")
	for _, name := range recordsOf(t, d)[1:] { // the first was being written
		if slices.Contains(refusedNames, name) && name != "refused-0" {
			t.Errorf("%s was withdrawn, and is there", name)
		}
	}
}

// Who waits in vain is told while there is time, and those after it soon: they would
// take all places of a service that other callers need.
func TestRow47_RefusedInTime(t *testing.T) {
	d, c := newMemDisk(), config()
	c.timing.patience = 20 * time.Millisecond
	l := mustOpen(t, c, d, nil)
	mend := broken(d)
	for i, most := range []time.Duration{2 * time.Second, time.Second, time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), []time.Duration{time.Second, time.Minute, time.Minute}[i])
		started := time.Now()
		err := put(ctx, l, fmt.Sprintf("r%d", i))
		if took := time.Since(started); !errors.Is(err, ErrBlocked) || ctx.Err() != nil || took > most {
			t.Errorf("call %d: got %v after %v, and %v of its context", i, err, took, ctx.Err())
		}
		cancel()
	}
	mend()
	if err := put(t.Context(), l, "again"); err != nil {
		t.Error(err)
	}
	mustClose(t, l)
	wantSound(t, d, []string{"again"}, "at the end")
}

// A full disk refuses decisions, and leaves nothing half done behind.
func TestRow45_DiskFull(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, config(), d, nil)
	d.mu.Lock()
	d.small, d.space = true, 1500
	d.mu.Unlock()
	var acknowledged []string
	for i := range 20 {
		if name := fmt.Sprintf("r%d", i); put(shortly(t), l, name) == nil {
			acknowledged = append(acknowledged, name)
		}
	}
	if n := len(acknowledged); n == 0 || n > 10 {
		t.Errorf("%d of 20 records were acknowledged on a disk for some", n)
	}
	names, _ := chainFiles(d)
	if len(names) > 3 {
		t.Errorf("got files %v: each attempt leaves one", names)
	}
	d.mu.Lock()
	d.space = 1 << 20
	d.mu.Unlock()
	if err := put(t.Context(), l, "again"); err != nil {
		t.Errorf("got %v when there is space", err)
	}
	mustClose(t, l)
	wantSound(t, d, append(acknowledged, "again"), "at the end")
}

// With a spill file decisions go on while the log cannot be written, until it is full.
func TestRow47_Spill(t *testing.T) {
	d, aside := newMemDisk(), newMemDisk()
	c := config()
	c.WhenBlocked, c.SpillFile, c.SpillMaxBytes = Spill, "spill", 3000
	var text bytes.Buffer
	c.Logger = slog.New(slog.NewTextHandler(&text, nil))
	l := mustOpen(t, c, d, aside)
	mend := broken(d)
	var acknowledged []string
	refusals := 0
	for i := range 20 {
		name := fmt.Sprintf("r%d", i)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := put(ctx, l, name); err == nil {
			acknowledged = append(acknowledged, name)
		} else if refusals++; !errors.Is(err, ErrBlocked) {
			t.Errorf("got %v, want ErrBlocked", err)
		}
		cancel()
	}
	got := counts(t, l)
	if got["spilled"] < 5 || got["refused"] == 0 || got["spilled"] != float64(len(acknowledged)) || got["refused"] != float64(refusals) {
		t.Errorf("got %v, %d acknowledged, %d refused", got, len(acknowledged), refusals)
	}
	if l.queued() < got["spilled"] {
		t.Errorf("got %v in the queue, want the spilled ones", l.queued())
	}
	mend()
	soon(t, "the spill file is empty", func() bool { return l.spill.waiting() == 0 })
	mustClose(t, l)
	for _, line := range []string{
		`msg="audit records are not written in time"`, `msg="decisions are refused, because their records cannot be written"`, `msg="audit records can be written again"`,
	} {
		if n := strings.Count(text.String(), line); n != 1 {
			t.Errorf("%s: %d times in the log, want once:\n%s", line, n, text.String())
		}
	}
	wantSound(t, d, acknowledged, "after the spill")
	if n := len(aside.files["spill"].data); n != 0 {
		t.Errorf("the spill file has %d bytes left", n)
	}
	said := 0
	for _, i := range d.files {
		said += strings.Count(string(i.data), `"record":{"spilled":{"chain":"`)
	}
	if said != int(got["spilled"]) {
		t.Errorf("%d records say that they were spilled, want %v", said, got["spilled"])
	}
}

// What was spilled is in the log, whenever the process ends. It is there twice only if
// it was being written when the disk failed, and nobody could say any more that this
// does not count.
func TestRow47_SpillSurvives(t *testing.T) {
	c := config()
	c.WhenBlocked, c.SpillFile, c.SpillMaxBytes, c.timing.patience = Spill, "spill", 1<<20, 50*time.Microsecond
	const inFlight = 2 // of the two writers of the load
	for n := range 120 {
		d, aside := newMemDisk(), newMemDisk()
		l := mustOpen(t, c, d, aside)
		mend := broken(d)
		acknowledged := load(t.Context(), l, "a", 2, 6)
		giveUp(l)
		mend()
		d.fault = failFrom(d.ops + n/4) // the first attempts to recover end early
		aside.fault = failFrom(aside.ops + n%20)
		if l, err := open(c, d, aside); err == nil {
			acknowledged = append(acknowledged, load(shortly(t), l, "b", 2, 2)...)
			giveUp(l)
		}
		d.fault, aside.fault, d.locked, aside.locked = nil, nil, make(map[string]bool), make(map[string]bool)
		l = mustOpen(t, c, d, aside)
		soon(t, "the spill file is empty", func() bool { return l.spill.waiting() == 0 })
		mustClose(t, l)
		there := recordsOf(t, d)
		slices.Sort(there)
		wantSound(t, d, nil, fmt.Sprintf("attempt %d", n))
		if once := slices.Compact(slices.Clone(there)); len(there)-len(once) > inFlight {
			t.Errorf("attempt %d: %d records are there twice", n, len(there)-len(once))
		}
		for _, name := range acknowledged {
			if _, found := slices.BinarySearch(there, name); !found {
				t.Fatalf("attempt %d: %s was acknowledged, and is lost", n, name)
			}
		}
	}
}

func failFrom(n int) func(string, int) fault {
	return func(_ string, op int) fault {
		if op >= n {
			return fails
		}
		return works
	}
}

// Nobody changes what waits in the spill file without being found out.
func TestRow47_SpillDamaged(t *testing.T) {
	c := config()
	c.WhenBlocked, c.SpillFile, c.SpillMaxBytes = Spill, "spill", 1<<20
	d, aside := newMemDisk(), newMemDisk()
	l := mustOpen(t, c, d, aside)
	mend := broken(d)
	load(t.Context(), l, "a", 1, 6)
	giveUp(l)
	mend()
	aside.files["spill"].data[30] ^= 1
	var corrupt *CorruptError
	if _, err := open(c, d, aside); !errors.As(err, &corrupt) || corrupt.File != "spill" || corrupt.Offset != 0 {
		t.Errorf("got %v, want a CorruptError of the spill file", err)
	}
}

// Standard output gets the lines of the file.
func TestLog_Stdout(t *testing.T) {
	var out bytes.Buffer
	d, c := newMemDisk(), config()
	c.Stdout = &out
	l := mustOpen(t, c, d, nil)
	acknowledged := load(t.Context(), l, "a", 3, 5)
	mustClose(t, l)
	wantSound(t, d, acknowledged, "files")
	var files []byte
	names, _ := chainFiles(d)
	for _, name := range names {
		files = append(files, d.files[name].data...)
	}
	if diff := cmp.Diff(string(files), out.String()); diff != "" {
		t.Errorf("files (-) and standard output (+) differ:\n%s", diff)
	}
}

// Without files, standard output has a chain of its own.
func TestLog_StdoutOnly(t *testing.T) {
	var out bytes.Buffer
	c := config()
	c.Stdout = &out
	l := mustOpen(t, c, nil, nil)
	acknowledged := load(t.Context(), l, "a", 3, 5)
	mustClose(t, l)
	d := newMemDisk()
	d.files[first] = &inode{data: out.Bytes()}
	wantSound(t, d, acknowledged, "standard output")
}

// Nobody reads standard output: decisions are refused, and the log can be closed.
func TestRow47_BlockedPipe(t *testing.T) {
	for _, rule := range []ErrorRule{Refuse, Spill} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		d, c := newMemDisk(), config()
		c.Stdout, c.WhenBlocked = w, rule
		var waiting disk
		if rule == Spill {
			waiting, c.SpillFile, c.SpillMaxBytes = newMemDisk(), "spill", 1<<20
		}
		l := mustOpen(t, c, d, waiting)
		big := strings.Repeat("x", 100_000) // more than a pipe holds
		first := put(shortly(t), l, big)
		var acknowledged []string
		for i := range 5 {
			if name := fmt.Sprintf("r%d", i); put(shortly(t), l, name) == nil {
				acknowledged = append(acknowledged, name)
			}
		}
		if want := map[ErrorRule]int{Refuse: 0, Spill: 5}[rule]; len(acknowledged) != want || first == nil {
			t.Errorf("%s: %d records were acknowledged, want %d; the first: %v", rule, len(acknowledged), want, first)
		}
		var read sync.WaitGroup
		read.Go(func() { _, _ = io.Copy(io.Discard, r) })
		if err := put(t.Context(), l, "again"); err != nil {
			t.Errorf("%s: got %v when somebody reads", rule, err)
		}
		soon(t, "nothing waits", func() bool { return l.queued() == 0 })
		mustClose(t, l)
		_ = w.Close()
		read.Wait()
		_ = r.Close()
		wantSound(t, d, append(acknowledged, "again"), string(rule))
	}
}

// A device that is always full: the log does not start.
func TestLog_FullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	defer full.Close() //nolint:errcheck // nothing is written
	c := config()
	c.Stdout = full
	l := mustOpen(t, c, nil, nil)
	if err := put(shortly(t), l, "r"); !errors.Is(err, ErrBlocked) {
		t.Errorf("got %v, want ErrBlocked", err)
	}
	giveUp(l)
}

// The queue is bounded; what does not fit waits, and is refused at its deadline.
func TestLog_QueueIsBounded(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, config(), d, nil)
	defer giveUp(l)
	broken(d)
	_ = put(shortly(t), l, "being written")
	l.queue.limit = 1000
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // all of them come before it ends
	defer cancel()
	for i := range 100 {
		wg.Go(func() {
			if err := put(ctx, l, fmt.Sprintf("r%d", i)); !errors.Is(err, ErrBlocked) {
				t.Errorf("got %v, want ErrBlocked", err)
			}
		})
	}
	soon(t, "the queue is full", func() bool { return l.queue.length() > 10 })
	if n := l.queue.length(); n > 33 {
		t.Errorf("%d groups of 32 bytes are in a queue of 1,000", n)
	}
	wg.Wait()
	if n := l.queue.length(); n > 0 {
		t.Errorf("%d groups were not withdrawn", n)
	}
}

// What nobody waits for any more is written all the same.
func TestLog_AfterTheDeadline(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, config(), d, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := put(ctx, l, "late"); err != nil {
		t.Errorf("got %v", err)
	}
	mustClose(t, l)
	wantSound(t, d, []string{"late"}, "at the end")
}

func TestLog_Rotation(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d, c := newMemDisk(), config()
	c.MaxBytes, c.MaxAge = 1<<20, time.Hour
	c.timing.now = func() time.Time { return now }
	for i := range 6 {
		l := mustOpen(t, c, d, nil) // the age counts from the file, not from the start
		if err := put(t.Context(), l, fmt.Sprintf("r%d", i)); err != nil {
			t.Fatal(err)
		}
		mustClose(t, l)
		now = now.Add(25 * time.Minute)
	}
	if names, _ := chainFiles(d); len(names) != 2 {
		t.Errorf("got files %v, want one each hour", names)
	}
	wantSound(t, d, []string{"r0", "r5"}, "at the end")
}

// A file that was begun when the clock was ahead is old when it has been there for as long
// as others, and not when the clock comes there again.
func TestLog_RotationAfterTheClockWasSetBack(t *testing.T) {
	var now atomic.Pointer[time.Time]
	set := func(at time.Time) { now.Store(&at) }
	set(time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC))
	d, c := newMemDisk(), config()
	c.MaxBytes, c.MaxAge = 1<<20, time.Hour
	c.timing.now = func() time.Time { return *now.Load() }
	mustClose(t, mustOpen(t, c, d, nil))
	set(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	l := mustOpen(t, c, d, nil)
	for i, text := range []string{"young", "old"} {
		if err := put(t.Context(), l, text); err != nil {
			t.Fatal(err)
		}
		if names, _ := chainFiles(d); len(names) != i+1 {
			t.Errorf("%s: got files %v, want %d", text, names, i+1)
		}
		set(now.Load().Add(2 * time.Hour))
	}
	mustClose(t, l)
	wantSound(t, d, []string{"young", "old"}, "at the end")
}

func TestConfig(t *testing.T) {
	good := config()
	good.Folder = "somewhere"
	for name, change := range map[string]func(*Config){
		"nowhere":           func(c *Config) { c.Folder = "" },
		"no size":           func(c *Config) { c.MaxBytes = 0 },
		"no files":          func(c *Config) { c.Keep = 0 },
		"age":               func(c *Config) { c.MaxAge = -1 },
		"sync":              func(c *Config) { c.Sync = "never" },
		"when_blocked":      func(c *Config) { c.WhenBlocked = "drop" },
		"spill file":        func(c *Config) { c.WhenBlocked = Spill },
		"name of the spill": func(c *Config) { c.WhenBlocked, c.SpillFile, c.SpillMaxBytes = Spill, "a/audit-00000001.jsonl", 1 },
		"lock of the log":   func(c *Config) { c.WhenBlocked, c.SpillFile, c.SpillMaxBytes = Spill, "a/audit.lock", 1 },
		"head of the log":   func(c *Config) { c.WhenBlocked, c.SpillFile, c.SpillMaxBytes = Spill, "a/audit.head", 1 },
		"short key":         func(c *Config) { c.Masking.Key = make([]byte, 31) },
	} {
		c := good
		if change(&c); c.check() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if err := good.check(); err != nil {
		t.Error(err)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, rule := range []SyncRule{SyncAlways, SyncInterval} {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", rule, callers), func(b *testing.B) {
				l, err := Open(Config{
					Folder: b.TempDir(), MaxBytes: 64 << 20, Keep: 3, Sync: rule, WhenBlocked: Refuse, Registerer: prometheus.NewRegistry(),
				})
				if err != nil {
					b.Fatal(err)
				}
				events := oneEvent()
				var wg sync.WaitGroup
				work := make(chan struct{}, callers)
				for range callers {
					wg.Go(func() {
						for range work {
							if err := l.Record(context.Background(), events); err != nil {
								b.Error(err)
							}
						}
					})
				}
				b.ReportAllocs()
				for b.Loop() {
					work <- struct{}{}
				}
				close(work)
				wg.Wait()
				if err := l.Close(context.Background()); err != nil {
					b.Error(err)
				}
			})
		}
	}
}
