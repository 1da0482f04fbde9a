package rpc

import (
	"context"

	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// incoming is a message that reads itself.
type incoming interface {
	read(data mem.BufferSlice) error
}

// codec is the codec of protocol buffers that leaves the messages that matter
// most to the code that reads and writes them by hand: their bytes are no other
// ones. All others go through generated code.
type codec struct {
	general encoding.CodecV2
	// panicked makes an error of a panic of generated code, for which nobody else
	// recovers; nil lets it be.
	panicked func(ctx context.Context, recovered any) error
}

func newCodec() codec { return codec{general: encoding.GetCodecV2(protocodec.Name)} }

// Marshal gives the bytes of a message.
func (c codec) Marshal(m any) (data mem.BufferSlice, err error) {
	switch m := m.(type) {
	case *encoded:
		m.buffers[0] = mem.NewBuffer(m.data, m.pool)
		return m.buffers[:], nil
	case *outgoing:
		defer c.contain(&err)
		return m.marshal()
	default:
		defer c.contain(&err)
		return c.general.Marshal(m)
	}
}

// Unmarshal reads a message. Who keeps the data takes a reference of its own.
func (c codec) Unmarshal(data mem.BufferSlice, m any) (err error) {
	if i, ok := m.(incoming); ok {
		return i.read(data)
	}
	defer c.contain(&err)
	if message, ok := m.(proto.Message); ok { // gRPC's codec takes 1 MiB for what has more than 32 KiB
		return proto.Unmarshal(data.Materialize(), message)
	}
	return c.general.Unmarshal(data, m)
}

// contain makes an error of a panic. It has to be deferred.
func (c codec) contain(err *error) {
	if c.panicked == nil {
		return
	}
	if r := recover(); r != nil {
		*err = c.panicked(context.Background(), r)
	}
}

// Name is that of the codec of protocol buffers.
func (c codec) Name() string { return protocodec.Name }

// octetsOf are the data, which must not be changed or kept.
func octetsOf(data mem.BufferSlice) []byte {
	if len(data) == 1 {
		return data[0].ReadOnlyData()
	}
	return data.Materialize()
}

// textOf is a copy of the data. Strings that are parts of it are safe to keep.
func textOf(data mem.BufferSlice) string {
	if len(data) == 1 {
		return string(data[0].ReadOnlyData())
	}
	return string(data.Materialize())
}

// encoded is a message in its bytes, which are sent once.
type encoded struct {
	data    *[]byte
	pool    mem.BufferPool
	buffers [1]mem.Buffer
}

// newEncoded takes over the buffer, which is of the pool.
func newEncoded(data *[]byte, pool mem.BufferPool) *encoded {
	return &encoded{data: data, pool: pool}
}
