package client

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// 7.2.2, and the table of the service (contexthandler.TestEnforcement): whoever
// compares the level comes to the same.
func TestGrant_Levels(t *testing.T) {
	at := func(level int) func(context.Context) (int, bool) {
		return func(context.Context) (int, bool) { return level, true }
	}
	none := func(context.Context) (int, bool) { return 0, false }
	ask := func(level string) *v1.Obligation { return obligation("o", [2]string{levelCategory, level}) }
	askOrg := func(level string) *v1.Obligation { return obligation("o", [2]string{orgCategory, level}) }
	foreign := ask("2")
	foreign.Assignments[0].Value.DataType = "http://www.w3.org/2001/XMLSchema#double"
	text := ask("2")
	text.Assignments[0].Value.DataType = stringType
	unknown, open := error(&UnknownObligationError{ID: "o"}), error(&ObligationError{ID: "o", Err: errNoLevel})
	for _, tt := range []struct {
		name        string
		obligations []*v1.Obligation
		level       func(context.Context) (int, bool)
		org         bool
		want        error
	}{
		{"no obligations", nil, none, false, nil},
		{"met", []*v1.Obligation{ask("2")}, at(2), false, nil},
		{"met, by a text", []*v1.Obligation{text}, at(2), false, nil},
		{"too low", []*v1.Obligation{ask("3")}, at(2), false, &StepUpError{Required: 3}},
		{"no level", []*v1.Obligation{ask("2")}, none, false, open},
		{"nobody knows of levels", []*v1.Obligation{ask("2")}, nil, false, open},
		{"level 0 needs none", []*v1.Obligation{ask("0")}, none, false, nil},
		{"the highest counts", []*v1.Obligation{ask("2"), ask("4")}, at(2), false, &StepUpError{Required: 4}},
		{"the highest counts, in any order", []*v1.Obligation{ask("4"), ask("2")}, at(2), false, &StepUpError{Required: 4}},
		{"organisation by its own level", []*v1.Obligation{ask("4"), askOrg("2")}, at(2), true, nil},
		{"organisation by the general level", []*v1.Obligation{ask("2"), askOrg("4")}, at(2), true, nil},
		{"organisation below both", []*v1.Obligation{ask("4"), askOrg("3")}, at(2), true, &StepUpError{Required: 3}},
		{"a person is no organisation", []*v1.Obligation{ask("4"), askOrg("2")}, at(2), false, &StepUpError{Required: 4}},
		{"asked of organisations only", []*v1.Obligation{askOrg("4")}, at(1), false, nil},
		{"negative level of the subject", []*v1.Obligation{ask("3")}, at(-4), false, &StepUpError{Required: 3}},
		{"unreadable", []*v1.Obligation{ask("2"), ask("many")}, at(4), false, unknown},
		{"negative", []*v1.Obligation{ask("-1")}, at(4), false, unknown},
		{"huge", []*v1.Obligation{ask("99999999999999999999")}, at(4), false, unknown},
		{"of another data type", []*v1.Obligation{foreign}, at(4), false, unknown},
		{"another obligation", []*v1.Obligation{ask("2"), obligation("o")}, at(4), false, unknown},
		{"half of it is not about levels", []*v1.Obligation{obligation("o", [2]string{levelCategory, "2"}, [2]string{"urn:other", "x"})}, at(4), false, unknown},
		{"both levels in one", []*v1.Obligation{obligation("o", [2]string{levelCategory, "4"}, [2]string{orgCategory, "2"})}, at(2), true, nil},
	} {
		o := Obligations{
			Levels: []LevelRule{{Category: levelCategory}, {Category: orgCategory, If: func(context.Context) bool { return tt.org }}},
			Level:  tt.level,
		}
		answer := permit(nil)
		answer.Obligations = tt.obligations
		err := Decision{answer: answer}.Grant(t.Context(), o)
		if diff := cmp.Diff(tt.want, err, cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
}

// Two rules about one category both hold: the one that always applies asks a person for
// the level.
func TestGrant_TwoRulesAboutOneCategory(t *testing.T) {
	answer := permit(nil)
	answer.Obligations = []*v1.Obligation{obligation("o", [2]string{levelCategory, "3"})}
	for _, org := range []bool{false, true} {
		o := Obligations{
			Levels: []LevelRule{{Category: levelCategory, If: func(context.Context) bool { return org }}, {Category: levelCategory}},
			Level:  func(context.Context) (int, bool) { return 2, true },
		}
		err := Decision{answer: answer}.Grant(t.Context(), o)
		if diff := cmp.Diff(error(&StepUpError{Required: 3}), err, cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); diff != "" {
			t.Errorf("organisation %t (-want +got)\n%s", org, diff)
		}
	}
}

// A rule whose category was forgotten must not take what has no category for a level.
func TestGrant_RuleWithoutCategory(t *testing.T) {
	answer := permit(nil)
	answer.Obligations = []*v1.Obligation{obligation("limit", [2]string{"", "1"})}
	o := Obligations{Levels: []LevelRule{{}}, Level: func(context.Context) (int, bool) { return 4, true }}
	err := Decision{answer: answer}.Grant(t.Context(), o)
	if diff := cmp.Diff(error(&UnknownObligationError{ID: "limit"}), err, cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The level that the service checked.
func TestGrant_CheckLevel(t *testing.T) {
	level, log := obligation("level", [2]string{levelCategory, "3"}), obligation("log")
	logs := Obligations{Handlers: map[string]Handler{"log": func(context.Context, *v1.Obligation) error { return nil }}}
	for _, tt := range []struct {
		name        string
		enforcement *v1.Enforcement
		obligations []*v1.Obligation
		o           Obligations
		want        string // empty is granted
	}{
		{"granted", &v1.Enforcement{Granted: true}, []*v1.Obligation{level}, Obligations{}, ""},
		{"granted, with the rest done", &v1.Enforcement{Granted: true, Open: []string{"log"}}, []*v1.Obligation{level, log}, logs, ""},
		{"granted, but for the rest", &v1.Enforcement{Granted: true, Open: []string{"log"}}, []*v1.Obligation{level, log}, Obligations{}, `obligation "log" is not understood`},
		{"one id, open once", &v1.Enforcement{Granted: true, Open: []string{"level"}}, []*v1.Obligation{level, level}, Obligations{}, `obligation "level" is not understood`},
		{"too low", &v1.Enforcement{RequiredLevel: 3}, []*v1.Obligation{level}, logs, "level 3 is required"},
		{"no level", &v1.Enforcement{}, []*v1.Obligation{level}, logs, `obligation "level" is not carried out`},
		{"no level, and nothing asks for one", &v1.Enforcement{}, nil, logs, "is not carried out"},
		{"nothing was checked", nil, []*v1.Obligation{level}, logs, "is not carried out"},
	} {
		answer := permit(nil)
		answer.Enforcement, answer.Obligations = tt.enforcement, tt.obligations
		err := Decision{answer: answer, checkedLevel: true}.Grant(t.Context(), tt.o)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: got %v", tt.name, err)
		case tt.want != "" && (!errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

// Obligations are carried out all or, if one is not understood or the level is too
// low, not at all; again at each use, and on a copy.
func TestGrant_Handlers(t *testing.T) {
	var done []string
	boom := errors.New("boom")
	handle := func(_ context.Context, o *v1.Obligation) error {
		done = append(done, o.GetId())
		o.Id = "spoiled"
		return nil
	}
	o := Obligations{
		Handlers: map[string]Handler{
			"a": handle, "b": handle, "nil": nil,
			"fails": func(context.Context, *v1.Obligation) error { return boom },
		},
		Levels: []LevelRule{{Category: levelCategory}},
	}
	for _, tt := range []struct {
		name     string
		decision v1.Decision
		ids      []string
		want     string
		done     []string
	}{
		{"all", v1.Decision_DECISION_PERMIT, []string{"a", "b", "a"}, "", []string{"a", "b", "a"}},
		{"one is unknown", v1.Decision_DECISION_PERMIT, []string{"a", "x"}, `obligation "x" is not understood`, nil},
		{"one has no handler", v1.Decision_DECISION_PERMIT, []string{"a", "nil"}, `obligation "nil" is not understood`, nil},
		{"one fails", v1.Decision_DECISION_PERMIT, []string{"a", "fails", "b"}, "boom", []string{"a"}},
		{"deny", v1.Decision_DECISION_DENY, []string{"a", "x", "nil", "b"}, "denied: Deny", []string{"a", "b"}},
		{"deny, one fails", v1.Decision_DECISION_DENY, []string{"fails", "b"}, "boom", []string{"b"}},
		{"indeterminate", v1.Decision_DECISION_INDETERMINATE, []string{"a"}, "Indeterminate", nil},
		{"none", v1.Decision_DECISION_UNSPECIFIED, []string{"a"}, "Indeterminate", nil},
		{"unknown", 7, []string{"a"}, "Indeterminate", nil},
	} {
		answer := permit(nil)
		answer.Decision = tt.decision
		for _, id := range tt.ids {
			answer.Obligations = append(answer.Obligations, obligation(id))
		}
		before := proto.CloneOf(answer)
		for range 2 {
			done = nil
			err := Decision{answer: answer}.Grant(t.Context(), o)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("%s: got %v", tt.name, err)
			case tt.want != "" && (!errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
			}
			if diff := cmp.Diff(tt.done, done); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
			}
			if strings.Contains(tt.want, "boom") && !errors.Is(err, boom) {
				t.Errorf("%s: the reason is lost", tt.name)
			}
		}
		if !proto.Equal(before, answer) {
			t.Errorf("%s: the answer was changed", tt.name)
		}
	}
}

// What nobody filled in refuses.
func TestZeroValuesRefuse(t *testing.T) {
	if err := (Decision{}).Grant(t.Context(), Obligations{}); !errors.Is(err, ErrDenied) {
		t.Errorf("Decision: got %v", err)
	}
	if err := (Answer{}).Decision.Grant(t.Context(), Obligations{}); !errors.Is(err, ErrDenied) {
		t.Errorf("Answer: got %v", err)
	}
	var o Outcome
	if o == Permit || (Decision{}).String() != "Indeterminate" {
		t.Errorf("got %s", o)
	}
}

// Errors of all kinds are ErrDenied, and no status of theirs tells of policies.
func TestErrors_Status(t *testing.T) {
	unavailable := func(code codes.Code, reason string) error { return &UnavailableError{Code: code, Reason: reason} }
	for _, tt := range []struct {
		err  error
		want codes.Code
	}{
		{ErrNoDeadline, codes.Internal},
		{&DeniedError{Decision: Deny, Status: statusOK, Err: errors.New("secret")}, codes.PermissionDenied},
		{&DeniedError{Status: statusPrefix + "missing-attribute", Missing: []MissingAttribute{{ID: "secret"}}}, codes.PermissionDenied},
		{&UnknownObligationError{ID: "secret"}, codes.PermissionDenied},
		{&ObligationError{ID: "secret", Err: errors.New("secret")}, codes.PermissionDenied},
		{&StepUpError{Required: 3}, codes.PermissionDenied},
		{unavailable(codes.Unavailable, "NO_POLICY_SNAPSHOT"), codes.Unavailable},
		{unavailable(codes.DeadlineExceeded, ""), codes.Unavailable},
		{unavailable(codes.ResourceExhausted, "OVERLOADED"), codes.Unavailable},
		{unavailable(codes.ResourceExhausted, "REQUEST_TOO_LARGE"), codes.Internal},
		{unavailable(codes.Unauthenticated, "INVALID_TOKEN"), codes.Unauthenticated},
		{unavailable(codes.Unauthenticated, ""), codes.Internal},
		{unavailable(codes.PermissionDenied, "ATTRIBUTE_NOT_ALLOWED"), codes.Internal},
		{unavailable(codes.InvalidArgument, "INVALID_REQUEST"), codes.Internal},
		{unavailable(codes.Unimplemented, ""), codes.Internal},
		{invalid("secret"), codes.Unavailable},
	} {
		if !errors.Is(tt.err, ErrDenied) || tt.err.Error() == "" {
			t.Errorf("%q is not ErrDenied", tt.err)
		}
		s, ok := status.FromError(tt.err)
		if !ok || s.Code() != tt.want || strings.Contains(s.String(), "secret") {
			t.Errorf("%v: got %v, want %s", tt.err, s, tt.want)
		}
		level, is := RequiredLevel(s.Err())
		if _, want := tt.err.(*StepUpError); is != want || is && level != 3 { //nolint:errorlint // not wrapped
			t.Errorf("%v: got level %d, %t", tt.err, level, is)
		}
	}
}

func TestRequiredLevel(t *testing.T) {
	if level, ok := RequiredLevel(&StepUpError{Required: 4}); level != 4 || !ok {
		t.Errorf("got %d, %t", level, ok)
	}
	for _, err := range []error{nil, errors.New("other"), status.Error(codes.PermissionDenied, "other"), &DeniedError{}} {
		if level, ok := RequiredLevel(err); ok {
			t.Errorf("%v: got %d", err, level)
		}
	}
}
