package function

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// nodeFunction is one of the three functions on XPath expressions: what it
// makes of the nodes that its arguments select. Nodes are compared by identity,
// not by value.
type nodeFunction struct {
	name, doc string
	arguments int
	result    value.Type
	of        func(nodes [][]xpath.Node) value.Value
}

func nodeFunctions() []nodeFunction {
	return []nodeFunction{
		{
			"xpath-node-count", "The number of nodes that the expression selects; fails if it does not select nodes.",
			1, value.TypeInteger,
			func(nodes [][]xpath.Node) value.Value { return value.NewInteger(int64(len(nodes[0]))) },
		},
		{
			"xpath-node-equal", "Whether both expressions select some node; fails if one does not select nodes.",
			2, value.TypeBoolean,
			func(nodes [][]xpath.Node) value.Value {
				return value.Boolean(slices.ContainsFunc(nodes[0], func(a xpath.Node) bool { return slices.Contains(nodes[1], a) }))
			},
		},
		{
			"xpath-node-match", "Whether the second expression selects a node that the first selects, or one below; fails if one does not select nodes.",
			2, value.TypeBoolean,
			func(nodes [][]xpath.Node) value.Value {
				return value.Boolean(slices.ContainsFunc(nodes[0], func(a xpath.Node) bool {
					return slices.ContainsFunc(nodes[1], func(b xpath.Node) bool { return a == b || b.Below(a) })
				}))
			},
		},
	}
}

// xpathFunctions is A.3.15.
func xpathFunctions() []*Function {
	var fs []*Function
	for _, n := range nodeFunctions() {
		fs = append(fs, n.function(xacml.Function3+n.name, "A.3.15", n.doc, value.TypeXPathExpression,
			func(v value.Datum) value.XPathExpression { return v.(value.XPathExpression) }))
	}
	return fs
}

// legacyXPathFunctions is the same functions as XACML 1 and 2 had them, with the
// expression as a string. They stood for the Request document of those
// versions, which is no more: here they select in the Content of the resource,
// without namespace prefixes.
func legacyXPathFunctions() []*Function {
	var fs []*Function
	for _, n := range nodeFunctions() {
		f := n.function(xacml.Function1+n.name, "10.2.9", "Deprecated: as in 3.0, with strings for expressions on the Content of the resource.",
			value.TypeString, func(v value.Datum) value.XPathExpression {
				return value.NewXPathExpression(string(v.(value.String)), xacml.CategoryResource, nil, xacml.XPath10)
			})
		f.Paths = []int{0, 1}[:n.arguments]
		fs = append(fs, f)
	}
	return fs
}

func (n nodeFunction) function(id, section, doc string, parameter value.Type, expression func(value.Datum) value.XPathExpression) *Function {
	return &Function{
		ID: id, Section: section, Doc: doc,
		Parameters: slices.Repeat(ones(parameter), n.arguments),
		Result:     value.One(n.result),
		Strict: func(c Context, args []value.Datum) (value.Datum, error) {
			selected := make([][]xpath.Node, len(args))
			pairs := 1
			for i, a := range args {
				nodes, err := c.Select(expression(a))
				if err != nil {
					return nil, err
				}
				selected[i] = nodes
				pairs = times(pairs, max(1, len(nodes)))
			}
			if err := spend(c, pairs); err != nil {
				return nil, err
			}
			return n.of(selected), nil
		},
	}
}
