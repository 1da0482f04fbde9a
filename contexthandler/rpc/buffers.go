package rpc

import "sync"

// Sizes of buffers. gRPC does not give those of 1 KiB and less back.
const (
	bufferSize = 2 << 10
	keepBuffer = 64 << 10
)

// buffers are what answers are written to. They are not cleared, as those of
// gRPC are: whoever takes one appends to it from its start.
type buffers struct{ pool sync.Pool }

// Get gives a buffer without content. It makes buffers a mem.BufferPool.
func (b *buffers) Get(int) *[]byte {
	if data, ok := b.pool.Get().(*[]byte); ok {
		*data = (*data)[:0]
		return data
	}
	data := make([]byte, 0, bufferSize)
	return &data
}

// Put takes a buffer that is not used any more.
func (b *buffers) Put(data *[]byte) {
	if cap(*data) <= keepBuffer {
		b.pool.Put(data)
	}
}
