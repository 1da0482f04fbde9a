package rpc

import (
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// What messages may take when they are read, in sizes of the largest message: one, all
// of them together, and one that nobody asks about.
const (
	mostOfOne = 16
	mostOfAll = 128
	unasked   = 1 << 10 // octets on the wire
)

// bounded is a message that is read if there is room for it. It holds what it takes
// until drop. One that is refused looks as if it were read: gRPC would make an error of
// its own of the failure.
type bounded struct {
	into    any // an incoming message, or a proto.Message
	shape   *shape
	room    *share
	host    *host
	most    int // octets
	held    int64
	refusal *failure
}

// bound makes m a message that into reads.
func (s *service) bound(m *bounded, into any, shape *shape, h *host) *bounded {
	*m = bounded{into: into, shape: shape, room: &s.room, host: h, most: mostOfOne * s.limits.MaxReceiveBytes}
	return m
}

// read makes bounded an incoming message.
func (m *bounded) read(data mem.BufferSlice) error {
	m.refusal = m.enter(data)
	if m.refusal != nil {
		return nil //nolint:nilerr // failed tells
	}
	if i, ok := m.into.(incoming); ok {
		return i.read(data)
	}
	message, ok := m.into.(proto.Message)
	if !ok {
		return &failure{reason: v1.ErrorReason_ERROR_REASON_INTERNAL, message: "internal error"}
	}
	return proto.Unmarshal(data.Materialize(), message)
}

// enter takes the room for a message.
func (m *bounded) enter(data mem.BufferSlice) *failure {
	if data.Len() <= unasked {
		return nil
	}
	var w weight
	m.shape.weigh(octetsOf(data), m.most, &w)
	if w.message > m.most {
		return &failure{reason: v1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE, message: "the request is larger in memory than what the service accepts"}
	}
	// The octets as they came, and as one; a document may take all, and no more.
	takes := min(int64(2*data.Len()+w.message+w.document), m.room.limit)
	m.drop()
	if !m.room.enter(m.host, takes) {
		return errOverloaded(shedDecoded)
	}
	m.held = takes
	return nil
}

// drop gives the room back. It may be called many times.
func (m *bounded) drop() {
	if m.held > 0 {
		m.room.leave(m.host, m.held)
		m.held = 0
	}
}

// failed is why the message was not read, if it was refused.
func (m *bounded) failed(err error) error {
	if err == nil && m.refusal != nil {
		return m.refusal
	}
	return err
}
