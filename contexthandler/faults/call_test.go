package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pip"
)

// The times of calls. Some callers are in a hurry: they have less time than the
// source may take.
const (
	deadline = 5 * sourceTimeout
	hurry    = sourceTimeout / 2
)

// grace is how much later than its deadline a call may end. Others use the machine
// as well, and hold up a goroutine now and then: a call that is late is made
// again, and counts if it is late each time.
const (
	grace    = 50 * time.Millisecond * slack
	attempts = 4
)

// call is one call of the matrix.
type call struct {
	source *source
	rules  rules
	sort   string
	user   string
	action string
	hurry  bool
}

func (c *call) String() string {
	return fmt.Sprintf("%s, %s: %s of %s", c.source.setting, c.rules, c.action, c.user)
}

// newCall is the call number n.
func (t *test) newCall(s *source, r rules, n int) *call {
	c := &call{source: s, rules: r, hurry: n%5 == 4}
	combination := n * 7 // which all get in time: 7 and 16 have nothing in common
	c.sort, c.action = sorts()[combination%4], actions()[combination/4%4]
	switch {
	case t.backend.users != nil:
		c.user = someone(c.sort, int64(n%known))
	case s.remembered == cold:
		c.user = someone(c.sort, t.numbers.Add(1))
	default:
		c.user = someone(c.sort, int64(n%known))
	}
	return c
}

// burst makes all calls of all cells, many at a time.
func (t *test) burst() {
	var calls []*call
	for _, s := range t.sources {
		for _, r := range t.matrix.rules {
			t.matrix.count.cells.Add(1)
			for range t.matrix.callsPerCell {
				calls = append(calls, t.newCall(s, r, len(calls)))
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	random.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	var next atomic.Int64
	var callers sync.WaitGroup
	for range 16 {
		callers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(calls)); i = next.Add(1) - 1 {
				t.inTime(calls[i])
			}
		})
	}
	callers.Wait()
}

// trickle makes one call for each source, and waits a little.
func (t *test) trickle() {
	var callers sync.WaitGroup
	for _, s := range t.sources {
		n := rand.IntN(1000)
		callers.Go(func() { t.inTime(t.newCall(s, t.matrix.rules[n%len(t.matrix.rules)], n)) })
	}
	callers.Wait()
	time.Sleep(20 * time.Millisecond)
}

// inTime makes a call that must end in time.
func (t *test) inTime(c *call) {
	var late time.Duration
	for range attempts {
		if late = t.make(c); late <= grace {
			return
		}
		t.matrix.count.heldUp.Add(1)
		time.Sleep(grace)
	}
	t.matrix.count.late.Add(1)
	t.Errorf("%s: ended %s after its deadline", c, late.Round(time.Millisecond))
}

// make makes a call and judges what comes of it. It tells how long after its
// deadline it ended.
func (t *test) make(c *call) (late time.Duration) {
	t.matrix.count.calls.Add(1)
	var h heard
	limit := deadline
	if c.hurry {
		limit = hurry
	}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), heardKey{}, &h), limit)
	defer cancel()
	due, _ := ctx.Deadline()
	answer, err := c.source.handler.Decide(ctx, c.rules.snapshot, contexthandler.Call{Request: request(c.user, c.action)})
	late = time.Since(due)
	if err != nil {
		if ctx.Err() == nil {
			t.Errorf("%s: got error %v before the deadline", c, err)
		}
		return late // nothing was decided
	}
	for _, text := range append([]string{answer.Results[0].Status.Message}, messages(h.err)...) {
		if strings.Contains(text, c.user) {
			t.Errorf("%s: the message %q names the user", c, text)
		}
	}
	t.judge(c, outcomeOf(answer.Results[0]), &h)
	if fresh := answer.Freshness; h.said && (fresh.Stale != h.answer.Stale || (h.err != nil || fresh.Stale) && fresh.Reuse != 0) {
		t.Errorf("%s: got %+v for an answer that is stale=%t, error %v", c, fresh, h.answer.Stale, h.err)
	}
	return late
}

// messages is what an error says, the causes that nobody prints aside.
func messages(err error) []string {
	if err == nil {
		return nil
	}
	return []string{err.Error()}
}

// judge compares a decision with what the reference evaluator says under the same
// fault, and what the source said with what it may say under it.
func (t *test) judge(c *call, got outcome, h *heard) {
	c.source.note(h)
	mayAnswer, mayFail := t.may(c)
	switch {
	case h.said && h.err == nil:
		if !isTrue(h.answer, c.user) {
			t.Errorf("%s: the source said what is not true", c)
		}
		if !mayAnswer {
			t.Errorf("%s: the source answered, and must not", c)
		}
		if s := c.source.remembered; (s == expired || s == stale) && !h.answer.Stale && h.answer.Age >= ttl {
			t.Errorf("%s: the source gave for fresh what is %s old", c, h.answer.Age)
		}
	case h.said:
		e, ok := errors.AsType[*pip.Error](h.err)
		if !ok || !slices.Contains(mayFail, e.Outcome) {
			t.Errorf("%s: the source failed with %v (%v), want one of %q", c, h.err, errors.Unwrap(e), mayFail)
		}
	}
	want := t.wants(c, h)
	if slices.Contains(want, got) {
		if got.decision == "Permit" && h.said && h.err != nil {
			t.matrix.count.excepted(t, c)
		}
		return
	}
	if got.decision == "Permit" {
		t.matrix.count.wrong.Add(1)
	}
	t.Errorf("%s: got %v, want %v", c, got, want)
}

// wants is what the reference evaluator says: of what the source said, or of what
// it may say if it was not asked, or nobody overheard it.
func (t *test) wants(c *call, h *heard) (want []outcome) {
	script := t.matrix.oracle[question{c.rules.algorithm, c.rules.mustBePresent, c.sort, c.action}]
	mayAnswer, mayFail := t.may(c)
	if h.said && h.err == nil || !h.said && mayAnswer {
		want = append(want, script[withValues])
	}
	if h.said && h.err != nil || !h.said && len(mayFail) > 0 {
		want = append(want, script[withError])
	}
	return want
}

// note counts what the source said.
func (s *source) note(h *heard) {
	if !h.said {
		return
	}
	o := pip.OutcomeOK
	if e, ok := errors.AsType[*pip.Error](h.err); ok {
		o = e.Outcome
	} else if h.answer.Stale {
		o = pip.OutcomeStale
	} else if h.answer.Cached {
		o = pip.OutcomeCached
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said[o]++
}

// excused reports whether a failure lets a cache help out.
func excused(o pip.Outcome) bool {
	return o == pip.OutcomeUnavailable || o == pip.OutcomeTimeout || o == pip.OutcomeOpen
}

// may tells whether the source may answer, and with which outcomes it may fail. A
// machine that is busy with something else can let any question take too long.
func (t *test) may(c *call) (answer bool, fail []pip.Outcome) {
	s := c.source
	fail = append(slices.Clone(t.says.errors), pip.OutcomeTimeout)
	if s.guard == guarded {
		fail = append(fail, pip.OutcomeOpen)
	}
	answer = t.says.values || t.says.nobody && c.sort == "nobody"
	switch s.remembered {
	case warm:
		return true, nil
	case stale:
		// Being in a hurry is no excuse, but one may join those who are not.
		return answer || slices.ContainsFunc(fail, excused), fail
	case uncached:
		return answer, nil
	case cold, expired:
	}
	return answer, fail
}
