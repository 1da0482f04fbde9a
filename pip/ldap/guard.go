package ldap

import (
	"errors"
	"net"
	"sync"
)

// guard holds what a server sends to a budget and to the form of LDAP, before
// the library sees it, and remembers how the connection ended: the library
// tells only that it did.
type guard struct {
	net.Conn

	mu      sync.Mutex
	framing framing
	rest    budget
	broken  error // the first error of the connection
}

// newGuard watches a connection; at first the server may send a little only.
func newGuard(conn net.Conn) *guard {
	g := &guard{Conn: conn}
	g.allow(64 << 10)
	return g
}

// allow lets the server send so many octets from now on.
func (g *guard) allow(octets int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rest = budget{octets: uint64(octets), elements: uint64(octets)/8 + 1}
}

// Read reads what the server sends.
func (g *guard) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	g.mu.Lock()
	defer g.mu.Unlock()
	if bad := g.framing.advance(b[:n], &g.rest); bad != nil {
		n, err = 0, bad
	}
	g.remember(err)
	return n, err
}

// Write sends to the server.
func (g *guard) Write(b []byte) (int, error) {
	n, err := g.Conn.Write(b)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remember(err)
	return n, err
}

// remember keeps the first error.
func (g *guard) remember(err error) {
	if g.broken == nil {
		g.broken = err
	}
}

// state tells how the connection ended, if it did; hostile is true if the server
// sent what it must not.
func (g *guard) state() (err error, hostile bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broken, errors.Is(g.broken, errFraming) || errors.Is(g.broken, errTooLarge)
}
