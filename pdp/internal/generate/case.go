package generate

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Case is one request with the policies that decide on it and the attributes
// that a finder has for it. It is the Finder itself.
type Case struct {
	// RootAlgorithm combines the documents (§7.17).
	RootAlgorithm string
	Documents     []policy.Document
	Request       *xacml.Request
	// Found is what the finder has: one entry for each value.
	Found []Found
	// Failing are the attributes that the finder cannot tell, of any data type.
	Failing []Name
}

// Found is one value of an attribute that is not in the request.
type Found struct {
	Key   xacml.AttributeKey
	Value value.Value
}

// Name is an attribute, whatever its data type and issuer.
type Name struct{ Category, ID string }

// errUnavailable is what the finder says of the attributes that fail.
var errUnavailable = errors.New("the source does not answer")

// Find gives the values that the case has for exactly this key.
func (c *Case) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if slices.Contains(c.Failing, Name{key.Category, key.ID}) {
		return value.Bag{}, errUnavailable
	}
	var values []value.Value
	for _, f := range c.Found {
		if f.Key == key {
			values = append(values, f.Value)
		}
	}
	return value.NewBag(key.Type, values...), nil
}

// Options is what cases are made of. The zero Options are the usual ones.
type Options struct {
	// Depth is how deep policy sets nest at most; zero stands for 3.
	Depth int
	// IllTyped breaks each case in one place, so that it must be refused when
	// it is loaded.
	IllTyped bool
	// Without leaves these functions and combining algorithms out, by identifier.
	Without []string
	// Indexed makes cases for an index: many rules and policies on few
	// attributes, of which few can apply to a request.
	Indexed bool
	// Function makes policies of one rule whose condition applies this function.
	Function string
}

// Generator makes cases.
type Generator struct {
	seed      uint64
	options   Options
	functions *function.Library
	library   library
	without   map[string]bool
	rules     []string // rule-combining algorithms
	sets      []string // policy-combining algorithms
}

// New makes a generator. Equal seeds and options make equal cases.
func New(seed uint64, o Options) *Generator {
	if o.Depth == 0 {
		o.Depth = 3
	}
	without := make(map[string]bool, len(o.Without))
	for _, id := range o.Without {
		without[id] = true
	}
	functions := function.Standard()
	g := &Generator{seed: seed, options: o, functions: functions, library: newLibrary(functions, without), without: without}
	g.rules, g.sets = algorithms(without)
	return g
}

// Now is a clock that some of the values of the cases are equal to.
func Now() time.Time { return time.Date(2026, time.November, 21, 12, 30, 0, 0, time.UTC) }

// Case is the n-th case. It shares nothing with other cases that could change.
func (g *Generator) Case(n uint64) *Case {
	c, d := g.first(n)
	if g.options.IllTyped {
		d.breakType(c)
	}
	return c
}

// Cases is the n-th case and others that have its documents, each with a request
// and sources of its own. They share the documents, which must not be changed.
func (g *Generator) Cases(n uint64, requests int) []*Case {
	c, d := g.first(n)
	cases := []*Case{c}
	for len(cases) < requests {
		next := &Case{RootAlgorithm: c.RootAlgorithm, Documents: c.Documents}
		d.ask(next)
		cases = append(cases, next)
	}
	return cases
}

// first is the n-th case, before it is broken, and what it was drawn with.
func (g *Generator) first(n uint64) (*Case, *draw) {
	d := &draw{Rand: rand.New(rand.NewPCG(g.seed, n)), g: g, hints: make(map[xacml.AttributeKey][]value.Value)}
	var c *Case
	switch o := &g.options; {
	case o.Indexed:
		d.many = &many{draw: d}
		c = d.many.policies()
	case o.Function != "":
		c = d.application(o.Function)
	default:
		c = d.policies()
	}
	d.ask(c)
	return c, d
}

// ask makes the request of the case.
func (d *draw) ask(c *Case) {
	if d.many != nil {
		d.many.request(c)
	} else {
		d.request(c)
	}
}

// draw is the making of one case.
type draw struct {
	*rand.Rand
	g          *Generator
	vocabulary []attribute
	used       []xacml.AttributeKey                 // the keys that designators name
	hints      map[xacml.AttributeKey][]value.Value // literals that keys are compared with
	selected   bool                                 // a selector or an XPath expression was made
	serial     int                                  // of ids
	referable  []referable
	variables  []variable // in scope
	many       *many      // for cases that are Indexed
}

// attribute is one name that designators use, with several data types.
type attribute struct {
	Name
	issuer string
}

// referable is what a reference may name: all versions of it are complete.
type referable struct {
	policySet bool
	id        string
	versions  []string
}

type variable struct {
	id   string
	kind value.Kind
}

// chance is true percent times of a hundred.
func (d *draw) chance(percent int) bool { return d.IntN(100) < percent }

// upTo is a number from 0 to n.
func (d *draw) upTo(n int) int { return d.IntN(n + 1) }

func pick[T any](d *draw, from []T) T { return from[d.IntN(len(from))] }

func (d *draw) effect() xacml.Effect {
	if d.chance(55) {
		return xacml.EffectPermit
	}
	return xacml.EffectDeny
}
