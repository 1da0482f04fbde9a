package eval

import (
	"context"
	"errors"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/content"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// selector is §5.30 and 7.3.7.
type selector struct {
	from          function.Selection
	path          *xpath.Expr
	typ           value.Type
	mustBePresent bool
	context       int // the slot of the attribute named by ContextSelectorId, or -1
}

func (s *selector) datum(e *evaluation) (value.Datum, *xacml.Error) {
	found, err := e.content().Selector(s.from, s.path, s.typ, s.mustBePresent)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// content reads the Content of the request.
func (e *evaluation) content() content.Reader {
	if e.documents == nil {
		e.documents = make(xpath.Documents)
	}
	return content.Reader{Host: host{e}, Request: e.request(), Documents: e.documents}
}

// host is an evaluation as a content.Host.
type host struct{ e *evaluation }

func (h host) Take(steps int) *xacml.Error { return h.e.spend(steps) }

func (h host) Left() int { return h.e.meter.left }

func (h host) Stop(why *xacml.Error) {
	if h.e.meter.stopped == nil {
		h.e.meter.stopped = why
	}
}

func (h host) Named(key xacml.AttributeKey) (value.Bag, *xacml.Error) { return h.e.named(key) }

// Select is A.3.15; it makes an evaluation a function.Context.
func (e *evaluation) Select(x value.XPathExpression) ([]xpath.Node, error) {
	nodes, err := e.content().Select(x)
	if err != nil {
		return nil, err
	}
	return nodes, nil
}

// SelectPath is the attribute-selector of the Related and Nested Entities profile;
// it makes an evaluation a function.Context.
func (e *evaluation) SelectPath(s function.Selection) ([]xpath.Node, error) {
	nodes, err := e.content().SelectPath(s)
	if err != nil {
		return nil, err
	}
	return nodes, nil
}

// lookupSteps is the cost, beside that of looking through the request, of an
// attribute that a function names: there may be as many as values, each is kept,
// and a source may be asked for it.
const lookupSteps = 64

// Attribute is the attribute-designator of the Related and Nested Entities profile
// on a category; it makes an evaluation a function.Context. Other than those of
// designators, the attributes are not bounded by the size of the policies.
func (e *evaluation) Attribute(key xacml.AttributeKey) (value.Bag, error) {
	found, err := e.named(key)
	if err != nil {
		return value.Bag{}, err
	}
	return found, nil
}

func (e *evaluation) named(key xacml.AttributeKey) (value.Bag, *xacml.Error) {
	if s, ok := e.program.Attributes.slot(key); ok {
		if err := e.spend(1); err != nil {
			return value.Bag{}, err
		}
		b := e.bag(s)
		e.notePending(key, b.err)
		return value.NewBag(key.Type, e.valuesOf(b)...), b.err
	}
	if known, ok := e.others[key]; ok {
		e.notePending(key, known.err)
		return known.bag, known.err
	}
	if err := e.spend(lookupSteps + e.request().Size()); err != nil {
		return value.Bag{}, err
	}
	found, err := e.other(key)
	if e.others == nil {
		e.others = make(map[xacml.AttributeKey]otherBag)
	}
	e.others[key] = otherBag{found, err}
	e.notePending(key, err)
	return found, err
}

// notePending notes that a name was computed that is that of a pending attribute.
func (e *evaluation) notePending(key xacml.AttributeKey, err *xacml.Error) {
	if err == errPending {
		e.computed = append(e.computed, key)
	}
}

// other is the values of an attribute without a slot (§7.3.5).
func (e *evaluation) other(key xacml.AttributeKey) (value.Bag, *xacml.Error) {
	if found := e.request().Lookup(key); found.Len() > 0 {
		return found, nil
	}
	if e.pending != nil && e.pending(key) {
		return value.Bag{}, errPending
	}
	if v := e.clock(clockOf(key)); v != nil {
		return value.NewBag(key.Type, v), nil
	}
	if e.in.Finder == nil {
		return value.NewBag(key.Type), nil
	}
	return e.ask(key)
}

// AccessPermitted is A.3.16: the whole of the policies, evaluated on a request
// of its own. Beyond the bound it is the initial evaluation that fails.
func (e *evaluation) AccessPermitted(category value.AnyURI, attributes value.String) (bool, error) {
	if e.in.ReadAttributes == nil {
		return false, xacml.ProcessingErrorf("access-permitted is not supported here")
	}
	m := e.meter
	if m.nested++; m.nested > e.in.MaxNested && m.stopped == nil {
		m.stopped = xacml.ProcessingErrorf("access-permitted is used more than %d times", e.in.MaxNested)
	}
	if m.stopped != nil {
		return false, m.stopped
	}
	replaced, err := e.in.ReadAttributes(string(category), string(attributes))
	if err != nil {
		if s, ok := errors.AsType[*xacml.Error](err); ok {
			return false, s
		}
		return false, xacml.SyntaxErrorf("the attributes for access-permitted cannot be read")
	}
	initial := e.request()
	request := &xacml.Request{XPathVersion: initial.XPathVersion}
	for _, attrs := range initial.Attributes {
		if attrs.Category != string(category) {
			request.Attributes = append(request.Attributes, attrs)
		}
	}
	replaced.Attributes = content.InVersion(replaced.Attributes, initial.XPathVersion)
	request.Attributes = append(request.Attributes, replaced)
	return e.permitted(request)
}

// permitted is whether all policies permit another request. Steps and nested
// evaluations count together.
func (e *evaluation) permitted(request *xacml.Request) (bool, error) {
	in := e.in
	in.Request = request
	sources := &otherRequest{}
	if in.Finder != nil {
		in.Finder = sources
		in.NoIndex = true // it may ask sources for more than the decision takes
	}
	in.Now = e.read
	inner := begin(e.ctx, e.program, in)
	inner.meter = e.meter
	inner.load(request)
	decision, _ := inner.policySet(e.program.Root)
	inner.end()
	if sources.asked != nil {
		return false, sources.asked
	}
	return decision == xacml.Permit && e.meter.stopped == nil, nil
}

// otherRequest stands for the sources in an evaluation on another request: they
// answered for the initial one, whose subject or resource may be another, so
// what they would say is not known.
type otherRequest struct{ asked *xacml.Error }

func (o *otherRequest) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	o.asked = xacml.ProcessingErrorf("attribute %q cannot be looked up for access-permitted", key.ID)
	return value.Bag{}, o.asked
}
