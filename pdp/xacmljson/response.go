package xacmljson

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ReadResponse reads a document with a Response (profile 4.3). The error is as
// that of [ReadRequest].
//
// Of a status, the minor codes inside the top-level code and a StatusDetail that
// is text are left out. A policy list gives policies before policy sets, because
// JSON keeps them apart. The Content and Id of categories are kept, though a PDP
// does not send them.
func ReadResponse(data []byte, limits Limits) (*xacml.Response, error) {
	var response xacml.Response
	err := read(data, limits, "Response", func(r *reader, n *node) {
		for _, c := range r.someItems(n) {
			response.Results = append(response.Results, r.result(c))
		}
	})
	if err != nil {
		return nil, err
	}
	return &response, nil
}

// result is a Result (profile 4.3.2).
func (r *reader) result(n *node) xacml.Result {
	if !r.isObject(n, "Decision", "Status", "Obligations", "AssociatedAdvice", "Category", "PolicyIdentifierList") {
		return xacml.Result{}
	}
	return xacml.Result{
		Decision:    r.decision(r.required(n, "Decision")),
		Status:      r.status(n.member("Status")),
		Obligations: r.obligations(n.member("Obligations")),
		Advice:      r.obligations(n.member("AssociatedAdvice")),
		Attributes:  r.attributesIn(n.member("Category"), ""),
		PolicyIDs:   r.policyIDs(n.member("PolicyIdentifierList")),
	}
}

// decision is a DecisionType (§5.53).
func (r *reader) decision(n *node) xacml.Decision {
	s := r.str(n)
	for _, d := range []xacml.Decision{xacml.Permit, xacml.Deny, xacml.NotApplicable, xacml.IndeterminateDP} {
		if s == d.String() {
			return d
		}
	}
	if n != nil && n.kind == text {
		r.refuse(n, "is not Permit, Deny, Indeterminate or NotApplicable but %s", quote(s))
	}
	return xacml.IndeterminateDP
}

// status is a Status (profile 4.3.3), which may be absent.
func (r *reader) status(n *node) xacml.Status {
	if n == nil || !r.isObject(n, "StatusMessage", "StatusCode", "StatusDetail") {
		return xacml.Status{}
	}
	s := xacml.Status{
		Code:    r.statusCode(r.required(n, "StatusCode")),
		Message: r.str(n.member("StatusMessage")),
	}
	if detail := n.member("StatusDetail"); detail != nil && detail.kind != text {
		for _, c := range r.items(detail) {
			s.Missing = append(s.Missing, r.missingAttribute(c))
		}
	}
	return s
}

// statusCode is a StatusCode (§5.55), which may be nil. Without a Value it is ok.
func (r *reader) statusCode(n *node) string {
	if n == nil || !r.isObject(n, "Value", "StatusCode") {
		return ""
	}
	if minor := n.member("StatusCode"); minor != nil {
		r.statusCode(minor)
	}
	if v := n.member("Value"); v != nil {
		return r.name(v)
	}
	return xacml.StatusOK
}

// missingAttribute is a MissingAttributeDetail (§5.58). Implementations differ on
// whether the acceptable values are called Value or AttributeValue.
func (r *reader) missingAttribute(n *node) xacml.MissingAttribute {
	if !r.isObject(n, "Category", "AttributeId", "DataType", "Issuer", "Value", "AttributeValue") {
		return xacml.MissingAttribute{}
	}
	dataType := r.required(n, "DataType")
	m := xacml.MissingAttribute{AttributeKey: xacml.AttributeKey{
		Category: r.category(r.required(n, "Category")),
		ID:       r.name(r.required(n, "AttributeId")),
		Type:     value.TypeUnknown,
		Issuer:   r.name(n.member("Issuer")),
	}}
	if dataType != nil {
		m.Type = r.dataTypeOf(dataType).Type
	}
	values := n.member("Value")
	if other := n.member("AttributeValue"); other != nil && values != nil {
		r.refuseAt(n, other.nameAt, "members Value and AttributeValue exclude each other")
	} else if other != nil {
		values = other
	}
	if got := r.valuesOf(values, dataType); len(got) > 0 {
		m.Values = got
	}
	return m
}

// obligations are the Obligations or AssociatedAdvice of a result (profile 4.3.4).
func (r *reader) obligations(n *node) []xacml.Obligation {
	var out []xacml.Obligation
	for _, c := range r.items(n) {
		if !r.isObject(c, "Id", "AttributeAssignment") {
			continue
		}
		o := xacml.Obligation{ID: r.name(r.required(c, "Id"))}
		for _, a := range r.items(c.member("AttributeAssignment")) {
			o.Assignments = append(o.Assignments, r.assignments(a)...)
		}
		out = append(out, o)
	}
	return out
}

// assignments is an AttributeAssignment (profile 4.3.5): one for each value, if it
// holds an array.
func (r *reader) assignments(n *node) []xacml.AttributeAssignment {
	if !r.isObject(n, "AttributeId", "Value", "DataType", "Category", "Issuer") {
		return nil
	}
	assignment := xacml.AttributeAssignment{
		AttributeID: r.name(r.required(n, "AttributeId")),
		Category:    r.category(n.member("Category")),
		Issuer:      r.name(n.member("Issuer")),
	}
	var out []xacml.AttributeAssignment
	for _, v := range r.valuesOf(r.required(n, "Value"), n.member("DataType")) {
		assignment.Value = v
		out = append(out, assignment)
	}
	return out
}

// policyIDs are those of a PolicyIdentifierList (§5.48), policies first.
func (r *reader) policyIDs(n *node) []xacml.PolicyIdentifier {
	if n == nil || !r.isObject(n, "PolicyIdReference", "PolicySetIdReference") {
		return nil
	}
	var out []xacml.PolicyIdentifier
	for _, list := range []string{"PolicyIdReference", "PolicySetIdReference"} {
		for _, c := range r.items(n.member(list)) {
			if !r.isObject(c, "Id", "Version") {
				continue
			}
			id := xacml.PolicyIdentifier{
				PolicySet: list == "PolicySetIdReference",
				ID:        r.name(r.required(c, "Id")),
				Version:   r.str(c.member("Version")),
			}
			if v := c.member("Version"); v != nil && v.kind == text && !isVersion(id.Version) {
				r.refuse(v, "is not a version but %s", quote(id.Version))
			}
			out = append(out, id)
		}
	}
	return out
}
