package pip

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// userKey and roleKey are what the sources of the tests need and provide.
var (
	userKey = xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:altinn:userid", Type: value.TypeString}
	roleKey = xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:altinn:rolecode", Type: value.TypeString}
)

// roles declares a source of roles that answers with p.
func roles(p Provider) Source {
	return Source{
		Name:     "roles",
		Needs:    []Need{{Name: "user", Key: userKey}},
		Provides: []Provided{{Key: roleKey, From: []string{"role"}}},
		Provider: p,
	}
}

// ask is a question of strings.
func ask(texts ...string) Question {
	q := Question{}
	for _, s := range texts {
		q = append(q, value.String(s))
	}
	return q
}

// answer is an answer with one bag of strings.
func answer(texts ...string) Answer {
	return Answer{Bags: []value.Bag{value.NewBag(value.TypeString, ask(texts...)...)}}
}

// texts are the values of the first bag.
func texts(a Answer) []string {
	var s []string
	for _, v := range a.Bags[0].Values() {
		s = append(s, v.String())
	}
	return s
}

// counting counts the questions that reach p.
func counting(p ProviderFunc) (Provider, *atomic.Int64) {
	n := new(atomic.Int64)
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		n.Add(1)
		return p(ctx, q)
	}), n
}

// after answers after a while, or fails with the error of its context.
func after(d time.Duration, a Answer) ProviderFunc {
	return func(ctx context.Context, _ Question) (Answer, error) {
		select {
		case <-time.After(d):
			return a, nil
		case <-ctx.Done():
			return Answer{}, ctx.Err()
		}
	}
}

// wantOutcome fails the test unless err is an Error with the outcome.
func wantOutcome(t *testing.T, err error, want Outcome) {
	t.Helper()
	if e, ok := errors.AsType[*Error](err); !ok || e.Outcome != want {
		t.Errorf("got error %v, want outcome %q", err, want)
	}
}

// wantRoles fails the test unless p answers with the roles.
func wantRoles(t *testing.T, p Provider, q Question, want ...string) Answer {
	t.Helper()
	a, err := p.Fetch(t.Context(), q)
	if err != nil {
		t.Fatalf("got error %v, want %q", err, want)
	}
	if diff := cmp.Diff(want, texts(a)); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	return a
}

func TestErrorHidesTheCause(t *testing.T) {
	cause := errors.New(`user "01017012345" is unknown`)
	err := name(&Error{Outcome: OutcomeUnavailable, Detail: "status 503", Err: cause}, "roles")
	if got, want := err.Error(), `source "roles": unavailable: status 503`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}

func TestFailure(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithTimeout(t.Context(), -time.Second)
	defer cancelLate()
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want Outcome
	}{
		{"refused", t.Context(), errors.New("connection refused"), OutcomeUnavailable},
		{"caller left", canceled, errors.New("interrupted"), OutcomeCanceled},
		{"caller out of time", late, errors.New("interrupted"), OutcomeTimeout},
		{"backend out of time", t.Context(), context.DeadlineExceeded, OutcomeTimeout},
		{"known already", late, Invalidf("two rows"), OutcomeInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantOutcome(t, Failure(tt.ctx, tt.err), tt.want) })
	}
}

func TestCheckDeclaration(t *testing.T) {
	ok := roles(after(0, answer()))
	if err := ok.Check(); err != nil {
		t.Errorf("got %v, want no error", err)
	}
	tests := []struct {
		name   string
		change func(s *Source)
	}{
		{"no name", func(s *Source) { s.Name = "" }},
		{"bad name", func(s *Source) { s.Name = "roles\xff" }},
		{"no provider", func(s *Source) { s.Provider = nil }},
		{"nothing provided", func(s *Source) { s.Provides = nil }},
		{"provided twice", func(s *Source) { s.Provides = append(s.Provides, s.Provides[0]) }},
		{"need twice", func(s *Source) { s.Needs = append(s.Needs, s.Needs[0]) }},
		{"bad need name", func(s *Source) { s.Needs[0].Name = "user-id" }},
		{"no category", func(s *Source) { s.Needs[0].Key.Category = "" }},
		{"no id", func(s *Source) { s.Provides[0].Key.ID = "" }},
		{"unknown data type", func(s *Source) { s.Provides[0].Key.Type = value.TypeUnknown }},
		{"xpathExpression", func(s *Source) { s.Needs[0].Key.Type = value.TypeXPathExpression }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := roles(after(0, answer()))
			tt.change(&s)
			if err := s.Check(); err == nil {
				t.Error("got no error, want one")
			}
			if _, err := Assemble(s, Config{}, nil); err == nil {
				t.Error("Assemble: got no error, want one")
			}
		})
	}
}

func TestParseHidesTheText(t *testing.T) {
	_, err := Parse(value.TypeInteger, "01017012345x")
	wantOutcome(t, err, OutcomeInvalid)
	if got, want := err.Error(), "invalid: a value is not a lexical form of the data type integer"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if v, err := Parse(value.TypeInteger, "7"); err != nil || v.String() != "7" {
		t.Errorf("got %v, %v, want 7", v, err)
	}
}
