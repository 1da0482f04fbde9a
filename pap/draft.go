package pap

import (
	"context"
	"iter"
	"runtime/debug"
	"sync/atomic"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// draft is a candidate that follows looks at the folder: a file whose content
// was seen twice is compiled while it is read for the second time.
//
// INVARIANT: between two looks the candidate holds exactly the files of the
// last one that are held, except those that are broken, which it never holds.
type draft struct {
	candidate Candidate
	onPanic   func(context.Context, pdp.Panic)
	fault     atomic.Pointer[policy.Problem] // the candidate panicked, and cannot be used
}

// begin makes the draft that follows a look: what is in force, without the
// files that changed or are gone.
func (s *Store) begin(seen *sight) *draft {
	d := &draft{onPanic: s.config.OnPanic}
	var base *pdp.PDP
	inForce := new(olds)
	if current := s.current.Load(); current != nil {
		base, inForce = current.PDP, s.known.inForce.olds()
	}
	d.contain(func() { d.candidate = s.config.Compile(base) })
	remove := func(gone *file) { d.remove(gone.name) }
	for i := range seen.files {
		now := &seen.files[i]
		before := inForce.upTo(now.name, remove)
		if before != nil && now.read && before.digest == now.digest {
			now.held, now.outcome = true, before.outcome
			continue
		}
		// A file that was refused by itself is refused again.
		now.held = now.outcome.broken()
		if before != nil {
			remove(before)
		}
	}
	inForce.drain(remove)
	return d
}

// must says which files the draft has to see again.
func (d *draft) must(known *file) bool { return known.fresh || !known.held }

// take compiles a file that was seen twice.
func (d *draft) take(now, _ *file, data []byte) {
	if now.fresh || now.held {
		return
	}
	now.held = true
	d.contain(func() { now.outcome = d.candidate.Set(File{Name: now.name, Data: data}) })
}

// follow takes out what was held and changed since, or is gone.
func (d *draft) follow(seen *sight) {
	for _, name := range seen.dropped {
		d.remove(name)
	}
	seen.dropped = nil
}

func (d *draft) remove(name string) { d.contain(func() { d.candidate.Remove(name) }) }

// build makes the PDP of the files of the last look, all of which are held.
func (d *draft) build(files []file) (compiled Compiled, problems policy.Problems) {
	d.contain(func() { compiled, problems = d.candidate.Build(outcomes(files)) })
	fault := d.fault.Load()
	switch {
	case fault != nil:
		return Compiled{}, policy.Problems{*fault}
	case compiled.PDP == nil && len(problems.Errors()) == 0:
		problems = append(problems, problem(".", policy.ReasonParse, "policies cannot be compiled: internal fault: no PDP and no problem"))
	}
	return compiled, problems
}

// outcomes is what became of the files.
func outcomes(files []file) iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		for i := range files {
			if !yield(files[i].outcome) {
				return
			}
		}
	}
}

// contain does something with the candidate. A panic makes it useless: a folder
// that trips over a fault of the compiler must not end the process, now and
// after each restart.
func (d *draft) contain(do func()) {
	if d.fault.Load() != nil {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			d.onPanic(context.Background(), pdp.Panic{Recovered: r, Stack: debug.Stack()})
			fault := problem(".", policy.ReasonParse, "policies cannot be compiled: internal fault: %v", r)
			d.fault.CompareAndSwap(nil, &fault)
		}
	}()
	do()
}
