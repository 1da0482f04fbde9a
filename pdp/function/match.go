package function

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// specialMatch is the functions of A.3.14. The pattern is the first argument.
func specialMatch() []*Function {
	return []*Function{
		{
			ID:         xacml.Function1 + "x500Name-match",
			Section:    "A.3.14",
			Doc:        "True if the relative distinguished names of the first name are the last ones of the second.",
			Parameters: ones(value.TypeX500Name, value.TypeX500Name),
			Result:     boolean(),
			Strict: pure2(func(pattern, name value.X500Name) value.Boolean {
				return value.Boolean(pattern.Match(name))
			}),
		},
		{
			ID:         xacml.Function1 + "rfc822Name-match",
			Section:    "A.3.14",
			Doc:        "True if the mail address is the one that the string names, or is in its domain, or, after a leading dot, in its domain or one below.",
			Parameters: ones(value.TypeString, value.TypeRFC822Name),
			Result:     boolean(),
			Strict: try2(func(c Context, pattern value.String, name value.RFC822Name) (value.Boolean, error) {
				if err := spend(c, textSteps(len(pattern))); err != nil {
					return false, err
				}
				return value.Boolean(name.Match(string(pattern))), nil
			}),
		},
	}
}
