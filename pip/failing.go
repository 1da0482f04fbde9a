package pip

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// toldEvery is how often a source that goes on to fail is told of.
const toldEvery = time.Minute

// Failing is what [Config.OnFailing] is told of a source: that it fails, that it still
// does, or that it answers again.
type Failing struct {
	// Err is how the last question failed; nil if the source answers again.
	Err *Error
	// Questions is how many failed since the source answered last, Since when the first
	// of them did.
	Questions int
	Since     time.Time
}

// observed tells when p begins to fail, at most each minute that it still does, and that it
// answers again. Questions whose caller went away say nothing. A source that comes and goes
// is told of at most twice a minute, because some failures are for callers to bring about.
func observed(p Provider, tell func(Failing)) Provider {
	if tell == nil {
		return p
	}
	s := &failingState{tell: tell}
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		a, err := p.Fetch(ctx, q)
		switch {
		case err == nil:
			s.answered()
		case outcomeOf(err) != OutcomeCanceled:
			s.failed(Failure(ctx, err))
		}
		return a, err
	})
}

// failingState is what is known of a source that fails.
type failingState struct {
	tell func(Failing)
	any  atomic.Bool // whether questions is not 0

	mu        sync.Mutex
	questions int
	since     time.Time
	told      time.Time // when it was told last that it fails
	open      bool      // that it fails was told, and not yet that it answers again
}

func (s *failingState) answered() {
	if !s.any.Load() { // as nearly always
		return
	}
	s.mu.Lock()
	over := Failing{Questions: s.questions, Since: s.since}
	told := s.open
	s.questions, s.open = 0, false
	s.any.Store(false)
	s.mu.Unlock()
	if told {
		s.tell(over)
	}
}

func (s *failingState) failed(err *Error) {
	if f, tell := s.count(err); tell {
		s.tell(f)
	}
}

// count counts a failure, and says whether to tell of it.
func (s *failingState) count(err *Error) (f Failing, tell bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.questions == 0 {
		s.since = now
		s.any.Store(true)
	}
	s.questions++
	// That the breaker is open is not why the source fails.
	if err.Outcome == OutcomeOpen || !s.told.IsZero() && now.Sub(s.told) < toldEvery {
		return Failing{}, false
	}
	s.told, s.open = now, true
	return Failing{Err: err, Questions: s.questions, Since: s.since}, true
}
