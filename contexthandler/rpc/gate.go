package rpc

import (
	"sync"
)

// gate lets a number of calls or streams in at a time. Calls that wait for a source
// are not inside meanwhile: see waiters. They come back whoever is inside, because a
// call that is thrown away has cost as much; as long as they fill the gate, nobody
// else is let in.
//
// A call that is let in may never get to its handler: gRPC drops it if its
// deadline passes or its compression is not known. Its context ends then. So the
// gate knows those that are on their way, and looks through them when it is full
// or counted: that costs a call nothing, and no place is lost.
type gate struct {
	share
	waiters

	mu     sync.Mutex
	coming *ticket // the first of those that have not begun
}

// enter takes a place if there is one for the host.
func (g *gate) enter(h *host) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.has(h) {
		g.sweep()
	}
	if !g.has(h) {
		return false
	}
	g.take(h, 1)
	return true
}

// has reports whether there is a place for the host. If nobody may wait any more, who
// is let in may be refused after some work: then there are fewer places, enough for
// those who need not wait.
func (g *gate) has(h *host) bool {
	return g.may(h, 1) && (!g.full() || g.inside.Load() < max(1, g.limit/4))
}

// expect tells that the place that was taken is that of a call on its way to its
// handler.
func (g *gate) expect(t *ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t.gate, t.coming = g, true
	if t.next = g.coming; t.next != nil {
		t.next.previous = t
	}
	g.coming = t
}

// begin tells that a call got to its handler. It keeps its place, unless its
// context had ended and the place was given away.
func (g *gate) begin(t *ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.coming {
		g.arrived(t)
		t.placed = true
		t.place.begin(g, t.host)
	}
}

// leave gives a place back.
func (g *gate) leave(h *host) { g.share.leave(h, 1) }

func (g *gate) count() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep()
	return float64(g.inside.Load())
}

// sweep takes the places of calls that will not come.
func (g *gate) sweep() {
	for t := g.coming; t != nil; {
		next := t.next
		if t.Err() != nil {
			g.arrived(t)
			g.leave(t.host)
		}
		t = next
	}
}

// arrived takes a call off those that are on their way.
func (g *gate) arrived(t *ticket) {
	if t.next != nil {
		t.next.previous = t.previous
	}
	if t.previous != nil {
		t.previous.next = t.next
	} else {
		g.coming = t.next
	}
	t.next, t.previous, t.coming = nil, nil, false
}
