package rpc

import (
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Request is the request that a message asks, for those who have a Handler of their
// own to ask. An error is what a caller would be told, or an *xacml.Error whose
// status is that of the answer.
func Request(dictionary *contexthandler.Dictionary, m *v1.AuthorizeRequest) (*xacml.Request, error) {
	return newNames(dictionary).authorize(m)
}

// explanations makes messages of explanations.
func explanations(all []*explanation.Decision) []*v1.Explanation {
	out := make([]*v1.Explanation, len(all))
	for i, d := range all {
		out[i] = explanationMessage(d)
	}
	return out
}

// explanationMessage makes a message of an explanation.
func explanationMessage(d *explanation.Decision) *v1.Explanation {
	out := &v1.Explanation{
		Decision: d.Decision, Status: explainedStatus(d.Status), Notes: d.Notes,
		Documents: uint32(d.Policies.Documents), PossibleDocuments: uint32(d.Policies.Possible),
		UnavailableDocuments: d.Policies.Unavailable,
		Request:              explainedAttributes(d.Request),
	}
	switch d.Agreement {
	case explanation.Agrees:
		out.Agreement = v1.ExplanationAgreement_EXPLANATION_AGREEMENT_AGREES
	case explanation.Differs:
		out.Agreement = v1.ExplanationAgreement_EXPLANATION_AGREEMENT_DIFFERS
	case explanation.Unknown:
	}
	for i := range d.Lookups {
		l := &d.Lookups[i]
		m := &v1.ExplanationLookup{
			Source: l.Source, Round: uint32(l.Round), Questions: uint32(l.Questions), Took: durationpb.New(l.Took), Cached: l.Cached, Stale: l.Stale,
			Outcome: l.Outcome, Error: strings.ToValidUTF8(l.Error, "\uFFFD"), Provided: explainedAttributes(l.Provided),
		}
		if l.Cached {
			m.Age = durationpb.New(l.Age)
		}
		out.Lookups = append(out.Lookups, m)
	}
	if d.Root != nil {
		out.Root = explainedNode(d.Root)
	}
	return out
}

func explainedNode(n *explanation.Node) *v1.ExplanationNode {
	out := &v1.ExplanationNode{
		Kind: string(n.Kind), Id: n.ID, Version: n.Version, Algorithm: n.Algorithm, Effect: n.Effect,
		File: n.File, Line: uint32(n.Line), Column: uint32(n.Column),
		Result: n.Result, Status: explainedStatus(n.Status), Reason: n.Reason, Note: n.Note,
		Path: n.Path, Value: explainedValue(n.Value), Omitted: uint32(n.Omitted),
	}
	if n.Attribute != nil {
		out.Attribute = explainedAttribute(n.Attribute)
	}
	for _, c := range n.Children {
		out.Children = append(out.Children, explainedNode(c))
	}
	return out
}

func explainedStatus(s *explanation.Status) *v1.Status {
	if s == nil {
		return nil
	}
	out := &v1.Status{Code: s.Code, Message: s.Message}
	for _, m := range s.Missing {
		out.MissingAttributes = append(out.MissingAttributes, &v1.MissingAttribute{
			Category: m.Category, AttributeId: m.ID, DataType: m.DataType, Issuer: m.Issuer,
		})
	}
	return out
}

func explainedAttributes(all []explanation.Attribute) []*v1.ExplanationAttribute {
	var out []*v1.ExplanationAttribute
	for i := range all {
		out = append(out, explainedAttribute(&all[i]))
	}
	return out
}

func explainedAttribute(a *explanation.Attribute) *v1.ExplanationAttribute {
	return &v1.ExplanationAttribute{
		Category: a.Category, AttributeId: a.ID, DataType: a.DataType, Issuer: a.Issuer,
		MustBePresent: a.MustBePresent, Origins: a.Origin, Values: explainedValue(a.Values),
	}
}

func explainedValue(v *explanation.Value) *v1.ExplanationValue {
	if v == nil {
		return nil
	}
	return &v1.ExplanationValue{DataType: v.DataType, Bag: v.Bag, Count: uint32(v.Count), Private: v.Private, Texts: v.Texts}
}

// ReadExplanation gives the explanation that a service sent, for those who show it.
func ReadExplanation(m *v1.Explanation) *explanation.Decision {
	out := &explanation.Decision{
		Decision: m.GetDecision(), Status: statusOf(m.GetStatus()), Agreement: explanation.Unknown, Notes: m.GetNotes(),
		Policies: explanation.Policies{
			Documents: int(m.GetDocuments()), Possible: int(m.GetPossibleDocuments()), Unavailable: m.GetUnavailableDocuments(),
		},
		Request: attributesOf(m.GetRequest()),
	}
	switch m.GetAgreement() {
	case v1.ExplanationAgreement_EXPLANATION_AGREEMENT_AGREES:
		out.Agreement = explanation.Agrees
	case v1.ExplanationAgreement_EXPLANATION_AGREEMENT_DIFFERS:
		out.Agreement = explanation.Differs
	default:
	}
	for _, l := range m.GetLookups() {
		out.Lookups = append(out.Lookups, explanation.Lookup{
			Source: l.GetSource(), Round: int(l.GetRound()), Questions: int(l.GetQuestions()), Took: l.GetTook().AsDuration(), Cached: l.GetCached(),
			Age: l.GetAge().AsDuration(), Stale: l.GetStale(), Outcome: l.GetOutcome(), Error: l.GetError(),
			Provided: attributesOf(l.GetProvided()),
		})
	}
	if m.GetRoot() != nil {
		out.Root = nodeOf(m.GetRoot())
	}
	return out
}

func nodeOf(m *v1.ExplanationNode) *explanation.Node {
	out := &explanation.Node{
		Kind: explanation.Kind(m.GetKind()), ID: m.GetId(), Version: m.GetVersion(), Algorithm: m.GetAlgorithm(), Effect: m.GetEffect(),
		File: m.GetFile(), Line: int(m.GetLine()), Column: int(m.GetColumn()),
		Result: m.GetResult(), Status: statusOf(m.GetStatus()), Reason: m.GetReason(), Note: m.GetNote(),
		Path: m.GetPath(), Value: valueOf(m.GetValue()), Omitted: int(m.GetOmitted()),
	}
	if m.GetAttribute() != nil {
		out.Attribute = new(attributeOf(m.GetAttribute()))
	}
	for _, c := range m.GetChildren() {
		out.Children = append(out.Children, nodeOf(c))
	}
	return out
}

func statusOf(m *v1.Status) *explanation.Status {
	if m == nil {
		return nil
	}
	out := &explanation.Status{Code: m.GetCode(), Message: m.GetMessage()}
	for _, a := range m.GetMissingAttributes() {
		out.Missing = append(out.Missing, explanation.Attribute{
			Category: a.GetCategory(), ID: a.GetAttributeId(), DataType: a.GetDataType(), Issuer: a.GetIssuer(),
		})
	}
	return out
}

func attributesOf(all []*v1.ExplanationAttribute) []explanation.Attribute {
	var out []explanation.Attribute
	for _, m := range all {
		out = append(out, attributeOf(m))
	}
	return out
}

func attributeOf(m *v1.ExplanationAttribute) explanation.Attribute {
	return explanation.Attribute{
		Category: m.GetCategory(), ID: m.GetAttributeId(), DataType: m.GetDataType(), Issuer: m.GetIssuer(),
		MustBePresent: m.GetMustBePresent(), Origin: m.GetOrigins(), Values: valueOf(m.GetValues()),
	}
}

func valueOf(m *v1.ExplanationValue) *explanation.Value {
	if m == nil {
		return nil
	}
	return &explanation.Value{
		DataType: m.GetDataType(), Bag: m.GetBag(), Count: int(m.GetCount()), Private: m.GetPrivate(), Texts: m.GetTexts(),
	}
}
