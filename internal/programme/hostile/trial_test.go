package hostile

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// pause are the windows of a trial: quiet and attack take turns, rounds times, and it
// ends with a quiet one. In between, what the attack left may end.
type pause struct {
	busy, warm, quiet, attack, settle time.Duration
	rounds                            int
}

func windows() pause {
	if harness.Long() {
		return pause{busy: 5 * time.Second, warm: time.Second, quiet: 5 * time.Second, attack: 5 * time.Second, settle: 500 * time.Millisecond, rounds: 3}
	}
	return pause{busy: time.Second, warm: 100 * time.Millisecond, quiet: 250 * time.Millisecond, attack: 1200 * time.Millisecond, settle: 100 * time.Millisecond, rounds: 1}
}

func (p pause) total() time.Duration {
	return p.warm + time.Duration(p.rounds)*(p.quiet+p.attack+p.settle) + p.quiet
}

// The others ask for so many decisions in a second. No more of them than a service on
// one processor takes are under way, also after a moment in which the machine was busy.
const (
	longest  = 10 * time.Second // for a decision: a machine that is busy with other things is no failure
	rate     = 300
	together = 2
)

// service is one that is attacked.
type service struct {
	*harness.Server
	before state
}

// start runs a service that has been in use for a while.
func (w world) start(t *testing.T) service {
	t.Helper()
	s := harness.Start(t, w.options)
	before := stateOf(t, s)
	w.busy(t, s)
	return service{s, before}
}

// trial makes an attack beside others.
func (w world) trial(t *testing.T, s service, a attack) result {
	t.Helper()
	others := &others{began: make(map[int]time.Time)}
	p := windows()
	var report harness.Report
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() {
		report, failed = harness.Load{
			Target: s.Address(), Rate: rate, InFlight: together, Connections: together, Deadline: longest, Duration: p.total() + 200*time.Millisecond, Dial: w.dial,
			Request: others.request, Check: others.check,
		}.Run(t.Context())
	})
	seen := new(seen)
	r := result{attack: a.name}
	time.Sleep(p.warm)
	begun := usageOf(t, s.PID())
	for range p.rounds {
		start := usageOf(t, s.PID())
		others.in(quiet, p.quiet)
		idle, _ := usageOf(t, s.PID()).since(start)
		s.ForgetPeak(t)
		memory, _ := s.Memory(t)
		start = usageOf(t, s.PID())
		others.phase(attacked)
		w.attack(t, a, s.Address(), seen, p.attack)
		others.phase(unsettled)
		taken, _ := usageOf(t, s.PID()).since(start)
		_, peak := s.Memory(t)
		r.memory, r.processor = max(r.memory, peak-memory), max(r.processor, taken-idle)
		time.Sleep(p.settle)
	}
	others.in(quiet, p.quiet)
	others.phase(unsettled)
	_, r.foreign = usageOf(t, s.PID()).since(begun)
	wg.Wait()
	must(t, failed)
	r.quiet, r.during, r.seen = others.p99(quiet), others.p99(attacked), seen.String()
	if report.Failed() > 0 || report.Late > 0 || len(report.Wrong) > 0 || report.OK == 0 {
		t.Errorf("others: %d of %d calls failed (%v, %d late): %v, wrong: %v", report.Failed(), report.Sent, report.Codes, report.Late, report.Errors, report.Wrong)
	}
	if r.memory > maxMemory {
		t.Errorf("the service took %d MB more", r.memory/mega)
	}
	s.before.compare(t, s.Server)
	return r
}

// busy asks for as many decisions as there can be, until the service has the memory
// that it has after a while: it collects none of it before there are 64 MiB.
func (w world) busy(t *testing.T, s *harness.Server) {
	t.Helper()
	report, err := harness.Load{Target: s.Address(), InFlight: together, Connections: together, Duration: windows().busy, Dial: w.dial}.Run(t.Context())
	must(t, err)
	if report.Failed() > 0 {
		t.Errorf("before the attack: %d calls failed: %v", report.Failed(), report.Errors)
	}
}

// attack makes an attack for a time.
func (w world) attack(t *testing.T, a attack, target string, seen *seen, d time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	a.run(&attacker{ctx: ctx, target: target, tls: w.attacker, rate: a.rate, seen: seen})
	<-ctx.Done()
}

// others ask for decisions, and remember how long the answers took: from when they
// asked, because what they wait for the processor that they share with the attacker is
// not what the service does to them.
type others struct {
	mu    sync.Mutex
	now   phase
	began map[int]time.Time
	at    map[int]phase
	took  [attacked + 1][]time.Duration
}

type phase int

const (
	unsettled phase = iota
	quiet
	attacked
)

func (o *others) phase(p phase) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = p
}

// in waits in a phase.
func (o *others) in(p phase, d time.Duration) {
	o.phase(p)
	time.Sleep(d)
}

func (o *others) request(n int) *v1.AuthorizeRequest {
	r := harness.DemoRequest(n)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at == nil {
		o.at = make(map[int]phase)
	}
	o.began[n], o.at[n] = time.Now(), o.now
	return r
}

func (o *others) check(n int, r *v1.AuthorizeResponse) error {
	now := time.Now()
	o.mu.Lock()
	o.took[o.at[n]] = append(o.took[o.at[n]], now.Sub(o.began[n]))
	o.mu.Unlock()
	return harness.CheckDemo(n, r)
}

func (o *others) p99(p phase) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	took := slices.Sorted(slices.Values(o.took[p]))
	if len(took) == 0 {
		return time.Hour
	}
	return took[len(took)*99/100]
}

// state is what an attack must not leave behind.
type state struct{ goroutines, files, lines int }

func stateOf(t testing.TB, s *harness.Server) state {
	return state{int(s.Metrics(t).Value("go_goroutines")), s.Files(t), strings.Count(s.Log(), "\n")}
}

// Leftovers that are none.
const (
	someGoroutines = 8
	someFiles      = 5
	someLines      = 50
)

// compare waits until the service has given back what others and the attacker had.
func (before state) compare(t *testing.T, s *harness.Server) {
	t.Helper()
	var after state
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		after = stateOf(t, s)
		if after.goroutines <= before.goroutines+someGoroutines && after.files <= before.files+someFiles {
			break
		}
	}
	if after.goroutines > before.goroutines+someGoroutines || after.files > before.files+someFiles {
		t.Errorf("left behind: %d goroutines and %d files, before: %d and %d", after.goroutines, after.files, before.goroutines, before.files)
	}
	if after.lines > before.lines+someLines {
		t.Errorf("the attacker made the service log %d lines, the last of them: %s", after.lines-before.lines, last(s.Log()))
	}
	m := s.Metrics(t)
	for _, series := range []string{"forseti_panics_total", "forseti_rpc_in_flight_calls", "forseti_rpc_open_streams"} {
		if n := m.Sum(series); n != 0 {
			t.Errorf("%s is %v", series, n)
		}
	}
}

func last(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return lines[len(lines)-1]
}
