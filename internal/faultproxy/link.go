package faultproxy

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// link is a connection of a client and the one to the backend behind it.
type link struct {
	proxy  *Proxy
	client *net.TCPConn
	random *rand.Rand

	once sync.Once
	done chan struct{} // closed when the connection ended

	// Of the goroutine that delivers answers:
	passed int             // octets since the fault was set
	since  <-chan struct{} // which fault that was
}

// close ends the connection.
func (l *link) close() {
	l.once.Do(func() { close(l.done) })
	_ = l.client.Close()
}

// reset ends the connection such that the client gets an error.
func (l *link) reset() {
	_ = l.client.SetLinger(0)
	l.close()
}

// run serves the connection until either side, or the proxy, ends it.
func (l *link) run() {
	defer l.proxy.forget(l)
	defer l.close()
	backend, err := net.DialTimeout("tcp", l.proxy.backend, 5*time.Second)
	if err != nil {
		l.reset()
		return
	}
	var pumps sync.WaitGroup
	defer pumps.Wait()
	defer backend.Close() //nolint:errcheck // it only ends the other pump
	pumps.Go(func() {
		// A client that says no more is gone: what asks a backend waits for answers.
		_, _ = io.Copy(backend, l.client)
		l.close()
	})
	pumps.Go(func() {
		<-l.done
		_ = backend.Close()
	})
	piece := make([]byte, 32<<10)
	for {
		n, err := backend.Read(piece)
		if n > 0 && !l.deliver(piece[:n]) {
			<-l.done
			return
		}
		if err != nil {
			l.close()
			return
		}
	}
}

// deliver gives a piece of the answer to the client, or what the fault makes of
// it. It is false if nothing may follow.
func (l *link) deliver(piece []byte) bool {
	for len(piece) > 0 {
		fault, changed := l.proxy.current()
		if changed != l.since {
			l.since, l.passed = changed, 0
		}
		n := len(piece)
		switch fault.Kind {
		case Reset, Hang, Drip, Garbage, Truncate, BreakTLS:
			n = min(n, max(0, fault.After-l.passed))
		case Delay:
			if !l.wait(fault.Pause, nil) {
				return false
			}
		case None, Refuse, Flap:
		}
		if n > 0 {
			if !l.write(piece[:n]) {
				return false
			}
			piece = piece[n:]
			continue
		}
		switch fault.Kind {
		case Hang:
			if !l.wait(-1, changed) {
				return false
			}
		case Drip:
			if !l.write(piece[:1]) || !l.wait(fault.Pause, changed) {
				return false
			}
			piece = piece[1:]
		case Garbage:
			for i := range piece {
				piece[i] = byte(l.random.Uint32())
			}
			return l.write(piece)
		case BreakTLS:
			piece[0] ^= 0x80
			return l.write(piece)
		case Truncate:
			// Closing both directions would reset the connection if the client has
			// said something in the meantime.
			_ = l.client.CloseWrite()
			return false
		case Reset:
			l.reset()
			return false
		case None, Refuse, Delay, Flap:
		}
	}
	return true
}

// write gives octets to the client.
func (l *link) write(b []byte) bool {
	n, err := l.client.Write(b)
	l.passed += n
	if err != nil {
		l.close()
	}
	return err == nil
}

// wait waits for a time, or for ever if it is negative, or until changed. It is
// false if the connection ended.
func (l *link) wait(d time.Duration, changed <-chan struct{}) bool {
	var up <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		up = timer.C
	}
	select {
	case <-up:
	case <-changed:
	case <-l.done:
		return false
	}
	return true
}
