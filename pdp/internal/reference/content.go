package reference

import (
	"context"
	"errors"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/content"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// content reads the Content of the request.
func (e *evaluation) content() content.Reader {
	return content.Reader{Host: host{e}, Request: e.in.Request, Documents: e.documents}
}

// host is an evaluation as a content.Host.
type host struct{ e *evaluation }

func (h host) Take(steps int) *xacml.Error { return h.e.spend(steps) }

func (h host) Left() int { return h.e.in.Budget - h.e.used }

func (h host) Stop(why *xacml.Error) {
	if h.e.stopped == nil {
		h.e.stopped = why
	}
}

func (h host) Named(key xacml.AttributeKey) (value.Bag, *xacml.Error) { return h.e.named(key) }

// selector is §5.30 and 7.3.7.
func (e *evaluation) selector(s *policy.Selector) (value.Datum, *xacml.Error) {
	selection := function.Selection{Category: s.Category, ContextSelectorID: s.ContextSelectorID}
	bag, err := e.content().Selector(selection, e.set.Path(s), s.Type, s.MustBePresent)
	if err != nil {
		return nil, err
	}
	return bag, nil
}

// Select is A.3.15; it makes an evaluation a function.Context.
func (e *evaluation) Select(x value.XPathExpression) ([]xpath.Node, error) {
	nodes, err := e.content().Select(x)
	if err != nil {
		return nil, err
	}
	return nodes, nil
}

// AccessPermitted is A.3.16: the whole of the policies, evaluated on a request
// of its own. Beyond the bound it is the initial evaluation that fails.
func (e *evaluation) AccessPermitted(category value.AnyURI, attributes value.String) (bool, error) {
	if e.in.ReadAttributes == nil {
		return false, xacml.ProcessingErrorf("access-permitted is not supported here")
	}
	if e.nested++; e.nested > e.in.MaxNested && e.stopped == nil {
		e.stopped = xacml.ProcessingErrorf("access-permitted is used more than %d times", e.in.MaxNested)
	}
	if e.stopped != nil {
		return false, e.stopped
	}
	replaced, err := e.in.ReadAttributes(string(category), string(attributes))
	if err != nil {
		if s, ok := errors.AsType[*xacml.Error](err); ok {
			return false, s
		}
		return false, xacml.SyntaxErrorf("the attributes for access-permitted cannot be read")
	}
	request := &xacml.Request{XPathVersion: e.in.Request.XPathVersion}
	for _, attrs := range e.in.Request.Attributes {
		if attrs.Category != string(category) {
			request.Attributes = append(request.Attributes, attrs)
		}
	}
	replaced.Attributes = content.InVersion(replaced.Attributes, request.XPathVersion)
	request.Attributes = append(request.Attributes, replaced)
	in := e.in
	in.Request = request
	sources := &otherRequest{}
	if in.Finder != nil {
		in.Finder = sources
	}
	permitted := e.permits(in, string(category))
	if sources.asked != nil {
		return false, sources.asked
	}
	return permitted && e.stopped == nil, nil
}

// permits tells whether all policies permit another request, in which a category was
// replaced. Steps and nested evaluations count together.
func (e *evaluation) permits(in Input, replaced string) bool {
	if e.in.Nested == nil {
		inner := newEvaluation(e.ctx, e.set, in)
		inner.meter, inner.about = e.meter, e.aboutWithout(replaced, in.Finder)
		return inner.policySet(e.set.Root).decision == xacml.Permit
	}
	in.Budget -= e.used
	n := e.in.Nested(e.ctx, in, e.nested)
	e.used, e.nested = e.used+n.Steps, n.Nested
	if e.stopped == nil {
		e.stopped = n.Stopped
	}
	return n.Permitted
}

// otherRequest stands for the sources in an evaluation on another request: they
// answered for the initial one, whose subject or resource may be another, so
// what they would say is not known.
type otherRequest struct{ asked *xacml.Error }

func (o *otherRequest) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	o.asked = xacml.ProcessingErrorf("attribute %q cannot be looked up for access-permitted", key.ID)
	return value.Bag{}, o.asked
}
