package contexthandler

import (
	"io"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// DefaultMaxAnswer bounds the results of one request for several decisions, in octets.
const DefaultMaxAnswer = 4 << 20

// meter counts octets that are in an answer for certain, whatever its form, and stops
// when none are left. What a request wants back is in each of its results, and so are
// the values that obligations are made of: a small request with many parts can ask for
// more than there is memory.
type meter struct{ left int }

func (m *meter) result(r *xacml.Result) {
	m.texts(r.Status.Code, r.Status.Message)
	if r.Status.Code == xacml.StatusMissingAttribute {
		for i := range r.Status.Missing {
			missing := &r.Status.Missing[i]
			m.texts(missing.Category, missing.ID, missing.Issuer, missing.Type.ID())
			m.values(missing.Values)
		}
	}
	m.obligations(r.Obligations)
	m.obligations(r.Advice)
	for i := range r.Attributes {
		m.texts(r.Attributes[i].Category)
		m.attributes(r.Attributes[i].Attributes)
	}
	for i := range r.PolicyIDs {
		m.texts(r.PolicyIDs[i].ID, r.PolicyIDs[i].Version)
	}
}

func (m *meter) obligations(all []xacml.Obligation) {
	for i := range all {
		m.texts(all[i].ID)
		for j := range all[i].Assignments {
			a := &all[i].Assignments[j]
			m.texts(a.AttributeID, a.Category, a.Issuer)
			m.value(a.Value)
		}
	}
}

func (m *meter) attributes(all []xacml.Attribute) {
	for i := range all {
		m.texts(all[i].ID, all[i].Issuer)
		m.values(all[i].Values)
		if m.left < 0 {
			return
		}
	}
}

func (m *meter) values(all []value.Value) {
	for _, v := range all {
		if m.value(v); m.left < 0 {
			return
		}
	}
}

func (m *meter) value(v value.Value) {
	m.texts(value.TypeID(v))
	if e, ok := v.(value.Entity); ok { // a document has all of it
		entity := xacml.EntityOf(e)
		m.attributes(entity.Attributes)
		if entity.Content != nil {
			_ = xacmlxml.WriteContent(m, entity.Content) // what cannot be written is an error later
		}
		return
	}
	m.texts(value.Lexical(v))
}

// Write makes meter a writer, to which a document writes what it will write again.
func (m *meter) Write(octets []byte) (int, error) {
	if m.left -= len(octets); m.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(octets), nil
}

func (m *meter) texts(texts ...string) {
	for _, text := range texts {
		m.left -= len(text)
	}
}
