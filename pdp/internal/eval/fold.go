package eval

import (
	"errors"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// foldSteps bounds what is found out when policies are compiled: what takes more
// is left to evaluations, which have a budget of their own.
const foldSteps = 10_000

// fold is the value of an application to constants, or nil: if it fails, takes
// long, or depends on the request, it is evaluated each time.
func fold(x expression, arguments []expression) *constant {
	for _, a := range arguments {
		if _, ok := a.(*constant); !ok {
			return nil
		}
	}
	data := make([]value.Datum, len(arguments))
	for i, a := range arguments {
		data[i] = a.(*constant).value
	}
	c := &folding{left: foldSteps}
	var d value.Datum
	var err error
	switch x := x.(type) {
	case *strict:
		d, err = x.function.Strict(c, data)
	case *higher:
		d, err = x.function.Higher.Apply(c, x.applied, data)
	case *lazy:
		d, err = x.function.Call(c, data)
	case *connective:
		d = connected(x)
	default:
		return nil
	}
	if err != nil || c.left < 0 {
		return nil
	}
	return &constant{d}
}

// connected is a connective of constants.
func connected(c *connective) value.Datum {
	for _, a := range c.arguments {
		if got, _ := a.truth(nil); got == c.decisive {
			return value.Boolean(got)
		}
	}
	return value.Boolean(!c.decisive)
}

// folding is the function.Context of an application without a request: whatever
// asks for one is not folded.
type folding struct{ left int }

var errNotConstant = errors.New("not constant")

// Spend takes steps.
func (c *folding) Spend(steps int) error {
	if c.left -= steps; c.left < 0 || steps < 0 {
		c.left = -1
		return errNotConstant
	}
	return nil
}

// fails makes sure that nothing comes of the application, whatever becomes of
// the error.
func (c *folding) fails() error {
	c.left = -1
	return errNotConstant
}

// Select is for requests.
func (c *folding) Select(value.XPathExpression) ([]xpath.Node, error) { return nil, c.fails() }

// AccessPermitted is for requests.
func (c *folding) AccessPermitted(value.AnyURI, value.String) (bool, error) { return false, c.fails() }

// Attribute is for requests.
func (c *folding) Attribute(xacml.AttributeKey) (value.Bag, error) { return value.Bag{}, c.fails() }

// SelectPath is for requests.
func (c *folding) SelectPath(function.Selection) ([]xpath.Node, error) { return nil, c.fails() }
