package content

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// InVersion is attributes that were read by themselves as part of a request with this
// XPathVersion (§5.45): their expressions, in entities too, are of that version.
func InVersion(attributes []xacml.Attribute, version string) []xacml.Attribute {
	out := slices.Clone(attributes)
	for i := range out {
		out[i].Values = slices.Clone(out[i].Values)
		for j, v := range out[i].Values {
			switch v := v.(type) {
			case value.XPathExpression:
				v.Version = version
				out[i].Values[j] = v
			case value.Entity:
				entity := *xacml.EntityOf(v)
				entity.Attributes = InVersion(entity.Attributes, version)
				out[i].Values[j] = xacml.NewEntity(&entity)
			}
		}
	}
	return out
}
