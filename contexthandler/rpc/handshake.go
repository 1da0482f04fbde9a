package rpc

import (
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"github.com/forseti-pdp/forseti/contexthandler/caller"
)

// handshake is TLS that counts what fails, and reads the certificate of a connection
// once, not for each call.
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
	tls, ok := info.(credentials.TLSInfo)
	if !ok || h.callers == nil {
		return secured, info, nil
	}
	return secured, connectionInfo{tls, h.callers.Certificate(tls.State.VerifiedChains)}, nil
}

// Clone is a copy.
func (h handshake) Clone() credentials.TransportCredentials {
	h.TransportCredentials = h.TransportCredentials.Clone()
	return h
}
