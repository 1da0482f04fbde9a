package pip

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// accessKey is a second attribute that the sources of these tests provide.
var accessKey = xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "access-package", Type: value.TypeString}

// helpful is a source whose roles may be stale for a minute and whose access
// packages must not be. It remembers answers for ten seconds.
func helpful(t *testing.T, p Provider, m *Metrics, change func(*Source, *Config)) Source {
	t.Helper()
	s := roles(p)
	s.Provides = []Provided{{Key: roleKey, StaleIfError: time.Minute}, {Key: accessKey}}
	cfg := Config{Timeout: time.Second, Reserve: 100 * time.Millisecond, Cache: CacheConfig{TTL: 10 * time.Second, NegativeTTL: 10 * time.Second}}
	if change != nil {
		change(&s, &cfg)
	}
	s, err := Assemble(s, cfg, m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// both is an answer with roles and access packages.
func both(roles ...string) Answer {
	return Answer{Bags: append(answer(roles...).Bags, answer("tax").Bags...)}
}

func TestStaleIfError(t *testing.T) {
	timeout := func(ctx context.Context) (Answer, error) { return after(time.Hour, Answer{})(ctx, nil) }
	fails := func(err error) func(context.Context) (Answer, error) {
		return func(context.Context) (Answer, error) { return Answer{}, err }
	}
	tests := []struct {
		name  string
		age   time.Duration
		fault func(context.Context) (Answer, error)
		want  Outcome // empty: a stale answer
	}{
		{"unavailable", 11 * time.Second, fails(unavailable()), ""},
		{"timeout", 11 * time.Second, timeout, ""},
		{"open", 11 * time.Second, fails(errOpen()), ""},
		{"almost too old", 68 * time.Second, fails(unavailable()), ""},
		{"too old", 70 * time.Second, fails(unavailable()), OutcomeUnavailable},
		{"invalid", 11 * time.Second, fails(Invalidf("two rows")), OutcomeInvalid},
		{"not allowed", 11 * time.Second, fails(&Error{Outcome: OutcomeError, Detail: "status 403"}), OutcomeError},
		{"canceled", 11 * time.Second, fails(&Error{Outcome: OutcomeCanceled}), OutcomeCanceled},
		{"garbage", 11 * time.Second, func(context.Context) (Answer, error) { return Answer{}, nil }, OutcomeInvalid},
		{"panic", 11 * time.Second, func(context.Context) (Answer, error) { panic("what") }, OutcomeError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, err := NewMetrics(prometheus.NewRegistry())
				if err != nil {
					t.Fatal(err)
				}
				well := true
				p := helpful(t, ProviderFunc(func(ctx context.Context, _ Question) (Answer, error) {
					if well {
						return both("dagl"), nil
					}
					return tt.fault(ctx)
				}), m, nil).Provider
				wantRoles(t, p, ask("1"), "dagl")
				well = false
				time.Sleep(tt.age)
				a, err := p.Fetch(t.Context(), ask("1"))
				if tt.want != "" {
					wantOutcome(t, err, tt.want)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{"dagl"}, texts(a)); diff != "" {
					t.Errorf("roles (-want +got):\n%s", diff)
				}
				if !a.Stale || !a.Cached || a.Reuse != 0 || a.Age < tt.age {
					t.Errorf("got stale %t, cached %t, reuse %v, age %v", a.Stale, a.Cached, a.Reuse, a.Age)
				}
				// What must not be stale is unknown, and not absent.
				if len(a.Unknown) != 2 || a.Unknown[0] != nil || a.Bags[1].Len() != 0 || a.Bags[1].Type() != value.TypeString {
					t.Fatalf("got unknown %v and %d access packages, want the latter unknown", a.Unknown, a.Bags[1].Len())
				}
				if e, ok := errors.AsType[*Error](a.Unknown[1]); !ok || e.Source != "roles" {
					t.Errorf("got the reason %v, want one of the source", a.Unknown[1])
				}
			})
		})
	}
}

// All attributes may be stale: then none is unknown.
func TestStaleIfErrorOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault error
		p, _ := counting(func(context.Context, Question) (Answer, error) { return both("dagl"), fault })
		p = helpful(t, p, nil, func(s *Source, _ *Config) { s.Provides[1].StaleIfError = 20 * time.Second }).Provider
		wantRoles(t, p, ask("1"), "dagl")
		fault = unavailable()
		time.Sleep(11 * time.Second)
		if a := wantRoles(t, p, ask("1"), "dagl"); !a.Stale || a.Unknown != nil || a.Bags[1].Len() != 1 {
			t.Errorf("got stale %t, unknown %v, %d access packages", a.Stale, a.Unknown, a.Bags[1].Len())
		}
		time.Sleep(20 * time.Second)
		if a := wantRoles(t, p, ask("1"), "dagl"); !a.Stale || a.Unknown == nil || a.Bags[1].Len() != 0 {
			t.Errorf("later: got stale %t, unknown %v, %d access packages", a.Stale, a.Unknown, a.Bags[1].Len())
		}
		fault = nil
		if a := wantRoles(t, p, ask("1"), "dagl"); a.Stale || a.Cached {
			t.Errorf("the source is back: got stale %t, cached %t", a.Stale, a.Cached)
		}
	})
}

func TestStaleIfErrorIsOffByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault error
		p, _ := backendOf(&fault)
		p = mustAssemble(t, roles(p), Config{Cache: CacheConfig{TTL: 10 * time.Second}}, nil)
		wantRoles(t, p, ask("1"), "dagl")
		fault = unavailable()
		time.Sleep(10 * time.Second)
		_, err := p.Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeUnavailable)
	})
}

// A newer answer ends the life of an older one, even if it is itself not
// remembered: what was taken away does not come back with the next fault.
func TestStaleEndsWithANewerAnswer(t *testing.T) {
	newer := map[string]Answer{
		"empty, which is not remembered": {Bags: []value.Bag{{}, {}}},
		"not to be kept":                 {Bags: both("priv").Bags, ValidFor: -1},
	}
	for name, second := range newer {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, fault := both("dagl"), error(nil)
				p := ProviderFunc(func(context.Context, Question) (Answer, error) { return a, fault })
				s := helpful(t, p, nil, func(_ *Source, cfg *Config) { cfg.Cache.NegativeTTL = 0 })
				wantRoles(t, s.Provider, ask("1"), "dagl")
				time.Sleep(11 * time.Second)
				a = second
				if _, err := s.Provider.Fetch(t.Context(), ask("1")); err != nil {
					t.Fatal(err)
				}
				fault = unavailable()
				_, err := s.Provider.Fetch(t.Context(), ask("1"))
				wantOutcome(t, err, OutcomeUnavailable)
			})
		})
	}
}

// What the backend itself said about the life of its answer is a bound on any use.
func TestStaleEndsWithValidFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, fault := both("dagl"), error(nil)
		a.ValidFor = 20 * time.Second
		p := helpful(t, ProviderFunc(func(context.Context, Question) (Answer, error) { return a, fault }), nil, nil).Provider
		wantRoles(t, p, ask("1"), "dagl")
		fault = unavailable()
		time.Sleep(19 * time.Second)
		if a := wantRoles(t, p, ask("1"), "dagl"); !a.Stale {
			t.Error("got an answer that is not stale")
		}
		time.Sleep(time.Second)
		_, err := p.Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, OutcomeUnavailable)
	})
}

// Row 30 of docs/robustness.md, as an attacker sees it: a caller in a hurry must
// not get at the values of before.
func TestStaleIsNotForCallersInAHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		takes := time.Duration(0)
		s := helpful(t, ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
			return after(takes, both("dagl"))(ctx, q)
		}), nil, nil)
		wantRoles(t, s.Provider, ask("1"), "dagl")
		takes = 500 * time.Millisecond // slower, and well
		time.Sleep(11 * time.Second)
		for _, deadline := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond, 599 * time.Millisecond} {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			a, err := s.Provider.Fetch(ctx, ask("1"))
			cancel()
			if err == nil {
				t.Errorf("deadline %v: got an answer, stale %t", deadline, a.Stale)
				continue
			}
			wantOutcome(t, err, OutcomeTimeout)
			time.Sleep(time.Second)
			s.Forget(nil)
			takes = 0
			wantRoles(t, s.Provider, ask("1"), "dagl")
			takes = 500 * time.Millisecond
			time.Sleep(11 * time.Second)
		}
	})
}

func TestStaleIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		m, err := NewMetrics(reg)
		if err != nil {
			t.Fatal(err)
		}
		var fault error
		p, _ := counting(func(context.Context, Question) (Answer, error) { return both("dagl"), fault })
		p = helpful(t, p, m, nil).Provider
		wantRoles(t, p, ask("1"), "dagl")
		fault = unavailable()
		time.Sleep(11 * time.Second)
		wantRoles(t, p, ask("1"), "dagl")
		wantRoles(t, p, ask("1"), "dagl")
		got, _ := requests(t, reg)
		if got["roles ok"] != 1 || got["roles stale"] != 2 || got["roles cached"] != 0 || got["roles unavailable"] != 0 {
			t.Errorf("got %v, want 1 ok and 2 stale", got)
		}
	})
}

// A fault of one question is no reason for a stale answer when another has just
// found out what is true.
func TestStaleNotBesideAFreshAnswer(t *testing.T) {
	c, err := NewCache(CacheConfig{TTL: time.Hour}, []Provided{{Key: roleKey, StaleIfError: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	p := c.Serve(ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		if _, err := c.Fill(after(0, answer("dagl"))).Fetch(ctx, q); err != nil {
			t.Error(err)
		}
		return Answer{}, unavailable()
	}))
	if a := wantRoles(t, p, ask("1"), "dagl"); a.Stale || !a.Cached || a.Reuse == 0 {
		t.Errorf("got stale %t, cached %t, reuse %v, want a fresh answer of the cache", a.Stale, a.Cached, a.Reuse)
	}
}
