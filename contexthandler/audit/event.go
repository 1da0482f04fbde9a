package audit

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The size of records in bytes: of one, and of those that are recorded together,
// which are about a thousand at most. leastRecord is left to each.
const (
	maxRecord   = 256 << 10
	maxTogether = 4 << 20
	leastRecord = 4 << 10
)

// records makes the records of a call, none of them larger than room: what is too
// large loses values first, then attributes, and then all that is of no fixed
// size, and says so.
func (m *Masking) records(e *contexthandler.Event, call string, room int) [][]byte {
	if e.Reason != "" {
		return [][]byte{m.encode(m.refusal(e, call), room)}
	}
	out := make([][]byte, len(e.Decisions))
	for i := range e.Decisions {
		r := m.decision(e, &e.Decisions[i])
		r.Call, r.Part, r.Of = call, i+1, len(e.Decisions)
		out[i] = m.encode(r, room)
	}
	return out
}

// of is what all records of a call have.
func of(e *contexthandler.Event, m *masks) *Record {
	return &Record{
		At: e.At.UTC(), TookMicros: e.Took.Microseconds(), RequestID: m.text(e.ID), Caller: e.Caller,
		Token: e.Token, Explained: e.Explained, Snapshot: e.Snapshot,
	}
}

func (m *Masking) refusal(e *contexthandler.Event, call string) *Record {
	var attributes []xacml.Attributes
	if e.Request != nil {
		attributes = e.Request.Attributes
	}
	k := m.newMasks([][]xacml.Attributes{attributes}, nil)
	r := of(e, k)
	r.Kind, r.Call, r.Part, r.Of = KindRefusal, call, 1, 1
	r.Request = k.categories(attributes)
	r.Reason, r.Message = e.Reason, k.text(e.Message)
	return r
}

func (m *Masking) decision(e *contexthandler.Event, d *contexthandler.Individual) *Record {
	var attributes []xacml.Attributes
	if d.Request != nil {
		attributes = d.Request.Attributes
	}
	k := m.newMasks([][]xacml.Attributes{attributes, d.Found}, d.Lookups)
	r := of(e, k)
	r.Kind = KindDecision
	r.Request, r.Found = k.categories(attributes), k.categories(d.Found)
	for i := range d.Lookups {
		r.Sources = append(r.Sources, k.source(&d.Lookups[i]))
	}
	r.Decision = d.Result.Decision.String()
	if d.Result.Decision.Indeterminate() {
		r.Extended = d.Result.Decision.Extended()
	}
	if e.Combined != nil {
		r.Combined = e.Combined.Decision.String()
	}
	r.Status = k.status(&d.Result.Status)
	r.Obligations, r.Advice = k.obligations(d.Result.Obligations), k.obligations(d.Result.Advice)
	for _, p := range d.Result.PolicyIDs {
		r.Policies = append(r.Policies, Policy{ID: p.ID, Version: p.Version, Set: p.PolicySet})
	}
	r.ReuseMillis, r.Stale = e.Reuse.Milliseconds(), e.Stale
	return r
}

func (m *masks) source(l *contexthandler.Lookup) Source {
	s := Source{
		Source: l.Source, Round: l.Round, Outcome: string(l.Outcome), Questions: l.Questions, TookMicros: l.Took.Microseconds(),
		Cached: l.Cached, AgeMillis: l.Age.Milliseconds(), Stale: l.Stale,
	}
	if l.Err != nil {
		s.Error = m.text(l.Err.Error())
	}
	return s
}

// encode makes JSON of a record, of no more than this many bytes.
func (m *Masking) encode(r *Record, room int) []byte {
	text := marshal(r)
	for _, smaller := range []func(*Record){omitValues, m.omitAttributes, omitDetails, omitRequest} {
		if len(text) <= room {
			break
		}
		smaller(r)
		text = marshal(r)
	}
	return text
}

func marshal(r *Record) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		panic(err) // it is texts and numbers
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// What is left of texts, in bytes, and of lists, in a record that is too large.
const (
	shortText = 64
	shortList = 8
)

// cut is the beginning of a text.
func cut(text string) string {
	if len(text) <= shortText {
		return text
	}
	end := shortText
	for end > 0 && text[end]&0xC0 == 0x80 { // within a character
		end--
	}
	return text[:end] + "…"
}

// omitValues cuts off long values, and leaves out all but the first ones.
func omitValues(r *Record) {
	r.Omitted, r.RequestID = "values", cut(r.RequestID)
	for _, all := range [][]Category{r.Request, r.Found} {
		for i := range all {
			for j := range all[i].Attributes {
				a := &all[i].Attributes[j]
				if n := len(a.Values); n > shortList {
					a.Values, a.Omitted = a.Values[:shortList], n-shortList
				}
				cutAll(a.Values)
			}
		}
	}
	for _, all := range [][]Obligation{r.Obligations, r.Advice} {
		for i := range all {
			for j := range all[i].Assignments {
				all[i].Assignments[j].Value = cut(all[i].Assignments[j].Value)
			}
		}
	}
}

func cutAll(texts []string) {
	for i := range texts {
		texts[i] = cut(texts[i])
	}
}

// omitAttributes leaves out the attributes that are not named: whoever asks may add as
// many of them as it likes, and must not hide the others behind them.
func (m *Masking) omitAttributes(r *Record) {
	r.Omitted = "attributes"
	for _, all := range [][]Category{r.Request, r.Found} {
		for i := range all {
			c := &all[i]
			before := len(c.Attributes)
			c.Attributes = slices.DeleteFunc(c.Attributes, func(a Attribute) bool { return !m.named(c.Category, a.ID) })
			c.Omitted = before - len(c.Attributes)
		}
	}
	r.Request, r.Found = slices.DeleteFunc(r.Request, Category.empty), slices.DeleteFunc(r.Found, Category.empty)
}

func (c Category) empty() bool { return len(c.Attributes) == 0 }

// named reports whether an attribute means something.
func (m *Masking) named(category, id string) bool {
	switch [2]string{category, id} {
	case [2]string{xacml.CategoryAccessSubject, xacml.AttributeSubjectID},
		[2]string{xacml.CategoryResource, xacml.AttributeResourceID},
		[2]string{xacml.CategoryAction, xacml.AttributeActionID}:
		return true
	default:
		return m.Named != nil && m.Named(category, id)
	}
}

// fewAttributes is how many named attributes are left of a category with the details gone.
const fewAttributes = 4

// omitMost leaves the first value of each of the first attributes of a request, and
// nothing that was found.
func omitMost(r *Record) {
	for i := range r.Request {
		c := &r.Request[i]
		before := len(c.Attributes)
		ids := make(map[string]bool)
		c.Attributes = slices.DeleteFunc(c.Attributes, func(a Attribute) bool {
			again := ids[a.ID] || len(ids) == fewAttributes
			ids[a.ID] = true
			return again
		})
		c.Category, c.Omitted = cut(c.Category), c.Omitted+before-len(c.Attributes)
		for j := range c.Attributes {
			a := &c.Attributes[j]
			a.ID, a.Issuer, a.DataType = cut(a.ID), cut(a.Issuer), cut(a.DataType)
			if n := len(a.Values); n > 1 {
				a.Values, a.Omitted = a.Values[:1], a.Omitted+n-1
			}
		}
	}
	r.Found = nil
}

// omitDetails leaves out what else has no fixed size. Obligations keep their ids as
// long as there are few.
func omitDetails(r *Record) {
	r.Omitted = "details"
	omitMost(r)
	r.Sources, r.Policies, r.Advice = nil, nil, nil
	r.Obligations = slices.Clone(r.Obligations[:min(len(r.Obligations), shortList)])
	for i := range r.Obligations {
		r.Obligations[i].Assignments, r.Obligations[i].ID = nil, cut(r.Obligations[i].ID)
	}
	if r.Status != nil {
		r.Status.Message, r.Status.Missing = cut(r.Status.Message), nil
	}
	r.Message, r.Caller, r.Snapshot = cut(r.Message), cut(r.Caller), cut(r.Snapshot)
}

// omitRequest leaves out what is left of the attributes.
func omitRequest(r *Record) { r.Omitted, r.Request = "request", nil }
