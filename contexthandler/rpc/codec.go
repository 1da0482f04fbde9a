package rpc

import (
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// incoming is a message that reads itself.
type incoming interface {
	read(data mem.BufferSlice) error
}

// codec is the codec of protocol buffers that leaves the messages that matter
// most to the code that reads and writes them by hand: their bytes are no other
// ones. All others go through generated code.
type codec struct{ general encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(protocodec.Name)} }

// Marshal gives the bytes of a message.
func (c codec) Marshal(m any) (mem.BufferSlice, error) {
	if e, ok := m.(*encoded); ok {
		return e.buffers[:], nil
	}
	return c.general.Marshal(m)
}

// Unmarshal reads a message. Who keeps the data takes a reference of its own.
func (c codec) Unmarshal(data mem.BufferSlice, m any) error {
	if i, ok := m.(incoming); ok {
		return i.read(data)
	}
	return c.general.Unmarshal(data, m)
}

// Name is that of the codec of protocol buffers.
func (c codec) Name() string { return protocodec.Name }

// textOf is a copy of the data. Strings that are parts of it are safe to keep.
func textOf(data mem.BufferSlice) string {
	if len(data) == 1 {
		return string(data[0].ReadOnlyData())
	}
	return string(data.Materialize())
}

// encoded is a message in its bytes, which are sent once.
type encoded struct{ buffers [1]mem.Buffer }

// newEncoded takes over the buffer, which is of the pool.
func newEncoded(data *[]byte, pool mem.BufferPool) *encoded {
	return &encoded{[1]mem.Buffer{mem.NewBuffer(data, pool)}}
}
