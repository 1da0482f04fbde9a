package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/forseti-pdp/forseti/pap"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// understanding understands the obligations of the policy, and counts what it did.
func understanding(done *[]string) Obligations {
	note := func(_ context.Context, o *v1.Obligation) error {
		*done = append(*done, o.GetId())
		return nil
	}
	return Obligations{
		Handlers: map[string]Handler{"urn:test:log": note, "urn:test:tell": note},
		Levels:   []LevelRule{{Category: levelCategory}},
		Level:    func(context.Context) (int, bool) { return 2, true },
	}
}

// 7.2.2: access is granted by Permit alone, if every obligation is understood and
// carried out.
func TestEnforce(t *testing.T) {
	c := connect(t, start(t).address, nil)
	leveled := func(level string) Request {
		r := question("sign")
		r.Subject["level"], r.CheckLevel = level, true
		return r
	}
	for _, tt := range []struct {
		name    string
		request Request
		want    error // nil is granted
		done    []string
	}{
		{"permit", question("read"), nil, nil},
		{"permit with an obligation", question("log"), nil, []string{"urn:test:log"}},
		{"deny with an obligation", question("write"), &DeniedError{Decision: Deny, Status: statusOK}, []string{"urn:test:tell"}},
		{"not applicable", question("other"), &DeniedError{Decision: NotApplicable, Status: statusOK}, nil},
		{"indeterminate", question("lack"), &DeniedError{
			Decision: Indeterminate, Status: statusPrefix + "missing-attribute",
			Missing: []MissingAttribute{{
				Category: "urn:oasis:names:tc:xacml:3.0:attribute-category:environment", ID: "urn:test:lack", DataType: stringType,
			}},
		}, nil},
		{"level too low", question("sign"), &StepUpError{Required: 3}, nil},
		{"level too low, says the service", leveled("1"), &StepUpError{Required: 3}, nil},
		{"level high enough, says the service", leveled("3"), nil, nil},
	} {
		var done []string
		err := c.Enforce(within(t), tt.request, understanding(&done))
		if diff := cmp.Diff(tt.want, err); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.done, done); diff != "" {
			t.Errorf("%s: carried out (-want +got)\n%s", tt.name, diff)
		}
		if denied := errors.Is(err, ErrDenied); denied != (tt.want != nil) {
			t.Errorf("%s: got denied %t", tt.name, denied)
		}
	}
}

func TestAuthorize_Decision(t *testing.T) {
	c := connect(t, start(t).address, nil)
	r := question("log")
	r.ReturnPolicyIDs = true
	d, err := c.Authorize(within(t), r)
	if err != nil {
		t.Fatal(err)
	}
	if d.Snapshot() != "one" || d.Stale() || d.Reused() || d.String() != "Permit" {
		t.Errorf("got snapshot %q, stale %t, reused %t, %s", d.Snapshot(), d.Stale(), d.Reused(), d)
	}
	if a := d.Advice(); len(a) != 1 || a[0].GetId() != "urn:test:advice" {
		t.Errorf("got advice %v", a)
	}
	if p := d.Policies(); len(p) != 1 || p[0].GetId() != "urn:test:policy" {
		t.Errorf("got policies %v", p)
	}
	// What is handed out is not what is decided on.
	d.Advice()[0].Id = "other"
	if a := d.Advice(); a[0].GetId() != "urn:test:advice" {
		t.Error("the decision was changed")
	}
}

// Requests with several values, data types and tokens arrive as they are.
func TestAuthorize_Request(t *testing.T) {
	f := &fake{}
	var got *v1.AuthorizeRequest
	f.authorize = func(_ context.Context, m *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
		got = m
		return permit(m), nil
	}
	r := Request{
		Subject: map[string]string{"s": "1"}, Resource: map[string]string{"r": "2"}, Environment: map[string]string{"e": "3"}, Action: "a",
		Attributes:   []Attribute{{Category: "c", ID: "i", DataType: "integer", Values: []string{"1", "2"}, Issuer: "me"}},
		SubjectToken: "token", ReturnPolicyIDs: true, ID: "mine",
	}
	if err := connect(t, f.serve(t), nil).Enforce(within(t), r, Obligations{}); err != nil {
		t.Fatal(err)
	}
	want := &v1.AuthorizeRequest{
		Subject: r.Subject, Resource: r.Resource, Environment: r.Environment, Action: "a",
		Attributes:   []*v1.RequestAttribute{{Category: "c", AttributeId: "i", DataType: "integer", Values: []string{"1", "2"}, Issuer: "me"}},
		SubjectToken: "token", ReturnPolicyIds: true, RequestId: "mine",
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAuthorizeBatch(t *testing.T) {
	c := connect(t, start(t).address, nil)
	answers, err := c.AuthorizeBatch(within(t), []Request{
		question("read"), question("write"), {Subject: map[string]string{"": ""}}, question("log"), question("read"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range answers {
		if a.Err != nil {
			got = append(got, a.Err.Error())
		} else {
			got = append(got, a.Decision.String())
		}
		granted := a.Decision.Grant(t.Context(), Obligations{}) == nil
		if granted != (a.Err == nil && a.Decision.String() == "Permit" && len(a.Decision.Advice()) == 0) {
			t.Errorf("got granted %t for %s", granted, got[len(got)-1])
		}
	}
	want := []string{"Permit", "Deny", "access is denied: there is no decision: InvalidArgument, INVALID_REQUEST", "Permit", "Permit"}
	if len(got) != len(want) || !strings.HasPrefix(got[2], want[2]) {
		t.Fatalf("got %q", got)
	}
	got[2] = want[2]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if e, ok := errors.AsType[*UnavailableError](answers[2].Err); !ok || e.Code != codes.InvalidArgument || e.Temporary() {
		t.Errorf("got %v", answers[2].Err)
	}
	if answers, err := c.AuthorizeBatch(within(t), nil); err != nil || len(answers) != 0 {
		t.Errorf("no requests: got %v, %v", answers, err)
	}
}

// Where nothing was decided, access is denied, and the reason is known.
func TestAuthorize_Unavailable(t *testing.T) {
	i := start(t)
	c := connect(t, i.address, nil)
	wantReason := func(r Request, code codes.Code, reason string) {
		t.Helper()
		err := c.Enforce(within(t), r, Obligations{})
		e, ok := errors.AsType[*UnavailableError](err)
		if !ok || e.Code != code || e.Reason != reason || !errors.Is(err, ErrDenied) {
			t.Errorf("got %v, want %s %s", err, code, reason)
		}
	}
	clock := question("read")
	clock.Environment = map[string]string{"urn:oasis:names:tc:xacml:1.0:environment:current-time": "12:00:00Z"}
	wantReason(clock, codes.PermissionDenied, "ATTRIBUTE_NOT_ALLOWED")
	token := question("read")
	token.Subject, token.SubjectToken = nil, "token"
	wantReason(token, codes.Unauthenticated, "INVALID_TOKEN")
	i.snapshot.Store((*pap.Snapshot)(nil))
	wantReason(question("read"), codes.Unavailable, "NO_POLICY_SNAPSHOT")
	if err := c.Enforce(within(t), Request{Action: "\xff"}, Obligations{}); !errors.Is(err, ErrDenied) {
		t.Errorf("invalid UTF-8: got %v", err)
	}
}

// Row 39: nothing is asked without a deadline, and none is waited for longer than
// Timeout.
func TestDeadline(t *testing.T) {
	hanging := &fake{authorize: func(ctx context.Context, _ *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	address := hanging.serve(t)
	c := connect(t, address, nil)
	if _, err := c.Authorize(context.Background(), question("read")); !errors.Is(err, ErrNoDeadline) || !errors.Is(err, ErrDenied) {
		t.Errorf("got %v", err)
	}
	if _, err := c.AuthorizeBatch(context.Background(), []Request{question("read")}); !errors.Is(err, ErrNoDeadline) {
		t.Errorf("batch: got %v", err)
	}
	if _, err := c.Service().Authorize(context.Background(), &v1.AuthorizeRequest{}); !errors.Is(err, ErrNoDeadline) {
		t.Errorf("raw: got %v", err)
	}
	if n := hanging.calls.Load(); n != 0 {
		t.Errorf("%d questions were asked without a deadline", n)
	}
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	limited := connect(t, address, func(c *Config) { c.Timeout = 50 * time.Millisecond })
	for name, ask := range map[string]func() error{
		"deadline":               func() error { return c.Enforce(short, question("read"), Obligations{}) },
		"timeout":                func() error { return limited.Enforce(context.Background(), question("read"), Obligations{}) },
		"timeout and a deadline": func() error { return limited.Enforce(within(t), question("read"), Obligations{}) },
		"raw": func() error {
			_, err := limited.Service().Authorize(context.Background(), &v1.AuthorizeRequest{})
			return unavailable(err)
		},
	} {
		began := time.Now()
		err := ask()
		if took := time.Since(began); took > 2*time.Second || !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrDenied) {
			t.Errorf("%s: got %v after %s", name, err, took)
		}
	}
	cancelled, stop := context.WithCancel(within(t))
	time.AfterFunc(20*time.Millisecond, stop)
	if err := c.Enforce(cancelled, question("read"), Obligations{}); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrDenied) {
		t.Errorf("cancelled: got %v", err)
	}
}

// A service that is down is waited for, until the deadline.
func TestServiceIsDown(t *testing.T) {
	i := start(t)
	i.end(10 * time.Second)
	c := connect(t, i.address, nil)
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := c.Enforce(short, question("read"), Obligations{}); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrDenied) {
		t.Errorf("got %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Enforce(within(t), question("read"), Obligations{}) }()
	time.Sleep(100 * time.Millisecond)
	i.begin()
	if err := <-done; err != nil {
		t.Errorf("it is back: got %v", err)
	}
}

// An instance that is not ready gets no questions.
func TestHealth(t *testing.T) {
	ready, not := start(t), start(t)
	not.server.SetServing(false)
	not.snapshot.Store((*pap.Snapshot)(nil))
	target := not.address + "," + ready.address
	c := connect(t, target, func(c *Config) { c.Retry.Attempts = 1 })
	for range 50 {
		if err := c.Enforce(within(t), question("read"), Obligations{}); err != nil {
			t.Fatal(err)
		}
	}
	careless := connect(t, target, func(c *Config) { c.Retry.Attempts, c.IgnoreHealth = 1, true })
	failed, answered := 0, 0
	for end := time.Now().Add(10 * time.Second); (failed == 0 || answered == 0) && time.Now().Before(end); { // until both are connected
		if err := careless.Enforce(within(t), question("read"), Obligations{}); err != nil {
			failed++
		} else {
			answered++
		}
	}
	if failed == 0 || answered == 0 {
		t.Errorf("%d questions failed and %d did not, want those to one of two to fail", failed, answered)
	}
}

// Nothing that is printed or logged holds what is asked.
func TestNothingLeaks(t *testing.T) {
	r := Request{Subject: map[string]string{"user-id": "secret"}, SubjectToken: "secret"}
	d := Decision{answer: &v1.AuthorizeResponse{Obligations: []*v1.Obligation{obligation("secret")}}}
	for _, v := range []any{r, d, r.LogValue(), d.LogValue()} {
		if text := fmt.Sprintf("%v %+v %s", v, v, v); strings.Contains(text, "secret") {
			t.Errorf("%T: got %s", v, text)
		}
	}
}

func TestClose(t *testing.T) {
	i := start(t)
	c, err := New(i.address, Config{Insecure: true, Reuse: Reuse{Max: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Enforce(within(t), question("read"), Obligations{}); !errors.Is(err, ErrDenied) {
		t.Errorf("got %v", err)
	}
}
