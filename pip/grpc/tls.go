package grpc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"google.golang.org/grpc/credentials"

	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// transport is TLS with files that are read again at each new connection.
type transport struct {
	credentials.TransportCredentials // of the files as they were at the start
	files                            TLS
	last                             *atomic.Pointer[tls.Config] // the last good one
}

// newTransport reads the files.
func newTransport(files TLS) (transport, error) {
	config, err := files.config()
	if err != nil {
		return transport{}, err
	}
	t := transport{TransportCredentials: credentials.NewTLS(config), files: files, last: new(atomic.Pointer[tls.Config])}
	t.last.Store(config)
	return t, nil
}

// ClientHandshake shakes hands with what is in the files now.
func (t transport) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	config, err := t.files.config()
	if err != nil { // they are being replaced
		config = t.last.Load()
	}
	t.last.Store(config)
	return credentials.NewTLS(config).ClientHandshake(ctx, authority, conn)
}

// Clone shares the last good configuration.
func (t transport) Clone() credentials.TransportCredentials {
	t.TransportCredentials = t.TransportCredentials.Clone()
	return t
}

// config reads the files.
func (f TLS) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.ServerName}
	var errs []error
	if f.CAFile != "" {
		pem, err := reload.Read(f.CAFile)
		errs = append(errs, err)
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) && err == nil {
			errs = append(errs, fmt.Errorf("%s holds no certificate", f.CAFile))
		}
	}
	if f.CertFile != "" {
		certificate, err := reload.KeyPair(f.CertFile, f.KeyFile)
		if err != nil {
			errs = append(errs, fmt.Errorf("the certificate %s with the key %s: %w", f.CertFile, f.KeyFile, err))
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, errors.Join(errs...)
}
