package rpc

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// connections knows the open connections, and bounds those of each host and all of
// them. Where there are too many of all hosts together, those that have not said
// anything sensible yet have to go first.
type connections struct {
	perHost, limit int
	refused        prometheus.Counter
	count          atomic.Int64 // of hosts

	mu    sync.Mutex
	open  map[*boundedConn]bool
	fresh list.List // of those that are not yet HTTP/2, the oldest first
	hosts map[netip.Prefix]*host
}

func newConnections(perHost, limit int, refused prometheus.Counter) *connections {
	return &connections{perHost: perHost, limit: limit, refused: refused, open: make(map[*boundedConn]bool), hosts: make(map[netip.Prefix]*host)}
}

// bounded closes at once what is opened above the limits.
func (c *connections) bounded(l net.Listener) net.Listener { return &boundedListener{l, c} }

type boundedListener struct {
	net.Listener
	connections *connections
}

// Accept gives the next connection for which there is a place left.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		bounded := &boundedConn{Conn: conn, connections: l.connections}
		out, entered := l.connections.enter(bounded, network(conn.RemoteAddr()))
		if out != nil {
			_ = out.Close() // nobody is there to be told
			l.connections.refused.Inc()
		}
		if entered {
			return bounded, nil
		}
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

// enter takes a place for a connection, and tells which one has to be closed, if any:
// this one, or one that leaves its place to it.
func (c *connections) enter(conn *boundedConn, address netip.Prefix) (out net.Conn, entered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[address]
	if h != nil && address.IsValid() && h.connections >= c.perHost {
		return conn.Conn, false
	}
	if len(c.open) >= c.limit {
		oldest := c.fresh.Front()
		if oldest == nil {
			return conn.Conn, false
		}
		gone, _ := oldest.Value.(*boundedConn)
		c.remove(gone)
		out = gone.Conn
		h = c.hosts[address]
	}
	if h == nil {
		h = &host{address: address, hosts: &c.count}
		c.hosts[address] = h
		c.count.Add(1)
	}
	h.connections++
	conn.host, conn.fresh = h, c.fresh.PushBack(conn)
	c.open[conn] = true
	return out, true
}

// remove forgets a connection, if it is known.
func (c *connections) remove(conn *boundedConn) {
	if !c.open[conn] {
		return
	}
	delete(c.open, conn)
	c.settle(conn)
	if conn.host.connections--; conn.host.connections == 0 {
		delete(c.hosts, conn.host.address)
		c.count.Add(-1)
	}
}

// settle tells that a connection is not fresh any more.
func (c *connections) settle(conn *boundedConn) {
	if conn.fresh != nil {
		c.fresh.Remove(conn.fresh)
		conn.fresh = nil
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
	host        *host
	debt        debt

	fresh *list.Element // nil if it is HTTP/2; guarded by the connections
}

// SetDeadline is what gRPC calls with no time when the connection has become one of
// HTTP/2, or is to be closed.
func (c *boundedConn) SetDeadline(t time.Time) error {
	if t.IsZero() {
		c.connections.mu.Lock()
		c.connections.settle(c)
		c.connections.mu.Unlock()
	}
	return c.Conn.SetDeadline(t)
}

// Close closes the connection. It may be called many times.
func (c *boundedConn) Close() error {
	c.connections.mu.Lock()
	c.connections.remove(c)
	c.connections.mu.Unlock()
	c.debt.close()
	return c.Conn.Close()
}
