package reference

import (
	"context"
	"errors"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// document is the Content of the category as a document of its own (§7.3.7),
// or nil.
func (e *evaluation) document(category string) *xpath.Document {
	for _, attrs := range e.in.Request.Attributes {
		if attrs.Category == category && attrs.Content != nil {
			return e.documents.Of(attrs.Content)
		}
	}
	return nil
}

// selector is §5.30 and 7.3.7. What goes wrong in it is Indeterminate whatever
// MustBePresent says; only that there is nothing is a matter of MustBePresent.
func (e *evaluation) selector(s *policy.Selector) (value.Datum, *xacml.Error) {
	nodes, err := e.selected(function.Selection{Category: s.Category, ContextSelectorID: s.ContextSelectorID}, e.set.Path(s))
	if err != nil {
		return nil, err
	}
	if len(nodes) == 0 && s.MustBePresent {
		return nil, &xacml.Error{Status: xacml.Status{
			Code: xacml.StatusMissingAttribute, Message: "a selector finds nothing in the Content of category " + s.Category,
		}}
	}
	bag, ok := xpath.Construct(s.Type, nodes)
	if !ok {
		return nil, xacml.ProcessingErrorf("a selected node is not of the type %s", s.Type)
	}
	return bag, nil
}

// selected is the nodes that the path selects where s says, and none if there is
// no Content.
func (e *evaluation) selected(s function.Selection, path *xpath.Expr) ([]xpath.Node, *xacml.Error) {
	document := e.documentOf(s)
	if document == nil {
		return nil, nil
	}
	start, err := e.contextNode(s, document)
	if err != nil {
		return nil, err
	}
	return e.nodes(path, start)
}

// contextNode is where the path of a selector starts: the document, or the
// one node that the attribute named by ContextSelectorId selects.
func (e *evaluation) contextNode(s function.Selection, document *xpath.Document) (xpath.Node, *xacml.Error) {
	if s.ContextSelectorID == "" {
		return document.Root(), nil
	}
	failed := func(why string) (xpath.Node, *xacml.Error) {
		return xpath.Node{}, xacml.SyntaxErrorf("the context selector %q %s", s.ContextSelectorID, why)
	}
	bag, err := e.contextSelector(s)
	if err != nil {
		return xpath.Node{}, err
	}
	if bag.Len() != 1 {
		return failed("does not have one value")
	}
	x := bag.At(0).(value.XPathExpression)
	if s.Entity == nil && x.Category != s.Category {
		return failed("is for another category")
	}
	expr, err := compiled(x)
	if err != nil {
		return xpath.Node{}, err
	}
	nodes, err := e.nodes(expr, document.Root())
	if err != nil {
		return xpath.Node{}, err
	}
	if len(nodes) != 1 {
		return failed("does not select one node")
	}
	return nodes[0], nil
}

// Select is A.3.15; it makes an evaluation a function.Context.
func (e *evaluation) Select(x value.XPathExpression) ([]xpath.Node, error) {
	nodes, err := e.selectNodes(x)
	if err != nil {
		return nil, err
	}
	return nodes, nil
}

func (e *evaluation) selectNodes(x value.XPathExpression) ([]xpath.Node, *xacml.Error) {
	expr, err := compiled(x)
	if err != nil {
		return nil, err
	}
	document := e.document(x.Category)
	if document == nil {
		return nil, nil
	}
	return e.nodes(expr, document.Root())
}

func compiled(x value.XPathExpression) (*xpath.Expr, *xacml.Error) {
	expr, err := xpath.Compile(x.XPath, x.Namespaces)
	if err != nil {
		return nil, xacml.ProcessingErrorf("an XPath expression is not valid: %v", err)
	}
	return expr, nil
}

// nodes evaluates an expression that must select nodes.
func (e *evaluation) nodes(expr *xpath.Expr, start xpath.Node) ([]xpath.Node, *xacml.Error) {
	if expr.Type() != xpath.TypeNodeSet {
		return nil, xacml.ProcessingErrorf("an XPath expression gives a %s, not nodes", expr.Type())
	}
	steps := min(xpath.DefaultSteps, e.in.Budget-e.used)
	budget := xpath.NewBudget(steps)
	result, err := expr.Evaluate(start, budget)
	if _, over := errors.AsType[*xpath.BudgetError](err); over && e.stopped == nil {
		// Not an error of the expression, which an algorithm could hide: what was
		// found without the steps that were missing is not the decision.
		e.stopped = xacml.ProcessingErrorf("an XPath expression takes more than %d steps", steps)
	}
	if spent := e.spend(steps - budget.Left()); spent != nil {
		return nil, spent
	}
	if err != nil {
		return nil, xacml.ProcessingErrorf("an XPath expression fails: %v", err)
	}
	return result.Nodes(), nil
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
	request.Attributes = append(request.Attributes, replaced)
	in := e.in
	in.Request = request
	sources := &otherRequest{}
	if in.Finder != nil {
		in.Finder = sources
	}
	inner := newEvaluation(e.ctx, e.set, in)
	inner.meter, inner.about = e.meter, e.about
	decision := inner.policySet(e.set.Root).decision
	if sources.asked != nil {
		return false, sources.asked
	}
	return decision == xacml.Permit && e.stopped == nil, nil
}

// otherRequest stands for the sources in an evaluation on another request: they
// answered for the initial one, whose subject or resource may be another, so
// what they would say is not known.
type otherRequest struct{ asked *xacml.Error }

func (o *otherRequest) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	o.asked = xacml.ProcessingErrorf("attribute %q cannot be looked up for access-permitted", key.ID)
	return value.Bag{}, o.asked
}
