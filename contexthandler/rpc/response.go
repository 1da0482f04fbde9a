package rpc

import (
	"math"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// decided is a decision with all that an AuthorizeResponse says of it.
type decided struct {
	requestID, snapshot string
	result              *xacml.Result
	fresh               contexthandler.Freshness
	enforcement         *contexthandler.Enforcement // nil if nobody asked for it
}

// authorizeResponse answers an AuthorizeRequest.
func authorizeResponse(d *decided) *v1.AuthorizeResponse {
	r := d.result
	return &v1.AuthorizeResponse{
		Decision:           decision(r.Decision),
		Status:             status54(r.Status),
		Obligations:        obligations(r.Obligations),
		Advice:             advice(r.Advice),
		Attributes:         attributeCategories(r.Attributes),
		ApplicablePolicies: policyReferences(r.PolicyIDs),
		Snapshot:           d.snapshot,
		RequestId:          d.requestID,
		Enforcement:        enforcement(d.enforcement, r),
		ReuseMilliseconds:  milliseconds(d.fresh.Reuse),
		Stale:              d.fresh.Stale,
	}
}

// milliseconds is the whole milliseconds of a time.
func milliseconds(t time.Duration) uint32 {
	return uint32(min(max(t.Milliseconds(), 0), math.MaxUint32))
}

// enforcement is what is left to do with the only result, nil if nobody asked.
func enforcement(e *contexthandler.Enforcement, only *xacml.Result) *v1.Enforcement {
	if e == nil {
		return nil
	}
	out := &v1.Enforcement{Granted: e.Granted, RequiredLevel: uint32(e.RequiredLevel)}
	for _, i := range e.Open {
		out.Open = append(out.Open, only.Obligations[i].ID)
	}
	return out
}

// evaluateResponse answers an EvaluateRequest.
func evaluateResponse(snapshot string, answer *contexthandler.Answer) *v1.EvaluateResponse {
	results := answer.Results
	out := &v1.EvaluateResponse{
		Results:           make([]*v1.Result, len(results)),
		Snapshot:          snapshot,
		Enforcement:       enforcement(answer.Enforcement, &results[0]),
		ReuseMilliseconds: milliseconds(answer.Reuse),
		Stale:             answer.Stale,
	}
	for i := range results {
		r := &results[i]
		out.Results[i] = &v1.Result{
			Decision:           decision(r.Decision),
			Status:             status54(r.Status),
			Obligations:        obligations(r.Obligations),
			Advice:             advice(r.Advice),
			Attributes:         attributeCategories(r.Attributes),
			ApplicablePolicies: policyReferences(r.PolicyIDs),
		}
	}
	return out
}

// decision is a decision without the extended values of Indeterminate, which do
// not leave the PDP (§7.10).
func decision(d xacml.Decision) v1.Decision {
	switch d {
	case xacml.Permit:
		return v1.Decision_DECISION_PERMIT
	case xacml.Deny:
		return v1.Decision_DECISION_DENY
	case xacml.NotApplicable:
		return v1.Decision_DECISION_NOT_APPLICABLE
	default:
		return v1.Decision_DECISION_INDETERMINATE
	}
}

// status54 is a status (§5.54).
func status54(s xacml.Status) *v1.Status {
	out := &v1.Status{Code: s.Code, Message: strings.ToValidUTF8(s.Message, "\uFFFD")}
	if out.GetCode() == "" {
		out.Code = xacml.StatusOK
	}
	if out.GetCode() != xacml.StatusMissingAttribute {
		return out // §7.19.3: no other code has the detail
	}
	for _, m := range s.Missing {
		missing := &v1.MissingAttribute{Category: m.Category, AttributeId: m.ID, DataType: m.Type.ID(), Issuer: m.Issuer}
		for _, v := range m.Values {
			missing.Values = append(missing.Values, attributeValue(v))
		}
		out.MissingAttributes = append(out.MissingAttributes, missing)
	}
	return out
}

func obligations(all []xacml.Obligation) []*v1.Obligation {
	out := make([]*v1.Obligation, len(all))
	for i, o := range all {
		out[i] = &v1.Obligation{Id: o.ID, Assignments: assignments(o.Assignments)}
	}
	return out
}

func advice(all []xacml.Advice) []*v1.Advice {
	out := make([]*v1.Advice, len(all))
	for i, a := range all {
		out[i] = &v1.Advice{Id: a.ID, Assignments: assignments(a.Assignments)}
	}
	return out
}

func assignments(all []xacml.AttributeAssignment) []*v1.AttributeAssignment {
	out := make([]*v1.AttributeAssignment, len(all))
	for i, a := range all {
		out[i] = &v1.AttributeAssignment{
			AttributeId: a.AttributeID, Category: a.Category, Issuer: a.Issuer, Value: attributeValue(a.Value),
		}
	}
	return out
}

// attributeCategories gives attributes by category, each category once: those
// of the request and those that were found for it may name the same.
func attributeCategories(all []xacml.Attributes) []*v1.AttributeCategory {
	var out []*v1.AttributeCategory
	at := make(map[string]*v1.AttributeCategory, len(all))
	for _, attrs := range all {
		c := at[attrs.Category]
		if c == nil {
			c = &v1.AttributeCategory{Category: attrs.Category}
			at[attrs.Category] = c
			out = append(out, c)
		}
		for _, a := range attrs.Attributes {
			attribute := &v1.Attribute{AttributeId: a.ID, Issuer: a.Issuer, IncludeInResult: a.IncludeInResult}
			for _, v := range a.Values {
				attribute.Values = append(attribute.Values, attributeValue(v))
			}
			c.Attributes = append(c.Attributes, attribute)
		}
	}
	return out
}

func policyReferences(all []xacml.PolicyIdentifier) []*v1.PolicyReference {
	out := make([]*v1.PolicyReference, len(all))
	for i, p := range all {
		out[i] = &v1.PolicyReference{Kind: v1.PolicyKind_POLICY_KIND_POLICY, Id: p.ID, Version: p.Version}
		if p.PolicySet {
			out[i].Kind = v1.PolicyKind_POLICY_KIND_POLICY_SET
		}
	}
	return out
}

// attributeValue is a value in its lexical form, with all that it takes to read
// it back.
func attributeValue(v value.Value) *v1.AttributeValue {
	out := &v1.AttributeValue{DataType: value.TypeID(v), Value: value.Lexical(v)}
	if x, ok := v.(value.XPathExpression); ok {
		out.XpathCategory = x.Category
		for prefix, uri := range x.Namespaces.All() {
			if out.Namespaces == nil {
				out.Namespaces = make(map[string]string, x.Namespaces.Len())
			}
			out.Namespaces[prefix] = uri
		}
	}
	return out
}
