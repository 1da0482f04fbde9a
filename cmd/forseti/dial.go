package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// connection is how a service is reached, as flags give it.
type connection struct {
	tls             bool
	ca, cert, key   string
	name, tokenFile string
}

// connectionFlags are the names of the flags of a connection.
func connectionFlags() []string {
	return []string{"tls", "tls-ca", "tls-name", "cert", "key", "token-file"}
}

func (c *connection) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&c.tls, "tls", false, "use TLS, as the other flags about it do")
	flags.StringVar(&c.ca, "tls-ca", "", "`file` with the authorities that the service is trusted by, in place of those of the system")
	flags.StringVar(&c.name, "tls-name", "", "`name` in the certificate of the service, in place of that in the address")
	flags.StringVar(&c.cert, "cert", "", "`file` with the certificate to show who calls")
	flags.StringVar(&c.key, "key", "", "`file` with the key of that certificate")
	flags.StringVar(&c.tokenFile, "token-file", "", "`file` with the token to show who calls")
}

// dial makes a connection, which is not begun before it is used.
func (c *connection) dial(address string) (*grpc.ClientConn, error) {
	secured, err := c.credentials()
	if err != nil {
		return nil, err
	}
	if !strings.Contains(address, ":") { // of a name alone gRPC asks the port of HTTPS
		return nil, fmt.Errorf("address %q has no port, as in %s", address, net.JoinHostPort(address, "7341"))
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(secured)}
	if c.tokenFile != "" {
		text, err := os.ReadFile(c.tokenFile)
		if err != nil {
			return nil, err
		}
		if !c.secured() && !nearby(address) {
			return nil, fmt.Errorf("--token-file: a token is not sent to %s without TLS; see --tls", address)
		}
		options = append(options, grpc.WithPerRPCCredentials(&bearer{strings.TrimSpace(string(text)), c.secured()}))
	}
	made, err := grpc.NewClient(address, options...)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	return made, nil
}

// secured tells whether TLS is asked for.
func (c *connection) secured() bool { return c.tls || c.ca != "" || c.name != "" || c.cert != "" }

func (c *connection) credentials() (credentials.TransportCredentials, error) {
	if (c.cert == "") != (c.key == "") {
		return nil, errors.New("--cert and --key belong together")
	}
	if !c.secured() {
		return insecure.NewCredentials(), nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, ServerName: c.name}
	if c.ca != "" {
		data, err := os.ReadFile(c.ca)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("--tls-ca: %s holds no certificate", c.ca)
		}
	}
	if c.cert != "" {
		pair, err := tls.LoadX509KeyPair(c.cert, c.key)
		if unread, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, fmt.Errorf("--cert with --key: %w", unread)
		}
		if err != nil {
			return nil, fmt.Errorf("--cert %s with --key %s: they are not PEM, or do not fit each other", c.cert, c.key)
		}
		// A service closes the connection then, and cannot say why.
		if now := time.Now(); now.Before(pair.Leaf.NotBefore) || now.After(pair.Leaf.NotAfter) {
			return nil, fmt.Errorf("--cert %s: the certificate is good from %s to %s only", c.cert,
				pair.Leaf.NotBefore.Format(time.RFC3339), pair.Leaf.NotAfter.Format(time.RFC3339))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}

// advice is what to try where the error of a call looks like the other side wants, or does
// not want, TLS; empty elsewhere.
func (c *connection) advice(err error) string {
	s := status.Convert(err)
	switch text := s.Message(); {
	case s.Code() != codes.Unavailable:
		return ""
	case !c.secured() && strings.Contains(text, "error reading server preface"):
		return "; the service may want TLS, see --tls"
	case c.secured() && strings.Contains(text, "first record does not look like a TLS handshake"):
		return "; the service does not speak TLS, leave out --tls and its like"
	case c.secured() && c.ca == "" && strings.Contains(text, "unknown authority"):
		return "; name the authority that it is trusted by with --tls-ca"
	default:
		return ""
	}
}

// nearby tells whether what is sent to the address stays on this machine.
func nearby(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// bearer is a token in the header of each call.
type bearer struct {
	token  string
	secure bool
}

// GetRequestMetadata gives the header.
func (b *bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

// RequireTransportSecurity tells whether the token needs TLS.
func (b *bearer) RequireTransportSecurity() bool { return b.secure }
