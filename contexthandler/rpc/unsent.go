package rpc

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// Answers that wait to be sent.
const (
	smallAnswer = 4 << 10 // is not counted: a connection has no more of those than calls
	mostAnswers = 4       // of the largest
)

// unsent bounds the octets of answers that wait to be sent. gRPC takes an answer over
// as a whole, whether the caller takes it or not: one that opens no window for them, and
// goes on calling, would make the service keep them all.
type unsent struct{ share }

// owed counts an answer that is to be sent, unless its host leaves too many to the
// service.
func (u *unsent) owed(ctx context.Context, answer any) (any, error) {
	size := 0
	switch a := answer.(type) {
	case *encoded:
		size = len(*a.data)
	case proto.Message:
		size = proto.Size(a)
	}
	conn := connOf(ctx)
	if size <= smallAnswer || conn == nil {
		return answer, nil
	}
	if !u.may(conn.host, int64(size)) {
		return nil, errOverloaded(shedUnsent)
	}
	// What is compressed would be in octets that nobody counts; the error is that of a
	// call that is over.
	_ = grpc.SetSendCompressor(ctx, encoding.Identity)
	return &outgoing{answer, u, conn, size}, nil
}

// outgoing is an answer whose octets are counted until they are sent, or the connection
// is closed.
type outgoing struct {
	answer any
	unsent *unsent
	conn   *boundedConn
	size   int
}

// marshal gives the octets of the answer.
func (o *outgoing) marshal() (mem.BufferSlice, error) {
	pool := &countedPool{o, nil}
	var data *[]byte
	switch a := o.answer.(type) {
	case *encoded:
		data, pool.BufferPool = a.data, a.pool
	case proto.Message:
		octets, err := proto.MarshalOptions{}.MarshalAppend(make([]byte, 0, o.size), a)
		if err != nil {
			return nil, err
		}
		data, pool.BufferPool = &octets, mem.NopBufferPool{}
	}
	o.conn.debt.more(&o.unsent.share, o.conn.host, o.size)
	return mem.BufferSlice{mem.NewBuffer(data, pool)}, nil
}

// countedPool takes back the octets of one answer.
type countedPool struct {
	answer *outgoing
	mem.BufferPool
}

// Put takes them back.
func (p *countedPool) Put(data *[]byte) {
	p.answer.conn.debt.less(p.answer.size)
	p.BufferPool.Put(data)
}

// debt is what a connection owes: the octets of answers that it has not taken. gRPC
// forgets them with the connection, without giving them back.
type debt struct {
	mu     sync.Mutex
	share  *share // nil: it owed nothing yet, or is closed
	host   *host
	octets int64
	closed bool
}

func (d *debt) more(s *share, h *host, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.share, d.host = s, h
		d.octets += int64(n)
		s.take(h, int64(n))
	}
}

func (d *debt) less(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.octets -= int64(n)
		d.share.leave(d.host, int64(n))
	}
}

func (d *debt) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed && d.share != nil {
		d.share.leave(d.host, d.octets)
	}
	d.closed = true
}
