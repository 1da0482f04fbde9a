package pap

import (
	"context"
	"time"
)

// knowledge is what a store remembers of the folder from look to look.
type knowledge struct {
	judged   bool      // a content was judged
	digest   digest    // the content that was judged last
	refused  bool      // and was refused
	listing  *listing  // a listing with which that content was read
	verified time.Time // when all content was read last
	reading  time.Duration
	noted    bool // it was logged that the folder keeps changing
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
	unless := s.known.listing
	if full || time.Since(s.known.verified) >= max(s.config.Verify, 10*s.known.reading) {
		unless = nil
	}
	began := time.Now()
	seen, err := s.folder.look(ctx, false, unless)
	if err != nil {
		return look{}, err
	}
	took := time.Since(began)
	for round := 0; seen.read; round++ {
		s.known.verified, s.known.reading = time.Now(), time.Since(began)
		if s.known.judged && seen.digest == s.known.digest {
			s.known.listing = &seen.listing
			break
		}
		s.notice(began)
		if round == rounds {
			return look{folders: seen.folders, took: took, changing: true}, nil
		}
		if err := sleep(ctx, s.config.Settle); err != nil {
			return look{}, err
		}
		began = time.Now()
		again, err := s.folder.look(ctx, true, nil)
		if err != nil {
			return look{}, err
		}
		if again.digest == seen.digest {
			s.judge(began, again)
		}
		again.content = nil // it can be large, and is not needed to compare
		seen = again
	}
	s.settled()
	return look{folders: seen.folders, took: took}, nil
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
