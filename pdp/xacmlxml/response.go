package xacmlxml

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ReadResponse reads a document with a Response as its root (§5.47). The error
// is as that of [ReadRequest].
//
// Of a status, the minor codes inside the top-level code and details other than
// MissingAttributeDetail are left out. The Content and xml:id of Attributes are
// kept, though a PDP does not send them.
func ReadResponse(data []byte, limits Limits) (*xacml.Response, error) {
	b, root := newBuilder("", data, limits, "Response")
	b.inContext = true
	var response xacml.Response
	if root != nil {
		for _, r := range root.all("Result") {
			response.Results = append(response.Results, b.result(r))
		}
	}
	if err := b.syntaxError(); err != nil {
		return nil, err
	}
	return &response, nil
}

// result is a Result (§5.48).
func (b *builder) result(e *element) xacml.Result {
	var r xacml.Result
	if d := e.first("Decision"); d != nil {
		r.Decision = decisionOf(d.text())
	}
	if s := e.first("Status"); s != nil {
		r.Status = b.status(s)
	}
	r.Obligations = b.assignments(e, "Obligations", "Obligation", "ObligationId")
	r.Advice = b.assignments(e, "AssociatedAdvice", "Advice", "AdviceId")
	r.Attributes = b.attributesIn(e)
	for _, list := range e.all("PolicyIdentifierList") {
		for _, c := range list.all("PolicyIdReference", "PolicySetIdReference") {
			ref := idReferenceOf(c)
			r.PolicyIDs = append(r.PolicyIDs, xacml.PolicyIdentifier{PolicySet: ref.PolicySet, ID: ref.ID, Version: ref.Version})
		}
	}
	return r
}

// decisionOf is a DecisionType (§5.53).
func decisionOf(s string) xacml.Decision {
	for _, d := range []xacml.Decision{xacml.Permit, xacml.Deny, xacml.NotApplicable} {
		if s == d.String() {
			return d
		}
	}
	return xacml.IndeterminateDP
}

// status is a Status (§5.54).
func (b *builder) status(e *element) xacml.Status {
	var s xacml.Status
	if c := e.first("StatusCode"); c != nil {
		s.Code = c.uri("Value")
	}
	if m := e.first("StatusMessage"); m != nil {
		s.Message = m.text()
	}
	for _, detail := range e.all("StatusDetail") {
		for _, c := range detail.all("MissingAttributeDetail") {
			s.Missing = append(s.Missing, xacml.MissingAttribute{
				AttributeKey: xacml.AttributeKey{
					Category: c.uri("Category"), ID: c.uri("AttributeId"), Type: typeOf(c), Issuer: c.str("Issuer"),
				},
				Values: b.valuesIn(c),
			})
		}
	}
	return s
}

// typeOf is the DataType of e, or TypeUnknown.
func typeOf(e *element) value.Type {
	t, _ := value.TypeByID(e.uri("DataType"))
	return t
}

// assignments are the obligations or advice of a result (§5.32 to 5.36).
func (b *builder) assignments(e *element, list, local, id string) []xacml.Obligation {
	var out []xacml.Obligation
	for _, l := range e.all(list) {
		for _, c := range l.all(local) {
			o := xacml.Obligation{ID: c.uri(id)}
			for _, a := range c.all("AttributeAssignment") {
				o.Assignments = append(o.Assignments, xacml.AttributeAssignment{
					AttributeID: a.uri("AttributeId"),
					Category:    a.uri("Category"),
					Issuer:      a.str("Issuer"),
					Value:       b.value(a),
				})
			}
			out = append(out, o)
		}
	}
	return out
}
