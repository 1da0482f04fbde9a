package tlsfile

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/forseti-pdp/forseti/internal/certtest"
)

// A session is not resumed: it would carry the trust in an authority beyond the time
// for which that is trusted.
func TestFiles_NoSessionIsResumed(t *testing.T) {
	a := certtest.New("one")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secured := tls.NewListener(l, newFolder(t, a.Server(), a.PEM()).open().TLS())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := secured.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("x")) // behind what a session is resumed with
			_ = c.Close()
		}
	})
	defer serving.Wait()
	defer l.Close() //nolint:errcheck // the test is over
	client := &tls.Config{
		RootCAs: a.Pool(), ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(4),
		Certificates: []tls.Certificate{a.Issue(certtest.Leaf{DNS: []string{"caller"}}).TLS()},
	}
	for n := range 3 {
		c, err := tls.Dial("tcp", l.Addr().String(), client)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); err != nil {
			t.Error(err)
		}
		if c.ConnectionState().DidResume {
			t.Errorf("got a session resumed by connection %d", n+1)
		}
		_ = c.Close()
	}
}
