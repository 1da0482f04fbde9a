package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// The limits of connections.
const (
	defaultConnections = 16
	maxHeaderBytes     = 64 << 10
	maxRedirects       = 3
	connectTimeout     = 5 * time.Second
	idleTimeout        = time.Minute
	// A connection that says nothing for pingAfter is asked whether it is alive:
	// over HTTP/2 all requests share it, and would share its silence.
	pingAfter   = 15 * time.Second
	pingTimeout = 5 * time.Second
)

// TLS says whom to trust and as whom to appear. Its files are read again when
// they change, and new connections are then made.
type TLS struct {
	// CAFile holds the certificates, in PEM, that the server's must come from. Empty
	// stands for those of the system.
	CAFile string
	// CertFile and KeyFile are the client's own certificate and its key, in PEM, for
	// servers that ask for one.
	CertFile, KeyFile string
	// ServerName is the name in the certificate of the server, if it is not the
	// host of the URL.
	ServerName string
	// MinVersion is the oldest version that is spoken: [tls.VersionTLS13], which zero
	// stands for, or [tls.VersionTLS12].
	MinVersion uint16
}

// Connection bounds and directs the connections.
type Connection struct {
	// Max is the number of connections to one host; zero stands for 16. Over HTTP/2
	// one carries many requests.
	Max int
	// Proxy is the URL of a proxy. Empty stands for none, whatever the environment
	// says.
	Proxy string
}

// dialer makes connections under one configuration.
type dialer struct {
	clients *reload.Files[*http.Client]
}

// newDialer checks the configuration and reads its files.
func newDialer(t TLS, c Connection, redirect func(*http.Request, []*http.Request) error) (*dialer, error) {
	var errs []error
	if t.MinVersion == 0 {
		t.MinVersion = tls.VersionTLS13
	}
	if t.MinVersion != tls.VersionTLS12 && t.MinVersion != tls.VersionTLS13 {
		errs = append(errs, errors.New("tls: the oldest version is 1.2 or 1.3"))
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		errs = append(errs, errors.New("tls: a certificate and a key come together"))
	}
	if c.Max < 0 {
		errs = append(errs, errors.New("the number of connections must not be negative"))
	}
	if c.Max == 0 {
		c.Max = defaultConnections
	}
	proxy, err := c.proxy()
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	var files []string
	for _, name := range []string{t.CAFile, t.CertFile, t.KeyFile} {
		if name != "" {
			files = append(files, name)
		}
	}
	d := &dialer{clients: &reload.Files[*http.Client]{
		Names: files,
		Drop:  (*http.Client).CloseIdleConnections,
		Make: func(contents [][]byte) (*http.Client, error) {
			config, err := t.config(contents)
			if err != nil {
				return nil, err
			}
			return &http.Client{Transport: c.transport(config, proxy), CheckRedirect: redirect}, nil
		},
	}}
	if _, err := d.clients.Get(context.Background()); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return d, nil
}

// client gives the client for one request.
func (d *dialer) client(ctx context.Context) (*http.Client, error) {
	c, err := d.clients.Get(ctx)
	if err != nil {
		return nil, unusable("the files for TLS", err)
	}
	return c, nil
}

// unusable is the error of a question for which there is nothing made of files. An
// error that says more about the question than about the files stays what it is.
func unusable(what string, err error) error {
	if e, ok := errors.AsType[*pip.Error](err); ok {
		return e
	}
	return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: what + " cannot be used", Err: err}
}

// close lets go of the connections that are not in use.
func (d *dialer) close() {
	if c, ok := d.clients.Last(); ok {
		c.CloseIdleConnections()
	}
}

// config makes the configuration of the contents of the files, in order.
func (t TLS) config(contents [][]byte) (*tls.Config, error) {
	config := &tls.Config{MinVersion: t.MinVersion, ServerName: t.ServerName}
	if t.CAFile != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(contents[0]) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", t.CAFile)
		}
		contents = contents[1:]
	}
	if t.CertFile != "" {
		pair, err := tls.X509KeyPair(contents[0], contents[1])
		if err != nil {
			return nil, fmt.Errorf("%s and %s: %w", t.CertFile, t.KeyFile, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// unused reports settings of TLS that nothing on the way to the URL would heed. Whoever
// wrote them believes that they protect something.
func (t TLS) unused(target string, c Connection) error {
	if t != (TLS{}) && strings.HasPrefix(strings.ToLower(target), "http://") && !strings.HasPrefix(c.Proxy, "https://") {
		return errors.New("tls: the settings have no use with a URL that begins with http://")
	}
	return nil
}

// proxy reads the URL of the proxy.
func (c Connection) proxy() (*url.URL, error) {
	if c.Proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(c.Proxy)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return nil, errors.New("the proxy is a URL with http, https or socks5, without user and password")
	}
	return u, nil
}

// transport makes the transport.
func (c Connection) transport(config *tls.Config, proxy *url.URL) *http.Transport {
	t := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        c.Max,
		MaxIdleConnsPerHost:    c.Max,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

// sameServer follows a redirect only to the same host with the same scheme, by
// the same method, and not for long. Another host would get the values, and
// answer with what it likes.
func sameServer(req *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case req.URL.Scheme != first.URL.Scheme || !strings.EqualFold(hostPort(req.URL), hostPort(first.URL)) || req.URL.User != nil:
		return pip.Invalidf("the service redirects to another server")
	case req.Method != first.Method:
		return pip.Invalidf("the service redirects to another method")
	case len(via) > maxRedirects:
		return pip.Invalidf("the service redirects more than %d times", maxRedirects)
	default:
		return nil
	}
}

// hostPort is the host with its port, written or not.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
