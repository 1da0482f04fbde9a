package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/internal/faultproxy"
	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// test is one kind of backend with one fault.
type test struct {
	testing.TB
	matrix  *matrix
	fault   fault
	says    says
	lane    lane
	backend *backend
	sources []*source
	numbers atomic.Int64 // of users that nobody has asked for yet
}

// source is the source of the backend under one setting.
type source struct {
	setting
	pip.Source
	handler *contexthandler.Handler

	mu   sync.Mutex
	said map[pip.Outcome]int // while the fault was on
}

// known is how many users of each sort are asked for before the fault.
const known = 4

// run breaks the backend while decisions are made, and mends it.
func (t *test) run() {
	for _, s := range t.backend.settings() {
		made := &source{setting: s, Source: s.assemble(t, t.backend), said: make(map[pip.Outcome]int)}
		made.handler = contexthandler.New(contexthandler.Config{
			Snapshot: func() *pap.Snapshot { return nil }, // each call brings its own
			Sources:  []pip.Source{made.Source}, MaxReuse: time.Hour, Logger: secrettest.Logger(t),
		})
		t.sources = append(t.sources, made)
	}
	t.numbers.Store(known)
	t.warmUp()
	if t.Failed() {
		t.Fatal("there is nothing to break")
	}
	time.Sleep(ttl)
	t.strike(true)
	began := time.Now()
	t.burst()
	t.overGRPC()
	t.holdOn(began)
	t.wantFault()
	t.mend()
	must(t, t.backend.close())
}

// warmUp asks for the known users where a cache is to know them.
func (t *test) warmUp() {
	var asking sync.WaitGroup
	defer asking.Wait()
	for _, s := range t.sources {
		if s.remembered == cold {
			continue
		}
		asking.Go(func() {
			for _, sort := range sorts() {
				for n := range int64(known) {
					t.ask(s, someone(sort, n))
				}
			}
		})
	}
}

// ask asks until there is an answer.
func (t *test) ask(s *source, user string) {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		a, err := s.Provider.Fetch(t.Context(), pip.Question{value.String(user)})
		switch {
		case err == nil && isTrue(a, user) && (a.Cached || s.remembered == uncached):
			return
		case err == nil && isTrue(a, user): // not late, and so remembered, we hope
		case err == nil:
			t.Errorf("%s: before the fault: got what is not true of %s", s.setting, user)
			return
		case time.Now().After(end):
			t.Errorf("%s: before the fault: %v", s.setting, err)
			return
		}
	}
}

// strike switches the fault on or off.
func (t *test) strike(on bool) {
	f, b := t.fault, t.backend
	reset := func() {
		must(t, b.proxy.Set(faultproxy.Fault{Kind: faultproxy.Reset}))
		must(t, b.proxy.Set(faultproxy.Fault{}))
	}
	switch {
	case f.network.Kind != faultproxy.None && on:
		must(t, b.proxy.Set(f.network))
	case f.network.Kind != faultproxy.None:
		must(t, b.proxy.Set(faultproxy.Fault{}))
	case f.dns:
		names.set(t.lane.host(), on)
		if on {
			reset()
		}
	case f.certificate:
		b.identity.masquerades.Store(on)
		if on {
			reset()
		}
	case on:
		must(t, b.set(f.mode))
	default:
		must(t, b.set(good))
	}
}

// holdOn lets the fault last, with a few calls, so that breakers open and pauses
// grow.
func (t *test) holdOn(since time.Time) {
	hold := t.matrix.hold
	if t.backend.local {
		hold += 2500 * time.Millisecond // a file is looked at twice, once a second
	}
	for time.Since(since) < hold {
		t.trickle()
	}
}

// wantFault makes sure that the fault was one, for each source that had to ask and
// was not kept from it. Where the machine is busy, all answers may have been too
// late to tell.
func (t *test) wantFault() {
	for end := time.Now().Add(5 * time.Second); t.spared() != nil && time.Now().Before(end); {
		t.trickle()
	}
	if s := t.spared(); s != nil {
		t.Errorf("%s: the source said %v, want %+v", s.setting, s.said, t.says)
	}
	for _, s := range t.sources {
		t.Logf("%s: the source said %v", s.setting, s.said)
	}
}

// spared gives a source that did not say yet what it says under the fault.
func (t *test) spared() *source {
	for _, s := range t.sources {
		s.mu.Lock()
		struck := s.guard == guarded || s.remembered == warm || t.says.values && s.said[pip.OutcomeOK] > 0
		for _, o := range t.says.errors {
			if s.remembered == stale && excused(o) {
				o = pip.OutcomeStale
			}
			struck = struck || s.said[o] > 0
		}
		s.mu.Unlock()
		if !struck {
			return s
		}
	}
	return nil
}

// mend ends the fault, and waits until each source gives a new answer.
func (t *test) mend() {
	t.strike(false)
	late := t.recover()
	// Where the machine had no time for it, it is broken and mended again.
	for n := 1; len(late) > 0 && n < attempts; n++ {
		t.matrix.count.heldUp.Add(1)
		t.strike(true)
		t.holdOn(time.Now())
		t.strike(false)
		late = t.recover()
	}
	for _, l := range late {
		t.Errorf("%s", l)
	}
}

// recover waits until each source gives a new answer, and tells which ones took
// too long, and why.
func (t *test) recover() (late []string) {
	limit := recoveryTime * slack
	if t.backend.users != nil {
		limit += time.Second // a file is looked at twice, once a second
	}
	mended := time.Now()
	var mu sync.Mutex
	var waiting sync.WaitGroup
	for _, s := range t.sources {
		waiting.Go(func() {
			why := make(map[string]int)
			for err := t.isBack(s); err != nil && time.Since(mended) < 30*time.Second; err = t.isBack(s) {
				why[err.Error()]++
				time.Sleep(10 * time.Millisecond)
			}
			took := time.Since(mended)
			mu.Lock()
			defer mu.Unlock()
			if took > limit {
				late = append(late, fmt.Sprintf("%s: back after %s, want at most %s: %v", s.setting, took.Round(time.Millisecond), limit, why))
				return
			}
			t.matrix.count.recovered(took, fmt.Sprintf("%s, %s", t.Name(), s.setting))
		})
	}
	waiting.Wait()
	return late
}

// isBack asks the source what was never asked, and tells why there is no answer.
func (t *test) isBack(s *source) error {
	user := newcomer
	if t.backend.users == nil {
		user = someone("admin", t.numbers.Add(1))
	}
	var h heard
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), heardKey{}, &h), deadline)
	defer cancel()
	r := t.matrix.rules[0]
	answer, err := s.handler.Decide(ctx, r.snapshot, contexthandler.Call{Request: request(user, "granted")})
	switch {
	case err != nil:
		return err
	case h.err != nil:
		return errors.Join(h.err, errors.Unwrap(h.err))
	case !h.said || h.answer.Empty():
		return errors.New("no values yet")
	}
	if got := outcomeOf(answer.Results[0]); got.decision != "Permit" || !isTrue(h.answer, user) {
		t.Errorf("%s: after the fault: got %v", s.setting, got)
	}
	return nil
}
