package rpc

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// writer writes messages by hand: the bytes are those that generated code gives
// for what response.go makes. It writes what most answers have; the rest is told
// by strange, and left to generated code.
type writer struct {
	data    []byte
	strange bool
}

// response writes an AuthorizeResponse.
func (w *writer) response(d *decided) {
	r := d.result
	w.strange = w.strange || len(r.Attributes) > 0 || d.enforcement != nil
	w.number(1, uint64(decision(r.Decision)))
	w.status(2, &r.Status)
	for i := range r.Obligations {
		w.obligation(3, &r.Obligations[i])
	}
	for i := range r.Advice {
		w.obligation(4, &r.Advice[i])
	}
	for i := range r.PolicyIDs {
		w.policy(6, &r.PolicyIDs[i])
	}
	w.text(7, d.snapshot)
	w.text(8, d.requestID)
	w.number(11, uint64(milliseconds(d.fresh.Reuse)))
	if d.fresh.Stale {
		w.number(12, 1)
	}
}

// item writes an AuthorizeBatchItem or, which has the same fields, an
// AuthorizeStreamResponse.
func (w *writer) item(d *decided) {
	w.text(1, d.requestID)
	start := w.begin(2)
	w.response(d)
	w.end(start)
}

func (w *writer) status(field protowire.Number, s *xacml.Status) {
	start := w.begin(field)
	code := s.Code
	if code == "" {
		code = xacml.StatusOK
	}
	w.text(1, code)
	if s.Message != "" {
		w.text(2, strings.ToValidUTF8(s.Message, "\uFFFD"))
	}
	if code == xacml.StatusMissingAttribute { // §7.19.3
		for i := range s.Missing {
			w.missing(3, &s.Missing[i])
		}
	}
	w.end(start)
}

func (w *writer) missing(field protowire.Number, m *xacml.MissingAttribute) {
	start := w.begin(field)
	w.text(1, m.Category)
	w.text(2, m.ID)
	w.text(3, m.Type.ID())
	w.text(4, m.Issuer)
	for _, v := range m.Values {
		w.value(5, v)
	}
	w.end(start)
}

// obligation writes an Obligation or, which has the same fields, an Advice.
func (w *writer) obligation(field protowire.Number, o *xacml.Obligation) {
	start := w.begin(field)
	w.text(1, o.ID)
	for i := range o.Assignments {
		a := &o.Assignments[i]
		assignment := w.begin(2)
		w.text(1, a.AttributeID)
		w.text(2, a.Category)
		w.text(3, a.Issuer)
		w.value(4, a.Value)
		w.end(assignment)
	}
	w.end(start)
}

func (w *writer) policy(field protowire.Number, p *xacml.PolicyIdentifier) {
	kind := v1.PolicyKind_POLICY_KIND_POLICY
	if p.PolicySet {
		kind = v1.PolicyKind_POLICY_KIND_POLICY_SET
	}
	start := w.begin(field)
	w.number(1, uint64(kind))
	w.text(2, p.ID)
	w.text(3, p.Version)
	w.end(start)
}

// value writes an AttributeValue.
func (w *writer) value(field protowire.Number, v value.Value) {
	if _, ok := v.(value.XPathExpression); ok {
		w.strange = true // its namespaces are a map
		return
	}
	start := w.begin(field)
	w.text(1, value.TypeID(v))
	w.text(2, value.Lexical(v))
	w.end(start)
}

// text writes a string, which is left out if it is empty.
func (w *writer) text(field protowire.Number, s string) {
	if s == "" {
		return
	}
	w.strange = w.strange || !utf8.ValidString(s) // generated code refuses it
	w.data = protowire.AppendTag(w.data, field, protowire.BytesType)
	w.data = protowire.AppendString(w.data, s)
}

// number writes a number, which is left out if it is 0.
func (w *writer) number(field protowire.Number, n uint64) {
	if n == 0 {
		return
	}
	w.data = protowire.AppendTag(w.data, field, protowire.VarintType)
	w.data = protowire.AppendVarint(w.data, n)
}

// begin opens a message, with room for a length of one octet, and tells where it
// starts.
func (w *writer) begin(field protowire.Number) int {
	w.data = append(protowire.AppendTag(w.data, field, protowire.BytesType), 0)
	return len(w.data)
}

// end closes the message that starts there.
func (w *writer) end(start int) {
	size := len(w.data) - start
	if more := protowire.SizeVarint(uint64(size)) - 1; more > 0 {
		w.data = append(w.data, "123456789"[:more]...)
		copy(w.data[start+more:], w.data[start:start+size])
	}
	protowire.AppendVarint(w.data[:start-1], uint64(size))
}
