package eval_test

import (
	"context"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/compile"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/internal/reference"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// Steps and nested evaluations that are enough for all cases.
const budget, nested = 20_000_000, 100

// subject is the same policies in several forms.
type subject struct {
	model *compile.Set
	// indexed has an index wherever there is something to tell apart.
	indexed *eval.Program
	// other is the program as usual, or with expressions as they are written.
	other *eval.Program
}

// newSubject is nil if the documents are refused.
func newSubject(library *function.Library, c *generate.Case, plain bool) *subject {
	first := policies(library, c, eval.Options{IndexFrom: 2}, true)
	if first == nil {
		return nil
	}
	second := policies(library, c, eval.Options{Plain: plain}, false)
	return &subject{first.Model, first.Program, second.Program}
}

func policies(library *function.Library, c *generate.Case, o eval.Options, keepModel bool) *compile.Policies {
	b := compile.NewBuilder(compile.Options{
		RootAlgorithm: c.RootAlgorithm, KeepModel: keepModel, Functions: library, Algorithms: combine.Standard(), Program: o,
	})
	b.Append(c.Documents)
	out, _ := b.Build()
	return out
}

// supplied is where attributes come from.
type supplied int

// The ways to supply attributes.
const (
	allInRequest supplied = iota // also what the finder has
	allFound                     // also what the request has
	asGenerated
)

// pair is a request on the policies of a subject.
type pair struct {
	original *generate.Case
	supplied supplied
	request  *xacml.Request
	finder   eval.Finder
	want     xacml.Result // of the reference evaluator
}

func newPair(c *generate.Case, s supplied) *pair {
	p := &pair{original: c, supplied: s, request: c.Request, finder: c}
	switch s {
	case allInRequest:
		p.request = withFound(c)
	case allFound:
		p.request, p.finder = withoutAttributes(c.Request), source{c}
	case asGenerated:
	}
	return p
}

// source has the attributes of the request of the case beside its own.
type source struct{ *generate.Case }

func (s source) Find(ctx context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if bag := s.Request.Lookup(key); bag.Len() > 0 {
		return bag, nil
	}
	return s.Case.Find(ctx, key)
}

// withoutAttributes is the request with its Contents only.
func withoutAttributes(r *xacml.Request) *xacml.Request {
	out := *r
	out.Attributes = nil
	for _, as := range r.Attributes {
		if as.Content != nil {
			as.Attributes = nil
			out.Attributes = append(out.Attributes, as)
		}
	}
	return &out
}

// withFound is the request of the case with what the finder has.
func withFound(c *generate.Case) *xacml.Request {
	r := *c.Request
	r.Attributes = slices.Clone(r.Attributes)
	for _, f := range c.Found {
		a := xacml.Attribute{ID: f.Key.ID, Issuer: f.Key.Issuer, Values: []value.Value{f.Value}}
		at := slices.IndexFunc(r.Attributes, func(as xacml.Attributes) bool { return as.Category == f.Key.Category })
		if at < 0 {
			r.Attributes = append(r.Attributes, xacml.Attributes{Category: f.Key.Category, Attributes: []xacml.Attribute{a}})
			continue
		}
		r.Attributes[at].Attributes = append(slices.Clip(r.Attributes[at].Attributes), a)
	}
	return &r
}

func (s *subject) reference(p *pair) xacml.Result {
	return reference.Evaluate(context.Background(), s.model, p.referenceInput())
}

func (p *pair) referenceInput() reference.Input {
	return reference.Input{
		Request: p.request, Finder: p.finder, Now: generate.Now(), Budget: budget, MaxNested: nested, ReadAttributes: readAttributes,
	}
}

func (p *pair) input() eval.Input {
	return eval.Input{
		Request: p.request, Finder: p.finder, Now: generate.Now, Budget: budget, MaxNested: nested, ReadAttributes: readAttributes,
	}
}

func readAttributes(category, content string) (xacml.Attributes, error) {
	return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
}

// differs tells in what the forms of the program differ from what is wanted.
func (s *subject) differs(p *pair) string {
	in := p.input()
	in.NoIndex = true
	if why := difference(&p.want, eval.Evaluate(context.Background(), s.indexed, in)); why != "" {
		return "without an index: " + why
	}
	if why := s.again(p, false); why != "" {
		return "with an index over all: " + why
	}
	if p.isEndless() {
		return ""
	}
	in.NoIndex = false
	if why := difference(&p.want, eval.Evaluate(context.Background(), s.other, in)); why != "" {
		return "in the other form: " + why
	}
	return ""
}

// again decides the pair another time, attribute by attribute or as before.
func (s *subject) again(p *pair, byAttribute bool) string {
	switch {
	case p.isEndless():
		return ""
	case byAttribute:
		return difference(&p.want, s.query(p))
	default:
		return difference(&p.want, eval.Evaluate(context.Background(), s.indexed, p.input()))
	}
}

// isEndless tells that the decision was given up because policies ask for
// themselves (A.3.16). An index may spare the asking: §7.7 takes an AllOf with a
// match that is False for one that does not match, whatever else is in it.
func (p *pair) isEndless() bool {
	return strings.HasPrefix(p.want.Status.Message, "access-permitted is used more than")
}

// query decides on a request that is put together attribute by attribute.
func (s *subject) query(p *pair) xacml.Result {
	for _, as := range p.request.Attributes {
		if as.Content != nil { // has no place in a query
			return eval.Evaluate(context.Background(), s.indexed, p.input())
		}
	}
	q := eval.NewQuery(s.indexed)
	defer q.Close(q.Turn())
	if p.request.ReturnPolicyIDList {
		q.ReturnPolicyIDs()
	}
	for _, as := range p.request.Attributes {
		for i := range as.Attributes {
			a := &as.Attributes[i]
			if isText(a) {
				for _, v := range a.Values {
					q.AddText(as.Category, a.ID, string(v.(value.String)))
				}
			} else {
				q.Add(as.Category, a)
			}
		}
	}
	return q.Evaluate(context.Background(), p.input())
}

// isText tells whether text says all of the attribute.
func isText(a *xacml.Attribute) bool {
	return a.Issuer == "" && !a.IncludeInResult &&
		!slices.ContainsFunc(a.Values, func(v value.Value) bool { return v.Type() != value.TypeString })
}
