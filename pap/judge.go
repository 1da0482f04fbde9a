package pap

import (
	"context"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// judge accepts or refuses what the folder holds. The draft holds it, if it is
// valid.
func (s *Store) judge(began time.Time, seen *sight, d *draft) {
	before := s.current.Load()
	problems := slices.Clone(seen.problems)
	var compiled Compiled
	switch {
	case !seen.valid():
	case before != nil && before.digest == seen.digest:
		s.restore(before)
		return
	case len(seen.files) == 0 && !s.config.AllowEmpty:
		problems = append(problems, problem(".", policy.ReasonEmpty, "policy folder %q holds no policy", s.config.Dir))
	default:
		var found policy.Problems
		compiled, found = d.build(seen.files)
		problems = append(problems, found...)
	}
	if len(problems.Errors()) > 0 {
		s.refuse(began, seen, problems)
		return
	}
	s.accept(began, seen, compiled, problems)
}

// accept puts a candidate in force.
func (s *Store) accept(began time.Time, seen *sight, compiled Compiled, warnings policy.Problems) {
	warnings.Sort()
	now := time.Now()
	next := &Snapshot{
		ID: seen.digest.id(), LoadedAt: now, PDP: compiled.PDP,
		Files: len(seen.files), Policies: compiled.Policies,
		Warnings: warnings, digest: seen.digest,
		again: &again{folder: s.folder, inForce: &s.inForce, read: compiled.Read, readers: s.readers},
	}
	s.inForce.Store(seen)
	s.current.Store(next)
	s.conclude(seen.digest, now, nil, warnings)
	s.config.Metrics.accepted(next, now.Sub(began))
	s.logProblems(warnings)
	s.config.Logger.Info("policies in force", "snapshot", next.ID, "files", next.Files,
		"policies", next.Policies, "warnings", len(warnings), "duration", now.Sub(began))
	s.tell(next)
}

// tell tells of a snapshot that is in force. A fault of whoever is told must not end the
// process, now and after each restart.
func (s *Store) tell(next *Snapshot) {
	if s.config.OnSnapshot == nil {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			s.config.OnPanic(context.Background(), pdp.Panic{Recovered: r, Stack: debug.Stack()})
		}
	}()
	s.config.OnSnapshot(next)
}

// restore notes that the folder holds again what is in force, after something
// that was refused.
func (s *Store) restore(current *Snapshot) {
	now := time.Now()
	s.conclude(current.digest, now, nil, current.Warnings)
	s.config.Metrics.restored(now)
	s.config.Logger.Info("policy folder holds again what is in force", "snapshot", current.ID)
}

// refuse keeps what is in force.
func (s *Store) refuse(began time.Time, seen *sight, problems policy.Problems) {
	problems.Sort()
	now := time.Now()
	failures := problems.Errors()
	s.conclude(seen.digest, now, failures, problems)
	s.config.Metrics.rejected(failures, now.Sub(began))
	s.logProblems(problems)
	inForce := "none"
	if current := s.current.Load(); current != nil {
		inForce = current.ID
	}
	s.config.Logger.Error("policies refused, the last good ones stay in force",
		"folder", s.config.Dir, "problems", len(failures), "snapshot", inForce)
}

// conclude remembers a verdict.
func (s *Store) conclude(content digest, now time.Time, failures, problems policy.Problems) {
	s.known.judged, s.known.digest, s.known.refused = true, content, len(failures) > 0
	status := *s.status.Load()
	status.LastAttempt, status.Problems = now, problems
	if len(failures) == 0 {
		status.LastSuccess = now
		status.Snapshot = content.id()
	}
	s.status.Store(&status)
}

// logProblems writes a line for each problem, up to a number that can be read.
func (s *Store) logProblems(problems policy.Problems) {
	const most = 100
	for i, p := range problems {
		if i == most {
			s.config.Logger.Error("more policy problems are not shown", "number", len(problems)-most)
			return
		}
		level := slog.LevelError
		if p.Warning {
			level = slog.LevelWarn
		}
		s.config.Logger.Log(context.Background(), level, "policy problem", "file", p.File, "line", p.Line, "column", p.Column,
			"path", p.Path, "reason", string(p.Reason), "message", p.Message)
	}
}
