package reference

import (
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// lookupSteps is the cost, beside that of looking through the request, of an
// attribute that a function names: there may be as many as values, each is kept,
// and a source may be asked for it.
const lookupSteps = 64

// Attribute is the attribute-designator of the Related and Nested Entities profile
// on a category; it makes an evaluation a function.Context. Other than those of
// designators, the attributes are not bounded by the size of the policies.
func (e *evaluation) Attribute(key xacml.AttributeKey) (value.Bag, error) {
	bag, err := e.named(key)
	if err != nil {
		return value.Bag{}, err
	}
	return bag, nil
}

func (e *evaluation) named(key xacml.AttributeKey) (value.Bag, *xacml.Error) {
	if _, known := e.bags[key]; !known {
		if err := e.spend(lookupSteps + e.in.Request.Size()); err != nil {
			return value.Bag{}, err
		}
	}
	return e.bag(key)
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

const (
	attributeDesignator = xacml.Function3 + "attribute-designator"
	attributeSelector   = xacml.Function3 + "attribute-selector"
)

// namesAttributes reports whether the function looks for attributes that its
// arguments name.
func namesAttributes(function string) bool {
	return function == attributeDesignator || function == attributeSelector
}

// named needs the attribute that an attribute-designator with literals names, if
// it is pending. What others name shows in the evaluation only.
func (n *needs) named(a *policy.Apply) {
	if !namesAttributes(a.Function) {
		return
	}
	literals := make([]value.Value, 5)
	for i, x := range a.Arguments {
		if l, ok := x.(*policy.Literal); ok {
			literals[i] = l.Value
		}
	}
	category, hasCategory := literals[0].(value.AnyURI)
	id, hasID := literals[1].(value.AnyURI)
	dataType, _ := literals[2].(value.AnyURI)
	issuer, hasIssuer := literals[4].(value.String)
	if a.Function != attributeDesignator || !hasCategory || !hasID || !hasIssuer && len(a.Arguments) > 4 {
		n.computes = true
		return
	}
	t, _ := value.TypeByID(string(dataType))
	key := xacml.AttributeKey{Category: string(category), ID: string(id), Type: t, Issuer: string(issuer)}
	if n.isPending(key) {
		n.add([]xacml.AttributeKey{key})
	}
}
