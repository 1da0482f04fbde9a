package http

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

// raw is a service that says to each connection what it likes, after the request.
// stop is closed at the end of the test.
func raw(t *testing.T, speak func(c net.Conn, stop <-chan struct{})) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer func() { _ = c.Close() }()
				if _, err := c.Read(make([]byte, 64<<10)); err == nil {
					speak(c, stop)
				}
			})
		}
	})
	t.Cleanup(func() {
		close(stop)
		_ = listener.Close()
		work.Wait()
	})
	return "http://" + listener.Addr().String()
}

// repeat writes s until nobody takes it.
func repeat(c net.Conn, s string, pause time.Duration, stop <-chan struct{}) {
	for {
		if _, err := io.WriteString(c, s); err != nil {
			return
		}
		select {
		case <-stop:
			return
		case <-time.After(pause):
		}
	}
}

// zipped is s, compressed.
func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

const (
	head        = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	chunkedHead = head + "Transfer-Encoding: chunked\r\n\r\n"
)

// sized is a response with a body of a declared length.
func sized(header, body string) string {
	return fmt.Sprintf("%sContent-Length: %d\r\n%s\r\n%s", head, len(body), header, body)
}

// ROBUSTNESS rows 26 to 28: whatever the backend does, the question ends soon
// and in an error that says what kind of thing it was.
func TestHostileService(t *testing.T) {
	text := func(s string) func(net.Conn, <-chan struct{}) {
		return func(c net.Conn, _ <-chan struct{}) { _, _ = io.WriteString(c, s) }
	}
	endless := func(first, s string, pause time.Duration) func(net.Conn, <-chan struct{}) {
		return func(c net.Conn, stop <-chan struct{}) {
			_, _ = io.WriteString(c, first)
			repeat(c, s, pause, stop)
		}
	}
	hang := func(first string) func(net.Conn, <-chan struct{}) {
		return func(c net.Conn, stop <-chan struct{}) {
			_, _ = io.WriteString(c, first)
			<-stop
		}
	}
	good := `{"roles": ["dagl"]}`
	bomb := zipped(`{"roles": ["` + strings.Repeat("a", 16<<20) + `"]}`)
	tests := []struct {
		name  string
		speak func(net.Conn, <-chan struct{})
		want  pip.Outcome
	}{
		{"the premise", text(sized("", good)), pip.OutcomeOK},
		{"the premise, compressed", text(sized("Content-Encoding: gzip\r\n", zipped(good))), pip.OutcomeOK},

		{"silence", hang(""), pip.OutcomeTimeout},
		{"half a header", hang("HTTP/1.1 200 OK\r\nContent-"), pip.OutcomeTimeout},
		{"dripping header", endless("HTTP/1.1 200 OK\r\n", "X: y\r\n", 10*time.Millisecond), pip.OutcomeTimeout},
		{"hang after the header", hang(head + "Content-Length: 20\r\n\r\n"), pip.OutcomeTimeout},
		{"hang in the body", hang(chunkedHead + "5\r\n{\"rol"), pip.OutcomeTimeout},
		{"dripping body", endless(chunkedHead, "1\r\n \r\n", 10*time.Millisecond), pip.OutcomeTimeout},
		{"gzip of nothing, forever", endless(head+"Content-Encoding: gzip\r\n\r\n", zipped(""), time.Millisecond), pip.OutcomeTimeout},
		{"early hints, forever", endless("", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", 0), pip.OutcomeInvalid},

		{"endless header", endless("HTTP/1.1 200 OK\r\n", "X: "+strings.Repeat("y", 1000)+"\r\n", 0), pip.OutcomeInvalid},
		{"endless body", endless(chunkedHead, fmt.Sprintf("10000\r\n%s\r\n", strings.Repeat(" ", 1<<16)), 0), pip.OutcomeInvalid},
		{"endless body to the end of the connection", endless(head+"\r\n", strings.Repeat(" ", 1<<16), 0), pip.OutcomeInvalid},
		{"large body", text(sized("", `{"roles": ["`+strings.Repeat("a", DefaultMaxBody)+`"]}`)), pip.OutcomeInvalid},
		{"gzip bomb", text(sized("Content-Encoding: gzip\r\n", bomb)), pip.OutcomeInvalid},
		{"corrupt gzip", text(sized("Content-Encoding: gzip\r\n", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff")), pip.OutcomeInvalid},
		{"no gzip", text(sized("Content-Encoding: gzip\r\n", good)), pip.OutcomeInvalid},
		{"wrong checksum", text(sized("Content-Encoding: gzip\r\n", zipped(good)[:len(zipped(good))-8]+"12345678")), pip.OutcomeInvalid},
		{"gzip twice", text(sized("Content-Encoding: gzip, gzip\r\n", zipped(zipped(good)))), pip.OutcomeInvalid},
		{"another coding", text(sized("Content-Encoding: br\r\n", good)), pip.OutcomeInvalid},
		{"another protocol", text("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), pip.OutcomeInvalid},
		{"HTTP/0.9", text("<html>go away</html>\r\n\r\n"), pip.OutcomeInvalid},
		{"not UTF-8", text(sized("", "{\"roles\": [\"\xff\"]}")), pip.OutcomeInvalid},
		{"deep", text(sized("", strings.Repeat(`[`, 1<<19))), pip.OutcomeInvalid},
		{"wide", text(sized("", "["+strings.Repeat("0,", 1<<18)+"0]")), pip.OutcomeInvalid},
		{"cut JSON", text(sized("", good[:10])), pip.OutcomeInvalid},

		{"no word", text(""), pip.OutcomeUnavailable},
		{"body cut short", text(sized("", good)[:len(sized("", good))-3]), pip.OutcomeUnavailable},
		{"chunks cut short", text(chunkedHead + "13\r\n" + good + "\r\n"), pip.OutcomeUnavailable},
		{"gzip cut short", text(sized("Content-Encoding: gzip\r\n", zipped(good)[:20])), pip.OutcomeUnavailable},
		{"reset", func(c net.Conn, _ <-chan struct{}) {
			_, _ = io.WriteString(c, head)
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
		}, pip.OutcomeUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := provider(t, byUser(raw(t, tt.speak), "$.roles"))
			limit := 30 * time.Second
			if tt.want == pip.OutcomeTimeout {
				limit = 200 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			a, err := p.Fetch(ctx, ask("1337"))
			if tt.want == pip.OutcomeOK {
				if err != nil || a.Empty() {
					t.Errorf("got %v, %v, want a role", a, err)
				}
				return
			}
			wantOutcome(t, err, tt.want, "1337", "dagl", "127.0.0.1")
		})
	}
}

func TestRefusedAndCanceled(t *testing.T) {
	s := says(t, `{"roles": []}`)
	p := provider(t, byUser(s.URL, "$.roles"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.Fetch(ctx, ask("1337"))
	wantOutcome(t, err, pip.OutcomeCanceled)

	s.Close()
	_, err = p.Fetch(t.Context(), ask("1337"))
	wantOutcome(t, err, pip.OutcomeUnavailable, "127.0.0.1")

	_, err = p.Fetch(t.Context(), ask("1337", "1"))
	wantOutcome(t, err, pip.OutcomeInvalid)
	_, err = p.Fetch(t.Context(), pip.Question{nil})
	wantOutcome(t, err, pip.OutcomeInvalid)
}

func TestRedirects(t *testing.T) {
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the other server was asked: %s", r.RequestURI)
		writeJSON(w, `{"roles": ["admin"]}`)
	})
	var s *httptest.Server
	var asked atomic.Int32
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		to := map[string]string{
			"/users/same":     "/moved/2",
			"/moved/2":        s.URL + "/moved/1",
			"/moved/1":        "/moved/0",
			"/users/loop":     "/users/loop",
			"/users/other":    other.URL + "/moved/0",
			"/users/relative": "//" + strings.TrimPrefix(other.URL, "http://") + "/moved/0",
			"/users/tls":      "https://" + strings.TrimPrefix(s.URL, "http://") + "/moved/0",
			"/users/name":     "http://localhost" + s.URL[strings.LastIndex(s.URL, ":"):] + "/moved/0",
			"/users/secret":   "http://me:pw@" + strings.TrimPrefix(s.URL, "http://") + "/moved/0",
			"/users/file":     "file:///etc/passwd",
			"/users/late":     "/users/other",
		}[r.URL.Path]
		if to == "" {
			writeJSON(w, `{"roles": ["dagl"]}`)
			return
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	})
	p := provider(t, byUser(s.URL, "$.roles"))
	a, err := p.Fetch(t.Context(), ask("same"))
	if err != nil || a.Empty() {
		t.Errorf("got %v, %v, want a role after three redirects", a, err)
	}
	for _, to := range []string{"other", "relative", "tls", "name", "secret", "file", "late", "loop"} {
		asked.Store(0)
		_, err := p.Fetch(t.Context(), ask(to))
		wantOutcome(t, err, pip.OutcomeInvalid, "127.0.0.1", "admin")
		if n := asked.Load(); n > maxRedirects+1 {
			t.Errorf("%s: got %d requests", to, n)
		}
	}

	// A redirect that turns a POST into a GET loses the question.
	for status, want := range map[int]pip.Outcome{
		http.StatusSeeOther: pip.OutcomeInvalid, http.StatusFound: pip.OutcomeInvalid, http.StatusPermanentRedirect: pip.OutcomeOK,
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				http.Redirect(w, r, "/new", status)
				return
			}
			data, err := io.ReadAll(r.Body)
			if err != nil || string(data) != `{"user":"1337"}` {
				t.Errorf("got body %q, %v", data, err)
			}
			writeJSON(w, `{"roles": ["dagl"]}`)
		})
		cfg := byUser(s.URL, "$.roles")
		cfg.URL, cfg.Method, cfg.Body = s.URL, http.MethodPost, `{"user": "{user}"}`
		_, err := provider(t, cfg).Fetch(t.Context(), ask("1337"))
		if want != pip.OutcomeOK {
			wantOutcome(t, err, want)
		} else if err != nil {
			t.Errorf("%d: got %v", status, err)
		}
	}
}

// A port that is not written is the one of the scheme.
func TestSameServer(t *testing.T) {
	for to, want := range map[string]bool{
		"https://register.example/x":            true,
		"https://Register.example:443/x":        true,
		"https://register.example:80/x":         false,
		"https://register.example.:443/x":       false,
		"http://register.example:443/x":         false,
		"https://register.example.evil.test/x":  false,
		"https://register.example@evil.test/x":  false,
		"https://evil.test/?register.example/x": false,
	} {
		request := func(url string) *http.Request {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if err := sameServer(request(to), []*http.Request{request("https://register.example/")}); (err == nil) != want {
			t.Errorf("%s: got %v, want allowed %v", to, err, want)
		}
	}
}

// A service that closes a connection that was kept is asked on another one, by
// POST too, which here changes nothing.
func TestClosedConnection(t *testing.T) {
	var connections atomic.Int32
	url := raw(t, func(c net.Conn, _ <-chan struct{}) {
		connections.Add(1)
		_, _ = io.WriteString(c, sized("", `{"roles": ["dagl"]}`))
		_, _ = c.Read(make([]byte, 64<<10)) // and goes away
	})
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		connections.Store(0)
		cfg := byUser(url, "$.roles")
		if cfg.Method = method; method == http.MethodPost {
			cfg.Body = `{"user": "{user}"}`
		}
		p := provider(t, cfg)
		for range 3 {
			if _, err := p.Fetch(t.Context(), ask("1337")); err != nil {
				t.Errorf("%s: got %v", method, err)
			}
		}
		if n := connections.Load(); n != 3 {
			t.Errorf("%s: got %d connections, want 3", method, n)
		}
	}
}

// A lookup that is cancelled at any moment gives its own answer or an error, and
// disturbs nobody.
func TestCancelAtAnyMoment(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, `{"user": "`+r.URL.Query().Get("user")+`", "roles": ["`+r.URL.Query().Get("user")+`"]}`)
	})
	cfg := roles(s.URL)
	p := provider(t, cfg)
	for i := range 300 {
		user := fmt.Sprint(i)
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*5)*time.Microsecond)
		a, err := p.Fetch(ctx, ask(user, "p"))
		cancel()
		if err == nil && lexicals(a)[0][0] != user {
			t.Fatalf("got %q, want %q or an error", lexicals(a), user)
		}
	}
	if a, err := p.Fetch(t.Context(), ask("x", "p")); err != nil || lexicals(a)[0][0] != "x" {
		t.Errorf("got %v, %v", a, err)
	}
}
