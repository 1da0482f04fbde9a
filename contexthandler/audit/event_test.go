package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// person is a private value that no record may hold.
const person = "01017012345"

func private(_, id string) bool { return id == "person" || id == "pin" || id == "pid" }

func attributes(category string, of ...xacml.Attribute) xacml.Attributes {
	return xacml.Attributes{Category: category, Attributes: of}
}

func attribute(id string, values ...string) xacml.Attribute {
	a := xacml.Attribute{ID: id}
	for _, v := range values {
		a.Values = append(a.Values, value.String(v))
	}
	return a
}

// oneEvent is a decision with everything in it, and private values in every place.
func oneEvent() []*contexthandler.Event {
	roles := xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "role", Type: value.TypeString}
	pin := xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "pin", Type: value.TypeInteger}
	return []*contexthandler.Event{{
		At: time.Date(2026, 11, 22, 6, 30, 0, 123456789, time.UTC), Took: 1500 * time.Microsecond,
		ID: "call of " + person, Caller: "portal", Token: true, Snapshot: "sha256:1",
		Request: &xacml.Request{},
		Decisions: []contexthandler.Individual{{
			Request: &xacml.Request{Attributes: []xacml.Attributes{
				attributes(xacml.CategoryAccessSubject, attribute("person", person), attribute("name-of-"+person, "x"), attribute("uri", "urn:person:"+person+":1")),
				attributes(xacml.CategoryResource, attribute("app", "tax"), xacml.Attribute{ID: "level", Values: []value.Value{value.NewInteger(3)}}),
			}},
			Found: []xacml.Attributes{attributes(xacml.CategoryAccessSubject, attribute("role", "dagl", "regn"), xacml.Attribute{ID: "pin", Values: []value.Value{value.NewInteger(42)}})},
			Lookups: []contexthandler.Lookup{
				{
					Source: "roles", Round: 1, Took: 1200 * time.Microsecond, Questions: 1, Cached: true, Age: 3 * time.Second, Outcome: pip.OutcomeCached,
					Provides: []xacml.AttributeKey{roles, pin}, Values: [][]value.Value{{value.String("dagl")}, {value.NewInteger(42)}},
				},
				{Source: "register", Round: 2, Outcome: pip.OutcomeTimeout, Err: errors.New("no answer about " + person)},
			},
			Result: xacml.Result{
				Decision: xacml.Permit, Status: xacml.Status{Code: xacml.StatusProcessingError, Message: "because of " + person},
				Obligations: []xacml.Obligation{{ID: "tell", Assignments: []xacml.AttributeAssignment{
					{AttributeID: "who", Value: value.String(person)},
					{AttributeID: "pin", Value: value.NewInteger(42)},
					{AttributeID: "text", Value: value.String("it was " + person)},
					{AttributeID: "level", Value: value.NewInteger(3)},
				}}},
				PolicyIDs: []xacml.PolicyIdentifier{{ID: "p", Version: "1.0"}},
			},
		}},
		Freshness: contexthandler.Freshness{Reuse: 20 * time.Second},
	}}
}

// The JSON of a record is stable: a change here breaks those who read it.
func TestRecord_Golden(t *testing.T) {
	m := Masking{Private: private}
	got := recordsIn(&m, oneEvent()[0], "boot-1", maxRecord)
	want := `{"kind":"decision","at":"2026-11-22T06:30:00.123456789Z","took_us":1500,"call":"boot-1","part":1,"of":1,"request_id":"call of ‹private›",` +
		`"caller":"portal","token":true,"snapshot":"sha256:1","request":[{"category":"urn:oasis:names:tc:xacml:1.0:subject-category:access-subject",` +
		`"attributes":[{"id":"person","values":["‹private›"]},{"id":"name-of-‹private›","values":["x"]},{"id":"uri","values":["urn:person:‹private›:1"]}]},` +
		`{"category":"urn:oasis:names:tc:xacml:3.0:attribute-category:resource","attributes":[{"id":"app","values":["tax"]},` +
		`{"id":"level","data_type":"http://www.w3.org/2001/XMLSchema#integer","values":["3"]}]}],` +
		`"found":[{"category":"urn:oasis:names:tc:xacml:1.0:subject-category:access-subject","attributes":[{"id":"role","values":["dagl","regn"]},` +
		`{"id":"pin","data_type":"http://www.w3.org/2001/XMLSchema#integer","values":["‹private›"]}]}],` +
		`"sources":[{"source":"roles","round":1,"outcome":"cached","questions":1,"took_us":1200,"cached":true,"age_ms":3000},` +
		`{"source":"register","round":2,"outcome":"timeout","questions":0,"took_us":0,"error":"no answer about ‹private›"}],` +
		`"decision":"Permit","status":{"code":"urn:oasis:names:tc:xacml:1.0:status:processing-error","message":"because of ‹private›"},` +
		`"obligations":[{"id":"tell","assignments":[{"id":"who","value":"‹private›"},{"id":"pin","data_type":"http://www.w3.org/2001/XMLSchema#integer","value":"‹private›"},` +
		`{"id":"text","value":"it was ‹private›"},{"id":"level","data_type":"http://www.w3.org/2001/XMLSchema#integer","value":"3"}]}],` +
		`"policies":[{"id":"p","version":"1.0"}],"reuse_ms":20000}`
	if len(got) != 1 {
		t.Fatalf("got %d records", len(got))
	}
	if diff := cmp.Diff(want, string(got[0])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// With a key the same value has the same mask everywhere, and nobody reads it without.
func TestMasking_Pseudonyms(t *testing.T) {
	one, other := Masking{Private: private, Key: []byte(strings.Repeat("k", 32))}, Masking{Private: private, Key: []byte(strings.Repeat("l", 32))}
	if one.mask("Jose\u0301") != one.mask("Jos\u00e9") {
		t.Error("who writes a name in another way gets another pseudonym")
	}
	mask := one.mask(person)
	if mask != one.mask(person) || mask == one.mask(person+"1") || mask == other.mask(person) || len(mask) != len("‹private:›")+20 {
		t.Errorf("got %q", mask)
	}
	record := string(recordsIn(&one, oneEvent()[0], "c", maxRecord)[0])
	if strings.Contains(record, person) || strings.Count(record, mask) != 8 {
		t.Errorf("got %d times %s in %s", strings.Count(record, mask), mask, record)
	}
}

func TestRecord_Refusal(t *testing.T) {
	m := Masking{Private: private}
	e := &contexthandler.Event{
		At: time.Unix(0, 0), Request: &xacml.Request{Attributes: []xacml.Attributes{attributes(xacml.CategoryAccessSubject, attribute("pid", person))}},
		Reason: "attribute_not_allowed", Message: "not " + person,
	}
	got := string(recordsIn(&m, e, "c", maxRecord)[0])
	want := `{"kind":"refusal","at":"1970-01-01T00:00:00Z","call":"c","part":1,"of":1,"request":[{"category":"urn:oasis:names:tc:xacml:1.0:subject-category:access-subject",` +
		`"attributes":[{"id":"pid","values":["‹private›"]}]}],"reason":"attribute_not_allowed","message":"not ‹private›"}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A record is bounded, whatever the request holds, and always tells the decision.
func TestRecord_Size(t *testing.T) {
	m := Masking{Private: private}
	large := func(values, length int) *contexthandler.Event {
		e := oneEvent()[0]
		a := xacml.Attribute{ID: "large"}
		for i := range values {
			a.Values = append(a.Values, value.String(fmt.Sprintf("%d\x01ø", i)+strings.Repeat("ø", length)))
		}
		d := &e.Decisions[0]
		d.Request.Attributes = append(d.Request.Attributes, attributes(xacml.CategoryEnvironment, a))
		return e
	}
	many := large(1, 1)
	for i := range 1000 {
		many.Decisions[0].Request.Attributes[0].Attributes = append(many.Decisions[0].Request.Attributes[0].Attributes, attribute(fmt.Sprintf("a%d", i), "1"))
	}
	lengthy := large(1, 1)
	for range 1000 {
		lengthy.Decisions[0].Result.Obligations = append(lengthy.Decisions[0].Result.Obligations, lengthy.Decisions[0].Result.Obligations[0])
	}
	for name, tt := range map[string]struct {
		event   *contexthandler.Event
		omitted string
	}{
		"small": {large(1, 1), ""}, "many values": {large(10_000, 1), "values"}, "a long value": {large(1, 100_000), "values"},
		"many attributes": {many, "attributes"}, "many obligations": {lengthy, "details"},
	} {
		text := recordsIn(&m, tt.event, "c", leastRecord)[0]
		var r Record
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(text) > leastRecord || r.Omitted != tt.omitted || r.Decision != "Permit" || r.Obligations[0].ID != "tell" || r.Snapshot == "" {
			t.Errorf("%s: got %d bytes, omitted %q, want %q; %+v", name, len(text), r.Omitted, tt.omitted, r)
		}
		if strings.Contains(string(text), person) {
			t.Errorf("%s: it holds a private value", name)
		}
	}
}

// Whoever asks does not hide what it asks for: neither behind a crowd of attributes, nor
// by giving the same word as a private value.
func TestRecord_NothingToHideBehind(t *testing.T) {
	m := Masking{Private: private, Named: func(_, id string) bool { return id == "person" || id == "instance" }}
	same := func(n int, id string) []xacml.Attribute {
		return slices.Repeat([]xacml.Attribute{attribute(id, strings.Repeat("j", 40))}, n)
	}
	crowd := func() (all []xacml.Attribute) {
		for i := range 1000 {
			all = append(all, same(1, fmt.Sprintf("a%d", i))...)
		}
		return all
	}
	for _, tt := range []struct {
		name    string
		room    int
		request []xacml.Attributes
		omitted string
	}{
		{"the word of a private value", maxRecord, []xacml.Attributes{
			attributes(xacml.CategoryAccessSubject, attribute("person", "sign"), attribute("pid", "tax/12")),
			attributes(xacml.CategoryAction, attribute(xacml.AttributeActionID, "sign")),
			attributes(xacml.CategoryResource, attribute("instance", "17")),
		}, ""},
		{"a crowd", leastRecord, []xacml.Attributes{
			attributes(xacml.CategoryAccessSubject, append(crowd(), attribute("person", person))...),
			attributes(xacml.CategoryResource, append(crowd(), attribute("instance", "17"))...),
			attributes("urn:junk", crowd()...),
			attributes(xacml.CategoryAction, append(crowd(), attribute(xacml.AttributeActionID, "sign"))...),
		}, "attributes"},
		{"a crowd of those that are named", leastRecord, []xacml.Attributes{
			attributes(xacml.CategoryAccessSubject, append(same(1000, "person"), attribute("person", person))...),
			attributes(xacml.CategoryResource, append([]xacml.Attribute{attribute("instance", "17")}, same(1000, "instance")...)...),
			attributes(xacml.CategoryAction, attribute(xacml.AttributeActionID, "sign")),
		}, "details"},
		{"a long category", leastRecord, []xacml.Attributes{
			attributes("urn:junk:"+strings.Repeat("j", 10_000), attribute(xacml.AttributeSubjectID, "x"), attribute("instance", "x")),
			attributes(xacml.CategoryResource, attribute("instance", "17")),
			attributes(xacml.CategoryAction, attribute(xacml.AttributeActionID, "sign")),
		}, "details"},
	} {
		e := oneEvent()[0]
		e.ID, e.Decisions[0] = "", contexthandler.Individual{
			Request: &xacml.Request{Attributes: tt.request},
			Found:   []xacml.Attributes{attributes(xacml.CategoryAccessSubject, attribute("name", "x"))},
			Result:  xacml.Result{Decision: xacml.Permit},
		}
		text := recordsIn(&m, e, "c", tt.room)[0]
		r := readRecord(text)
		if len(text) > tt.room || r.Omitted != tt.omitted || strings.Contains(string(text), person) {
			t.Errorf("%s: got %d bytes, omitted %q, want %q: %s", tt.name, len(text), r.Omitted, tt.omitted, text)
		}
		for _, want := range []string{`{"id":"` + xacml.AttributeActionID + `","values":["sign"]`, `{"id":"instance","values":["17"]`, `"decision":"Permit"`} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: there is no %s in %s", tt.name, want, text)
			}
		}
	}
}

// Records of a batch are whole if they fit together, whatever the share of each is.
func TestRecord_RoomTogether(t *testing.T) {
	l := &Log{masking: Masking{Private: private}, boot: "b"}
	var events []*contexthandler.Event
	for i := range 1000 {
		e := oneEvent()[0]
		if i == 7 {
			e.Decisions[0].Request.Attributes = append(e.Decisions[0].Request.Attributes, attributes(xacml.CategoryEnvironment, attribute("long", strings.Repeat("x", 100_000))))
		}
		events = append(events, e)
	}
	for _, r := range l.records(events) {
		if strings.Contains(string(r), `"omitted"`) {
			t.Fatalf("something is left out of %s", r)
		}
	}
	large := events[7].Decisions[0].Request
	wantTogether := func(what string) {
		t.Helper()
		size := 0
		for _, r := range l.records(events) {
			size += len(r)
			if !strings.Contains(string(r), `"omitted":"values"`) {
				t.Fatalf("%s: nothing is left out of %d bytes", what, len(r))
			}
		}
		if size > maxTogether {
			t.Errorf("%s: got %d bytes together, want no more than %d", what, size, maxTogether)
		}
	}
	for _, e := range events {
		e.Decisions[0].Request = large
	}
	wantTogether("decisions")
	for _, e := range events {
		e.Request, e.Reason = large, "attribute_not_allowed"
		e.Decisions = nil
	}
	wantTogether("refusals")
	if calls := l.calls.Load(); calls != 3000 {
		t.Errorf("got %d numbers of calls, want 3000", calls)
	}
}

// The records of one call have one number, and are in their order.
func TestRecord_Parts(t *testing.T) {
	d, c := newMemDisk(), config()
	c.MaxBytes = 1 << 20
	l := mustOpen(t, c, d, nil)
	e := oneEvent()[0]
	e.Decisions = append(e.Decisions, e.Decisions[0], contexthandler.Individual{Result: xacml.Result{Decision: xacml.IndeterminateD}})
	e.Combined = &xacml.Result{Decision: xacml.Deny}
	if err := l.Record(t.Context(), []*contexthandler.Event{e, oneEvent()[0]}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	var got []string
	for _, line := range linesOf(d, first) {
		if l, ok := parseLine([]byte(strings.TrimSuffix(string(line), "\n"))); ok {
			r := readRecord(l.record)
			got = append(got, strings.TrimLeft(fmt.Sprintf("%s %d/%d %s%s %s", strings.TrimLeft(r.Call, "0123456789abcdef"), r.Part, r.Of, r.Decision, r.Extended, r.Combined), " "))
		}
	}
	want := []string{"0/0  ", "-1 1/3 Permit Deny", "-1 2/3 Permit Deny", "-1 3/3 IndeterminateIndeterminate{D} Deny", "-2 1/1 Permit ", "0/0  "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// No private value is in any file, the spill file among them.
func TestMasking_NothingInFiles(t *testing.T) {
	dir := t.TempDir()
	c := config()
	c.Folder, c.Masking, c.Logger = dir, Masking{Private: private}, secrettest.Logger(t)
	c.WhenBlocked, c.SpillFile, c.SpillMaxBytes = Spill, filepath.Join(dir, "waiting", "spill"), 1<<20
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Record(t.Context(), oneEvent()); err != nil {
		t.Fatal(err)
	}
	l.stuck.Store(true) // goes to the spill file first
	if err := l.Record(t.Context(), oneEvent()); err != nil {
		t.Fatal(err)
	}
	soon(t, "the spill file is empty", func() bool { return l.spill.waiting() == 0 })
	mustClose(t, l)
	seen := 0
	err = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		seen += strings.Count(string(text), masked)
		if strings.Contains(string(text), person) {
			t.Errorf("%s holds a private value", path)
		}
		return err
	})
	if err != nil || seen != 20 {
		t.Errorf("got %d masks, %v", seen, err)
	}
}

// recordsIn is the records of a call, none larger than room.
func recordsIn(m *Masking, e *contexthandler.Event, call string, room int) [][]byte {
	out, _ := recordsWithin([]*scribe{m.scribe(e, call)}, room, math.MaxInt)
	return out
}

// The parts of a request for many decisions have their attributes in common. What they
// are in records is found out once: the time of a call is over by then, and nobody would
// stop it.
func TestRecord_PartsInCommon(t *testing.T) {
	const values, parts = 2000, 500
	looks := 0
	m := Masking{
		Private: func(_, id string) bool { looks++; return id == "pid" },
		Named:   func(string, string) bool { looks++; return false },
	}
	common := xacml.Attributes{Category: xacml.CategoryResource}
	for i := range values {
		common.Attributes = append(common.Attributes, attribute("a", fmt.Sprint("value", i)))
	}
	common.Attributes = append(common.Attributes, attribute("pid", person))
	e := &contexthandler.Event{}
	for i := range parts {
		own := attributes(xacml.CategoryAccessSubject, attribute(xacml.AttributeSubjectID, fmt.Sprint("s", i)), attribute("pid", fmt.Sprint("own", person, i)))
		e.Decisions = append(e.Decisions, contexthandler.Individual{
			Request: &xacml.Request{Attributes: []xacml.Attributes{own, common}}, Result: xacml.Result{Decision: xacml.Permit},
		})
	}
	out := (&Log{masking: m, boot: "b"}).records([]*contexthandler.Event{e})
	if most := 10 * (values + parts*4); looks > most {
		t.Errorf("looked at %d attributes, want at most %d", looks, most)
	}
	if len(out) != parts {
		t.Fatalf("got %d records, want %d", len(out), parts)
	}
	for i, text := range out {
		r := readRecord(text)
		if r.Part != i+1 || r.Omitted != "attributes" || len(r.Request) != 1 || r.Request[0].Attributes[0].Values[0] != fmt.Sprint("s", i) || strings.Contains(string(text), person) {
			t.Fatalf("record %d: got %s", i, text)
		}
	}
}
