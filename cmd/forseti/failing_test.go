package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

// TestTellFailing: the log says why a source fails, without what its errors quote.
func TestTellFailing(t *testing.T) {
	var lines bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&lines, nil))
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cause := &url.Error{Op: "Get", URL: "https://register.example/ann", Err: &net.DNSError{Err: "no such host", Name: "ann.example", IsNotFound: true}}
	tellFailing(logger, "register", pip.Failing{
		Err:       &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the service could not be asked", Err: cause},
		Questions: 3, Since: since,
	})
	tellFailing(logger, "register", pip.Failing{Questions: 4, Since: since})
	for _, want := range []string{
		`level=WARN msg="a source fails; decisions that depend on it are Indeterminate" source=register outcome=unavailable ` +
			`detail="the service could not be asked" cause="the name of the host is not known" failed=3 since=2026-01-02T03:04:05.000Z`,
		`level=INFO msg="a source answers again" source=register failed=4 since=2026-01-02T03:04:05.000Z`,
	} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("got\n%s\nwant\n%s", lines.String(), want)
		}
	}
	if strings.Contains(lines.String(), "ann") {
		t.Errorf("the log quotes an error:\n%s", lines.String())
	}
}

// TestConnectionCause: what real connections fail with is told in words of our own.
func TestConnectionCause(t *testing.T) {
	plain := httptest.NewServer(nil)
	secured := httptest.NewTLSServer(nil)
	secured.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	closed := httptest.NewServer(nil)
	nobody := closed.Listener.Addr().String()
	closed.Close()
	t.Cleanup(plain.Close)
	t.Cleanup(secured.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secured.Certificate())
	for _, tt := range []struct {
		name, address string
		config        *tls.Config
		want          string
	}{
		{"nobody listens", nobody, &tls.Config{}, "connection refused"},
		{"no TLS", plain.Listener.Addr().String(), &tls.Config{}, "the other side does not speak TLS"},
		{"not trusted", secured.Listener.Addr().String(), &tls.Config{}, "the certificate is of an authority that is not trusted"},
		{"another name", secured.Listener.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "pdp.invalid"}, "the certificate is for another name"},
		{
			"expired", secured.Listener.Addr().String(), &tls.Config{RootCAs: roots, Time: func() time.Time { return time.Date(2990, 1, 1, 0, 0, 0, 0, time.UTC) }},
			"the certificate has expired, or does not count yet",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dialer := tls.Dialer{Config: tt.config}
			conn, err := dialer.DialContext(t.Context(), "tcp", tt.address)
			if err == nil {
				_ = conn.Close()
				t.Fatal("connected")
			}
			if got := connectionCause(fmt.Errorf("about ann: %w", err)); got != tt.want {
				t.Errorf("got %q for %v, want %q", got, err, tt.want)
			}
		})
	}
	if got := connectionCause(errors.Join(errors.New("about ann"), context.DeadlineExceeded)); got != "" {
		t.Errorf("got %q for what is not known", got)
	}
}
