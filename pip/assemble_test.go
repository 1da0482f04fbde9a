package pip

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

// mustAssemble is Assemble with a good configuration.
func mustAssemble(t *testing.T, s Source, cfg Config, m *Metrics) Provider {
	t.Helper()
	s, err := Assemble(s, cfg, m)
	if err != nil {
		t.Fatal(err)
	}
	return s.Provider
}

// requests gathers forseti_pip_requests_total and the number of times measured.
func requests(t *testing.T, reg *prometheus.Registry) (byOutcome map[string]int, timed int) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	byOutcome = make(map[string]int)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch f.GetName() {
			case "forseti_pip_requests_total":
				labels := make(map[string]string)
				for _, l := range m.GetLabel() {
					labels[l.GetName()] = l.GetValue()
				}
				byOutcome[labels["source"]+" "+labels["outcome"]] = int(m.GetCounter().GetValue())
			case "forseti_pip_request_duration_seconds":
				timed += int(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return byOutcome, timed
}

func TestInstrumented(t *testing.T) {
	reg := prometheus.NewRegistry()
	m, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	var a Answer
	var fails error
	p := Instrumented(ProviderFunc(func(context.Context, Question) (Answer, error) { return a, fails }), "roles", m)

	want := make(map[string]int)
	for _, o := range Outcomes() {
		want["roles "+string(o)] = 0
	}
	if got, _ := requests(t, reg); !maps.Equal(got, want) {
		t.Errorf("before the first question (-want +got):\n%s", cmp.Diff(want, got))
	}
	for _, tt := range []struct {
		a    Answer
		err  error
		want Outcome
	}{
		{a: answer("dagl"), want: OutcomeOK},
		{a: answer(), want: OutcomeEmpty},
		{a: Answer{Bags: answer("dagl").Bags, Cached: true}, want: OutcomeCached},
		{a: Answer{Bags: answer().Bags, Cached: true}, want: OutcomeCached},
		{err: Invalidf("two rows"), want: OutcomeInvalid},
		{err: &Error{Outcome: OutcomeUnavailable}, want: OutcomeUnavailable},
		{err: errOpen(), want: OutcomeOpen},
		{a: Answer{Bags: answer("dagl").Bags, Cached: true, Stale: true}, want: OutcomeStale},
		{err: context.DeadlineExceeded, want: OutcomeTimeout},
		{err: fmt.Errorf("asking: %w", context.Canceled), want: OutcomeCanceled},
		{err: errors.New("what"), want: OutcomeError},
		{err: &Error{Outcome: "made up"}, want: OutcomeError},
		{err: &Error{Outcome: OutcomeOK}, want: OutcomeError},
	} {
		a, fails = tt.a, tt.err
		_, err := p.Fetch(t.Context(), ask("1"))
		if tt.err != nil {
			wantOutcome(t, err, tt.want)
			if e, ok := errors.AsType[*Error](err); ok && e.Source != "roles" {
				t.Errorf("got source %q, want roles", e.Source)
			}
		} else if err != nil {
			t.Errorf("got error %v, want an answer", err)
		}
		want["roles "+string(tt.want)]++
	}
	got, timed := requests(t, reg)
	if !maps.Equal(got, want) {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
	if timed != 11 {
		t.Errorf("got %d times, want 11: answers of caches are not timed", timed)
	}
	if _, err := NewMetrics(reg); err == nil {
		t.Error("metrics were registered twice without an error")
	}
}

func TestInstrumentedCopiesSharedErrors(t *testing.T) {
	shared := Invalidf("two rows")
	_, err := Instrumented(ProviderFunc(func(context.Context, Question) (Answer, error) { return Answer{}, shared }), "roles", nil).
		Fetch(t.Context(), ask("1"))
	wantOutcome(t, err, OutcomeInvalid)
	if shared.Source != "" {
		t.Error("the shared error was changed")
	}
}

func TestAssembleErrorThenAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails error
		backend, asked := counting(func(context.Context, Question) (Answer, error) { return answer("dagl"), fails })
		p := mustAssemble(t, roles(backend), Config{Timeout: time.Second, Cache: CacheConfig{TTL: time.Minute, NegativeTTL: time.Minute}}, nil)

		fails = &Error{Outcome: OutcomeUnavailable}
		_, err := p.Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeUnavailable)
		fails = nil
		wantRoles(t, p, ask("1"), "dagl")
		fails = &Error{Outcome: OutcomeUnavailable}
		wantRoles(t, p, ask("1"), "dagl") // still in its time
		time.Sleep(time.Minute)
		_, err = p.Fetch(t.Context(), ask("1")) // no longer: stale is never served
		wantOutcome(t, err, OutcomeUnavailable)
		if n := asked.Load(); n != 3 {
			t.Errorf("got %d questions, want 3", n)
		}
	})
}

func TestAssembleInvalidIsNotCached(t *testing.T) {
	a := answer("a", "b")
	backend, asked := counting(func(context.Context, Question) (Answer, error) { return a, nil })
	p := mustAssemble(t, roles(backend), Config{MaxValues: 1, Cache: CacheConfig{TTL: time.Hour}}, nil)
	_, err := p.Fetch(t.Context(), ask("1"))
	wantOutcome(t, err, OutcomeInvalid)
	a = answer("a")
	wantRoles(t, p, ask("1"), "a")
	if n := asked.Load(); n != 2 {
		t.Errorf("got %d questions, want 2", n)
	}
}

// A source that is slower than its callers can wait still warms the cache.
func TestAssembleAbandonedFlightFillsTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend, asked := counting(after(3*time.Second, answer("dagl")))
		p := mustAssemble(t, roles(backend), Config{Timeout: 5 * time.Second, Reserve: 100 * time.Millisecond, Cache: CacheConfig{TTL: time.Minute}}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := p.Fetch(ctx, ask("1"))
		wantOutcome(t, err, OutcomeTimeout)
		if got, want := time.Since(start), 900*time.Millisecond; got != want {
			t.Errorf("waited %v, want %v", got, want)
		}
		time.Sleep(3 * time.Second)
		if a := wantRoles(t, p, ask("1"), "dagl"); !a.Cached {
			t.Error("the answer does not come from the cache")
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("got %d questions, want 1", n)
		}
	})
}

func TestAssembleLocal(t *testing.T) {
	backend, asked := counting(after(0, answer("dagl")))
	p := mustAssemble(t, roles(backend), Config{Local: true, Cache: CacheConfig{TTL: time.Hour}}, nil)
	wantRoles(t, p, ask("1"), "dagl")
	wantRoles(t, p, ask("1"), "dagl")
	if n := asked.Load(); n != 2 {
		t.Errorf("got %d questions, want 2", n)
	}
}

// Local answers depend on the question alone, and on time if they say so.
func TestAssembleLocalReuse(t *testing.T) {
	for validFor, want := range map[time.Duration]time.Duration{0: math.MaxInt64, time.Minute: time.Minute, -1: 0} {
		a := answer("dagl")
		a.ValidFor = validFor
		p := mustAssemble(t, roles(after(0, a)), Config{Local: true}, nil)
		if got := wantRoles(t, p, ask("1"), "dagl"); got.Reuse != want {
			t.Errorf("valid for %v: got reuse %v, want %v", validFor, got.Reuse, want)
		}
	}
}

// Without a cache nobody knows how long an answer holds.
func TestAssembleNoReuseWithoutCache(t *testing.T) {
	a := answer("dagl")
	a.ValidFor, a.Reuse, a.Cached, a.Age = time.Hour, time.Hour, true, time.Hour
	p := mustAssemble(t, roles(after(0, a)), Config{}, nil)
	if got := wantRoles(t, p, ask("1"), "dagl"); got.Reuse != 0 || got.Cached || got.Age != 0 {
		t.Errorf("got reuse %v, cached %t, age %v, want what Assemble says, and not the provider", got.Reuse, got.Cached, got.Age)
	}
}

func TestAssembleRefuses(t *testing.T) {
	for _, cfg := range []Config{
		{Timeout: -1},
		{Reserve: -1},
		{MaxValues: -1},
		{MaxInFlight: -1},
		{Cache: CacheConfig{TTL: -1}},
		{Cache: CacheConfig{NegativeTTL: -1}},
		{Cache: CacheConfig{MaxEntries: -1}},
	} {
		if _, err := Assemble(roles(after(0, answer())), cfg, nil); err == nil {
			t.Errorf("got no error for %+v", cfg)
		}
	}
}

// Times that would have no effect are a mistake.
func TestAssembleRefusesTimesWithoutCache(t *testing.T) {
	for _, provided := range []Provided{{Key: roleKey, TTL: time.Minute}, {Key: roleKey, StaleIfError: time.Minute}} {
		s := roles(after(0, answer()))
		s.Provides = []Provided{provided}
		for _, cfg := range []Config{{}, {Local: true, Cache: CacheConfig{TTL: time.Hour}}} {
			if _, err := Assemble(s, cfg, nil); err == nil {
				t.Errorf("got no error for %+v with %+v", provided, cfg)
			}
		}
		if _, err := Assemble(s, Config{Cache: CacheConfig{TTL: time.Hour}}, nil); err != nil {
			t.Errorf("got %v for %+v with a cache", err, provided)
		}
	}
}

// Everything that is wrong is reported at once.
func TestAssembleReportsAll(t *testing.T) {
	s := roles(nil)
	_, err := Assemble(s, Config{Timeout: -1, Retry: RetryConfig{Retries: -1}, Breaker: BreakerConfig{Ratio: 2}, Validate: []Rule{{Key: userKey}}}, nil)
	for _, want := range []string{"provider", "times", "retries", "ratio", "does not provide"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want also %q", err, want)
		}
	}
}

// What is known is given while the breaker is open, and what is not is
// refused at once. When the fault is over, it is over within two seconds.
func TestAssembleFaultAndRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		m, err := NewMetrics(reg)
		if err != nil {
			t.Fatal(err)
		}
		hangs := false
		backend, asked := counting(func(ctx context.Context, q Question) (Answer, error) {
			if hangs {
				return after(time.Hour, Answer{})(ctx, q)
			}
			return answer("dagl"), nil
		})
		p := mustAssemble(t, roles(backend), Config{
			Timeout: 500 * time.Millisecond, Cache: CacheConfig{TTL: time.Hour},
			Breaker: BreakerConfig{Enabled: true}, Retry: RetryConfig{Retries: 1}, MaxInFlight: 2,
		}, m)
		wantRoles(t, p, ask("known"), "dagl")
		hangs = true
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				_, err := p.Fetch(t.Context(), ask(fmt.Sprint(i)))
				wantOutcome(t, err, OutcomeTimeout)
			})
		}
		wg.Wait()
		synctest.Wait()
		for i := range 3 { // two were asked already at least, the others waited for them
			if _, err := p.Fetch(t.Context(), ask(fmt.Sprint(i))); err == nil {
				t.Error("got an answer of a backend that hangs")
			}
			synctest.Wait()
		}
		start, before := time.Now(), asked.Load()
		for i := range 1000 {
			_, err := p.Fetch(t.Context(), ask(fmt.Sprint(i)))
			wantOutcome(t, err, OutcomeOpen)
		}
		if a := wantRoles(t, p, ask("known"), "dagl"); !a.Cached || time.Since(start) != 0 || asked.Load() != before {
			t.Errorf("an open breaker took %v and %d calls, want none", time.Since(start), asked.Load()-before)
		}
		if got := gauge(t, reg, "forseti_pip_breaker_state"); got != 2 {
			t.Errorf("got state %v, want 2: open", got)
		}
		time.Sleep(5 * time.Second)
		hangs = false
		start = time.Now()
		for {
			if _, err := p.Fetch(t.Context(), ask("new")); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if got := time.Since(start); got > 2*time.Second {
			t.Errorf("recovered after %v, want at most 2s", got)
		}
		if got := gauge(t, reg, "forseti_pip_breaker_state"); got != 0 {
			t.Errorf("got state %v, want 0: closed", got)
		}
	})
}

// Retries are attempts of one question, which stays within its time.
func TestAssembleRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		m, err := NewMetrics(reg)
		if err != nil {
			t.Fatal(err)
		}
		p, attempts := failing(unavailable(), unavailable())
		p = mustAssemble(t, roles(p), Config{Timeout: 5 * time.Second, Retry: RetryConfig{Retries: 2}}, m)
		wantRoles(t, p, ask("1"), "dagl")
		if got, _ := requests(t, reg); got["roles ok"] != 1 || got["roles unavailable"] != 0 {
			t.Errorf("got %v, want one question that went well", got)
		}
		if got := gauge(t, reg, "forseti_pip_retries_total"); got != 2 || attempts() != 3 {
			t.Errorf("got %v retries and %d attempts, want 2 and 3", got, attempts())
		}
	})
}

// gauge is the value of the only series of a gauge or counter.
func gauge(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name && len(f.GetMetric()) == 1 {
			m := f.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no single series of %s", name)
	return 0
}

// Callers that come and go in great numbers leave nothing behind.
func TestAssembleCancelStorm(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	reg := prometheus.NewRegistry()
	m, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	backend := after(20*time.Millisecond, answer("dagl"))
	p := mustAssemble(t, roles(backend), Config{Timeout: time.Second, Cache: CacheConfig{TTL: time.Millisecond}}, m)
	var wg sync.WaitGroup
	for i := range 2000 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%30)*time.Millisecond)
			defer cancel()
			a, err := p.Fetch(ctx, ask(fmt.Sprint(i%100)))
			if err == nil && !cmp.Equal(texts(a), []string{"dagl"}) {
				t.Errorf("got %q, want dagl", texts(a))
			}
		})
	}
	wg.Wait()
	total := 0
	got, _ := requests(t, reg)
	for _, n := range got {
		total += n
	}
	if len(got) != len(Outcomes()) || total != 2000 {
		t.Errorf("got %d series and %d questions, want %d and 2000: %v", len(got), total, len(Outcomes()), got)
	}
}
