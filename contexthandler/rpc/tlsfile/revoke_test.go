package tlsfile

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forseti-pdp/forseti/internal/certtest"
)

// A certificate that is not good yet, because the clock of its authority is ahead, counts
// as soon as it is, and not only when its file changes again: until then the old one
// would have expired.
func TestFiles_NotYetValid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := certtest.New("one")
		first := a.Server()
		early := a.Issue(certtest.Leaf{DNS: []string{"localhost"}, NotBefore: time.Now().Add(time.Minute), NotAfter: time.Now().Add(2 * time.Hour)})
		f := newFolder(t, first, nil)
		f.Refresh = DefaultRefresh
		var log logged
		f.Logger = slog.New(slog.NewTextHandler(&log, nil))
		files := f.open()
		defer files.Close() //nolint:errcheck // the test is over
		f.pair(early)
		time.Sleep(50 * time.Second)
		if !files.current.Load().certificate.Leaf.Equal(first.TLS().Leaf) {
			t.Error("before its time: got the new certificate, want the first")
		}
		time.Sleep(15 * time.Second)
		if !files.current.Load().certificate.Leaf.Equal(early.TLS().Leaf) || metric(t, files, "forseti_tls_last_reload_success") != 1 {
			t.Error("in its time: got the first certificate, want the new one")
		}
		if got := strings.Count(log.String(), "cannot be used"); got != 1 {
			t.Errorf("it was told %d times that it is not good, want once:\n%s", got, log.String())
		}
	})
}

// An authority that is taken away is not trusted any more, whatever is wrong with the
// certificate of the server: whom it must not trust does not look at that. Nor does a
// new certificate wait for authorities that cannot be read.
func TestFiles_OneFileDoesNotWaitForAnother(t *testing.T) {
	server, one, two := certtest.New("server"), certtest.New("one"), certtest.New("two")
	expired := server.Issue(certtest.Leaf{DNS: []string{"localhost"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
	first, second := server.Server(), server.Server()
	f := newFolder(t, first, append(one.PEM(), two.PEM()...))
	var log logged
	f.Logger = slog.New(slog.NewTextHandler(&log, nil))
	files := f.open()
	const count, read = "other authorities count", "forseti_tls_last_reload_timestamp_seconds"
	began := metric(t, files, read)
	f.pair(expired)
	eventually(t, "the certificate that has expired is told", func() bool { return strings.Contains(log.String(), "cannot be used") })
	if strings.Contains(log.String(), count) || metric(t, files, read) != began {
		t.Errorf("nothing else counts, and it is told that it does:\n%s", log.String())
	}
	f.write(f.ClientCAFile, two.PEM())
	eventually(t, "one authority is left", func() bool { return files.current.Load().authorities == 1 })
	m := files.current.Load()
	if !m.clients.Equal(two.Pool()) || !m.certificate.Leaf.Equal(first.TLS().Leaf) {
		t.Error("got another authority or certificate, want the second authority and the certificate of before")
	}
	eventually(t, "the change is told", func() bool { return strings.Count(log.String(), count) == 1 })
	if metric(t, files, read) == began {
		t.Error("got the time of the first reading, want that of the one whose authorities count")
	}
	if metric(t, files, "forseti_tls_last_reload_success") != 0 {
		t.Error("got success, want none with a certificate that has expired")
	}
	f.write(f.ClientCAFile, []byte("none"))
	f.pair(second)
	eventually(t, "the second certificate", func() bool { return files.current.Load().certificate.Leaf.Equal(second.TLS().Leaf) })
	if m := files.current.Load(); !m.clients.Equal(two.Pool()) || m.authorities != 1 {
		t.Error("got other authorities than those that could be read last")
	}
}
