// Package content selects nodes in the Content of a request (core 5.30, 7.3.7,
// A.3.15; Related and Nested Entities profile): what AttributeSelectors and the
// XPath functions have in common. Evaluators embed a [Reader].
package content

import (
	"errors"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Host is the evaluation that selects.
type Host interface {
	// Take takes steps from the budget.
	Take(steps int) *xacml.Error
	// Left is how many steps are left.
	Left() int
	// Stop gives the evaluation up.
	Stop(why *xacml.Error)
	// Named is the values of an attribute that a selection names.
	Named(key xacml.AttributeKey) (value.Bag, *xacml.Error)
}

// Reader reads the Content of one request.
type Reader struct {
	Host    Host
	Request *xacml.Request
	// Documents holds each Content that was needed as a document of its own.
	Documents xpath.Documents
}

// Selector is §5.30 and 7.3.7. What goes wrong in it is Indeterminate whatever
// mustBePresent says; only that there is nothing is a matter of that.
func (r Reader) Selector(s function.Selection, path *xpath.Expr, t value.Type, mustBePresent bool) (value.Bag, *xacml.Error) {
	nodes, err := r.Selected(s, path)
	if err != nil {
		return value.Bag{}, err
	}
	if len(nodes) == 0 && mustBePresent {
		return value.Bag{}, &xacml.Error{Status: xacml.Status{
			Code: xacml.StatusMissingAttribute, Message: "a selector finds nothing in the Content of category " + s.Category,
		}}
	}
	bag, ok := xpath.Construct(t, nodes)
	if !ok {
		return value.Bag{}, xacml.ProcessingErrorf("a selected node is not of the type %s", t)
	}
	return bag, nil
}

// Selected is the nodes that the path selects where s says, and none if there is
// no Content.
func (r Reader) Selected(s function.Selection, path *xpath.Expr) ([]xpath.Node, *xacml.Error) {
	document := r.documentOf(s)
	if document == nil {
		return nil, nil
	}
	start, err := r.contextNode(s, document)
	if err != nil {
		return nil, err
	}
	if path.Type() != xpath.TypeNodeSet { // §7.3.7 step 3
		return nil, xacml.SyntaxErrorf("the path of a selector gives a %s, not nodes", path.Type())
	}
	return r.nodes(path, start)
}

// SelectPath is Selected for a path that is no part of a policy.
func (r Reader) SelectPath(s function.Selection) ([]xpath.Node, *xacml.Error) {
	path, err := r.compiled(s.Path)
	if err == nil {
		err = r.Host.Take(len(r.Request.Attributes))
	}
	if err != nil {
		return nil, err
	}
	return r.Selected(s, path)
}

// Select is A.3.15: the nodes that an expression selects in the Content of its
// category.
func (r Reader) Select(x value.XPathExpression) ([]xpath.Node, *xacml.Error) {
	expr, err := r.compiled(x)
	if err != nil {
		return nil, err
	}
	document := r.document(x.Category)
	if document == nil {
		return nil, nil
	}
	return r.nodes(expr, document.Root())
}

// document is the Content of the category as a document of its own (§7.3.7),
// or nil.
func (r Reader) document(category string) *xpath.Document {
	for _, attrs := range r.Request.Attributes {
		if attrs.Category == category && attrs.Content != nil {
			return r.Documents.Of(attrs.Content)
		}
	}
	return nil
}

// documentOf is the Content in which s selects as a document, or nil.
func (r Reader) documentOf(s function.Selection) *xpath.Document {
	switch {
	case s.Entity == nil:
		return r.document(s.Category)
	case s.Entity.Content == nil:
		return nil
	default:
		return r.Documents.Of(s.Entity.Content)
	}
}

// contextNode is where the path of a selector starts: the document, or the
// one node that the attribute named by ContextSelectorId selects.
func (r Reader) contextNode(s function.Selection, document *xpath.Document) (xpath.Node, *xacml.Error) {
	if s.ContextSelectorID == "" {
		return document.Root(), nil
	}
	failed := func(why string) (xpath.Node, *xacml.Error) {
		return xpath.Node{}, xacml.SyntaxErrorf("the context selector %q %s", s.ContextSelectorID, why)
	}
	bag, err := r.contextSelector(s)
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
	expr, err := r.compiled(x)
	switch {
	case err != nil:
		return xpath.Node{}, err
	case expr.Type() != xpath.TypeNodeSet:
		return failed("does not select nodes")
	}
	nodes, err := r.nodes(expr, document.Root())
	if err != nil {
		return xpath.Node{}, err
	}
	if len(nodes) != 1 {
		return failed("does not select one node")
	}
	return nodes[0], nil
}

// contextSelector is the attribute that ContextSelectorId names, in the category
// or the entity (inferred).
func (r Reader) contextSelector(s function.Selection) (value.Bag, *xacml.Error) {
	key := xacml.AttributeKey{Category: s.Category, ID: s.ContextSelectorID, Type: value.TypeXPathExpression}
	if s.Entity == nil {
		return r.Host.Named(key)
	}
	if err := r.Host.Take(s.Entity.Size()); err != nil {
		return value.Bag{}, err
	}
	return s.Entity.Lookup(key), nil
}

// compiled is the expression, which may be a value of the request: it takes a step
// for each byte to read it, whether or not it is one.
func (r Reader) compiled(x value.XPathExpression) (*xpath.Expr, *xacml.Error) {
	if err := r.Host.Take(len(x.XPath)); err != nil {
		return nil, err
	}
	expr, err := xpath.Compile(x.XPath, x.Namespaces)
	if err == nil {
		err = expr.Under(x.Version)
	}
	if err != nil {
		return nil, xacml.ProcessingErrorf("an XPath expression is not valid: %v", err)
	}
	return expr, nil
}

// nodes evaluates an expression that must select nodes.
func (r Reader) nodes(expr *xpath.Expr, start xpath.Node) ([]xpath.Node, *xacml.Error) {
	if expr.Type() != xpath.TypeNodeSet {
		return nil, xacml.ProcessingErrorf("an XPath expression gives a %s, not nodes", expr.Type())
	}
	steps := min(xpath.DefaultSteps, r.Host.Left())
	budget := xpath.NewBudget(steps)
	result, err := expr.Evaluate(start, budget)
	if _, over := errors.AsType[*xpath.BudgetError](err); over {
		// Not an error of the expression, which an algorithm could hide: what was
		// found without the steps that were missing is not the decision.
		r.Host.Stop(xacml.ProcessingErrorf("an XPath expression takes more than %d steps", steps))
	}
	if spent := r.Host.Take(steps - budget.Left()); spent != nil {
		return nil, spent
	}
	if err != nil {
		return nil, xacml.ProcessingErrorf("an XPath expression fails: %v", err)
	}
	return result.Nodes(), nil
}
