package cases

import (
	"maps"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// requestMessage is the request as a message.
func requestMessage(t *testing.T, r *xacml.Request) *v1.EvaluateRequest {
	t.Helper()
	m := &v1.EvaluateRequest{
		ReturnPolicyIdList: r.ReturnPolicyIDList,
		CombinedDecision:   r.CombinedDecision,
		XpathVersion:       r.XPathVersion,
	}
	for _, c := range r.Attributes {
		category := &v1.AttributeCategory{Category: c.Category, Id: c.ID}
		if c.Content != nil {
			var content strings.Builder
			if err := xacmlxml.WriteContent(&content, c.Content); err != nil {
				t.Fatal(err)
			}
			category.Content = content.String()
		}
		for _, a := range c.Attributes {
			attribute := &v1.Attribute{AttributeId: a.ID, Issuer: a.Issuer, IncludeInResult: a.IncludeInResult}
			for _, v := range a.Values {
				m := &v1.AttributeValue{DataType: value.TypeID(v), Value: v.String()}
				if x, ok := v.(value.XPathExpression); ok {
					m.XpathCategory, m.Namespaces = x.Category, maps.Collect(x.Namespaces.All())
				}
				attribute.Values = append(attribute.Values, m)
			}
			category.Attributes = append(category.Attributes, attribute)
		}
		m.Attributes = append(m.Attributes, category)
	}
	for _, ids := range r.References {
		m.MultiRequests = append(m.MultiRequests, &v1.RequestReference{Ids: ids})
	}
	return m
}

// resultOf is the result that a message holds.
func resultOf(t *testing.T, m *v1.Result) xacml.Result {
	t.Helper()
	decisions := map[v1.Decision]xacml.Decision{
		v1.Decision_DECISION_PERMIT:         xacml.Permit,
		v1.Decision_DECISION_DENY:           xacml.Deny,
		v1.Decision_DECISION_NOT_APPLICABLE: xacml.NotApplicable,
		v1.Decision_DECISION_INDETERMINATE:  xacml.IndeterminateDP,
	}
	decision, ok := decisions[m.GetDecision()]
	if !ok {
		t.Fatalf("got %v, which is no decision", m.GetDecision())
	}
	r := xacml.Result{Decision: decision, PolicyIDs: policyIDs(m.GetApplicablePolicies()), Status: xacml.Status{Code: m.GetStatus().GetCode(), Message: m.GetStatus().GetMessage()}}
	for _, o := range m.GetObligations() {
		r.Obligations = append(r.Obligations, xacml.Obligation{ID: o.GetId(), Assignments: assignments(t, o.GetAssignments())})
	}
	for _, a := range m.GetAdvice() {
		r.Advice = append(r.Advice, xacml.Advice{ID: a.GetId(), Assignments: assignments(t, a.GetAssignments())})
	}
	for _, c := range m.GetAttributes() {
		attributes := xacml.Attributes{Category: c.GetCategory()}
		for _, a := range c.GetAttributes() {
			attribute := xacml.Attribute{ID: a.GetAttributeId(), Issuer: a.GetIssuer(), IncludeInResult: a.GetIncludeInResult()}
			for _, v := range a.GetValues() {
				attribute.Values = append(attribute.Values, valueOf(t, v))
			}
			attributes.Attributes = append(attributes.Attributes, attribute)
		}
		r.Attributes = append(r.Attributes, attributes)
	}
	return r
}

func policyIDs(messages []*v1.PolicyReference) []xacml.PolicyIdentifier {
	var out []xacml.PolicyIdentifier
	for _, m := range messages {
		out = append(out, xacml.PolicyIdentifier{PolicySet: m.GetKind() == v1.PolicyKind_POLICY_KIND_POLICY_SET, ID: m.GetId(), Version: m.GetVersion()})
	}
	return out
}

func assignments(t *testing.T, messages []*v1.AttributeAssignment) []xacml.AttributeAssignment {
	t.Helper()
	var out []xacml.AttributeAssignment
	for _, m := range messages {
		out = append(out, xacml.AttributeAssignment{
			AttributeID: m.GetAttributeId(), Category: m.GetCategory(), Issuer: m.GetIssuer(), Value: valueOf(t, m.GetValue()),
		})
	}
	return out
}

func valueOf(t *testing.T, m *v1.AttributeValue) value.Value {
	t.Helper()
	dataType, ok := value.TypeByID(m.GetDataType())
	if !ok {
		t.Fatalf("got the data type %q, which is unknown", m.GetDataType())
	}
	if dataType == value.TypeXPathExpression {
		return value.NewXPathExpression(m.GetValue(), m.GetXpathCategory(), m.GetNamespaces(), "")
	}
	v, err := value.Parse(dataType, m.GetValue())
	if err != nil {
		t.Fatalf("got a value of the type %q that is none: %v", m.GetDataType(), err)
	}
	return v
}
