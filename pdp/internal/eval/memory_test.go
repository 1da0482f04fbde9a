package eval

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// roleProgram is one policy that permits some roles.
func roleProgram() (*Program, xacml.AttributeKey) {
	key := xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "role", Type: value.TypeString}
	var rules []policy.Rule
	for i := range 20 {
		rules = append(rules, policy.Rule{ID: fmt.Sprint(i), Effect: xacml.EffectPermit, Target: &policy.Target{AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{
			Matches: []policy.Match{{Function: stringEqual, Literal: value.String(fmt.Sprint("r", i)), Bag: &policy.Designator{AttributeKey: key}}},
		}}}}}})
	}
	algorithms := combine.Standard()
	c := NewCompiler(nil, function.All(), algorithms, Options{})
	p := c.Compile(&policy.Policy{ID: "p", Version: "1", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", Rules: rules}, Checked{})
	root := NewRoot(algorithms.ForPolicies(xacml.PolicyAlgorithm3+"deny-overrides"), Options{}).Edit(nil, map[uint32]Node{0: p}, []uint32{0})
	return c.Program(root), key
}

func roleRequest(key xacml.AttributeKey, roles ...string) *xacml.Request {
	a := xacml.Attribute{ID: key.ID}
	for _, r := range roles {
		a.Values = append(a.Values, value.String(r))
	}
	return &xacml.Request{Attributes: []xacml.Attributes{{Category: key.Category, Attributes: []xacml.Attribute{a}}}}
}

// What an evaluation took for a huge request it gives back.
func TestEvaluation_MemoryOfAHugeRequestIsGivenBack(t *testing.T) {
	p, key := roleProgram()
	roles := make([]string, 100_000)
	for i := range roles {
		roles[i] = fmt.Sprint("other", i)
	}
	e := begin(context.Background(), p, Input{Request: roleRequest(key, roles...), Budget: 1 << 30})
	e.load(e.in.Request)
	var r xacml.Result
	e.decide(&r)
	e.end()
	if n := cap(e.symbols) + cap(e.candidates) + cap(e.texts) + cap(e.done) + cap(e.calls); n > 5*keepValues {
		t.Errorf("the scratch memory has room for %d elements after a huge request, want at most %d", n, 5*keepValues)
	}
	if b := &e.slots[0]; b.values != nil || b.known != 0 || b.state != unread {
		t.Error("a slot still holds values of the request")
	}
}

// The text of a query is not kept once it is closed.
func TestQuery_KeepsNothingOfItsText(t *testing.T) {
	p, key := roleProgram()
	buffer := new([64]byte)
	copy(buffer[:], "r3")
	gone := weak.Make(buffer)
	q := NewQuery(p)
	q.AddText(key.Category, key.ID, unsafe.String(&buffer[0], 2))
	if got := q.Evaluate(context.Background(), Input{Budget: 1000}).Decision; got != xacml.Permit {
		t.Fatalf("got %v, want Permit", got.Extended())
	}
	q.Close(q.Turn())
	runtime.KeepAlive(buffer)
	runtime.GC()
	if gone.Value() != nil {
		t.Error("the buffer is still alive")
	}
}

// A decision with constant obligations, or none, allocates nothing.
func TestEvaluate_AllocatesNothing(t *testing.T) {
	if testing.CoverMode() != "" || raceDetector {
		t.Skip("the race detector takes memory out of pools")
	}
	p, key := roleProgram()
	r := roleRequest(key, "r3", "r9", "x")
	in := Input{Request: r, Budget: 1000}
	if n := testing.AllocsPerRun(1000, func() { Evaluate(context.Background(), p, in) }); n > 0 {
		t.Errorf("%v allocations a decision, want 0", n)
	}
	if n := testing.AllocsPerRun(1000, func() {
		q := NewQuery(p)
		q.AddText(key.Category, key.ID, "r3")
		q.Evaluate(context.Background(), in)
		q.Close(q.Turn())
	}); n > 0 {
		t.Errorf("%v allocations a query, want 0", n)
	}
}

// A place of a request remembers an id by a copy, and a long one not at all.
func TestPlace_KeepsNothingOfTheRequest(t *testing.T) {
	p, key := roleProgram()
	c := p.Attributes.category(key.Category)
	for _, id := range []string{key.ID, "other", strings.Repeat("x", longID), strings.Repeat("x", longID+1)} {
		buffer := []byte(id)
		mine := unsafe.String(&buffer[0], len(buffer))
		var at place
		at.remember(c, mine, p.Attributes)
		if at.is(c, id) != (len(id) <= longID) || at.is(c, id+"x") || at.is(nil, id) {
			t.Errorf("%.20q of %d octets is not what the place says", id, len(id))
		}
		if (at.symbol != 0) != (id == key.ID) || at.text != (id == key.ID) {
			t.Errorf("%.20q: got symbol %d, text: %t", id, at.symbol, at.text)
		}
		buffer[0] = '?'
		if at.is(c, mine) {
			t.Errorf("%.20q: the place changed with the request", id)
		}
	}
}

// What a place of a request held last time is not taken for what it holds now,
// also where both have no name.
func TestEvaluate_PlacesOfRequests(t *testing.T) {
	p, key := roleProgram()
	for range 3 {
		for _, test := range []struct {
			request *xacml.Request
			want    xacml.Decision
		}{
			{roleRequest(key, "r3"), xacml.Permit},
			{roleRequest(xacml.AttributeKey{Category: key.Category, ID: "other"}, "r3"), xacml.NotApplicable},
			{roleRequest(xacml.AttributeKey{Category: "other", ID: key.ID}, "r3"), xacml.NotApplicable},
			{roleRequest(xacml.AttributeKey{}, "r3"), xacml.NotApplicable},
			{roleRequest(xacml.AttributeKey{Category: key.Category, ID: strings.Repeat("long", 1000)}, "r3"), xacml.NotApplicable},
			{roleRequest(key, "none"), xacml.NotApplicable},
			{roleRequest(key, "r19"), xacml.Permit},
		} {
			if got := Evaluate(context.Background(), p, Input{Request: test.request, Budget: 1000}).Decision; got != test.want {
				t.Errorf("%v: got %v, want %v", test.request.Attributes[0], got.Extended(), test.want.Extended())
			}
		}
	}
}

// An attribute without category and id is one like any other.
func TestEvaluate_AttributeWithoutName(t *testing.T) {
	bad := policy.Target{AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: []policy.Match{{
		Function: stringEqual, Literal: value.String("bad"), Bag: &policy.Designator{AttributeKey: xacml.AttributeKey{Type: value.TypeString}},
	}}}}}}}
	algorithms := combine.Standard()
	c := NewCompiler(nil, function.All(), algorithms, Options{})
	n := c.Compile(&policy.Policy{ID: "p", Version: "1", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", Rules: []policy.Rule{
		{ID: "deny", Effect: xacml.EffectDeny, Target: &bad}, {ID: "permit", Effect: xacml.EffectPermit},
	}}, Checked{})
	root := NewRoot(algorithms.ForPolicies(xacml.PolicyAlgorithm3+"deny-overrides"), Options{}).Edit(nil, map[uint32]Node{0: n}, []uint32{0})
	p := c.Program(root)
	in := Input{Request: roleRequest(xacml.AttributeKey{}, "bad"), Budget: 1000}
	if got := Evaluate(context.Background(), p, in).Decision; got != xacml.Deny {
		t.Errorf("got %v, want Deny", got.Extended())
	}
}
