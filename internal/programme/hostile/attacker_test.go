package hostile

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

// pool is how many connections an attacker uses, if the attack is not about that.
const pool = 8

// attacker is a host that attacks.
type attacker struct {
	ctx    context.Context // ends with the attack
	target string
	tls    *tls.Config // nil if connections are not encrypted
	rate   int         // frames, calls or connections a second, of all connections together
	seen   *seen

	pacing sync.Mutex
	begun  time.Time
	spent  int
}

// slice is for how long the attacker sends at once: it is no use to be woken for every frame.
const slice = 5 * time.Millisecond

// pace waits until n more may be sent. It reports whether the attack goes on.
func (a *attacker) pace(n int) bool {
	a.pacing.Lock()
	if a.begun.IsZero() {
		a.begun = time.Now()
	}
	due := a.begun.Add(time.Duration(a.spent) * time.Second / time.Duration(a.rate))
	if late := time.Since(due); late > time.Second/4 { // what could not be sent is not sent later
		a.begun = a.begun.Add(late)
	}
	a.spent += n
	a.pacing.Unlock()
	return a.sleep(time.Until(due))
}

// burst is how many to send at once, on one connection of the pool.
func (a *attacker) burst() int { return max(1, a.rate*int(slice)/int(time.Second)) }

// sleep reports whether the attack goes on.
func (a *attacker) sleep(d time.Duration) bool {
	if d <= 0 {
		return a.ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-a.ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// dial opens a connection, from an address that is not that of the others.
func (a *attacker) dial() (net.Conn, error) {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}
	conn, err := (&net.Dialer{LocalAddr: from, Timeout: patience}).DialContext(a.ctx, "tcp", a.target)
	if err == nil {
		return conn, nil
	}
	a.seen.count("no connection")
	return nil, err
}

// secure makes a connection one of TLS, if the service speaks that.
func (a *attacker) secure(conn net.Conn) (net.Conn, error) {
	if a.tls == nil {
		return conn, nil
	}
	secured := tls.Client(conn, a.tls)
	_ = conn.SetDeadline(time.Now().Add(patience)) // an error would be that of the handshake
	err := secured.HandshakeContext(a.ctx)
	if err != nil {
		a.seen.count("no handshake")
		return nil, err
	}
	return secured, conn.SetDeadline(time.Time{})
}

// many does something with n connections of TCP at a time, and with others when these
// end, until the attack ends.
func (a *attacker) many(n int, use func(net.Conn)) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for a.ctx.Err() == nil {
				if conn, err := a.dial(); err == nil {
					stop := context.AfterFunc(a.ctx, func() { _ = conn.Close() })
					use(conn)
					stop()
					_ = conn.Close() // it may be closed
				}
				a.sleep(slice)
			}
		})
	}
	wg.Wait()
}

// wires does the same with connections of HTTP/2. What use returns false for is opened again.
func (a *attacker) wires(n int, use func(*wire), settings ...http2.Setting) {
	a.many(n, func(raw net.Conn) {
		conn, err := a.secure(raw)
		if err != nil {
			return
		}
		w := newWire(conn, a.seen, settings...)
		var wg sync.WaitGroup
		wg.Go(w.listen)
		use(w)
		_ = raw.Close() // which ends listen
		wg.Wait()
	})
}

// flood sends the same over and over, on the pool.
func (a *attacker) flood(begin func(*wire), send func(*wire)) {
	a.wires(pool, func(w *wire) {
		if begin != nil {
			begin(w)
		}
		for n := a.burst(); a.pace(n) && w.flush(); {
			for range n {
				send(w)
			}
		}
	})
}

// hold keeps a connection as it is, until one side is tired of it.
func (a *attacker) hold(w *wire) {
	w.flush()
	select {
	case <-a.ctx.Done():
	case <-w.broken:
	}
}
