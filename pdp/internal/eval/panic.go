package eval

import "runtime/debug"

// Panic is what an evaluation panics with: what it was, where, and in which policy, if
// it was in one.
type Panic struct {
	Recovered   any
	Stack       []byte
	ID, Version string
}

// blame adds to a panic in which policy it was. It has to be deferred.
func (e *evaluation) blame() {
	r := recover()
	if r == nil {
		return
	}
	if _, known := r.(*Panic); known { // of an evaluation inside of this one
		panic(r)
	}
	p := &Panic{Recovered: r, Stack: debug.Stack()}
	if at := e.rules.policy; at != nil {
		p.ID, p.Version = at.id, at.version
	}
	panic(p)
}
