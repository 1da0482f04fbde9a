package audit

import (
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The kinds of records.
const (
	// KindDecision is an individual decision.
	KindDecision = "decision"
	// KindRefusal is a call that was not evaluated: there is no decision.
	KindRefusal = "refusal"
	// KindNote is what the log says of itself.
	KindNote = "note"
)

// Record is what is known of one individual decision, of one refusal, or a [Note].
// Its JSON is stable: fields are added, none changes its meaning. Fields without a
// value are left out.
type Record struct {
	// Spilled names the record of the spill file that this was, for the time being.
	Spilled *Drained `json:"spilled,omitempty"`
	// Kind is KindDecision, KindRefusal or KindNote.
	Kind string `json:"kind"`
	// At is when the call began, in UTC.
	At time.Time `json:"at"`
	// TookMicros is the time until the answer was there, for the call as a whole.
	TookMicros int64 `json:"took_us,omitempty"`
	// Call is a number of the call. The records of one call have the same, and
	// Part counts them from 1 to Of.
	Call string `json:"call,omitempty"`
	Part int    `json:"part,omitempty"`
	Of   int    `json:"of,omitempty"`
	// RequestID is what the caller calls the request, or else what the log calls it.
	RequestID string `json:"request_id,omitempty"`
	// Caller is who asked; left out if nobody knows.
	Caller string `json:"caller,omitempty"`
	// Token tells that a token proved who the subject is; Explained, that the caller
	// was told how the decision came about.
	Token     bool `json:"token,omitempty"`
	Explained bool `json:"explained,omitempty"`
	// Snapshot is the identity of the policies.
	Snapshot string `json:"snapshot,omitempty"`
	// Request is the individual request in the terms of the policies, with what a
	// token proved; of a refusal what the caller wrote, if it could be read.
	Request []Category `json:"request,omitempty"`
	// Found is what the sources added.
	Found []Category `json:"found,omitempty"`
	// Sources is how the sources were asked, in order.
	Sources []Source `json:"sources,omitempty"`
	// Decision is Permit, Deny, NotApplicable or Indeterminate; Extended tells which
	// Indeterminate (§7.10). Combined is what the caller got in place of the
	// individual decisions.
	Decision string `json:"decision,omitempty"`
	Extended string `json:"extended,omitempty"`
	Combined string `json:"combined,omitempty"`
	// Status is left out if it is ok.
	Status *Status `json:"status,omitempty"`
	// Obligations and Advice are those of the individual decision.
	Obligations []Obligation `json:"obligations,omitempty"`
	Advice      []Obligation `json:"advice,omitempty"`
	// Policies are the applicable ones, if the request asked for them.
	Policies []Policy `json:"policies,omitempty"`
	// ReuseMillis is for how long the caller may use the answer again. Stale tells
	// that a source gave values past their time.
	ReuseMillis int64 `json:"reuse_ms,omitempty"`
	Stale       bool  `json:"stale,omitempty"`
	// Reason and Message are why a call was refused. Reasons are those of the
	// service's ErrorReason, in lower case.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Omitted tells what is left out because the record would be too large: "values",
	// "attributes", which are those that the service does not name, "details", or
	// "request"; each with those before it.
	Omitted string `json:"omitted,omitempty"`
	// Note is what the log says of itself.
	Note *Note `json:"note,omitempty"`
}

// Category is an Attributes element (§5.44).
type Category struct {
	Category string `json:"category"`
	// Content tells that it has a Content, which is not recorded.
	Content    bool        `json:"content,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
	// Omitted is how many attributes are left out.
	Omitted int `json:"omitted,omitempty"`
}

// Attribute is an attribute with its values of one data type (§5.46).
type Attribute struct {
	ID     string `json:"id"`
	Issuer string `json:"issuer,omitempty"`
	// DataType is left out for string.
	DataType string `json:"data_type,omitempty"`
	// Values are lexical forms, or what stands for private ones.
	Values []string `json:"values"`
	// Omitted is how many values are left out.
	Omitted int `json:"omitted,omitempty"`
}

// Source is how a source was asked.
type Source struct {
	Source string `json:"source"`
	// Round counts from 1. Sources of one round were asked side by side.
	Round      int    `json:"round"`
	Outcome    string `json:"outcome"`
	Questions  int    `json:"questions"`
	TookMicros int64  `json:"took_us"`
	// Cached tells that a cache remembered all answers, AgeMillis the age of the
	// oldest of them, and Stale that one was past its time.
	Cached    bool   `json:"cached,omitempty"`
	AgeMillis int64  `json:"age_ms,omitempty"`
	Stale     bool   `json:"stale,omitempty"`
	Error     string `json:"error,omitempty"`
}

// Status is why a decision is Indeterminate (§5.54).
type Status struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
	// Missing are the attributes that would help.
	Missing []MissingAttribute `json:"missing,omitempty"`
}

// MissingAttribute is an attribute that would help (§5.58).
type MissingAttribute struct {
	Category string `json:"category"`
	ID       string `json:"id"`
	DataType string `json:"data_type"`
	Issuer   string `json:"issuer,omitempty"`
}

// Obligation is an obligation or advice (§5.34, §5.35).
type Obligation struct {
	ID          string       `json:"id"`
	Assignments []Assignment `json:"assignments,omitempty"`
}

// Assignment is an argument of an obligation or advice (§5.36).
type Assignment struct {
	ID       string `json:"id"`
	Category string `json:"category,omitempty"`
	Issuer   string `json:"issuer,omitempty"`
	// DataType is left out for string.
	DataType string `json:"data_type,omitempty"`
	Value    string `json:"value"`
}

// Policy is a policy, or a policy set, with its version (§5.49).
type Policy struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Set     bool   `json:"set,omitempty"`
}

// dataType is how a data type is recorded.
func dataType(v value.Value) string {
	if v.Type() == value.TypeString {
		return ""
	}
	return value.TypeID(v)
}

// lexical is how a value is recorded. An entity is attributes of its own, which may
// be private: it is not.
func lexical(v value.Value) string {
	if v.Type() == value.TypeEntity {
		return "‹entity›"
	}
	return value.Lexical(v)
}

// category records an Attributes element.
func (m *masks) category(a *xacml.Attributes) Category {
	c := Category{Category: m.text(a.Category), Content: a.Content != nil}
	for i := range a.Attributes {
		c.Attributes = m.attribute(c.Attributes, a.Category, &a.Attributes[i])
	}
	return c
}

// attribute adds an attribute, once for each data type of its values.
func (m *masks) attribute(to []Attribute, category string, a *xacml.Attribute) []Attribute {
	at := make(map[string]int, 1) // of each data type: there may be as many as values
	for _, v := range a.Values {
		t := m.text(dataType(v))
		i, ok := at[t]
		if !ok {
			i = len(to)
			at[t] = i
			to = append(to, Attribute{ID: m.text(a.ID), Issuer: m.text(a.Issuer), DataType: t})
		}
		to[i].Values = append(to[i].Values, m.value(category, a.ID, v))
	}
	return to
}

func (m *masks) obligations(all []xacml.Obligation) []Obligation {
	var out []Obligation
	for i := range all {
		o := Obligation{ID: all[i].ID}
		for _, a := range all[i].Assignments {
			o.Assignments = append(o.Assignments, Assignment{
				ID: a.AttributeID, Category: a.Category, Issuer: a.Issuer, DataType: dataType(a.Value),
				Value: m.value(a.Category, a.AttributeID, a.Value),
			})
		}
		out = append(out, o)
	}
	return out
}

func (m *masks) status(s *xacml.Status) *Status {
	if s.Code == "" || s.Code == xacml.StatusOK {
		return nil
	}
	out := &Status{Code: s.Code, Message: m.text(s.Message)}
	for i := range s.Missing {
		k := &s.Missing[i].AttributeKey
		out.Missing = append(out.Missing, MissingAttribute{Category: k.Category, ID: k.ID, DataType: k.Type.ID(), Issuer: k.Issuer})
	}
	return out
}
