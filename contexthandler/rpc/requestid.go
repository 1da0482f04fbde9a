package rpc

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// headerRequestID is the header by which a caller names a call, and is told its name.
const headerRequestID = "x-request-id"

// maxRequestID bounds a name in bytes.
const maxRequestID = 64

// callID names a call in what is logged of it, and means nothing else. It is what
// the caller calls it, or else made up when somebody asks for it first.
type callID struct {
	sent string // by the caller; empty if it was not, or not well formed
	made atomic.Pointer[string]
}

// sentID is the name in the headers of a call.
func sentID(headers map[string][]string) string {
	if v := headers[headerRequestID]; len(v) == 1 && wellFormed(v[0]) {
		return v[0]
	}
	return ""
}

// wellFormed reports whether a name may stand in a log and in a header as it is:
// letters, digits and a few signs, which UUIDs, hexadecimal and base64 are made of.
func wellFormed(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("-_.:=+/", rune(c)) {
			return false
		}
	}
	return true
}

// get is the name. It may be asked for by several goroutines.
func (r *callID) get() string {
	if r.sent != "" {
		return r.sent
	}
	if made := r.made.Load(); made != nil {
		return *made
	}
	const digits = 16
	id := strconv.FormatUint(rand.Uint64(), 16)
	id = strings.Repeat("0", digits-len(id)) + id
	if !r.made.CompareAndSwap(nil, &id) {
		id = *r.made.Load()
	}
	return id
}

// named is the header for the answer to a call that was named, or that failed: by it
// the caller finds in the log what there is about it. It is nil for others.
func (t *ticket) named(err error) metadata.MD {
	if t.id.sent == "" && err == nil {
		return nil
	}
	return metadata.MD{headerRequestID: []string{t.id.get()}}
}

// tell tells the caller the name of the call, if it is to know. ctx is that of its handler.
func (t *ticket) tell(ctx context.Context, err error) {
	if header := t.named(err); header != nil {
		_ = grpc.SetHeader(ctx, header) // whoever is gone needs no name
	}
}

// tellStream does for streams what tell does for calls. It is called at the beginning and
// at the end, when the header may be gone.
func (t *ticket) tellStream(stream grpc.ServerStream, err error) {
	header := t.named(err)
	if header == nil || err != nil && t.id.sent != "" {
		return // it was told at the beginning
	}
	if stream.SetHeader(header) != nil {
		stream.SetTrailer(header)
	}
}

// LogHandler adds to what is logged about a call, with its context, the name of the call
// as request_id, and its trace as trace_id if it is part of one.
func LogHandler(to slog.Handler) slog.Handler { return logHandler{to} }

type logHandler struct{ slog.Handler }

// Handle adds what is known of the call.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if t, ok := ctx.Value(ticketKey{}).(*ticket); ok {
		r.AddAttrs(slog.String("request_id", t.id.get()))
	}
	in := trace.SpanContextFromContext(ctx)
	if !in.IsValid() {
		in = trace.SpanContextFromContext(fromCaller(ctx)) // nobody traces here
	}
	if in.IsValid() {
		r.AddAttrs(slog.String("trace_id", in.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps what Handle does.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps what Handle does.
func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }
