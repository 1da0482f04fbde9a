package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// connection sends calls over HTTP/2 with as little of its own as can be: one
// goroutine that writes what follows from what it read. A client of grpc-go
// costs as much as a server, so that the client would be measured.
type connection struct {
	script    *script
	deadline  bool
	conn      net.Conn
	out       *bufio.Writer
	in        *bufio.Reader
	framer    *http2.Framer
	block     bytes.Buffer
	encoder   *hpack.Encoder
	nextID    uint32
	next      int // message
	slots     map[uint32]*slot
	consumed  int // octets of the window of the connection
	until     time.Time
	latencies []time.Duration
	err       error
}

// slot is one call at a time or, of a stream, one turn at a time.
type slot struct {
	id      uint32
	call    int
	sent    time.Time
	answer  []byte
	answers int
}

// window is what a server may send before it is told that it may send more.
const window = 1 << 30

func dial(address string, s *script, deadline bool) (*connection, error) {
	conn, err := new(net.Dialer).Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &connection{
		script: s, deadline: deadline, conn: conn, nextID: 1, slots: make(map[uint32]*slot),
		out: bufio.NewWriterSize(conn, 64<<10), in: bufio.NewReaderSize(conn, 64<<10),
	}
	c.framer = http2.NewFramer(c.out, c.in)
	c.framer.SetReuseFrames()
	c.encoder = hpack.NewEncoder(&c.block)
	_, err = io.WriteString(c.out, http2.ClientPreface)
	return c, errors.Join(err,
		c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window}),
		c.framer.WriteWindowUpdate(0, window), c.out.Flush())
}

// run keeps calls in flight until the time has come, and waits for those that
// are left.
func (c *connection) run(from int, until time.Time) {
	c.latencies, c.until, c.next = c.latencies[:0], until, from%len(c.script.messages)
	if len(c.slots) == 0 { // they are kept, if they are streams
		n := inFlight
		if len(c.script.messages[0]) > 1<<10 {
			n = inFlightLarge
		}
		for range n {
			c.begin(&slot{})
		}
	} else {
		for _, s := range c.slots {
			c.send(s)
		}
	}
	for busy := true; busy && c.err == nil; {
		if c.in.Buffered() == 0 {
			c.fail(c.out.Flush())
		}
		c.fail(c.read())
		busy = false
		for _, s := range c.slots {
			if !s.sent.IsZero() {
				busy = true
				break
			}
		}
	}
	c.fail(c.out.Flush())
}

func (c *connection) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// begin opens a stream of HTTP/2.
func (c *connection) begin(s *slot) {
	s.id = c.nextID
	c.nextID += 2
	c.slots[s.id] = s
	method := "Authorize"
	switch {
	case c.script.stream:
		method = "AuthorizeStream"
	case len(c.script.messages) < 4_096:
		method = "AuthorizeBatch"
	}
	c.block.Reset()
	fields := []hpack.HeaderField{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: "http"},
		{Name: ":path", Value: "/forseti.authorization.v1.AuthorizationService/" + method},
		{Name: ":authority", Value: "localhost"},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "user-agent", Value: "bench"},
		{Name: "te", Value: "trailers"},
		{Name: "grpc-timeout", Value: "5S"},
	}
	if !c.deadline || c.script.stream {
		fields = fields[:len(fields)-1]
	}
	for _, f := range fields {
		c.fail(c.encoder.WriteField(f))
	}
	c.fail(c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: c.block.Bytes(), EndHeaders: true}))
	c.send(s)
}

// send sends the next message.
func (c *connection) send(s *slot) {
	s.call, s.answer, s.answers = c.next, s.answer[:0], 0
	if c.next++; c.next == len(c.script.messages) {
		c.next = 0
	}
	s.sent = time.Now()
	c.fail(c.framer.WriteData(s.id, !c.script.stream, c.script.messages[s.call]))
}

// read reads a frame and does what follows from it.
func (c *connection) read() error {
	frame, err := c.framer.ReadFrame()
	if err != nil {
		return err
	}
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return c.framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			return c.framer.WritePing(true, f.Data)
		}
	case *http2.DataFrame:
		if c.consumed += len(f.Data()); c.consumed > window/2 {
			if err := c.framer.WriteWindowUpdate(0, uint32(c.consumed)); err != nil {
				return err
			}
			c.consumed = 0
		}
		s := c.slots[f.StreamID]
		if s == nil {
			return fmt.Errorf("data of the unknown stream %d", f.StreamID)
		}
		s.answer = append(s.answer, f.Data()...)
		if c.script.stream {
			return c.turn(s)
		}
	case *http2.HeadersFrame:
		if s := c.slots[f.StreamID]; s != nil && f.StreamEnded() {
			return c.ended(s)
		}
	case *http2.RSTStreamFrame, *http2.GoAwayFrame:
		return fmt.Errorf("the server sent %v", f)
	}
	return nil
}

// turn ends a turn of a stream when all of its answers are there.
func (c *connection) turn(s *slot) error {
	for {
		message, rest, ok := message(s.answer)
		if !ok {
			return nil
		}
		if s.answers++; s.answers < c.script.answers {
			s.answer = rest
			continue
		}
		if err := c.done(s, message); err != nil {
			return err
		}
		if time.Now().Before(c.until) {
			c.send(s)
		}
		return nil
	}
}

// ended ends a call, and makes the next.
func (c *connection) ended(s *slot) error {
	delete(c.slots, s.id)
	m, _, ok := message(s.answer)
	if !ok {
		return fmt.Errorf("call %d: there is no answer", s.call)
	}
	if err := c.done(s, m); err != nil {
		return err
	}
	if s.answer = s.answer[:0]; time.Now().Before(c.until) {
		c.begin(s)
	}
	return nil
}

func (c *connection) done(s *slot, message []byte) error {
	c.latencies = append(c.latencies, time.Since(s.sent))
	s.sent = time.Time{}
	if len(c.latencies)%checkEvery != 0 {
		return nil
	}
	return c.script.check(s.call, message)
}

// message cuts the first message of gRPC off.
func message(data []byte) (m, rest []byte, ok bool) {
	if len(data) < 5 {
		return nil, data, false
	}
	end := 5 + (int(data[1])<<24 | int(data[2])<<16 | int(data[3])<<8 | int(data[4]))
	if len(data) < end {
		return nil, data, false
	}
	return data[5:end], data[end:], true
}
