package grpc

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// secret is a value that no error may quote.
const secret = "s3cr3t-user"

// TestHostileReplies: what breaks the contract in any way is invalid, and no
// reply to the questions beside it is taken for its own.
func TestHostileReplies(t *testing.T) {
	bags := func(r *v1.GetAttributesResponse) []*v1.Bag { return r.GetReplies()[0].GetAnswer().GetBags() }
	tests := []struct {
		name   string
		change func(r *v1.GetAttributesResponse)
		both   bool // replies are spoilt
	}{
		{name: "echo of somebody else", change: func(r *v1.GetAttributesResponse) { r.Replies[0].Inputs[0].Value = "bob" }},
		{name: "echo in other letters", change: func(r *v1.GetAttributesResponse) { r.Replies[0].Inputs[0].Value = strings.ToUpper(secret) }},
		{name: "echo in another form", change: func(r *v1.GetAttributesResponse) { r.Replies[0].Inputs[1].Value = "007" }},
		{name: "echo under another name", change: func(r *v1.GetAttributesResponse) { r.Replies[0].Inputs[0].Name = "party" }},
		{name: "echo out of order", change: func(r *v1.GetAttributesResponse) {
			in := r.Replies[0].Inputs
			in[0], in[1] = in[1], in[0]
		}},
		{name: "no echo", change: func(r *v1.GetAttributesResponse) { r.Replies[0].Inputs = nil }},
		{name: "echo with more", change: func(r *v1.GetAttributesResponse) {
			r.Replies[0].Inputs = append(r.Replies[0].Inputs, &v1.Input{Name: "user", Value: secret})
		}},
		{name: "swapped replies", both: true, change: func(r *v1.GetAttributesResponse) {
			r.Replies[0], r.Replies[1] = r.Replies[1], r.Replies[0]
		}},
		{name: "one reply twice", change: func(r *v1.GetAttributesResponse) { r.Replies[0] = r.Replies[1] }},
		{name: "a reply is missing", both: true, change: func(r *v1.GetAttributesResponse) { r.Replies = r.Replies[1:] }},
		{name: "a reply too many", both: true, change: func(r *v1.GetAttributesResponse) { r.Replies = append(r.Replies, r.Replies[0]) }},
		{name: "no replies", both: true, change: func(r *v1.GetAttributesResponse) { r.Replies = nil }},
		{name: "neither answer nor error", change: func(r *v1.GetAttributesResponse) { r.Replies[0].Outcome = nil }},
		{name: "empty answer", change: func(r *v1.GetAttributesResponse) { r.Replies[0].GetAnswer().Bags = nil }},
		{name: "a missing attribute", change: func(r *v1.GetAttributesResponse) { r.Replies[0].GetAnswer().Bags = bags(r)[:2] }},
		{name: "an attribute twice", change: func(r *v1.GetAttributesResponse) { bags(r)[0].Attribute = bags(r)[1].Attribute }},
		{name: "an attribute twice beside all", change: func(r *v1.GetAttributesResponse) {
			r.Replies[0].GetAnswer().Bags = append(bags(r), bags(r)[0])
		}},
		{name: "another attribute", change: func(r *v1.GetAttributesResponse) { bags(r)[0].Attribute.AttributeId += "s" }},
		{name: "another category", change: func(r *v1.GetAttributesResponse) { bags(r)[0].Attribute.Category = "urn:test:c" }},
		{name: "another issuer", change: func(r *v1.GetAttributesResponse) { bags(r)[0].Attribute.Issuer = "urn:test:i" }},
		{name: "another data type", change: func(r *v1.GetAttributesResponse) {
			bags(r)[2].Attribute.DataType = "http://www.w3.org/2001/XMLSchema#string"
		}},
		{name: "a bag without its attribute", change: func(r *v1.GetAttributesResponse) { bags(r)[0].Attribute = nil }},
		{name: "an integer that is none", change: func(r *v1.GetAttributesResponse) { bags(r)[2].Values = []string{"1e3 " + secret} }},
		{name: "text with a NUL", change: func(r *v1.GetAttributesResponse) { bags(r)[0].Values = []string{secret + "\x00"} }},
		{name: "too many values", change: func(r *v1.GetAttributesResponse) { bags(r)[0].Values = make([]string, pip.DefaultMaxValues+1) }},
		{name: "valid for less than nothing", change: func(r *v1.GetAttributesResponse) {
			r.Replies[0].GetAnswer().ValidFor = durationpb.New(-time.Second)
		}},
		{name: "valid for what is no time", change: func(r *v1.GetAttributesResponse) {
			r.Replies[0].GetAnswer().ValidFor = &durationpb.Duration{Seconds: 1, Nanos: -1}
		}},
		{name: "an error without a code", change: func(r *v1.GetAttributesResponse) {
			r.Replies[0].Outcome = &v1.Reply_Error{Error: &v1.QuestionError{Message: secret}}
		}},
		{name: "an error of a later version", change: func(r *v1.GetAttributesResponse) {
			r.Replies[0].Outcome = &v1.Reply_Error{Error: &v1.QuestionError{Code: 99}}
		}},
	}
	var change atomic.Pointer[func(*v1.GetAttributesResponse)]
	p := asking(t, &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		// A copy: attributes and inputs are shared with the request.
		r := proto.CloneOf(respond(m))
		(*change.Load())(r)
		return r, nil
	}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			change.Store(&tt.change)
			replies := p.FetchAll(within(t), []pip.Question{question(secret, 7), question("cat", 8)})
			outcome, e := outcomeOf(t, replies[0].Err)
			if outcome != pip.OutcomeInvalid || strings.Contains(e.Error(), secret) {
				t.Errorf("got %v, want invalid", replies[0].Err)
			}
			other, _ := outcomeOf(t, replies[1].Err)
			if want := map[bool]pip.Outcome{true: pip.OutcomeInvalid, false: pip.OutcomeOK}[tt.both]; other != want {
				t.Errorf("the other question: got %v, want %s", replies[1].Err, want)
			}
		})
	}
}

func TestQuestionErrors(t *testing.T) {
	after := durationpb.New(3 * time.Second)
	tests := []struct {
		code v1.ErrorCode
		want pip.Outcome
		wait time.Duration
	}{
		{v1.ErrorCode_ERROR_CODE_UNAVAILABLE, pip.OutcomeUnavailable, 3 * time.Second},
		{v1.ErrorCode_ERROR_CODE_INVALID_QUESTION, pip.OutcomeError, 0},
		{v1.ErrorCode_ERROR_CODE_NOT_ALLOWED, pip.OutcomeError, 0},
		{v1.ErrorCode_ERROR_CODE_TOO_LARGE, pip.OutcomeInvalid, 0},
		{v1.ErrorCode_ERROR_CODE_INTERNAL, pip.OutcomeError, 0},
	}
	if len(tests) != len(v1.ErrorCode_name)-1 {
		t.Errorf("got %d codes, want %d", len(tests), len(v1.ErrorCode_name)-1)
	}
	for _, tt := range tests {
		t.Run(tt.code.String(), func(t *testing.T) {
			p := asking(t, &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
				r := respond(m)
				r.Replies[0].Outcome = &v1.Reply_Error{Error: &v1.QuestionError{Code: tt.code, RetryAfter: after, Message: secret}}
				return r, nil
			}})
			outcome, e := outcomeOf(t, errorOf(p.Fetch(within(t), question(secret, 7))))
			if outcome != tt.want || e.RetryAfter != tt.wait || strings.Contains(e.Error(), secret) {
				t.Errorf("got %v after %s, want %s after %s", e, e.RetryAfter, tt.want, tt.wait)
			}
		})
	}
}

func TestCallErrors(t *testing.T) {
	tests := []struct {
		code codes.Code
		want pip.Outcome
	}{
		{codes.Canceled, pip.OutcomeUnavailable}, // not by the caller
		{codes.Unknown, pip.OutcomeError},
		{codes.InvalidArgument, pip.OutcomeError},
		{codes.DeadlineExceeded, pip.OutcomeTimeout},
		{codes.NotFound, pip.OutcomeError}, // never "none"
		{codes.AlreadyExists, pip.OutcomeError},
		{codes.PermissionDenied, pip.OutcomeError},
		{codes.ResourceExhausted, pip.OutcomeUnavailable},
		{codes.FailedPrecondition, pip.OutcomeError},
		{codes.Aborted, pip.OutcomeUnavailable},
		{codes.OutOfRange, pip.OutcomeError},
		{codes.Unimplemented, pip.OutcomeError},
		{codes.Internal, pip.OutcomeError},
		{codes.Unavailable, pip.OutcomeUnavailable},
		{codes.DataLoss, pip.OutcomeError},
		{codes.Unauthenticated, pip.OutcomeError},
	}
	var code atomic.Uint32
	p := asking(t, &service{get: func(context.Context, *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		s, err := status.New(codes.Code(code.Load()), "no "+secret).WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(2 * time.Second)})
		if err != nil {
			return nil, err
		}
		return nil, s.Err()
	}})
	for _, tt := range tests {
		t.Run(tt.code.String(), func(t *testing.T) {
			code.Store(uint32(tt.code))
			a, err := p.Fetch(within(t), question(secret, 7))
			outcome, e := outcomeOf(t, err)
			var wait time.Duration
			if tt.want == pip.OutcomeUnavailable {
				wait = 2 * time.Second
			}
			if outcome != tt.want || e.RetryAfter != wait || len(a.Bags) != 0 || strings.Contains(e.Error(), secret) {
				t.Errorf("got %v after %s, want %s after %s", e, e.RetryAfter, tt.want, wait)
			}
		})
	}
}

// rawService answers every call with the same octets.
func rawService(t testing.TB, reply *atomic.Pointer[[]byte]) string {
	t.Helper()
	handler := func(_ any, stream grpc.ServerStream) error {
		var request octets
		if err := stream.RecvMsg(&request); err != nil {
			return err
		}
		return stream.SendMsg(octets(*reply.Load()))
	}
	return serve(t, func(*grpc.Server) {}, grpc.UnknownServiceHandler(handler), grpc.ForceServerCodecV2(octetsCodec{codec()}))
}

// octetsCodec writes octets as they are.
type octetsCodec struct{ rawCodec }

func (c octetsCodec) Marshal(m any) (mem.BufferSlice, error) {
	if o, ok := m.(octets); ok {
		return mem.BufferSlice{mem.SliceBuffer(o)}, nil
	}
	return c.rawCodec.Marshal(m)
}

func TestHostileOctets(t *testing.T) {
	var reply atomic.Pointer[[]byte]
	cfg := roles()
	cfg.Address = rawService(t, &reply)
	p := open(t, cfg)
	inside := []byte{0x0a, 0}
	for range 10 {
		inside = append([]byte{0x0a, byte(len(inside))}, inside...)
	}
	tests := map[string][]byte{
		"empty":          {},
		"html":           []byte("<html><body>504 Gateway Time-out</body></html>"),
		"json":           []byte(`{"replies":[]}`),
		"truncated":      {0x0a, 0x7f, 1, 2},
		"endless number": bytes.Repeat([]byte{0xff}, 100),
		"not UTF-8":      {0x0a, 6, 0x0a, 4, 0x0a, 2, 0xff, 0xfe},
		"groups":         bytes.Repeat([]byte{0x0b}, 100_000),
		"unknown fields": bytes.Repeat([]byte{0x7a, 0}, 100_000),
		"nested":         inside,
		"half a million": bytes.Repeat([]byte{0x0a, 0}, 500_000),
		// one reply, one answer, bags
		"half a million inside": lengthed(0x0a, lengthed(0x12, bytes.Repeat([]byte{0x0a, 0}, 500_000))),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			defer bounds.Check(t)()
			reply.Store(&data)
			outcome, e := outcomeOf(t, errorOf(p.Fetch(within(t), question("ann", 7))))
			if outcome != pip.OutcomeInvalid {
				t.Errorf("got %v, want invalid", e)
			}
			// These are refused before they become fifty times as large in memory.
			if strings.HasPrefix(name, "half a million") != strings.Contains(e.Error(), "more than an answer can") {
				t.Errorf("got %v", e)
			}
		})
	}
}

// lengthed puts a tag and a length before data.
func lengthed(tag byte, data []byte) []byte {
	out := []byte{tag}
	n := len(data)
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(append(out, byte(n)), data...)
}

// TestTooLarge: a response that is too large for many questions may do for few.
func TestTooLarge(t *testing.T) {
	padding := strings.Repeat("x", 100_000)
	large := func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		r := respond(m)
		for _, reply := range r.GetReplies() {
			reply.GetAnswer().Bags[0].Values = []string{padding}
		}
		return r, nil
	}
	noRoom := func(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		r, err := large(ctx, m)
		for _, reply := range r.GetReplies()[min(9, len(r.GetReplies())):] {
			reply.Outcome = &v1.Reply_Error{Error: &v1.QuestionError{Code: v1.ErrorCode_ERROR_CODE_TOO_LARGE}}
		}
		return r, err
	}
	for name, get := range map[string]func(context.Context, *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error){
		"found by gRPC": large, "said by the service": noRoom,
	} {
		t.Run(name, func(t *testing.T) {
			p := asking(t, &service{get: get})
			var qs []pip.Question
			for i := range 40 {
				qs = append(qs, question(fmt.Sprint(i), int64(i)))
			}
			for i, r := range p.FetchAll(within(t), qs) {
				if r.Err != nil || r.Answer.Bags[1].At(0).String() != fmt.Sprint(i) {
					t.Errorf("%d: got %v, %v", i, len(r.Answer.Bags), r.Err)
				}
			}
		})
	}
}

// TestTooLargeForOne: whatever the service does, the calls are fewer than two a
// question.
func TestTooLargeForOne(t *testing.T) {
	var calls atomic.Int32
	huge := strings.Repeat("x", 2<<20)
	p := asking(t, &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		calls.Add(1)
		r := respond(m)
		r.Replies[0].GetAnswer().Bags[0].Values = []string{huge}
		return r, nil
	}})
	var qs []pip.Question
	for i := range 8 {
		qs = append(qs, question("ann", int64(i)))
	}
	for i, r := range p.FetchAll(within(t), qs) {
		if outcome, _ := outcomeOf(t, r.Err); outcome != pip.OutcomeInvalid {
			t.Errorf("%d: got %v, want invalid", i, r.Err)
		}
	}
	if n := calls.Load(); n != 15 {
		t.Errorf("got %d calls, want 15", n)
	}
}

// A message that is small on the wire and large in memory is one that is too large.
func TestCompressionBomb(t *testing.T) {
	if encoding.GetCompressor(gzip.Name) == nil {
		t.Fatal("there is no gzip")
	}
	defer bounds.Check(t)()
	bomb := strings.Repeat("x", 4<<20)
	p := asking(t, &service{get: func(ctx context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		if err := grpc.SetSendCompressor(ctx, gzip.Name); err != nil {
			return nil, err
		}
		r := respond(m)
		r.Replies[0].GetAnswer().Bags[0].Values = []string{bomb}
		return r, nil
	}})
	outcome, e := outcomeOf(t, errorOf(p.Fetch(within(t), question("ann", 7))))
	if outcome != pip.OutcomeInvalid || !strings.Contains(e.Error(), "too large") {
		t.Errorf("got %v, want that it is too large", e)
	}
}
