package audit

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/forseti-pdp/forseti/contexthandler"
)

// The size of records in bytes: of one, and of those that are recorded together,
// which are about a thousand at most. leastRecord is left to each.
const (
	maxRecord   = 256 << 10
	maxTogether = 4 << 20
	leastRecord = 4 << 10
)

// of is what all records of a call have.
func of(e *contexthandler.Event, m *masks) *Record {
	return &Record{
		At: e.At.UTC(), TookMicros: e.Took.Microseconds(), RequestID: m.text(e.ID), Caller: e.Caller,
		Token: e.Token, Explained: e.Explained, Snapshot: e.Snapshot,
	}
}

// refusal is the record of a call that was not evaluated, without its request.
func (s *scribe) refusal() *Record {
	r := of(s.event, s.masks)
	r.Kind, r.Reason, r.Message = KindRefusal, s.event.Reason, s.text(s.event.Message)
	return r
}

// decision is the record of an individual decision, without attributes.
func (s *scribe) decision(d *contexthandler.Individual) *Record {
	r := of(s.event, s.masks)
	r.Kind = KindDecision
	for i := range d.Lookups {
		r.Sources = append(r.Sources, s.source(&d.Lookups[i]))
	}
	r.Decision = d.Result.Decision.String()
	if d.Result.Decision.Indeterminate() {
		r.Extended = d.Result.Decision.Extended()
	}
	if s.event.Combined != nil {
		r.Combined = s.event.Combined.Decision.String()
	}
	r.Status = s.status(&d.Result.Status)
	r.Obligations, r.Advice = s.obligations(d.Result.Obligations), s.obligations(d.Result.Advice)
	for _, p := range d.Result.PolicyIDs {
		r.Policies = append(r.Policies, Policy{ID: p.ID, Version: p.Version, Set: p.PolicySet})
	}
	r.ReuseMillis, r.Stale = s.event.Reuse.Milliseconds(), s.event.Stale
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

func marshal(r *Record) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		panic(err) // it is texts and numbers
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// omit leaves out what a record of this level does not have, attributes aside. Obligations
// keep their ids as long as there are few.
func (s *scribe) omit(r *Record, l level) {
	r.Omitted = l.omitted()
	switch l {
	case shortValues:
		r.RequestID = cut(r.RequestID)
		for _, all := range [][]Obligation{r.Obligations, r.Advice} {
			for i := range all {
				for j := range all[i].Assignments {
					all[i].Assignments[j].Value = cut(all[i].Assignments[j].Value)
				}
			}
		}
	case fewDetails:
		r.Sources, r.Policies, r.Advice = nil, nil, nil
		r.Obligations = slices.Clone(r.Obligations[:min(len(r.Obligations), shortList)])
		for i := range r.Obligations {
			r.Obligations[i].Assignments, r.Obligations[i].ID = nil, cut(r.Obligations[i].ID)
		}
		if r.Status != nil {
			r.Status.Message, r.Status.Missing = cut(r.Status.Message), nil
		}
		r.Message, r.Caller, r.Snapshot = cut(r.Message), cut(r.Caller), cut(r.Snapshot)
	case whole, namedAttributes, noRequest, levels: // nothing, or attributes
	}
}
