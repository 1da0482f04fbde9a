package multiple

import (
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// siblingsPerStep is how many nodes are passed for one step of the budget when
// the siblings of a node are counted, which takes far less than an XPath step.
const siblingsPerStep = 128

// contentNodes gives one expression for each node that the content selector of
// a selects (Multiple Decision profile, 2.2). They are nil if it has none.
func (s *splitter) contentNodes(a *xacml.Attributes) ([]value.Value, *xacml.Error) {
	selectors, found := named(a.Attributes, xacml.AttributeMultipleContentSelector, xacml.AttributeContentSelectorVariant)
	if !found {
		return nil, nil
	}
	failed := func(why string) ([]value.Value, *xacml.Error) {
		return nil, xacml.SyntaxErrorf("the content selector of category %q %s", a.Category, why)
	}
	if len(selectors) != 1 {
		return failed("does not have one value")
	}
	x, isXPath := selectors[0].(value.XPathExpression)
	if !isXPath {
		return failed("is not an xpathExpression")
	}
	if x.Category != a.Category {
		return failed("is for another category")
	}
	expr, err := xpath.Compile(x.XPath, x.Namespaces)
	if err == nil {
		err = expr.Under(x.Version)
	}
	if err != nil {
		return failed("is not valid") // what is wrong would tell the value
	}
	if expr.Type() != xpath.TypeNodeSet {
		return failed("does not select nodes")
	}
	var selected []xpath.Node
	if a.Content != nil {
		var err *xacml.Error
		if selected, err = s.selected(expr, xpath.NewDocument(a.Content)); err != nil {
			return nil, err
		}
	}
	if len(selected) == 0 {
		return failed("selects nothing")
	}
	nodes := make([]value.Value, len(selected))
	for i, n := range selected {
		nodes[i] = value.XPathExpression{XPath: n.Path(), Category: x.Category, Version: x.Version}
	}
	return nodes, nil
}

// selected evaluates the expression as far as the budget lasts, also for naming
// the nodes. Of more nodes than there may be parts it gives one more than that.
func (s *splitter) selected(expr *xpath.Expr, document *xpath.Document) ([]xpath.Node, *xacml.Error) {
	budget := xpath.NewBudget(s.steps)
	result, err := expr.Evaluate(document.Root(), budget)
	if s.steps = budget.Left(); err != nil {
		return nil, s.exhausted()
	}
	nodes := result.Nodes()
	nodes = nodes[:min(len(nodes), s.options.Limit+1)]
	naming := len(nodes) * (document.Len() / siblingsPerStep)
	if naming > s.steps {
		return nil, s.exhausted()
	}
	s.steps -= naming
	return nodes, nil
}

func (s *splitter) exhausted() *xacml.Error {
	s.steps = 0
	return xacml.ProcessingErrorf("the content selectors of the request take more than %d steps", s.options.Budget)
}

// withNode is the attributes with a content-selector for one node in place of
// that for several; issuer and IncludeInResult stay.
func withNode(attributes []xacml.Attribute, node value.Value) []xacml.Attribute {
	out := make([]xacml.Attribute, 0, len(attributes))
	for _, a := range attributes {
		if a.ID == xacml.AttributeMultipleContentSelector || a.ID == xacml.AttributeContentSelectorVariant {
			if len(a.Values) == 0 {
				continue
			}
			a.ID, a.Values = xacml.AttributeContentSelector, []value.Value{node}
		}
		out = append(out, a)
	}
	return out
}
