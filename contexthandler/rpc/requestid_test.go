package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// journal is a log that tests read.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

// take gives the lines since the last time.
func (j *journal) take(t *testing.T) []map[string]any {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var lines []map[string]any
	for line := range strings.Lines(j.buf.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		lines = append(lines, fields)
	}
	j.buf.Reset()
	return lines
}

func logged(t *testing.T, adjust func(*Config)) (*rig, *journal) {
	j := &journal{}
	return start(t, func(c *Config) {
		c.Logger = slog.New(LogHandler(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})))
		if adjust != nil {
			adjust(c)
		}
	}), j
}

func TestWellFormed(t *testing.T) {
	for id, want := range map[string]bool{
		"7d2b3f0c-8a1e-4c55-9a0e-000000000000": true, "01JABCDEFGHJKMNPQRSTVWXYZ0": true, "Root=1-67891233": true,
		"a": true, "aGVsbG8+/w==": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "a b": false, "a\nb": false, "a\x00": false, `a"b`: false, "a\x1b[31m": false,
		"æ": false, "{}": false, "a;b": false, "a@b": false, "[": false, "`": false, "^": false,
	} {
		if got := wellFormed(id); got != want {
			t.Errorf("%q: got %t, want %t", id, got, want)
		}
	}
}

// TestRequestID: the answer to a call that was named has its name, and so has what is
// logged of it; a name that is not well formed is neither told nor logged.
func TestRequestID(t *testing.T) {
	r, j := logged(t, nil)
	invalid := &v1.AuthorizeRequest{Subject: map[string]string{"nobody-knows": "x"}}
	const made = `^[0-9a-f]{16}$`
	for _, tt := range []struct {
		name string
		sent []string
		want string // of an answer; empty for none
		fail string // of a failure
	}{
		{"named", []string{"call-1"}, "^call-1$", "^call-1$"},
		{"not named", nil, "", made},
		{"injection", []string{"a level=ERROR"}, "", made},
		{"quotes", []string{`a","level":"ERROR`}, "", made},
		{"too long", []string{strings.Repeat("x", 65)}, "", made},
		{"empty", []string{""}, "", made},
		{"several", []string{"call-1", "call-2"}, "", made},
	} {
		ctx := within(t)
		for _, id := range tt.sent {
			ctx = metadata.AppendToOutgoingContext(ctx, "x-request-id", id)
		}
		var header metadata.MD
		if _, err := r.client.Authorize(ctx, action("read"), grpc.Header(&header)); err != nil {
			t.Fatal(err)
		}
		if got := header.Get("x-request-id"); !fits(tt.want, got) {
			t.Errorf("%s: got %q with an answer, want %q", tt.name, got, tt.want)
		}
		if lines := j.take(t); lines != nil {
			t.Errorf("%s: got %v in the log of an answer", tt.name, lines)
		}
		for method, call := range map[string]func(*metadata.MD) error{
			"Authorize": func(h *metadata.MD) error { _, err := r.client.Authorize(ctx, invalid, grpc.Header(h)); return err },
			"Evaluate": func(h *metadata.MD) error {
				_, err := r.client.Evaluate(ctx, &v1.EvaluateRequest{Attributes: []*v1.AttributeCategory{{Id: "\x00"}}}, grpc.Header(h))
				return err
			},
		} {
			var header metadata.MD
			err := call(&header)
			wantError(t, err, codes.InvalidArgument, "INVALID_REQUEST")
			got := header.Get("x-request-id")
			if !fits(tt.fail, got) {
				t.Errorf("%s, %s: got %q with a failure, want %q", tt.name, method, got, tt.fail)
			}
			lines := j.take(t)
			if len(lines) != 1 || len(got) != 1 || lines[0]["request_id"] != got[0] || lines[0]["level"] != "DEBUG" {
				t.Errorf("%s, %s: got %v in the log, want one line with the name %q", tt.name, method, lines, got)
			}
		}
	}
}

// fits reports whether there is one name of this form, or none if the form is empty.
func fits(form string, got []string) bool {
	if form == "" {
		return len(got) == 0
	}
	return len(got) == 1 && regexp.MustCompile(form).MatchString(got[0])
}

// TestRequestID_Stream: a stream is named as a call is, in its trailer if it fails late.
func TestRequestID_Stream(t *testing.T) {
	for _, tt := range []struct {
		name, sent, header, trailer string
		late                        bool
	}{
		{"named", "stream-1", "^stream-1$", "", false},
		{"named, late", "stream-1", "^stream-1$", "", true},
		{"not named", "", "^[0-9a-f]{16}$", "", false},
		{"not named, late", "", "", "^[0-9a-f]{16}$", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, nil)
			ctx := within(t)
			if tt.sent != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "x-request-id", tt.sent)
			}
			stream, err := r.client.AuthorizeStream(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if tt.late {
				if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}); err != nil {
					t.Fatal(err)
				}
				if _, err := stream.Recv(); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "the stream is open", func() bool { return r.metric("forseti_rpc_open_streams") == 1 })
			r.server.drain()
			_, err = stream.Recv()
			wantError(t, err, codes.Unavailable, "")
			header, _ := stream.Header()
			if got := header.Get("x-request-id"); !fits(tt.header, got) {
				t.Errorf("got %q in the header, want %q", got, tt.header)
			}
			if got := stream.Trailer().Get("x-request-id"); !fits(tt.trailer, got) {
				t.Errorf("got %q in the trailer, want %q", got, tt.trailer)
			}
		})
	}
}

// TestRequestID_Panic: a panic names the call that it was contained in, and so does
// what the caller gets.
func TestRequestID_Panic(t *testing.T) {
	r, j := logged(t, func(c *Config) {
		s := newSnapshot(t, "one")
		c.Handler = contexthandler.New(contexthandler.Config{Snapshot: func() *pap.Snapshot { return s }, Audit: panicking{}})
	})
	var header metadata.MD
	_, err := r.client.Authorize(within(t), known("read", ""), grpc.Header(&header))
	wantError(t, err, codes.Internal, "INTERNAL")
	names := header.Get("x-request-id")
	lines := j.take(t)
	if len(lines) != 2 || len(names) != 1 {
		t.Fatalf("got %v for the call %q, want a panic and a failure", lines, names)
	}
	for _, line := range lines {
		if line["request_id"] != names[0] {
			t.Errorf("got %v, want the name %q", line, names[0])
		}
	}
}

type panicking struct{}

func (panicking) Record(context.Context, []*contexthandler.Event) error { panic("what") }

// TestLogHandler_Trace: what is logged of a call has the trace that its caller named,
// although nobody traces here.
func TestLogHandler_Trace(t *testing.T) {
	r, j := logged(t, nil)
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for _, tt := range []struct {
		sent []string
		want any
	}{
		{[]string{parent}, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{nil, nil},
		{[]string{parent, parent}, nil},
		{[]string{"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"}, nil},
		{[]string{`00-"}-00f067aa0ba902b7-01`}, nil},
	} {
		ctx := within(t)
		for _, v := range tt.sent {
			ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", v)
		}
		_, err := r.client.Authorize(ctx, &v1.AuthorizeRequest{Subject: map[string]string{"nobody-knows": "x"}})
		wantError(t, err, codes.InvalidArgument, "INVALID_REQUEST")
		if lines := j.take(t); len(lines) != 1 || lines[0]["trace_id"] != tt.want {
			t.Errorf("%q: got %v, want trace %v", tt.sent, lines, tt.want)
		}
	}
}

// TestLogHandler_Attributes: what a logger was made with stays, and what is no call has
// no name.
func TestLogHandler_Attributes(t *testing.T) {
	j := &journal{}
	log := slog.New(LogHandler(slog.NewJSONHandler(j, nil))).With("source", "roles").WithGroup("more")
	log.Info("a line", "error", errors.New("what").Error())
	lines := j.take(t)
	if len(lines) != 1 || lines[0]["source"] != "roles" || lines[0]["request_id"] != nil || lines[0]["trace_id"] != nil {
		t.Errorf("got %v", lines)
	}
}

// TestCallID_Concurrent: a name is made once, whoever asks first.
func TestCallID_Concurrent(t *testing.T) {
	var id callID
	names := make([]string, 8)
	var wait sync.WaitGroup
	for i := range names {
		wait.Go(func() { names[i] = id.get() })
	}
	wait.Wait()
	for _, name := range names {
		if name != names[0] || !wellFormed(name) {
			t.Errorf("got names %q, want one", names)
		}
	}
	var other callID
	if other.get() == id.get() {
		t.Error("two calls have one name")
	}
}
