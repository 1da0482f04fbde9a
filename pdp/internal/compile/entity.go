package compile

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// insideLiteral checks what a literal holds beside its lexical form.
func (c *checker) insideLiteral(at policy.Position, v value.Value) bool {
	switch v := v.(type) {
	case value.XPathExpression:
		return c.xpathLiteral(at, v)
	case value.Entity: // Related and Nested Entities profile
		ok := true
		for _, a := range xacml.EntityOf(v).Attributes {
			for _, nested := range a.Values {
				ok = c.insideLiteral(at, nested) && ok
			}
		}
		return ok
	default:
		return true
	}
}
