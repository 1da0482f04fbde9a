package function

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// otherFunctions is A.3.16.
func otherFunctions() []*Function {
	return []*Function{{
		ID:         xacml.Function3 + "access-permitted",
		Section:    "A.3.16",
		Doc:        "Whether the policies permit the request with other attributes of the category; fails with a syntax error if these are not XML, or beyond a number of uses.",
		Parameters: ones(value.TypeAnyURI, value.TypeString),
		Result:     value.One(value.TypeBoolean),
		Strict: try2(func(c Context, category value.AnyURI, attributes value.String) (value.Boolean, error) {
			permitted, err := c.AccessPermitted(category, attributes)
			return value.Boolean(permitted), err
		}),
	}}
}
