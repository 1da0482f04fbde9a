package audit

import (
	"sync"
	"sync/atomic"
)

// group is records that are written together: those of one call, or of one batch.
type group struct {
	records [][]byte
	size    int
	done    chan struct{} // closed when it is written, or given up
	err     error         // set before done is closed
	counted atomic.Bool
}

func newGroup(records [][]byte) *group {
	g := &group{records: records, done: make(chan struct{})}
	for _, r := range records {
		g.size += len(r)
	}
	return g
}

// queue holds the groups that wait for the writer. It is bounded in bytes, but for
// the first group.
type queue struct {
	limit int

	mu     sync.Mutex
	groups []*group
	size   int
	closed bool
	room   chan struct{} // closed when there is room again; nil if nobody waits
	wake   chan struct{} // has an item if the writer should look
}

func newQueue(limit int) *queue { return &queue{limit: limit, wake: make(chan struct{}, 1)} }

// put adds a group. Otherwise it gives what to wait for before the next attempt,
// or nil if the queue is closed.
func (q *queue) put(g *group) (ok bool, room <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false, nil
	}
	if len(q.groups) > 0 && q.size+g.size > q.limit {
		if q.room == nil {
			q.room = make(chan struct{})
		}
		return false, q.room
	}
	q.groups, q.size = append(q.groups, g), q.size+g.size
	q.signal()
	return true, nil
}

// poke makes the writer look whether there is anything to do.
func (q *queue) poke() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.signal()
}

// signal wakes the writer.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// withdraw takes a group back, unless the writer has it.
func (q *queue) withdraw(g *group) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, o := range q.groups {
		if o == g {
			q.groups = append(q.groups[:i:i], q.groups[i+1:]...)
			q.freed(g.size)
			return true
		}
	}
	return false
}

// take gives what waits, up to about this many bytes, and whether that is all.
func (q *queue) take(limit int) (groups []*group, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.groups) && (n == 0 || size+q.groups[n].size <= limit) {
		size += q.groups[n].size
		n++
	}
	groups = q.groups[:n:n]
	if q.groups = q.groups[n:]; len(q.groups) > 0 {
		q.signal()
	}
	q.freed(size)
	return groups, q.closed && len(q.groups) == 0
}

// freed makes known that there is room.
func (q *queue) freed(size int) {
	q.size -= size
	if q.room != nil && size > 0 {
		close(q.room)
		q.room = nil
	}
}

// close lets nothing in any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	q.signal()
}

// isClosed reports whether nothing is let in any more.
func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// length is the number of groups.
func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.groups)
}
