package rpc

import "sync"

// gate lets a number of calls or streams in at a time.
//
// A call that is let in may never get to its handler: gRPC drops it if its
// deadline passes or its compression is not known. Its context ends then. So the
// gate knows those that are on their way, and looks through them when it is full
// or counted: that costs a call nothing, and no place is lost.
type gate struct {
	limit int64

	mu     sync.Mutex
	inside int64
	coming *ticket // the first of those that have not begun
}

// enter takes a place if there is one.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside >= g.limit {
		g.sweep()
	}
	if g.inside >= g.limit {
		return false
	}
	g.inside++
	return true
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
	}
}

// leave gives a place back.
func (g *gate) leave() {
	g.mu.Lock()
	g.inside--
	g.mu.Unlock()
}

func (g *gate) count() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep()
	return float64(g.inside)
}

// sweep takes the places of calls that will not come.
func (g *gate) sweep() {
	for t := g.coming; t != nil; {
		next := t.next
		if t.Err() != nil {
			g.arrived(t)
			g.inside--
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
