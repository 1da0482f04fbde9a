package faultproxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is what the backend of the tests says to every line.
const answer = "0123456789abcdef\n"

// backend answers every octet by the answer, and gives its address.
func backend(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close() //nolint:errcheck // a connection of a test
				for one := make([]byte, 1); ; {
					if _, err := c.Read(one); err != nil {
						return
					}
					if _, err := io.WriteString(c, answer); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	return l.Addr().String()
}

// proxy is a proxy in front of a server.
func proxy(t *testing.T, server string) *Proxy {
	t.Helper()
	p, err := New(server, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// set sets a fault.
func set(t *testing.T, p *Proxy, f Fault) {
	t.Helper()
	if err := p.Set(f); err != nil {
		t.Fatal(err)
	}
}

// client connects to the proxy.
func client(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// ask asks once, and gives what arrives until the answer is complete, the
// connection ends, or the time is up.
func ask(t *testing.T, c net.Conn, limit time.Duration) (string, error) {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("?")); err != nil {
		return "", err
	}
	got := make([]byte, len(answer))
	n, err := io.ReadFull(c, got)
	return string(got[:n]), err
}

// askNew asks on a connection of its own. One that is reset at once may seem never
// to have been open.
func askNew(t *testing.T, p *Proxy, limit time.Duration) (string, error) {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return "", err
	}
	defer c.Close() //nolint:errcheck // a connection of a test
	return ask(t, c, limit)
}

// Each fault does to a new connection, and to one that is open already, what it
// says; and when it is over, new connections work.
func TestFaults(t *testing.T) {
	const long, short = 10 * time.Second, 50 * time.Millisecond
	isReset := func(err error) bool {
		return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	}
	isTimeout := func(err error) bool {
		e, ok := errors.AsType[net.Error](err)
		return ok && e.Timeout()
	}
	tests := []struct {
		fault Fault
		limit time.Duration
		want  func(got string, err error) bool
	}{
		{Fault{Kind: None}, long, func(got string, err error) bool { return got == answer && err == nil }},
		{Fault{Kind: Reset}, long, func(got string, err error) bool { return got == "" && isReset(err) }},
		{Fault{Kind: Reset, After: 5}, long, func(got string, err error) bool { return len(got) <= 5 && isReset(err) }},
		{Fault{Kind: Delay, Pause: time.Millisecond}, long, func(got string, err error) bool { return got == answer && err == nil }},
		{Fault{Kind: Delay, Pause: time.Hour}, short, func(got string, err error) bool { return got == "" && isTimeout(err) }},
		{Fault{Kind: Hang}, short, func(got string, err error) bool { return got == "" && isTimeout(err) }},
		{Fault{Kind: Hang, After: 5}, short, func(got string, err error) bool { return got == answer[:5] && isTimeout(err) }},
		{Fault{Kind: Drip, Pause: time.Millisecond}, long, func(got string, err error) bool { return got == answer && err == nil }},
		{Fault{Kind: Drip, Pause: time.Hour}, short, func(got string, err error) bool { return got == answer[:1] && isTimeout(err) }},
		{Fault{Kind: Garbage}, long, func(got string, err error) bool { return got != answer && len(got) == len(answer) && err == nil }},
		{Fault{Kind: Garbage, After: 5}, long, func(got string, err error) bool {
			return got[:5] == answer[:5] && got[5:] != answer[5:] && err == nil
		}},
		{Fault{Kind: Truncate}, long, func(got string, err error) bool { return got == "" && errors.Is(err, io.EOF) }},
		{Fault{Kind: Truncate, After: 5}, long, func(got string, err error) bool {
			return got == answer[:5] && errors.Is(err, io.ErrUnexpectedEOF)
		}},
		{Fault{Kind: BreakTLS}, long, func(got string, err error) bool {
			return got == "\xb0"+answer[1:] && err == nil
		}},
	}
	server := backend(t)
	for _, tt := range tests {
		t.Run(tt.fault.Kind.String(), func(t *testing.T) {
			p := proxy(t, server)
			open := client(t, p)
			if got, err := ask(t, open, long); got != answer || err != nil {
				t.Fatalf("without a fault: got %q, %v", got, err)
			}
			set(t, p, tt.fault)
			if got, err := ask(t, open, tt.limit); !tt.want(got, err) {
				t.Errorf("an open connection: got %q, %v", got, err)
			}
			if got, err := askNew(t, p, tt.limit); !tt.want(got, err) {
				t.Errorf("a new connection: got %q, %v", got, err)
			}
			set(t, p, Fault{})
			if got, err := askNew(t, p, long); got != answer || err != nil {
				t.Errorf("after the fault: got %q, %v", got, err)
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	p := proxy(t, backend(t))
	open := client(t, p)
	for range 3 {
		set(t, p, Fault{Kind: Refuse})
		if c, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v, %v, want that it is refused", c, err)
		}
		if got, err := ask(t, open, time.Minute); err == nil {
			t.Errorf("the open connection: got %q, want an error", got)
		}
		set(t, p, Fault{})
		open = client(t, p)
		if got, err := ask(t, open, time.Minute); got != answer || err != nil {
			t.Errorf("after it: got %q, %v", got, err)
		}
	}
}

func TestFlap(t *testing.T) {
	p := proxy(t, backend(t))
	open := client(t, p)
	if got, err := ask(t, open, time.Minute); got != answer || err != nil {
		t.Fatalf("without a fault: got %q, %v", got, err)
	}
	set(t, p, Fault{Kind: Flap})
	if got, err := ask(t, open, time.Minute); err == nil {
		t.Errorf("the open connection: got %q, want an error", got)
	}
	for i := range 6 {
		got, err := askNew(t, p, time.Minute)
		if works := got == answer && err == nil; works != (i%2 == 1) {
			t.Errorf("connection %d: got %q, %v", i+1, got, err)
		}
	}
	if got, want := p.Accepted(), 7; got != want {
		t.Errorf("got %d connections, want %d", got, want)
	}
}

// What was held back arrives when the fault is over.
func TestHangEnds(t *testing.T) {
	p := proxy(t, backend(t))
	set(t, p, Fault{Kind: Hang, After: 3})
	c := client(t, p)
	if got, err := ask(t, c, 20*time.Millisecond); got != answer[:3] || err == nil {
		t.Errorf("got %q, %v, want the first three octets", got, err)
	}
	set(t, p, Fault{})
	rest := make([]byte, len(answer)-3)
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, rest); err != nil || string(rest) != answer[3:] {
		t.Errorf("got %q, %v, want the rest", rest, err)
	}
}

// The same seed gives the same garbage.
func TestSeed(t *testing.T) {
	server := backend(t)
	var got [2]string
	for i := range got {
		p := proxy(t, server)
		set(t, p, Fault{Kind: Garbage})
		got[i], _ = ask(t, client(t, p), time.Minute)
	}
	if got[0] != got[1] || got[0] == "" {
		t.Errorf("got %q and %q, want the same", got[0], got[1])
	}
}

func TestBreakTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	p := proxy(t, server.Listener.Addr().String())
	config := server.Client().Transport.(*http.Transport).TLSClientConfig //nolint:forcetypeassert // that is what it is
	dial := func() (*tls.Conn, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", p.Addr())
		if err != nil {
			return nil, err
		}
		return c.(*tls.Conn), nil //nolint:forcetypeassert // that is what it is
	}
	open, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close() //nolint:errcheck // it is broken
	set(t, p, Fault{Kind: BreakTLS})
	if c, err := dial(); err == nil {
		t.Error("the handshake: got no error")
		_ = c.Close()
	}
	if _, err := io.WriteString(open, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(open); err == nil {
		t.Errorf("the open connection: got %q, want an error", body)
	}
	set(t, p, Fault{})
	c, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

func TestClose(t *testing.T) {
	server := backend(t)
	p, err := New(server, 1)
	if err != nil {
		t.Fatal(err)
	}
	set(t, p, Fault{Kind: Hang})
	c := client(t, p)
	if _, err := ask(t, c, 20*time.Millisecond); err == nil {
		t.Error("got an answer, want none")
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := p.Set(Fault{}); err == nil {
		t.Error("Set after Close: got no error")
	}
	if _, err := ask(t, c, time.Minute); err == nil {
		t.Error("got an answer after Close")
	}
}

func TestDeadBackend(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p := proxy(t, l.Addr().String())
	if got, err := askNew(t, p, time.Minute); err == nil {
		t.Errorf("got %q, want an error", got)
	}
}

func TestNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, k := range Kinds() {
		seen[k.String()] = true
	}
	for _, k := range HTTPKinds() {
		seen[k.String()] = true
	}
	if want := len(Kinds()) + len(HTTPKinds()); len(seen) != want {
		t.Errorf("got %d names, want %d", len(seen), want)
	}
	if got := Kind(99).String() + HTTPKind(-1).String(); bytes.Contains([]byte(got), []byte("none")) {
		t.Errorf("got %q", got)
	}
}
