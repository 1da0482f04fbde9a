package hostile

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// wire is a connection of HTTP/2 that keeps no rules but those that the attack keeps.
// What is written waits in a buffer for flush. What comes back is read and counted, and
// pings are answered, so that the connection seems to be alive.
type wire struct {
	net.Conn
	seen *seen

	mu      sync.Mutex // of what follows
	out     *bufio.Writer
	framer  *http2.Framer
	block   bytes.Buffer
	encoder *hpack.Encoder
	err     error // the first of writing

	stream uint32 // the last that was opened
	broken chan struct{}
}

// patience is how long a write may wait before the connection is given up.
const patience = 2 * time.Second

// newWire begins with the preface and the settings.
func newWire(conn net.Conn, seen *seen, settings ...http2.Setting) *wire {
	w := &wire{Conn: conn, seen: seen, out: bufio.NewWriterSize(conn, 32<<10), broken: make(chan struct{})}
	w.framer = http2.NewFramer(w.out, nil)
	w.framer.AllowIllegalWrites = true
	w.encoder = hpack.NewEncoder(&w.block)
	w.raw([]byte(http2.ClientPreface))
	w.do(func(f *http2.Framer) error { return f.WriteSettings(settings...) })
	return w
}

// do writes frames.
func (w *wire) do(write func(*http2.Framer) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(write(w.framer))
}

// raw writes what need not be frames.
func (w *wire) raw(octets []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.out.Write(octets)
	w.keep(err)
}

func (w *wire) keep(err error) {
	if w.err == nil {
		w.err = err
	}
}

// flush sends what was written. It reports whether the connection is still good.
func (w *wire) flush() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.SetWriteDeadline(time.Now().Add(patience)) // an error would be that of Flush
	w.keep(w.out.Flush())
	select {
	case <-w.broken:
		return false
	default:
		return w.err == nil
	}
}

// fields are the headers of a call of the method, with others beside those that gRPC needs.
func fields(method string, more ...string) []hpack.HeaderField {
	all := []string{":method", "POST", ":scheme", "http", ":path", method, ":authority", "forseti", "content-type", "application/grpc", "te", "trailers"}
	all = append(all, more...)
	var list []hpack.HeaderField
	for i := 0; i+1 < len(all); i += 2 {
		list = append(list, hpack.HeaderField{Name: all[i], Value: all[i+1]})
	}
	return list
}

// encode is a block of headers.
func (w *wire) encode(list []hpack.HeaderField) []byte {
	w.block.Reset()
	for _, f := range list {
		_ = w.encoder.WriteField(f) // to memory
	}
	return bytes.Clone(w.block.Bytes())
}

// standalone is a block of headers that leaves nothing in the table.
func standalone(list []hpack.HeaderField) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	encoder.SetMaxDynamicTableSize(0)
	for _, f := range list {
		_ = encoder.WriteField(f) // to memory
	}
	return block.Bytes()
}

// largest is the largest frame that may be sent.
const largest = 16 << 10

// open begins a call, in as many frames as its headers need, and tells its stream.
func (w *wire) open(end bool, list []hpack.HeaderField) uint32 {
	w.mu.Lock()
	block := w.encode(list)
	w.mu.Unlock()
	return w.openBlock(end, block)
}

// openBlock does the same with headers that are encoded.
func (w *wire) openBlock(end bool, block []byte) uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stream += 2
	id := w.stream - 1
	part := block[:min(len(block), largest)]
	block = block[len(part):]
	w.keep(w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: part, EndStream: end, EndHeaders: len(block) == 0}))
	for len(block) > 0 {
		part = block[:min(len(block), largest)]
		block = block[len(part):]
		w.keep(w.framer.WriteContinuation(id, len(block) == 0, part))
	}
	return id
}

// data sends octets of a stream in as many frames as they need.
func (w *wire) data(id uint32, end bool, octets []byte) {
	w.do(func(f *http2.Framer) error {
		for {
			part := octets[:min(len(octets), largest)]
			octets = octets[len(part):]
			if err := f.WriteData(id, end && len(octets) == 0, part); err != nil || len(octets) == 0 {
				return err
			}
		}
	})
}

// call makes a whole call.
func (w *wire) call(method string, message []byte, more ...string) uint32 {
	id := w.open(false, fields(method, more...))
	w.data(id, true, message)
	return id
}

// listen reads until the connection ends.
func (w *wire) listen() {
	defer close(w.broken)
	framer := http2.NewFramer(nil, bufio.NewReaderSize(w.Conn, 32<<10))
	framer.SetMaxReadFrameSize(1<<24 - 1)
	framer.SetReuseFrames()
	headers := hpack.NewDecoder(4096, nil)
	headers.SetEmitEnabled(true)
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			w.seen.count("closed")
			return
		}
		switch f := frame.(type) {
		case *http2.HeadersFrame:
			headers.SetEmitFunc(func(h hpack.HeaderField) {
				if h.Name == "grpc-status" {
					w.seen.count("status " + h.Value)
				}
			})
			_, _ = headers.Write(f.HeaderBlockFragment()) // of the service, which does not lie
		case *http2.RSTStreamFrame:
			w.seen.count("reset " + f.ErrCode.String())
		case *http2.GoAwayFrame:
			w.seen.count("goaway " + f.ErrCode.String())
		case *http2.PingFrame:
			if !f.IsAck() {
				w.do(func(out *http2.Framer) error { return out.WritePing(true, f.Data) })
				w.flush()
			}
		}
	}
}

// seen is what the service did about an attack.
type seen struct {
	mu     sync.Mutex
	counts map[string]int
}

func (s *seen) count(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = make(map[string]int)
	}
	s.counts[what]++
}

// String lists what was seen most.
func (s *seen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []string
	left := maps.Clone(s.counts)
	for range min(4, len(left)) {
		most := ""
		for k, n := range left {
			if most == "" || n > left[most] || n == left[most] && k < most {
				most = k
			}
		}
		parts = append(parts, fmt.Sprintf("%s x%d", most, left[most]))
		delete(left, most)
	}
	return strings.Join(parts, ", ")
}
