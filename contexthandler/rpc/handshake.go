package rpc

import (
	"errors"
	"io"
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"github.com/forseti-pdp/forseti/contexthandler/caller"
)

// handshake is how connections are secured, if at all. It counts what fails, and tells
// calls of their connection: who is at its other end, and what the certificate says,
// which is read once, not for each call.
type handshake struct {
	credentials.TransportCredentials
	callers  *caller.Authenticator // may be nil
	failures prometheus.Counter
}

// ServerHandshake shakes hands, and sees that HTTP/2 is spoken.
func (h handshake) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secured, info, err := h.TransportCredentials.ServerHandshake(conn)
	if err != nil {
		h.failures.Inc()
		return nil, nil, err
	}
	if err := greet(secured); err != nil {
		return nil, nil, err
	}
	c := connectionInfo{AuthInfo: info}
	c.conn, _ = conn.(*boundedConn)
	if tls, ok := info.(credentials.TLSInfo); ok && h.callers != nil {
		c.certificate = h.callers.Certificate(tls.State.VerifiedChains)
	}
	return &greeted{secured, clientPreface}, c, nil
}

// clientPreface is what a client of HTTP/2 says first (RFC 9113 §3.4).
const clientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// errNotHTTP2 is why a connection is closed whose other end does not speak HTTP/2.
var errNotHTTP2 = errors.New("the connection does not begin as one of HTTP/2")

// greet reads what a client says first. gRPC has buffers and goroutines ready before it
// looks at that, which is a lot for garbage.
func greet(conn net.Conn) error {
	var octets [len(clientPreface)]byte
	if _, err := io.ReadFull(conn, octets[:]); err != nil {
		return err
	}
	if string(octets[:]) != clientPreface {
		return errNotHTTP2
	}
	return nil
}

// greeted is a connection of which the first octets were read.
type greeted struct {
	net.Conn
	first string
}

// Read gives the first octets once more.
func (g *greeted) Read(p []byte) (int, error) {
	if len(g.first) > 0 {
		n := copy(p, g.first)
		g.first = g.first[n:]
		return n, nil
	}
	return g.Conn.Read(p)
}

// Clone is a copy.
func (h handshake) Clone() credentials.TransportCredentials {
	h.TransportCredentials = h.TransportCredentials.Clone()
	return h
}

// connectionInfo is what is known of a connection.
type connectionInfo struct {
	credentials.AuthInfo
	conn        *boundedConn        // nil if the listener is none of ours
	certificate *caller.Certificate // nil if there is none, or nobody asks for it
}
