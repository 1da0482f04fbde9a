package contexthandler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/multiple"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// scoped is a request for what is below a resource, which it wants back.
func scoped(resource, scope string) *xacml.Request {
	return &xacml.Request{Attributes: []xacml.Attributes{{Category: xacml.CategoryResource, Attributes: []xacml.Attribute{
		{ID: xacml.AttributeResourceID, IncludeInResult: true, Values: []value.Value{value.String(resource)}},
		{ID: xacml.AttributeScope, Values: []value.Value{value.String(scope)}},
	}}}}
}

// Multiple Decision profile, 2.1: each node of the scope has a decision of its
// own, and without a hierarchy there is none.
func TestHandler_Hierarchy(t *testing.T) {
	s := snapshot(t, rule("a", "Permit", "r."+xacml.AttributeResourceID+"=a"), rule("b", "Deny", "r."+xacml.AttributeResourceID+"=b"))
	tree := multiple.Tree{"root": {"a", "b"}, "a": {"c"}}
	for _, tt := range []struct {
		scope     string
		hierarchy multiple.Hierarchy
		want      []string
	}{
		{"Immediate", nil, []string{"root NotApplicable"}},
		{"Children", tree, []string{"root NotApplicable", "a Permit", "b Deny"}},
		{"Descendants", tree, []string{"root NotApplicable", "a Permit", "b Deny", "c NotApplicable"}},
		{"Children", nil, []string{"root Indeterminate"}},
		{"Everything", tree, []string{"root Indeterminate"}},
	} {
		results, err := decided(New(Config{Hierarchy: tt.hierarchy}).Decide(t.Context(), s, Call{Request: scoped("root", tt.scope)}))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range results {
			got = append(got, r.Attributes[0].Attributes[0].Values[0].String()+" "+r.Decision.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("scope %s (-want +got):\n%s", tt.scope, diff)
		}
	}
}

// hierarchyFunc is a Hierarchy that one function makes.
type hierarchyFunc func(ctx context.Context) ([]value.Value, error)

func (f hierarchyFunc) Below(ctx context.Context, _ multiple.Scope, _ value.Value, _ int) ([]value.Value, error) {
	return f(ctx)
}

// Row 39 of docs/robustness.md: what a hierarchy could not tell in time is no
// decision.
func TestRow39_DeadlinePassesInTheHierarchy(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	waits := hierarchyFunc(func(ctx context.Context) ([]value.Value, error) { <-ctx.Done(); return nil, ctx.Err() })
	results, err := decided(New(Config{Hierarchy: waits}).Decide(ctx, snapshot(t), Call{Request: scoped("root", "Children")}))
	var e *Error
	if !errors.As(err, &e) || e.Reason != ReasonDeadlineExceeded || results != nil {
		t.Errorf("got %v and %v, want ReasonDeadlineExceeded", results, err)
	}
}

// Row 20 of docs/robustness.md, for the other ways to ask for many decisions.
func TestRow20_TooManyNodes(t *testing.T) {
	tree := multiple.Tree{}
	for i := range 100_000 {
		tree["root"] = append(tree["root"], fmt.Sprint(i))
	}
	document := etree.NewDocument()
	if err := document.ReadFromString("<r>" + strings.Repeat("<x/>", 100_000) + "</r>"); err != nil {
		t.Fatal(err)
	}
	selecting := &xacml.Request{Attributes: []xacml.Attributes{{
		Category: xacml.CategoryResource, Content: document.Root(),
		Attributes: []xacml.Attribute{{ID: xacml.AttributeMultipleContentSelector, Values: []value.Value{
			value.NewXPathExpression("/r/x", xacml.CategoryResource, nil, xacml.XPath10),
		}}},
	}}}
	for name, r := range map[string]*xacml.Request{"scope": scoped("root", "Descendants"), "content selector": selecting} {
		results, err := decided(New(Config{Hierarchy: tree}).Decide(t.Context(), snapshot(t), Call{Request: r}))
		var e *Error
		if !errors.As(err, &e) || e.Reason != ReasonTooManyDecisions || results != nil {
			t.Errorf("%s: got %d results and %v, want ReasonTooManyDecisions", name, len(results), err)
		}
	}
}
