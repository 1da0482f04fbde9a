package pip

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	if timed != 9 {
		t.Errorf("got %d times, want 9: answers of caches are not timed", timed)
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

func TestAssembleRefuses(t *testing.T) {
	for _, cfg := range []Config{{Timeout: -1}, {Reserve: -1}, {MaxValues: -1}, {Cache: CacheConfig{TTL: -1}}} {
		if _, err := Assemble(roles(after(0, answer())), cfg, nil); err == nil {
			t.Errorf("got no error for %+v", cfg)
		}
	}
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
