package tlsfile

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/internal/secrettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder is the files of a server.
type folder struct {
	t testing.TB
	Config
}

// newFolder has a certificate and, if clients is not nil, their authority.
func newFolder(t testing.TB, pair certtest.Pair, clients []byte) folder {
	t.Helper()
	dir := t.TempDir()
	f := folder{t, Config{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), Refresh: time.Millisecond}}
	f.pair(pair)
	if clients != nil {
		f.ClientCAFile = filepath.Join(dir, "ca.pem")
		f.write(f.ClientCAFile, clients)
	}
	return f
}

// write replaces a file, as those do it who deliver certificates.
func (f folder) write(name string, data []byte) {
	f.t.Helper()
	if err := os.WriteFile(name+".new", data, 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		f.t.Fatal(err)
	}
}

func (f folder) pair(p certtest.Pair) {
	f.t.Helper()
	f.write(f.CertFile, p.Cert)
	f.write(f.KeyFile, p.Key)
}

// open watches the files until the end of the test.
func (f folder) open() *Files {
	f.t.Helper()
	files, err := Open(f.Config)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = files.Close() })
	return files
}

// shake shakes hands with a server, and gives the certificate that it showed.
func shake(server, client *tls.Config) (*x509.Certificate, error) {
	near, far := net.Pipe()
	failed := make(chan error, 1)
	go func() {
		s := tls.Server(far, server)
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("x"))
		}
		failed <- err
		_ = far.Close()
	}()
	c := tls.Client(near, client)
	_, err := io.ReadFull(c, make([]byte, 1)) // a client learns here that it was refused
	_ = near.Close()
	if other := <-failed; err == nil {
		err = other
	}
	if err != nil {
		return nil, err
	}
	return c.ConnectionState().PeerCertificates[0], nil
}

// eventually waits for what takes some readings.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// logged is a log that can be read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// metric is the value of a metric, of the series with the label value if one is given.
func metric(t testing.TB, f *Files, name string, label ...string) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(f)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && (len(label) == 0 || m.GetLabel()[0].GetValue() == label[0]) {
				return m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("there is no metric %s %v", name, label)
	return 0
}

// What is broken at the start is an error, which does not quote the key.
func TestOpen_Broken(t *testing.T) {
	a := certtest.New("one")
	good, other := a.Server(), a.Server()
	past := a.Issue(certtest.Leaf{DNS: []string{"localhost"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
	future := a.Issue(certtest.Leaf{DNS: []string{"localhost"}, NotBefore: time.Now().Add(time.Hour), NotAfter: time.Now().Add(2 * time.Hour)})
	tests := []struct {
		name    string
		pair    certtest.Pair
		clients string
		change  func(*Config)
		want    string
	}{
		{name: "another key", pair: certtest.Pair{Cert: good.Cert, Key: other.Key}, want: "does not fit its key"},
		{name: "key and certificate changed places", pair: certtest.Pair{Cert: good.Key, Key: good.Cert}, want: "does not fit its key"},
		{name: "empty certificate", pair: certtest.Pair{Key: good.Key}, want: "does not fit its key"},
		{name: "half a certificate", pair: certtest.Pair{Cert: good.Cert[:len(good.Cert)/2], Key: good.Key}, want: "does not fit its key"},
		{name: "expired", pair: past, want: "it is good from"},
		{name: "not yet valid", pair: future, want: "it is good from"},
		{name: "very long", pair: certtest.Pair{Cert: bytes.Repeat([]byte("x"), maxBytes+1), Key: good.Key}, want: "longer than"},
		{name: "no authority", pair: good, clients: "\n", want: "there is no certificate"},
		{name: "authorities that are none", pair: good, clients: string(good.Cert), want: "certificate 1 is not that of an authority"},
		{name: "a key among authorities", pair: good, clients: string(a.PEM()) + string(good.Key), want: "something else than certificates"},
		{name: "half an authority", pair: good, clients: string(a.PEM()) + string(a.PEM()[:200]), want: "not PEM"},
		{
			name: "garbage for an authority", pair: good, want: "certificate 1 cannot be read",
			clients: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		},
		{name: "no certificate file", pair: good, change: func(c *Config) { c.CertFile += ".none" }, want: "no such file"},
		{name: "a folder", pair: good, change: func(c *Config) { c.KeyFile = filepath.Dir(c.KeyFile) }, want: "not a regular file"},
		{name: "no authority file", pair: good, clients: string(a.PEM()), change: func(c *Config) { c.ClientCAFile += ".none" }, want: "no such file"},
		{name: "no name of a key", pair: good, change: func(c *Config) { c.KeyFile = "" }, want: "are required"},
		{name: "nobody to trust", pair: good, change: func(c *Config) { c.RequireClient = true }, want: "no authority is trusted"},
		{name: "negative time", pair: good, change: func(c *Config) { c.Refresh = -1 }, want: "must not be negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var clients []byte
			if tt.clients != "" {
				clients = []byte(tt.clients)
			}
			f := newFolder(t, tt.pair, clients)
			if tt.change != nil {
				tt.change(&f.Config)
			}
			files, err := Open(f.Config)
			if err == nil {
				_ = files.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if err != nil && len(tt.pair.Key) > 100 && strings.Contains(err.Error(), string(tt.pair.Key[60:100])) {
				t.Errorf("the error quotes the key: %v", err)
			}
		})
	}
}

// A new certificate counts for new connections; a broken one does not, and is told
// once.
func TestFiles_Reload(t *testing.T) {
	a := certtest.New("one")
	first, second := a.Server(), a.Server()
	f := newFolder(t, first, nil)
	var log logged
	f.Logger = slog.New(secrettest.Planted().Handler(t, &log))
	files := f.open()
	client := &tls.Config{RootCAs: a.Pool(), ServerName: "localhost"}
	shown := func() *x509.Certificate {
		t.Helper()
		leaf, err := shake(files.TLS(), client)
		if err != nil {
			t.Fatal(err)
		}
		return leaf
	}
	if !shown().Equal(first.TLS().Leaf) {
		t.Error("got another certificate than the first")
	}
	began := metric(t, files, "forseti_tls_last_reload_timestamp_seconds")
	f.write(f.CertFile, second.Cert) // the key is still the old one
	eventually(t, "the broken pair is told", func() bool { return strings.Contains(log.String(), "cannot be used") })
	if !shown().Equal(first.TLS().Leaf) {
		t.Error("got another certificate than the last good one")
	}
	if got := metric(t, files, "forseti_tls_last_reload_success"); got != 0 {
		t.Errorf("got success %v, want 0", got)
	}
	time.Sleep(20 * time.Millisecond) // many readings
	if got := strings.Count(log.String(), "cannot be used"); got != 1 {
		t.Errorf("the broken pair was told %d times, want once:\n%s", got, log.String())
	}
	f.write(f.KeyFile, second.Key)
	eventually(t, "the second certificate", func() bool { return shown().Equal(second.TLS().Leaf) })
	if got, want := metric(t, files, "forseti_tls_expiry_timestamp_seconds", "certificate"), float64(second.TLS().Leaf.NotAfter.Unix()); got != want {
		t.Errorf("got expiry %v, want %v", got, want)
	}
	if metric(t, files, "forseti_tls_last_reload_success") != 1 || metric(t, files, "forseti_tls_last_reload_timestamp_seconds") <= began {
		t.Error("the metrics do not tell of the good pair")
	}
	if err := os.Remove(f.KeyFile); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the missing key is told", func() bool { return strings.Count(log.String(), "cannot be used") == 2 })
	f.write(f.KeyFile, second.Key)
	eventually(t, "all is well", func() bool { return metric(t, files, "forseti_tls_last_reload_success") == 1 })
	if !shown().Equal(second.TLS().Leaf) {
		t.Error("got another certificate than the second")
	}
}

// An authority that is taken away is not trusted any more, although a client keeps
// sessions; one that is added is.
func TestFiles_Authorities(t *testing.T) {
	server, one, two := certtest.New("server"), certtest.New("one"), certtest.New("two")
	f := newFolder(t, server.Server(), one.PEM())
	f.RequireClient = true
	files := f.open()
	as := func(p certtest.Pair) *tls.Config {
		return &tls.Config{
			RootCAs: server.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{p.TLS()}, ClientSessionCache: tls.NewLRUClientSessionCache(8),
		}
	}
	client, other := as(one.Issue(certtest.Leaf{CommonName: "pep"})), as(two.Issue(certtest.Leaf{CommonName: "pep"}))
	accepted := func(c *tls.Config) bool {
		_, err := shake(files.TLS(), c)
		return err == nil
	}
	if !accepted(client) || accepted(other) {
		t.Error("not exactly the clients of the first authority are accepted")
	}
	f.write(f.ClientCAFile, append(one.PEM(), two.PEM()...))
	eventually(t, "both authorities are trusted", func() bool { return accepted(other) })
	if !accepted(client) {
		t.Error("the clients of the first authority are refused while both are trusted")
	}
	f.write(f.ClientCAFile, two.PEM())
	eventually(t, "the first authority is not trusted", func() bool { return !accepted(client) })
	if !accepted(other) {
		t.Error("the clients of the second authority are refused")
	}
}

// Clients are accepted by the authority, the time and the use of their certificate.
func TestFiles_Clients(t *testing.T) {
	server, clients, strange := certtest.New("server"), certtest.New("clients"), certtest.New("strange")
	leaf := certtest.Leaf{CommonName: "pep"}
	expired, early, serving := leaf, leaf, leaf
	expired.NotAfter = time.Now().Add(-time.Minute)
	early.NotBefore = time.Now().Add(time.Minute)
	serving.Usage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	own := clients.Issue(leaf).TLS()
	own.PrivateKey = clients.Issue(leaf).TLS().PrivateKey
	pairs := map[string]*tls.Certificate{"none": nil, "stolen": &own}
	for name, p := range map[string]certtest.Pair{
		"good": clients.Issue(leaf), "unknown authority": strange.Issue(leaf), "expired": clients.Issue(expired),
		"not yet valid": clients.Issue(early), "for servers only": clients.Issue(serving),
	} {
		c := p.TLS()
		pairs[name] = &c
	}
	for _, required := range []bool{true, false} {
		f := newFolder(t, server.Server(), clients.PEM())
		f.RequireClient = required
		files := f.open()
		for name, certificate := range pairs {
			client := &tls.Config{RootCAs: server.Pool(), ServerName: "localhost", GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				if certificate == nil {
					return &tls.Certificate{}, nil
				}
				return certificate, nil
			}}
			_, err := shake(files.TLS(), client)
			if want := name == "good" || name == "none" && !required; (err == nil) != want {
				t.Errorf("%s, required %v: got %v, want accepted %v", name, required, err, want)
			}
		}
	}
}

// Nothing older than TLS 1.3 is spoken.
func TestFiles_Version(t *testing.T) {
	a := certtest.New("one")
	files := newFolder(t, a.Server(), nil).open()
	old := &tls.Config{RootCAs: a.Pool(), ServerName: "localhost", MaxVersion: tls.VersionTLS12}
	if _, err := shake(files.TLS(), old); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
}

// While certificates change, and every other one is broken, no handshake fails.
func TestFiles_ReloadUnderLoad(t *testing.T) {
	a := certtest.New("one")
	f := newFolder(t, a.Server(), nil)
	files := f.open()
	var stop atomic.Bool
	var shaken atomic.Int64
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for !stop.Load() {
				if _, err := shake(files.TLS(), &tls.Config{RootCAs: a.Pool(), ServerName: "localhost"}); err != nil {
					t.Errorf("a handshake failed: %v", err)
					return
				}
				shaken.Add(1)
			}
		})
	}
	for i := range 20 {
		p := a.Server()
		if i%2 == 0 {
			p.Cert = []byte("broken")
		}
		f.pair(p)
		time.Sleep(5 * time.Millisecond)
	}
	stop.Store(true)
	workers.Wait()
	if shaken.Load() < 20 {
		t.Errorf("only %d handshakes were tried", shaken.Load())
	}
}
