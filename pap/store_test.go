package pap

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

func TestOpenRefusesConfig(t *testing.T) {
	good := Config{Dir: t.TempDir(), Compile: (&fakeCompiler{}).compile, AllowEmpty: true}
	tests := []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"no folder", func(c *Config) { c.Dir = "" }, "no policy folder is given"},
		{"no compiler", func(c *Config) { c.Compile = nil }, "nothing to compile policies with is given"},
		{"poll", func(c *Config) { c.Poll = -1 }, "a pause between looks at the policy folder is negative"},
		{"verify", func(c *Config) { c.Verify = -1 }, "a pause between looks at the policy folder is negative"},
		{"settle", func(c *Config) { c.Settle = -1 }, "a pause between looks at the policy folder is negative"},
		{"limit", func(c *Config) { c.Limits.Files = -1 }, "a limit of the policy folder is negative"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			if _, err := Open(t.Context(), c); err == nil || err.Error() != test.want {
				t.Errorf("Open: got %v, want %q", err, test.want)
			}
		})
	}
	store, err := Open(t.Context(), good)
	if err != nil || store.Current() == nil || store.Current().Files != 0 {
		t.Errorf("Open: got %v, want an empty snapshot", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("Open in a context that ended: got %v, want %v", err, context.Canceled)
	}
	if err := store.Reload(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Reload in a context that ended: got %v, want %v", err, context.Canceled)
	}
	if err := store.Run(ctx); err != nil {
		t.Errorf("Run in a context that ended: got %v, want no error", err)
	}
}

func TestDefaults(t *testing.T) {
	c, err := Config{Dir: "d", Compile: (&fakeCompiler{}).compile}.complete()
	if err != nil || c.Poll != 500*time.Millisecond || c.Verify != 5*time.Second || c.Settle != 100*time.Millisecond || c.Limits != DefaultLimits() {
		t.Errorf("defaults: got %+v, %v", c, err)
	}
}

func TestRunOnlyOnce(t *testing.T) {
	f := newFixture(t, "a.xml", "1").run()
	f.until("the first Run", f.store.running.Load)
	if err := f.store.Run(t.Context()); err == nil {
		t.Error("second Run: got no error")
	}
}

func TestSnapshotAndStatus(t *testing.T) {
	before := time.Now()
	f := newFixture(t, "a.xml", "1", "b.xml", "warn").open()
	s := f.store.Current()
	if s.Files != 2 || s.Policies != 2 || s.PDP == nil || s.LoadedAt.Before(before) || s.Warnings.Error() != "b.xml: odd" {
		t.Errorf("snapshot: got %+v", s)
	}
	f.write("a.xml", "broken")
	if err := f.store.Reload(t.Context()); err == nil {
		t.Error("Reload: got no error")
	}
	if f.store.Current() != s {
		t.Errorf("in force: got %+v, want %+v", f.store.Current(), s)
	}
	status := f.store.Status()
	if status.State != StateRefused || status.Snapshot != s.ID || !status.LastAttempt.After(status.LastSuccess) ||
		status.LastLook.Before(status.LastAttempt) || len(status.Problems) != 2 {
		t.Errorf("status: got %+v", status)
	}
	status.Problems[0].Message = "changed by the caller"
	if f.store.Status().Problems[0].Message == "changed by the caller" {
		t.Error("status: the caller can change it")
	}
}

func TestCompilerFaults(t *testing.T) {
	f := newFixture(t, "a.xml", "1").open()
	f.write("a.xml", "panic")
	if err := f.store.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "internal fault: fault") {
		t.Errorf("panic: got %v, want a problem", err)
	}
	f.wantsRefused(".", policy.ReasonParse, "a.xml", "1")

	f = newFixture(t, "a.xml", "1")
	f.config.Compile = fixed(func() (Compiled, policy.Problems) { return Compiled{}, nil })
	f.open()
	f.wantsRefused(".", policy.ReasonParse)

	// A PDP beside an error is not taken.
	f = newFixture(t, "a.xml", "1")
	f.config.Compile = fixed(func() (Compiled, policy.Problems) {
		return Compiled{PDP: new(pdp.PDP)}, policy.Problems{{File: "a.xml", Reason: policy.ReasonCycle, Message: "circle"}}
	})
	f.open()
	f.wantsRefused("a.xml", policy.ReasonCycle)
}

// fixed is a compiler of candidates that do not look at the files.
func fixed(build func() (Compiled, policy.Problems)) Compile {
	return func(*pdp.PDP) Candidate { return fixedCandidate(build) }
}

type fixedCandidate func() (Compiled, policy.Problems)

func (fixedCandidate) Set(File) Outcome { return Outcome{} }

func (fixedCandidate) Remove(string) {}

func (c fixedCandidate) Build(iter.Seq[Outcome]) (Compiled, policy.Problems) { return c() }

func TestLog(t *testing.T) {
	f := newFixture(t, "a.xml", "warn", "b.xml", "1").open()
	f.write("b.xml", "broken")
	for range 2 {
		_ = f.store.Reload(t.Context())
	}
	f.write("b.xml", "1")
	_ = f.store.Reload(t.Context())
	log := f.log.String()
	for _, line := range []string{
		`level=WARN msg="policy problem" file=a.xml line=0 column=0 path="" reason=type message=odd`,
		`level=INFO msg="policies in force" snapshot=` + idOf("a.xml", "warn", "b.xml", "1") + ` files=2 policies=2 warnings=1`,
		`level=ERROR msg="policy problem" file=b.xml line=3 column=7 path="" reason=parse message="not well-formed"`,
		`level=ERROR msg="policies refused, the last good ones stay in force"`,
		`level=INFO msg="policy folder holds again what is in force"`,
	} {
		count := strings.Count(log, line)
		if want := 1; count != want && !strings.Contains(line, "WARN") {
			t.Errorf("log: got %d lines of %q, want %d, in\n%s", count, line, want, log)
		}
	}
	if got := strings.Count(log, "level=WARN"); got != 2 { // with the snapshot and with the refusal
		t.Errorf("log: got %d warnings, want 2, in\n%s", got, log)
	}
}

func TestLogIsBounded(t *testing.T) {
	f := newFixture(t)
	for i := range 150 {
		f.write(fmt.Sprintf("%03d.xml", i), "broken")
	}
	f.open()
	if got := strings.Count(f.log.String(), `msg="policy problem"`); got != 100 {
		t.Errorf("problems in the log: got %d, want 100", got)
	}
	if !strings.Contains(f.log.String(), `msg="more policy problems are not shown" number=50`) {
		t.Errorf("log: got no word of the others in\n%s", f.log)
	}
	if got := len(f.store.Status().Problems); got != 150 {
		t.Errorf("problems in the status: got %d, want 150", got)
	}
}

// TestReloadUnderLoad is T9 in small: 300 changes, one in ten of them broken,
// while others read the snapshot. Each snapshot that is seen is whole.
func TestReloadUnderLoad(t *testing.T) {
	const changes = 300
	var content sync.Map // of a snapshot, by its ID
	f := newFixture(t)
	f.config.Settle, f.config.Poll = time.Millisecond, 5*time.Millisecond
	f.config.Logger = secrettest.Logger(t)
	f.compiler.accepted = func(files []File) { content.Store(ID("root", files), files) }
	write := func(version string) { // all three files at once, by a link
		f.write(".v"+version+"/a.xml", version)
		f.write(".v"+version+"/b/c.xml", version)
		f.write(".v"+version+"/d.xml", version)
		f.link(".v"+version, ".next")
		f.rename(".next", "p")
	}
	write("0")
	f.run()
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				s := f.store.Current()
				files, ok := content.Load(s.ID)
				if !ok || len(files.([]File)) != s.Files {
					t.Errorf("snapshot: got %+v, which is not one that was made", s)
					return
				}
				time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
			}
		})
	}
	for i := 1; i <= changes; i++ {
		version := fmt.Sprint(i)
		if i%10 == 0 {
			version = fmt.Sprint("broken", i)
		}
		write(version)
		if i%2 == 0 {
			_ = f.store.Reload(ctx) // beside the watching
		} else {
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		}
		if i > 1 {
			_ = os.RemoveAll(f.path(fmt.Sprintf(".v%d", i-2)))
		}
	}
	write("last")
	f.wants("p/a.xml", "last", "p/b/c.xml", "last", "p/d.xml", "last")
	cancel()
	readers.Wait()
	content.Range(func(_, files any) bool {
		for _, file := range files.([]File) {
			if string(file.Data) != string(files.([]File)[0].Data) {
				t.Errorf("snapshot of mixed versions: got %q", files)
				return false
			}
		}
		return true
	})
}
