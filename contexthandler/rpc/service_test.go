package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

func TestAuthorize_Answer(t *testing.T) {
	r := start(t, nil)
	request := action("read")
	request.ReturnPolicyIds = true
	request.Attributes = []*v1.RequestAttribute{
		{Category: "subject", AttributeId: "user-id", Values: []string{"42"}, IncludeInResult: true, Issuer: "urn:test:issuer"},
		{Category: "resource", AttributeId: "urn:test:count", DataType: "integer", Values: []string{"+007", "8"}, IncludeInResult: true},
		{Category: "urn:test:category", AttributeId: "urn:test:other", DataType: "urn:test:type", Values: []string{" x "}, IncludeInResult: true},
	}
	got, err := r.client.Authorize(within(t), request)
	if err != nil {
		t.Fatal(err)
	}
	text, integer := value.TypeString.ID(), value.TypeInteger.ID()
	diff(t, got, &v1.AuthorizeResponse{
		Decision: v1.Decision_DECISION_PERMIT,
		Status:   &v1.Status{Code: xacml.StatusOK},
		Obligations: []*v1.Obligation{{Id: "urn:test:obligation", Assignments: []*v1.AttributeAssignment{
			{
				AttributeId: "urn:test:stamp", Category: "urn:test:category", Issuer: "urn:test:issuer",
				Value: &v1.AttributeValue{DataType: text, Value: "one"},
			},
			{AttributeId: "urn:test:level", Value: &v1.AttributeValue{DataType: integer, Value: "3"}},
		}}},
		Advice: []*v1.Advice{{Id: "urn:test:advice"}},
		Attributes: []*v1.AttributeCategory{
			{Category: xacml.CategoryAccessSubject, Attributes: []*v1.Attribute{{
				AttributeId: "urn:test:user", Issuer: "urn:test:issuer", IncludeInResult: true,
				Values: []*v1.AttributeValue{{DataType: text, Value: "42"}},
			}}},
			{Category: xacml.CategoryResource, Attributes: []*v1.Attribute{{
				AttributeId: "urn:test:count", IncludeInResult: true,
				Values: []*v1.AttributeValue{{DataType: integer, Value: "7"}, {DataType: integer, Value: "8"}},
			}}},
			{Category: "urn:test:category", Attributes: []*v1.Attribute{{
				AttributeId: "urn:test:other", IncludeInResult: true,
				Values: []*v1.AttributeValue{{DataType: "urn:test:type", Value: " x "}},
			}}},
		},
		ApplicablePolicies: []*v1.PolicyReference{{Kind: v1.PolicyKind_POLICY_KIND_POLICY, Id: "urn:test:policy", Version: "1.0"}},
		Snapshot:           "one",
		RequestId:          "id of read",
	})
}

func TestAuthorize_Decisions(t *testing.T) {
	r := start(t, nil)
	for name, want := range map[string]struct {
		decision v1.Decision
		status   string
	}{
		"read":  {v1.Decision_DECISION_PERMIT, xacml.StatusOK},
		"write": {v1.Decision_DECISION_DENY, xacml.StatusOK},
		"ask":   {v1.Decision_DECISION_PERMIT, xacml.StatusOK},
		"lack":  {v1.Decision_DECISION_INDETERMINATE, xacml.StatusMissingAttribute},
		"other": {v1.Decision_DECISION_NOT_APPLICABLE, xacml.StatusOK},
		"":      {v1.Decision_DECISION_NOT_APPLICABLE, xacml.StatusOK},
	} {
		got, err := r.client.Authorize(within(t), action(name))
		if err != nil {
			t.Errorf("got %v, input: %q", err, name)
			continue
		}
		if got.GetDecision() != want.decision || got.GetStatus().GetCode() != want.status || got.GetSnapshot() != "one" || got.GetRequestId() != "id of "+name {
			t.Errorf("got %v, want %v, input: %q", got, want, name)
		}
		if name == "lack" {
			diff(t, got.GetStatus().GetMissingAttributes(), []*v1.MissingAttribute{{
				Category: xacml.CategoryEnvironment, AttributeId: "urn:test:lack", DataType: value.TypeString.ID(),
			}})
		}
	}
}

// A failed source is not an empty bag, and not an RPC error (ROBUSTNESS 1).
func TestAuthorize_SourceFails(t *testing.T) {
	r := start(t, nil)
	r.ask(func(context.Context) error { return errors.New("down") })
	got, err := r.client.Authorize(within(t), action("ask"))
	if err != nil || got.GetDecision() != v1.Decision_DECISION_INDETERMINATE || got.GetStatus().GetCode() != xacml.StatusProcessingError {
		t.Errorf("got %v, %v", got, err)
	}
}

// An attribute that the dictionary gives a type has it, whatever the request says.
func TestAuthorize_DeclaredType(t *testing.T) {
	r := start(t, nil)
	inMap, typed, text := action("level"), action("level"), action("level")
	inMap.Environment = map[string]string{"level": "3"}
	typed.Attributes = []*v1.RequestAttribute{{Category: "environment", AttributeId: "urn:test:level", Values: []string{"1", "3"}}}
	text.Attributes = []*v1.RequestAttribute{{Category: "environment", AttributeId: "level", DataType: "string", Values: []string{"3"}}}
	for _, test := range []struct {
		request *v1.AuthorizeRequest
		want    v1.Decision
	}{
		{inMap, v1.Decision_DECISION_PERMIT},
		{typed, v1.Decision_DECISION_PERMIT},
		{text, v1.Decision_DECISION_PERMIT},
	} {
		got, err := r.client.Authorize(within(t), test.request)
		if err != nil || got.GetDecision() != test.want {
			t.Errorf("got %v, %v, want %v, input: %v", got, err, test.want, test.request)
		}
	}
}

func TestAuthorizeBatch_OrderAndErrors(t *testing.T) {
	r := start(t, nil)
	batch := &v1.AuthorizeBatchRequest{}
	for i := range 1000 {
		m := action([]string{"read", "write", "lack"}[i%3])
		m.RequestId = fmt.Sprint(i)
		if i%10 == 9 {
			m.Subject = map[string]string{"nobody-knows": "x"}
		}
		batch.Requests = append(batch.Requests, m)
	}
	got, err := r.client.AuthorizeBatch(within(t), batch)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetItems()) != 1000 || got.GetSnapshot() != "one" {
		t.Fatalf("got %d items on %q", len(got.GetItems()), got.GetSnapshot())
	}
	decisions := []v1.Decision{v1.Decision_DECISION_PERMIT, v1.Decision_DECISION_DENY, v1.Decision_DECISION_INDETERMINATE}
	for i, item := range got.GetItems() {
		if item.GetRequestId() != fmt.Sprint(i) {
			t.Fatalf("got id %q, want %d", item.GetRequestId(), i)
		}
		if i%10 == 9 {
			e := item.GetError()
			if e.GetCode() != int32(codes.InvalidArgument) || e.GetReason() != v1.ErrorReason_ERROR_REASON_INVALID_REQUEST || !strings.Contains(e.GetMessage(), "nobody-knows") {
				t.Errorf("item %d: got %v", i, item)
			}
			continue
		}
		if item.GetResponse().GetDecision() != decisions[i%3] || item.GetResponse().GetRequestId() != fmt.Sprint(i) || item.GetResponse().GetSnapshot() != "one" {
			t.Errorf("item %d: got %v", i, item)
		}
	}
	if n := r.metric("forseti_rpc_failures_total", "invalid_request"); n != 100 {
		t.Errorf("got %v failures counted, want 100", n)
	}

	got, err = r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{})
	if err != nil || len(got.GetItems()) != 0 || got.GetSnapshot() != "one" {
		t.Errorf("empty batch: got %v, %v", got, err)
	}
	batch.Requests = append(batch.Requests, action("read"))
	_, err = r.client.AuthorizeBatch(within(t), batch)
	wantError(t, err, codes.InvalidArgument, "BATCH_TOO_LARGE")
}

// All items of a batch are decided on one snapshot, whatever happens meanwhile.
func TestAuthorizeBatch_OneSnapshot(t *testing.T) {
	r := start(t, nil)
	two := newSnapshot(t, "two")
	r.ask(func(context.Context) error { r.snapshot.Store(two); return nil })
	batch := &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{action("ask")}}
	for range 200 {
		batch.Requests = append(batch.Requests, action("read"))
	}
	got, err := r.client.AuthorizeBatch(within(t), batch)
	if err != nil {
		t.Fatal(err)
	}
	if r.snapshot.Load() != two {
		t.Fatal("the snapshot did not change")
	}
	for i, item := range got.GetItems()[1:] {
		stamp := item.GetResponse().GetObligations()[0].GetAssignments()[0].GetValue().GetValue()
		if stamp != "one" || item.GetResponse().GetSnapshot() != "one" || got.GetSnapshot() != "one" {
			t.Fatalf("item %d: got stamp %q on %q in a batch on %q", i, stamp, item.GetResponse().GetSnapshot(), got.GetSnapshot())
		}
	}
}

func TestAuthorizeStream_OrderAndErrors(t *testing.T) {
	r := start(t, nil)
	two := newSnapshot(t, "two")
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	const count = 1000
	changed := make(chan struct{})
	go func() {
		for i := range count {
			m := action("read")
			m.RequestId = fmt.Sprint(i)
			wrapped := &v1.AuthorizeStreamRequest{Request: m}
			switch i {
			case 10:
				m.Action, m.Attributes = "", []*v1.RequestAttribute{{}}
			case 20:
				wrapped.Request = nil
			case count - 1:
				<-changed
			}
			if stream.Send(wrapped) != nil {
				return
			}
		}
		_ = stream.CloseSend()
	}()
	for i := range count {
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		switch i {
		case 10, 20:
			if got.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_INVALID_REQUEST {
				t.Errorf("message %d: got %v", i, got)
			}
			continue
		case 500:
			r.snapshot.Store(two)
			close(changed)
		}
		response := got.GetResponse()
		stamp := response.GetObligations()[0].GetAssignments()[0].GetValue().GetValue()
		if got.GetRequestId() != fmt.Sprint(i) || response.GetRequestId() != fmt.Sprint(i) || stamp != response.GetSnapshot() || i < 500 && stamp != "one" {
			t.Fatalf("message %d: got %v", i, got)
		}
		if i == count-1 && stamp != "two" {
			t.Errorf("the last message was decided on %q", stamp)
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end of the stream", err)
	}
}

// One message has the deadline, not the stream.
func TestAuthorizeStream_MessageDeadline(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.DefaultDeadline = 100 * time.Millisecond })
	r.ask(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := r.client.AuthorizeStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ask", "read", "ask", "read"} {
		if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action(name)}); err != nil {
			t.Fatal(err)
		}
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if name == "ask" && got.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED ||
			name == "read" && got.GetResponse().GetDecision() != v1.Decision_DECISION_PERMIT {
			t.Errorf("got %v, input: %q", got, name)
		}
	}
	if n := r.metric("forseti_rpc_open_streams"); n != 1 {
		t.Errorf("got %v open streams, want 1", n)
	}
	cancel()
	eventually(t, "the stream ends", func() bool { return r.metric("forseti_rpc_open_streams") == 0 })
}

func TestErrors_NoSnapshot(t *testing.T) {
	r := start(t, nil)
	r.snapshot.Store(nil)
	_, err := r.client.Authorize(within(t), action("read"))
	wantError(t, err, codes.Unavailable, "NO_POLICY_SNAPSHOT")
	_, err = r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{action("read")}})
	wantError(t, err, codes.Unavailable, "NO_POLICY_SNAPSHOT")
	_, err = r.client.Evaluate(within(t), &v1.EvaluateRequest{})
	wantError(t, err, codes.Unavailable, "NO_POLICY_SNAPSHOT")
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // an error does not end the stream
		if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}); err != nil {
			t.Fatal(err)
		}
		got, err := stream.Recv()
		if err != nil || got.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_NO_POLICY_SNAPSHOT || got.GetError().GetCode() != int32(codes.Unavailable) {
			t.Errorf("got %v, %v", got, err)
		}
	}
	_ = stream.CloseSend()
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end of the stream", err)
	}
}

// Row 41: a panic costs the call or item that it happens in.
func TestPanic(t *testing.T) {
	r := start(t, nil)
	r.snapshot.Store(&pap.Snapshot{ID: "without a PDP"})
	_, err := r.client.Authorize(within(t), action("read"))
	wantError(t, err, codes.Internal, "INTERNAL")
	_, err = r.client.Evaluate(within(t), &v1.EvaluateRequest{})
	wantError(t, err, codes.Internal, "INTERNAL")
	batch, err := r.client.AuthorizeBatch(within(t), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{action("read"), {Action: "x", Subject: map[string]string{"": ""}}, action("read")}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []v1.ErrorReason{11, 2, 11} {
		if got := batch.GetItems()[i].GetError().GetReason(); got != want {
			t.Errorf("item %d: got %v, want %v", i, got, want)
		}
	}
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []v1.ErrorReason{11, 0} {
		if err := stream.Send(&v1.AuthorizeStreamRequest{Request: action("read")}); err != nil {
			t.Fatal(err)
		}
		got, err := stream.Recv()
		if err != nil || got.GetError().GetReason() != want {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		r.snapshot.Store(newSnapshot(t, "good"))
	}
	if n := r.metric("forseti_panics_total", "rpc"); n != 5 {
		t.Errorf("got %v panics counted, want 5", n)
	}
	eventually(t, "nothing is in flight", func() bool { return r.metric("forseti_rpc_in_flight_calls") == 0 })
}
