package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain makes the test program be a writer that gets killed, when a test calls
// it so.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(child(dir, os.Getenv(childNumber)))
	}
	goleak.VerifyTestMain(m)
}

// long reports whether tests run in their long form.
func long() bool { return os.Getenv("FORSETI_LONG") == "1" }

// config is for a log of small files that never forgets.
func config() Config {
	return Config{
		MaxBytes: 2 << 10, Keep: 10_000, Sync: SyncAlways, WhenBlocked: Refuse,
		timing: timing{retry: 50 * time.Microsecond, patience: 2 * time.Millisecond, interval: 5 * time.Millisecond},
	}
}

// payload is a record with a name.
func payload(name string) []byte { return fmt.Appendf(nil, `{"kind":"decision","call":%q}`, name) }

// put records something under these names, together.
func put(ctx context.Context, l *Log, names ...string) error {
	var records [][]byte
	for _, name := range names {
		records = append(records, payload(name))
	}
	g := newGroup(records)
	err := l.append(ctx, g)
	if err != nil {
		l.metrics.settle(g, refused)
	}
	return err
}

// mustOpen opens a log, and fails the test if that is not possible.
func mustOpen(t *testing.T, c Config, files, waiting disk) *Log {
	t.Helper()
	l, err := open(c, files, waiting)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustClose(t *testing.T, l *Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
}

// giveUp closes a log whose disk is gone.
func giveUp(l *Log) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = l.Close(ctx)
}

// recordsOf is the names of the records that count, in order, without notes.
func recordsOf(t *testing.T, d files) []string {
	t.Helper()
	names, err := chainFiles(d)
	if err != nil {
		t.Fatal(err)
	}
	v := &verifier{disk: d, spilled: make(map[chainID]uint64)}
	voids := v.voids(names)
	var out []string
	for _, name := range names {
		f, err := d.open(name)
		if err != nil {
			t.Fatal(err)
		}
		s := newScanner(f)
		for {
			text, err := s.next()
			if from, void := voids[name]; errors.Is(err, io.EOF) || err == nil && void && text.at >= from {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if l, ok := text.record(); ok {
				if r := readRecord(l.record); r.Kind != KindNote {
					out = append(out, r.Call)
				}
			}
		}
		_ = f.Close()
	}
	return out
}

// wantSound fails unless the chain is sound and has these records, among others.
func wantSound(t *testing.T, d files, acknowledged []string, context string) {
	t.Helper()
	report, err := verify(d, nil)
	if err != nil {
		t.Fatalf("%s: %v", context, err)
	}
	if len(report.Findings) > 0 {
		t.Fatalf("%s: findings %+v", context, report.Findings)
	}
	there := make(map[string]int)
	for _, name := range recordsOf(t, d) {
		there[name]++
	}
	var lost, doubled []string
	for _, name := range acknowledged {
		switch n := there[name]; {
		case n == 0:
			lost = append(lost, name)
		case n > 1:
			doubled = append(doubled, name)
		}
	}
	if lost != nil || doubled != nil {
		t.Fatalf("%s: acknowledged and lost: %s; doubled: %s", context, strings.Join(lost, " "), strings.Join(doubled, " "))
	}
}
