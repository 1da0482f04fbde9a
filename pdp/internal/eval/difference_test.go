package eval_test

import (
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// difference tells two results apart, in everything but the text of the status,
// which may tell of another step where an evaluation of many ends, and the
// attributes of the request.
func difference(want *xacml.Result, got xacml.Result) string {
	if sameResult(want, &got) {
		return ""
	}
	got.Attributes = want.Attributes
	if diff := cmp.Diff(*want, got, asResults); diff != "" {
		return "-want +got\n" + diff
	}
	return "the results are not the same, but cmp does not say why"
}

var asResults = cmp.Options{
	cmpopts.EquateEmpty(), cmp.Comparer(sameValue), cmpopts.IgnoreFields(xacml.Status{}, "Message"),
}

// sameResult is quicker than cmp, for results that are the same.
func sameResult(a, b *xacml.Result) bool {
	return a.Decision == b.Decision && a.Status.Code == b.Status.Code &&
		slices.EqualFunc(a.Status.Missing, b.Status.Missing, sameMissing) &&
		slices.EqualFunc(a.Obligations, b.Obligations, sameObligation) &&
		slices.EqualFunc(a.Advice, b.Advice, sameObligation) &&
		slices.Equal(a.PolicyIDs, b.PolicyIDs)
}

func sameMissing(a, b xacml.MissingAttribute) bool {
	return a.AttributeKey == b.AttributeKey && slices.EqualFunc(a.Values, b.Values, sameValue)
}

func sameObligation(a, b xacml.Obligation) bool {
	return a.ID == b.ID && slices.EqualFunc(a.Assignments, b.Assignments, func(a, b xacml.AttributeAssignment) bool {
		return a.AttributeID == b.AttributeID && a.Category == b.Category && a.Issuer == b.Issuer && sameValue(a.Value, b.Value)
	})
}

// sameValue wants the very value, not one that is equal.
func sameValue(a, b value.Value) bool {
	if s, ok := a.(value.String); ok {
		t, ok := b.(value.String)
		return ok && s == t
	}
	return a.Type() == b.Type() && value.Lexical(a) == value.Lexical(b)
}
