package rpc

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
)

// place is what a call that was let in has of its gate while its handler runs. It
// makes place a contexthandler.Place.
//
// INVARIANT: the call is inside of the gate while a goroutine works on it, and
// among those that wait from the first that waits until the last that does.
type place struct {
	gate *gate
	host *host // whose place it is

	mu      sync.Mutex
	workers int       // goroutines that work on the call
	waits   bool      // the call is among those that wait
	since   time.Time // when the last goroutine began to wait
	shared  bool      // several goroutines work on the call: it stays among those that wait
	refused bool
}

// begin is for a call that is inside.
func (p *place) begin(g *gate, h *host) { p.gate, p.host, p.workers = g, h, 1 }

// Rest gives the place back while the goroutine waits.
func (p *place) Rest() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused || !p.waits && !p.gate.wait(p.host) {
		return false
	}
	p.waits, p.since = true, time.Now()
	p.pause()
	return true
}

// quick is how long a call may wait without being thought to have waited.
const quick = 250 * time.Microsecond

// Resume takes the place again. A call that has waited gets in line, behind what
// came back before it: how long that takes tells whether too many do.
func (p *place) Resume() {
	back := time.Now()
	p.mu.Lock()
	p.resume()
	waited := back.Sub(p.since) > quick
	if !p.shared {
		p.waited()
	}
	p.mu.Unlock()
	if waited {
		runtime.Gosched()
		p.gate.learn(p.host, time.Since(back))
	}
}

// Refuse tells that the call cannot wait, and so will not be decided.
func (p *place) Refuse() {
	p.mu.Lock()
	p.refused = true
	p.mu.Unlock()
}

// Refused reports whether that is so.
func (p *place) Refused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// share tells that n goroutines will work on the call, the one that tells included.
func (p *place) share(n int) {
	p.mu.Lock()
	p.workers, p.shared = n, true
	p.mu.Unlock()
}

// done tells that one of them has no more work.
func (p *place) done() {
	p.mu.Lock()
	p.pause()
	p.mu.Unlock()
}

// unshare tells that all of them are done, and one works on.
func (p *place) unshare() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shared = false
	p.resume()
	p.waited()
}

func (p *place) pause() {
	if p.workers--; p.workers == 0 {
		p.gate.leave(p.host)
	}
}

func (p *place) resume() {
	if p.workers++; p.workers == 1 {
		p.gate.take(p.host, 1)
	}
}

func (p *place) waited() {
	if p.waits {
		p.waits = false
		p.gate.waited(p.host)
	}
}

// placeOf is the place of a call, nil if it has none.
func placeOf(ctx context.Context) *place {
	p, _ := ctx.Value(contexthandler.PlaceKey{}).(*place)
	return p
}
