package pap

import (
	"context"
	"time"
)

// knowledge is what a store remembers of the folder from look to look.
type knowledge struct {
	judged   bool          // a content was judged
	digest   digest        // the content that was judged last
	refused  bool          // and was refused
	seen     *sight        // the last look that saw that content
	inForce  *sight        // the last look that saw what is in force
	verified time.Time     // when all content was read last
	reading  time.Duration // how long that took
	noted    bool          // it was logged that the folder keeps changing
}

// look tells Run what examine saw.
type look struct {
	folders  []entry
	took     time.Duration
	changing bool // the content did not settle
}

// rounds is how often a content that changes is read before others get a turn.
const rounds = 10

// examine looks at the folder and loads what it holds if that changed. With
// full, it reads all content even if the listing is the same. The error is that
// of the context.
func (s *Store) examine(ctx context.Context, full bool) (look, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return look{}, ctx.Err()
	}
	began := time.Now()
	seen, d, err := s.firstLook(ctx, full)
	if err != nil {
		return look{}, err
	}
	out := look{folders: seen.folders, took: seen.listing}
	var compiling time.Duration // in a first look that compiled
	if d != nil {
		compiling = time.Since(began)
	}
	for round := 0; seen.looked; round++ {
		if s.known.judged && seen.digest == s.known.digest {
			s.remember(seen)
			break
		}
		s.notice(began)
		if round == rounds {
			out.changing = true
			return out, nil
		}
		if err := sleep(ctx, s.config.Settle); err != nil {
			return look{}, err
		}
		if d == nil && seen.valid() {
			d = s.begin(seen)
		}
		began = time.Now()
		again, err := s.nextLook(ctx, seen, d)
		if err != nil {
			return look{}, err
		}
		if !again.valid() {
			d = nil
		}
		if again.digest == seen.digest {
			s.judge(began.Add(-compiling), again, d)
		}
		seen = again
		out.folders = seen.folders
	}
	s.settled()
	return out, nil
}

// firstLook looks whether something changed. Whatever did is compiled in later
// looks, unless there is nothing yet that could have changed: the draft then
// begins with this look.
func (s *Store) firstLook(ctx context.Context, full bool) (*sight, *draft, error) {
	verify := full || time.Since(s.known.verified) >= max(s.config.Verify, 10*s.known.reading)
	r := reading{known: s.known.seen, unlessSame: !verify, all: verify, alone: verify && !full}
	var d *draft
	if s.known.seen == nil {
		d = s.begin(new(sight))
		r.take = d.take
	}
	began := time.Now()
	seen, err := s.folder.look(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	if verify {
		s.known.verified, s.known.reading = time.Now(), time.Since(began)
	}
	if !seen.valid() {
		d = nil
	}
	return seen, d, nil
}

// nextLook looks whether the content is still the same, and compiles what is.
func (s *Store) nextLook(ctx context.Context, seen *sight, d *draft) (*sight, error) {
	r := reading{known: seen}
	if d != nil {
		r.must, r.take = d.must, d.take
	}
	again, err := s.folder.look(ctx, r)
	if err == nil && d != nil {
		d.follow(again)
	}
	return again, err
}

// remember keeps a look at the content that was judged last.
func (s *Store) remember(seen *sight) {
	if known := s.known.seen; known != nil && known.digest == seen.digest && seen.valid() {
		for i := range seen.files { // the same names and contents, whatever looks between saw
			seen.files[i].outcome = known.files[i].outcome
		}
	}
	s.known.seen = seen
	if current := s.current.Load(); current != nil && current.digest == seen.digest {
		s.known.inForce = seen
		s.inForce.Store(seen)
	}
}

// notice notes a change that is not judged yet.
func (s *Store) notice(now time.Time) {
	status := *s.status.Load()
	if status.ChangingSince.IsZero() {
		status.ChangingSince = now
	}
	const long = 10 * time.Second
	if !s.known.noted && now.Sub(status.ChangingSince) >= long {
		s.known.noted = true
		s.config.Logger.Warn("policy folder keeps changing, nothing is loaded until it rests",
			"folder", s.config.Dir, "since", status.ChangingSince)
	}
	status.State, status.LastLook = StateChanging, now
	s.status.Store(&status)
}

// settled notes that the folder holds what was judged last.
func (s *Store) settled() {
	status := *s.status.Load()
	status.LastLook, status.ChangingSince, s.known.noted = time.Now(), time.Time{}, false
	status.State = StateCurrent
	if s.known.refused {
		status.State = StateRefused
	}
	s.status.Store(&status)
}

// sleep waits, or gives the error of the context.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
