package ldap

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// server is where a connection goes.
type server struct {
	address string // host:port
	host    string
	tls     bool // from the first octet on
}

// parseServer reads a URL. Its errors do not quote it: somebody may have put a
// password into it.
func parseServer(text string) (server, error) {
	u, err := url.Parse(text)
	if err != nil {
		return server{}, errors.New("it cannot be read")
	}
	s := server{host: u.Hostname(), tls: u.Scheme == "ldaps"}
	bare := (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
	switch {
	case !s.tls && u.Scheme != "ldap":
		return server{}, errors.New("it begins with neither ldaps:// nor ldap://")
	case s.host == "":
		return server{}, errors.New("it has no host")
	case text != bare && text != bare+"/":
		return server{}, errors.New("it has more than a host and a port")
	}
	port := ldap.DefaultLdapPort
	switch {
	case u.Port() != "":
		port = u.Port()
	case s.tls:
		port = ldap.DefaultLdapsPort
	}
	s.address = net.JoinHostPort(s.host, port)
	return s, nil
}

// password reads the file of the password.
func (b Bind) password() (string, error) {
	data, err := reload.Read(b.PasswordFile)
	if err != nil {
		return "", err
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if password == "" || strings.ContainsAny(password, "\r\n\x00") {
		return "", fmt.Errorf("%s: a password is one line that is not empty", b.PasswordFile)
	}
	return password, nil
}

// config reads the files for a connection to the host.
func (t TLS) config(host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if t.ServerName != "" {
		c.ServerName = t.ServerName
	}
	if t.CAFile != "" {
		data, err := reload.Read(t.CAFile)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(bytes.TrimSpace(data)) {
			return nil, fmt.Errorf("%s: there is no certificate in it", t.CAFile)
		}
	}
	if t.CertFile != "" {
		certificate, err := reload.KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, errors.New("the client certificate and its key cannot be read, or do not fit")
		}
		c.Certificates = []tls.Certificate{certificate}
	}
	return c, nil
}
