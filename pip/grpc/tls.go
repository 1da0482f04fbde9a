package grpc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc/credentials"

	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// transport is TLS with files that are read again for new connections. Without files that
// can be used there are none after a minute: an authority that is taken away must not be
// trusted for ever, because what came in its place is broken.
type transport struct {
	credentials.TransportCredentials // of the files as they were at the start
	configs                          *reload.Files[*tls.Config]
}

// newTransport reads the files.
func newTransport(configs *reload.Files[*tls.Config]) (transport, error) {
	config, err := configs.Get(context.Background())
	if err != nil {
		return transport{}, err
	}
	return transport{credentials.NewTLS(config), configs}, nil
}

// ClientHandshake shakes hands with what is in the files now.
func (t transport) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	config, err := t.configs.Get(ctx)
	if err != nil {
		return nil, nil, err
	}
	return credentials.NewTLS(config).ClientHandshake(ctx, authority, conn)
}

// Clone shares the files.
func (t transport) Clone() credentials.TransportCredentials {
	t.TransportCredentials = t.TransportCredentials.Clone()
	return t
}

// configs are the files, and the configuration that they make.
func (f TLS) configs() *reload.Files[*tls.Config] {
	var names []string
	for _, name := range []string{f.CAFile, f.CertFile, f.KeyFile} {
		if name != "" {
			names = append(names, name)
		}
	}
	return &reload.Files[*tls.Config]{Names: names, Make: f.config}
}

// config makes the configuration of the contents of the files.
func (f TLS) config(contents [][]byte) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.ServerName}
	var errs []error
	if f.CAFile != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(contents[0]) {
			errs = append(errs, fmt.Errorf("%s holds no certificate", f.CAFile))
		}
		contents = contents[1:]
	}
	if f.CertFile != "" {
		certificate, err := tls.X509KeyPair(contents[0], contents[1])
		if err != nil {
			errs = append(errs, fmt.Errorf("the certificate %s with the key %s: %w", f.CertFile, f.KeyFile, err))
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, errors.Join(errs...)
}
