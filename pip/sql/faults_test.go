package sql

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/forseti-pdp/forseti/pip"
)

// proxy stands between a client and a server, and can refuse.
type proxy struct {
	url      string
	refusing atomic.Bool
	attempts atomic.Int64

	mu    sync.Mutex
	conns []net.Conn
}

// newProxy makes a proxy to the server with a URL.
func newProxy(t *testing.T, database string) *proxy {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	target := u.Host
	p := &proxy{}
	u.Host = serve(t, func(c net.Conn) {
		p.attempts.Add(1)
		if p.refusing.Load() {
			return
		}
		s, err := net.Dial("tcp", target)
		if err != nil {
			t.Error(err)
			return
		}
		p.mu.Lock()
		p.conns = append(p.conns, c, s)
		p.mu.Unlock()
		done := make(chan struct{})
		go func() {
			_, _ = io.Copy(s, c)
			_ = s.Close()
			close(done)
		}()
		_, _ = io.Copy(c, s)
		_ = c.Close()
		<-done
	})
	p.url = u.String()
	return p
}

// refuse ends all connections, and makes the proxy end new ones at once.
func (p *proxy) refuse(yes bool) {
	p.refusing.Store(yes)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// serve handles the connections of a listener until the test ends, and gives
// its address.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	open := make(map[net.Conn]bool)
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			wg.Go(func() {
				handle(c)
				_ = c.Close()
				mu.Lock()
				delete(open, c)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// cancelAtAnyMoment asks n questions, some side by side, most of them cancelled.
// The values of an answer begin with the question.
func cancelAtAnyMoment(t *testing.T, p pip.Provider, n int) {
	t.Helper()
	var answered, cancelled atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range n / 8 {
				key := strconv.Itoa(w*n + i)
				// From before the query is sent to after the rows are read; a new
				// connection, which most of those that were cancelled cost, takes longer.
				most := []time.Duration{time.Millisecond, 4 * time.Millisecond, 32 * time.Millisecond}[i%3]
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(most))
				a, err := p.Fetch(ctx, ask(key))
				cancel()
				if err != nil {
					cancelled.Add(1)
					continue
				}
				answered.Add(1)
				values := texts(a)[0]
				for _, v := range values {
					if !strings.HasPrefix(v, key+":") {
						t.Errorf("got %q for the question %q", v, key)
					}
				}
				if len(values) != 5 {
					t.Errorf("got %d values, want 5", len(values))
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d answered, %d cancelled", answered.Load(), cancelled.Load())
	if cancelled.Load() == 0 || answered.Load() == 0 {
		t.Errorf("got %d answers and %d cancelled questions, want some of both", answered.Load(), cancelled.Load())
	}
}

// fake is a server that can say anything once a client has asked a query.
type fake struct {
	*pgproto3.Backend
	conn net.Conn
}

// fakeServer makes a server that starts sessions as it should, answers what the
// client asks to get ready, and leaves the answer of a query to reply.
func fakeServer(t *testing.T, reply func(f fake)) string {
	t.Helper()
	return "postgres://u@" + serve(t, func(c net.Conn) {
		f := fake{pgproto3.NewBackend(c, c), c}
		m, err := f.ReceiveStartupMessage()
		if _, ok := m.(*pgproto3.StartupMessage); err != nil || !ok {
			return // a request to cancel, for example
		}
		f.say(&pgproto3.AuthenticationOk{}, &pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}}, ready)
		query := ""
		for {
			m, err := f.Receive()
			if err != nil {
				return
			}
			switch m := m.(type) {
			case *pgproto3.Parse:
				query = m.Query
				f.Send(&pgproto3.ParseComplete{})
			case *pgproto3.Describe:
				if m.ObjectType == 'S' {
					f.Send(&pgproto3.ParameterDescription{ParameterOIDs: []uint32{25}})
				}
				f.Send(columns("echo", "role"))
			case *pgproto3.Bind:
				f.Send(&pgproto3.BindComplete{})
				if strings.Contains(query, "transaction_read_only") {
					f.Send(columns("current_setting"))
					f.Send(row("on"))
				} else if m.Parameters[0] != nil {
					if err := f.Flush(); err != nil {
						return
					}
					reply(f)
				}
			case *pgproto3.Execute:
				f.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
			case *pgproto3.Sync:
				f.say(ready)
			case *pgproto3.Terminate:
				return
			}
		}
	}) + "/db?sslmode=disable"
}

// say sends messages now.
func (f fake) say(messages ...pgproto3.BackendMessage) {
	for _, m := range messages {
		f.Send(m)
	}
	_ = f.Flush() // the client may be gone
}

var ready = &pgproto3.ReadyForQuery{TxStatus: 'I'}

// columns describes columns of text.
func columns(names ...string) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{}
	for _, name := range names {
		d.Fields = append(d.Fields, pgproto3.FieldDescription{Name: []byte(name), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1})
	}
	return d
}

// row is a row of texts.
func row(cells ...string) *pgproto3.DataRow {
	d := &pgproto3.DataRow{}
	for _, c := range cells {
		d.Values = append(d.Values, []byte(c))
	}
	return d
}

// failure is an error of the server that quotes a value.
func failure(severity, code string) *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: code, Message: `invalid: "1st"`}
}

func TestPostgresWireFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		reply func(f fake)
		want  pip.Outcome // empty: an answer
	}{
		{"good row", func(f fake) { f.Send(row("1st", "r")) }, ""},
		{"no row", func(fake) {}, ""},
		{"wrong row", func(f fake) { f.Send(row("2nd", "r")) }, pip.OutcomeInvalid},
		{"wrong row after a good one", func(f fake) { f.Send(row("1st", "r")); f.Send(row("2nd", "r")) }, pip.OutcomeInvalid},
		{"short row", func(f fake) { f.Send(row("1st")) }, pip.OutcomeInvalid},
		{"long row", func(f fake) { f.Send(row("1st", "r", "s")) }, pip.OutcomeInvalid},
		{"not UTF-8", func(f fake) { f.Send(row("1st", "\xff")) }, pip.OutcomeInvalid},
		{"other columns", func(f fake) { f.Send(columns("echo", "rolle")) }, pip.OutcomeInvalid},
		{"garbage", func(f fake) { _, _ = f.conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n<html>")) }, pip.OutcomeInvalid},
		{"unknown message", func(f fake) { _, _ = f.conn.Write([]byte{'!', 0, 0, 0, 4}) }, pip.OutcomeInvalid},
		{"negative length", func(f fake) { _, _ = f.conn.Write([]byte{'D', 0xff, 0xff, 0xff, 0xff}) }, pip.OutcomeInvalid},
		{"length of a gigabyte", func(f fake) { _, _ = f.conn.Write([]byte{'D', 0x40, 0, 0, 0}) }, pip.OutcomeInvalid},
		{"row that lies about its cells", func(f fake) { _, _ = f.conn.Write([]byte{'D', 0, 0, 0, 6, 0x7f, 0xff}) }, pip.OutcomeInvalid},
		{"cell that lies about its size", func(f fake) {
			_, _ = f.conn.Write([]byte{'D', 0, 0, 0, 12, 0, 1, 0x7f, 0xff, 0xff, 0xff, 'x', 'y'})
		}, pip.OutcomeInvalid},
		{"huge row", func(f fake) { f.Send(row("1st", strings.Repeat("x", 2<<20))) }, pip.OutcomeInvalid},
		{"rows without end", func(f fake) {
			for f.Flush() == nil {
				f.Send(row("1st", "r"))
			}
		}, pip.OutcomeInvalid},
		{"empty rows without end", func(f fake) {
			for f.Flush() == nil {
				f.Send(row())
			}
		}, pip.OutcomeInvalid},
		{"end in a row", func(f fake) { _, _ = f.conn.Write([]byte{'D', 0, 0, 0, 40, 0, 2}); _ = f.conn.Close() }, pip.OutcomeUnavailable},
		{"reset after a row", func(f fake) {
			f.say(row("1st", "r"))
			_ = f.conn.(*net.TCPConn).SetLinger(0)
			_ = f.conn.Close()
		}, pip.OutcomeUnavailable},
		{"silence", func(fake) { time.Sleep(400 * time.Millisecond) }, pip.OutcomeTimeout},
		{"silence in a row", func(f fake) {
			_, _ = f.conn.Write([]byte{'D', 0, 0, 0, 40, 0, 2})
			time.Sleep(400 * time.Millisecond)
		}, pip.OutcomeTimeout},
		{"error after a row", func(f fake) { f.Send(row("1st", "r")); f.Send(failure("ERROR", "22P02")) }, pip.OutcomeError},
		{"deadlock", func(f fake) { f.Send(failure("ERROR", "40P01")) }, pip.OutcomeUnavailable},
		{"conflict with recovery", func(f fake) { f.Send(failure("ERROR", "40001")) }, pip.OutcomeUnavailable},
		{"lock", func(f fake) { f.Send(failure("ERROR", "55P03")) }, pip.OutcomeUnavailable},
		{"statement timeout", func(f fake) { f.Send(failure("ERROR", "57014")) }, pip.OutcomeTimeout},
		{"shutdown", func(f fake) { f.Send(failure("FATAL", "57P01")) }, pip.OutcomeUnavailable},
		{"out of memory", func(f fake) { f.Send(failure("ERROR", "53200")) }, pip.OutcomeUnavailable},
		{"no permission", func(f fake) { f.Send(failure("ERROR", "42501")) }, pip.OutcomeError},
		{"error without a code", func(f fake) { f.Send(failure("ERROR", "")) }, pip.OutcomeError},
		{"error with a made-up code", func(f fake) { f.Send(failure("ERROR", "1st 1")) }, pip.OutcomeError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := provider(t, byUser(openPostgres(t, PostgresConfig{URL: fakeServer(t, tt.reply)}), "select echo, role from t where echo = :user", true))
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if tt.want != pip.OutcomeTimeout {
				ctx = t.Context()
			}
			start := time.Now()
			a, err := p.Fetch(ctx, ask("1st"))
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			switch {
			case tt.want != "":
				wantOutcome(t, err, tt.want, "1st", "2nd")
			case err != nil:
				t.Errorf("got %v, want an answer", err)
			case tt.name == "good row" && a.Empty():
				t.Error("got no value")
			}
		})
	}
}

// A server that is not one, or that accepts and says nothing.
func TestPostgresBadGreeting(t *testing.T) {
	for name, handle := range map[string]func(net.Conn){
		"closes": func(net.Conn) {},
		"http":   func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) },
		"noise": func(c net.Conn) {
			noise := make([]byte, 1<<16)
			for i := range noise {
				noise[i] = byte(rand.IntN(256))
			}
			_, _ = c.Write(noise)
		},
		"silence": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"silence after the start": func(c net.Conn) {
			f := fake{pgproto3.NewBackend(c, c), c}
			if _, err := f.ReceiveStartupMessage(); err == nil {
				f.say(&pgproto3.AuthenticationOk{}, ready)
				_, _ = io.Copy(io.Discard, c)
			}
		},
		"asks for the password in the clear": func(c net.Conn) {
			f := fake{pgproto3.NewBackend(c, c), c}
			if _, err := f.ReceiveStartupMessage(); err == nil {
				f.say(&pgproto3.AuthenticationCleartextPassword{})
				_, _ = io.Copy(io.Discard, c)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openPostgres(t, PostgresConfig{URL: "postgres://u@" + serve(t, handle) + "/db?sslmode=disable", ConnectTimeout: 200 * time.Millisecond})
			start := time.Now()
			p := provider(t, byUser(db, "select :user as role", false))
			_, err := p.Fetch(t.Context(), ask("1"))
			wantOutcome(t, err, pip.OutcomeUnavailable)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestOutcomeOf(t *testing.T) {
	for code, want := range map[string]pip.Outcome{
		"08006": pip.OutcomeUnavailable, "40001": pip.OutcomeUnavailable, "53300": pip.OutcomeUnavailable, "55P03": pip.OutcomeUnavailable,
		"57014": pip.OutcomeTimeout, "57P01": pip.OutcomeUnavailable, "57P02": pip.OutcomeUnavailable, "57P03": pip.OutcomeUnavailable,
		"42P01": pip.OutcomeError, "42501": pip.OutcomeError, "25006": pip.OutcomeError, "28P01": pip.OutcomeError, "22012": pip.OutcomeError,
		"XX000": pip.OutcomeError, "": pip.OutcomeError, "5": pip.OutcomeError,
	} {
		if got := outcomeOf(code); got != want {
			t.Errorf("%s: got %s, want %s", code, got, want)
		}
	}
}

func TestGate(t *testing.T) {
	now := time.Unix(0, 0)
	g := &gate{now: func() time.Time { return now }}
	failed := errors.New("refused")
	if err := g.enter(); err != nil {
		t.Fatal(err)
	}
	g.leave(failed)
	wantOutcome(t, g.enter(), pip.OutcomeUnavailable)
	var last time.Duration
	for range 10 {
		e, _ := errors.AsType[*pip.Error](g.enter())
		last = e.RetryAfter
		if last <= 0 || last > maxPause {
			t.Fatalf("got a pause of %v, want up to %v", last, maxPause)
		}
		now = now.Add(last)
		if err := g.enter(); err != nil {
			t.Fatalf("after the pause: %v", err)
		}
		wantOutcome(t, g.enter(), pip.OutcomeUnavailable) // one at a time
		g.leave(failed)
	}
	if last < maxPause/2 {
		t.Errorf("got a last pause of %v, want it to grow", last)
	}
	now = now.Add(maxPause)
	if err := g.enter(); err != nil {
		t.Fatal(err)
	}
	g.leave(nil)
	for range 2 {
		if err := g.enter(); err != nil {
			t.Errorf("after a success: %v", err)
		}
	}
}

// fakeListener is a server that answers one statement of each session, and is
// silent from then on.
func fakeListener(t *testing.T) string {
	t.Helper()
	return "postgres://u@" + serve(t, func(c net.Conn) {
		f := fake{pgproto3.NewBackend(c, c), c}
		if m, err := f.ReceiveStartupMessage(); err != nil {
			return
		} else if _, ok := m.(*pgproto3.StartupMessage); !ok {
			return
		}
		f.say(&pgproto3.AuthenticationOk{}, ready)
		for {
			m, err := f.Receive()
			if err != nil {
				return
			}
			if _, ok := m.(*pgproto3.Sync); ok {
				f.say(&pgproto3.ParseComplete{}, &pgproto3.BindComplete{}, &pgproto3.NoData{}, &pgproto3.CommandComplete{CommandTag: []byte("LISTEN")}, ready)
				_, _ = io.Copy(io.Discard, c)
				return
			}
		}
	}) + "/db?sslmode=disable"
}
