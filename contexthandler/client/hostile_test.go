package client

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// An answer that breaks the contract grants nothing, and is nothing to keep.
func TestAnswers_Invalid(t *testing.T) {
	f := &fake{}
	address := f.serve(t)
	plain := connect(t, address, nil)
	keeping := connect(t, address, func(c *Config) { c.Reuse.Max = 1 << 40 })
	for _, tt := range []struct {
		name   string
		answer func(*v1.AuthorizeResponse)
		want   string
	}{
		{"empty", func(a *v1.AuthorizeResponse) { proto.Reset(a) }, "no decision"},
		{"unspecified", func(a *v1.AuthorizeResponse) { a.Decision = v1.Decision_DECISION_UNSPECIFIED }, "no decision"},
		{"unknown", func(a *v1.AuthorizeResponse) { a.Decision = 5 }, "no decision"},
		{"permit, 256 too high", func(a *v1.AuthorizeResponse) { a.Decision = 257 }, "no decision"},
		{"permit, 2^32 too low", func(a *v1.AuthorizeResponse) { a.Decision = math.MinInt32 + 1 }, "no decision"},
		{"negative", func(a *v1.AuthorizeResponse) { a.Decision = -1 }, "no decision"},
		{"of another request", func(a *v1.AuthorizeResponse) { a.RequestId = "other" }, "another request"},
		{"of no request", func(a *v1.AuthorizeResponse) { a.RequestId = "" }, "another request"},
		{"no status", func(a *v1.AuthorizeResponse) { a.Status = nil }, "no status"},
		{"empty status", func(a *v1.AuthorizeResponse) { a.Status.Code = "" }, "no status"},
		{"permit with an error", func(a *v1.AuthorizeResponse) { a.Status.Code = statusPrefix + "processing-error" }, "status"},
		{"no snapshot", func(a *v1.AuthorizeResponse) { a.Snapshot = "" }, "no snapshot"},
		{"obligation without an id", func(a *v1.AuthorizeResponse) { a.Obligations = []*v1.Obligation{{}} }, "no id"},
		{"assignment without a value", func(a *v1.AuthorizeResponse) {
			a.Obligations = []*v1.Obligation{{Id: "x", Assignments: []*v1.AttributeAssignment{{AttributeId: "y"}}}}
		}, "no value"},
		{"level not checked", func(a *v1.AuthorizeResponse) { a.Enforcement = nil }, "level was not checked"},
		{"open, and not there", func(a *v1.AuthorizeResponse) { a.Enforcement.Open = []string{"x"} }, "is not there"},
		{"granted without a permit", func(a *v1.AuthorizeResponse) { a.Decision = v1.Decision_DECISION_DENY }, "without a Permit"},
	} {
		r := question(tt.name)
		r.CheckLevel = true
		f.authorize = altered(func(a *v1.AuthorizeResponse) {
			a.Enforcement, a.ReuseMilliseconds = &v1.Enforcement{Granted: true}, math.MaxUint32
			tt.answer(a)
		})
		f.batch = func(ctx context.Context, m *v1.AuthorizeBatchRequest) (*v1.AuthorizeBatchResponse, error) {
			out := &v1.AuthorizeBatchResponse{Snapshot: "fake"}
			for _, m := range m.GetRequests() {
				answer, err := f.authorize(ctx, m)
				if err != nil {
					return nil, err
				}
				out.Items = append(out.Items, &v1.AuthorizeBatchItem{RequestId: m.GetRequestId(), Outcome: &v1.AuthorizeBatchItem_Response{Response: answer}})
			}
			return out, nil
		}
		var errs []error
		for _, c := range []*Client{plain, keeping, keeping} {
			before := f.calls.Load()
			errs = append(errs, c.Enforce(within(t), r, Obligations{}))
			if f.calls.Load() == before {
				t.Errorf("%s: an answer that is none was kept", tt.name)
			}
		}
		answers, err := plain.AuthorizeBatch(within(t), []Request{r})
		if err != nil || len(answers) != 1 {
			t.Fatalf("%s: got %v, %v", tt.name, answers, err)
		}
		errs = append(errs, answers[0].Err)
		for _, err := range errs {
			if !errors.Is(err, ErrDenied) || !errors.Is(err, ErrInvalidAnswer) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
			}
		}
		if err := answers[0].Decision.Grant(t.Context(), Obligations{}); !errors.Is(err, ErrDenied) {
			t.Errorf("%s: access is granted", tt.name)
		}
	}
	f.authorize = altered(func(a *v1.AuthorizeResponse) { a.Obligations = []*v1.Obligation{{Id: "urn:new"}} })
	if _, ok := errors.AsType[*UnknownObligationError](plain.Enforce(within(t), question("read"), Obligations{})); !ok {
		t.Error("a Permit with an unknown obligation was not refused for that")
	}
}

// A batch whose items are not those of its requests grants nothing.
func TestAnswers_InvalidBatch(t *testing.T) {
	f := &fake{}
	c := connect(t, f.serve(t), nil)
	item := func(m *v1.AuthorizeRequest) *v1.AuthorizeBatchItem {
		return &v1.AuthorizeBatchItem{RequestId: m.GetRequestId(), Outcome: &v1.AuthorizeBatchItem_Response{Response: permit(m)}}
	}
	for _, tt := range []struct {
		name   string
		answer func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem
	}{
		{"none", func([]*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem { return nil }},
		{"too few", func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem { return all[:1] }},
		{"too many", func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem { return append(all, all[0]) }},
		{"swapped", func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem {
			return []*v1.AuthorizeBatchItem{all[1], all[0]}
		}},
		{"twice the same", func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem {
			return []*v1.AuthorizeBatchItem{all[0], all[0]}
		}},
		{"without an outcome", func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem {
			all[1].Outcome = nil
			return all
		}},
		{"with an empty error", func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem {
			all[1].Outcome = &v1.AuthorizeBatchItem_Error{Error: &v1.ItemError{}}
			return all
		}},
		{"with a code that is none", func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem {
			all[1].Outcome = &v1.AuthorizeBatchItem_Error{Error: &v1.ItemError{Code: -1}}
			return all
		}},
		{"of another snapshot", func(all []*v1.AuthorizeBatchItem) []*v1.AuthorizeBatchItem {
			all[1].GetResponse().Snapshot = "other"
			return all
		}},
	} {
		f.batch = func(_ context.Context, m *v1.AuthorizeBatchRequest) (*v1.AuthorizeBatchResponse, error) {
			all := []*v1.AuthorizeBatchItem{item(m.GetRequests()[0]), item(m.GetRequests()[1])}
			return &v1.AuthorizeBatchResponse{Snapshot: "fake", Items: tt.answer(all)}, nil
		}
		answers, err := c.AuthorizeBatch(within(t), []Request{question("read"), question("write")})
		if err != nil {
			if !errors.Is(err, ErrDenied) || answers != nil {
				t.Errorf("%s: got %v, %v", tt.name, answers, err)
			}
			continue
		}
		if !errors.Is(answers[1].Err, ErrDenied) || answers[1].Decision.Grant(t.Context(), Obligations{}) == nil {
			t.Errorf("%s: got %+v", tt.name, answers[1])
		}
	}
}

// Statuses that a service should not give are no decisions either.
func TestErrors_Hostile(t *testing.T) {
	f := &fake{}
	c := connect(t, f.serve(t), func(c *Config) { c.Retry.Attempts = 1 })
	for code := codes.Canceled; code <= codes.Unauthenticated+1; code++ {
		f.authorize = func(context.Context, *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
			return permit(nil), status.Error(code, "no")
		}
		err := c.Enforce(within(t), question("read"), Obligations{})
		if e, ok := errors.AsType[*UnavailableError](err); !ok || e.Code == codes.OK || !errors.Is(err, ErrDenied) {
			t.Errorf("%s: got %v", code, err)
		}
	}
}

// A message that is larger than it may be is refused, sent or received.
func TestAnswers_TooLarge(t *testing.T) {
	f := &fake{authorize: altered(func(a *v1.AuthorizeResponse) { a.Status.Message = strings.Repeat("x", 1<<20) })}
	c := connect(t, f.serve(t), func(c *Config) { c.MaxReceiveBytes = 1 << 20 })
	err := c.Enforce(within(t), question("read"), Obligations{})
	if e, ok := errors.AsType[*UnavailableError](err); !ok || e.Code != codes.ResourceExhausted || e.Temporary() {
		t.Errorf("received: got %v", err)
	}
	before := f.calls.Load()
	err = c.Enforce(within(t), question(strings.Repeat("x", 1<<20)), Obligations{})
	if e, ok := errors.AsType[*UnavailableError](err); !ok || e.Code != codes.ResourceExhausted || f.calls.Load() != before {
		t.Errorf("sent: got %v", err)
	}
}
