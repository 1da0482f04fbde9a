package pip

import "sync"

// flights are the questions to one source that are under way. They make it
// possible to forget also what is not known yet: an answer that was asked for
// before must not be remembered, nor given to anybody who asks afterwards.
type flights struct {
	mu    sync.Mutex
	under map[*flight]struct{}
}

// flight is a question under way.
type flight struct {
	question  Question
	forgotten bool // guarded by flights.mu
}

// begin must be called before the backend is asked: what begins after forget was
// called is as good as new.
func (f *flights) begin(q Question) *flight {
	made := &flight{question: q}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.under == nil {
		f.under = make(map[*flight]struct{})
	}
	f.under[made] = struct{}{}
	return made
}

// more reports whether more than n flights are under way.
func (f *flights) more(n int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.under) > n
}

// end calls last unless the flight was forgotten. forget waits meanwhile.
func (f *flights) end(ended *flight, last func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.under, ended)
	if !ended.forgotten {
		last()
	}
}

// forget makes sure that no flight that began before, and whose question matches,
// calls its last after forget returned; all match if match is nil. each is called
// for those that are still under way, and not at the same time as a last.
func (f *flights) forget(match func(Question) bool, each func(Question)) {
	f.mu.Lock()
	now := make([]*flight, 0, len(f.under))
	for u := range f.under {
		now = append(now, u)
	}
	f.mu.Unlock()
	// match is not ours, and has no business under our lock. What begins from here
	// on asks after the call of forget.
	if match != nil {
		kept := now[:0]
		for _, u := range now {
			if match(u.question) {
				kept = append(kept, u)
			}
		}
		now = kept
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range now {
		if _, still := f.under[u]; still && !u.forgotten {
			u.forgotten = true
			each(u.question)
		}
	}
}
