package rpc

import (
	"sync/atomic"
	"time"
)

// waiters are the calls that wait. Waiting takes no processor, but all of them come
// back to work: if more wait than can be served when they come, they are late
// together. How many that is depends on how long sources take, and on what is left
// to do then, which nobody knows. So the limit is found by trial, as TCP finds how
// many packets may be under way: it goes down as long as those who come back have to
// stand in line, and up while all places are taken and they do not.
type waiters struct {
	most, least int64        // in calls
	allowed     atomic.Int64 // how many may wait, in parts of a call
	waiting     atomic.Int64
}

const (
	parts    = 64                    // of a call
	fewer    = parts / 2             // for each that has to stand in line
	more     = parts / 16            // for each that has not
	patience = 10 * time.Millisecond // to stand in line for less than that is nothing
)

// set lets as many wait as may at most, and never less than work at a time.
func (w *waiters) set(work, most int) {
	w.most, w.least = int64(most), int64(min(work, most))
	w.allowed.Store(w.most * parts)
}

// wait takes a place, if there is one for the host: it leaves as many to others as it
// has, as with a share.
func (w *waiters) wait(h *host) bool {
	waiting, held, allowed := w.waiting.Add(1), h.held[resourceWaiting].Add(1), w.allowed.Load()
	if waiting*parts > allowed || (waiting+held-1)*parts > allowed && !h.alone() {
		w.waited(h)
		return false
	}
	return true
}

// waited gives the place back.
func (w *waiters) waited(h *host) {
	h.held[resourceWaiting].Add(-1)
	w.waiting.Add(-1)
}

// full reports whether nobody may wait any more.
func (w *waiters) full() bool { return w.most > 0 && (w.waiting.Load()+1)*parts > w.allowed.Load() }

// learn tells how long one of the host's that came back stood in line.
func (w *waiters) learn(h *host, stood time.Duration) {
	taken := w.waiting.Load()
	if !h.alone() {
		taken += h.held[resourceWaiting].Load() // what it leaves to others it cannot take
	}
	var change int64
	switch may := w.allowed.Load(); {
	case stood > patience:
		change = -fewer
	case taken*parts > may*3/4: // otherwise the limit limits nobody
		change = more
	default:
		return
	}
	for {
		may := w.allowed.Load()
		next := min(max(may+change, w.least*parts), w.most*parts)
		if w.allowed.CompareAndSwap(may, next) {
			return
		}
	}
}

func (w *waiters) countWaiting() float64 { return float64(w.waiting.Load()) }

func (w *waiters) limitWaiting() float64 { return float64(w.allowed.Load() / parts) }
