package rpc

import (
	"net"
	"net/netip"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// connections knows the open connections, and bounds those of each address.
type connections struct {
	limit   int
	refused prometheus.Counter

	mu     sync.Mutex
	open   map[*boundedConn]bool
	counts map[netip.Prefix]int
}

func newConnections(limit int, refused prometheus.Counter) *connections {
	return &connections{limit: limit, refused: refused, open: make(map[*boundedConn]bool), counts: make(map[netip.Prefix]int)}
}

// bounded closes at once what an address opens above the limit.
func (c *connections) bounded(l net.Listener) net.Listener { return &boundedListener{l, c} }

type boundedListener struct {
	net.Listener
	connections *connections
}

// Accept gives the next connection whose address has a place left.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		bounded := &boundedConn{Conn: conn, connections: l.connections, address: network(conn.RemoteAddr())}
		if l.connections.enter(bounded) {
			return bounded, nil
		}
		l.connections.refused.Inc()
		_ = conn.Close() // nobody is there to be told
	}
}

// network is who is at the other end: an IPv4 address, or the network of an IPv6
// address, of which everyone has as many as they like. It is not valid for what
// is not on a network.
func network(remote net.Addr) netip.Prefix {
	tcp, ok := remote.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	address := tcp.AddrPort().Addr().Unmap().WithZone("")
	if address.Is4() {
		return netip.PrefixFrom(address, 32)
	}
	return netip.PrefixFrom(address, 64).Masked()
}

func (c *connections) enter(conn *boundedConn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn.address.IsValid() {
		if c.counts[conn.address] >= c.limit {
			return false
		}
		c.counts[conn.address]++
	}
	c.open[conn] = true
	return true
}

// leave may be called many times for a connection.
func (c *connections) leave(conn *boundedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open[conn] {
		return
	}
	delete(c.open, conn)
	if conn.address.IsValid() {
		if c.counts[conn.address]--; c.counts[conn.address] == 0 {
			delete(c.counts, conn.address)
		}
	}
}

// close closes all connections.
func (c *connections) close() {
	c.mu.Lock()
	open := make([]*boundedConn, 0, len(c.open))
	for conn := range c.open {
		open = append(open, conn)
	}
	c.mu.Unlock()
	for _, conn := range open {
		_ = conn.Close() // they are of no use any more
	}
}

// boundedConn gives its place back when it is closed.
type boundedConn struct {
	net.Conn
	connections *connections
	address     netip.Prefix
}

// Close closes the connection.
func (c *boundedConn) Close() error {
	c.connections.leave(c)
	return c.Conn.Close()
}
