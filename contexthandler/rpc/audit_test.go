package rpc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// recorder is a contexthandler.Auditor.
type recorder struct {
	mu    sync.Mutex
	lines []string // by call
	calls int
	err   error
}

func (r *recorder) Record(_ context.Context, events []*contexthandler.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	for _, e := range events {
		line := e.ID + ": " + e.Reason
		for _, d := range e.Decisions {
			line += d.Result.Decision.String()
		}
		r.lines = append(r.lines, line)
	}
	return r.err
}

// take gives what was recorded, in order of the alphabet, and by how many calls.
func (r *recorder) take() ([]string, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines, calls := r.lines, r.calls
	r.lines, r.calls = nil, 0
	slices.Sort(lines)
	return lines, calls
}

func audited(t *testing.T) (*rig, *recorder) {
	a := &recorder{}
	s := newSnapshot(t, "one")
	return start(t, func(c *Config) {
		c.Handler = contexthandler.New(contexthandler.Config{Snapshot: func() *pap.Snapshot { return s }, Audit: a})
	}), a
}

// known is a request of which the handler knows the names.
func known(action, id string) *v1.AuthorizeRequest {
	return &v1.AuthorizeRequest{Subject: map[string]string{"urn:test:user": "1"}, Action: action, RequestId: id}
}

// Every request that comes to be decided is recorded, by whatever method it comes.
func TestAudit_EachMethod(t *testing.T) {
	r, a := audited(t)
	want := func(what string, calls int, lines ...string) {
		t.Helper()
		got, n := a.take()
		if !slices.Equal(got, lines) || n != calls {
			t.Errorf("%s: got %q in %d calls, want %q in %d", what, got, n, lines, calls)
		}
	}
	for _, tt := range []struct {
		request *v1.AuthorizeRequest
		want    string
	}{
		{known("read", "1"), "1: Permit"},
		{known("write", "2"), "2: Deny"},
		{&v1.AuthorizeRequest{Subject: map[string]string{"nobody-knows": "x"}, RequestId: "3"}, "3: invalid_request"},
		{&v1.AuthorizeRequest{RequestId: "4", Attributes: []*v1.RequestAttribute{{
			Category: "environment", AttributeId: "urn:test:level", DataType: "integer", Values: []string{"high"},
		}}}, "4: Indeterminate"},
		{&v1.AuthorizeRequest{Subject: map[string]string{"urn:test:user": "1"}, Action: "read", RequestId: "5", Explain: true}, "5: not_allowed"},
		{&v1.AuthorizeRequest{Action: "read", RequestId: "6", SubjectToken: "x"}, "6: invalid_token"},
	} {
		_, _ = r.client.Authorize(within(t), tt.request)
		want("authorize", 1, tt.want)
	}
	named := metadata.AppendToOutgoingContext(within(t), headerRequestID, "e") // the message has no name of its own
	if _, err := r.client.Evaluate(named, &v1.EvaluateRequest{}); err != nil {
		t.Fatal(err)
	}
	want("evaluate", 1, "e: NotApplicable")
	batch := &v1.AuthorizeBatchRequest{}
	var lines []string
	for i := range 300 {
		batch.Requests = append(batch.Requests, known("read", fmt.Sprintf("%03d", i)))
		lines = append(lines, fmt.Sprintf("%03d: Permit", i))
	}
	if got, err := r.client.AuthorizeBatch(within(t), batch); err != nil || len(got.GetItems()) != 300 {
		t.Fatalf("got %d items, %v", len(got.GetItems()), err)
	}
	want("batch", 1, lines...)
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range []*v1.AuthorizeRequest{known("read", "s"), {Subject: map[string]string{"nobody-knows": "x"}, RequestId: "w"}} {
		if err := stream.Send(&v1.AuthorizeStreamRequest{Request: m}); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
		want("stream", 1, []string{"s: Permit", "w: invalid_request"}[i])
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
}

// What cannot be recorded is not answered, by whatever method it is asked.
func TestAudit_Refused(t *testing.T) {
	r, a := audited(t)
	a.err = errors.New("full")
	_, err := r.client.Authorize(within(t), known("read", "1"))
	wantError(t, err, codes.Unavailable, "NOT_AUDITED")
	_, err = r.client.Authorize(within(t), &v1.AuthorizeRequest{Subject: map[string]string{"nobody-knows": "x"}})
	wantError(t, err, codes.Unavailable, "NOT_AUDITED")
	_, err = r.client.Evaluate(within(t), &v1.EvaluateRequest{})
	wantError(t, err, codes.Unavailable, "NOT_AUDITED")
	_, err = r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{known("read", "1"), known("write", "2")}})
	wantError(t, err, codes.Unavailable, "NOT_AUDITED")
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&v1.AuthorizeStreamRequest{Request: known("read", "1")}); err != nil {
		t.Fatal(err)
	}
	got, err := stream.Recv()
	if err != nil || got.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_NOT_AUDITED || got.GetResponse() != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if n := r.metric("forseti_rpc_failures_total", "not_audited"); n != 5 {
		t.Errorf("got %v failures counted, want 5", n)
	}
}
