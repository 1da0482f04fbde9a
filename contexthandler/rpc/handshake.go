package rpc

import (
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

// ServerHandshake shakes hands.
func (h handshake) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secured, info, err := h.TransportCredentials.ServerHandshake(conn)
	if err != nil {
		h.failures.Inc()
		return nil, nil, err
	}
	c := connectionInfo{AuthInfo: info}
	c.conn, _ = conn.(*boundedConn)
	if tls, ok := info.(credentials.TLSInfo); ok && h.callers != nil {
		c.certificate = h.callers.Certificate(tls.State.VerifiedChains)
	}
	return secured, c, nil
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
