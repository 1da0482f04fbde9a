package function

import (
	"fmt"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// deprecated is the identifiers of 10.2.9 that policies of XACML 1 and 2 use
// and that 3.0 plans to drop. All but uri-string-concatenate and the functions on
// XPath are further identifiers of current functions: the durations of 2002 are values of the
// current types, and the 3.0 higher-order functions take all that those of 1.0
// took.
func deprecated(current []*Function) []*Function {
	fs := append([]*Function{uriStringConcatenate()}, legacyXPathFunctions()...)
	for _, f := range current {
		if name, ok := renamed(f); ok {
			old := *f
			old.ID = xacml.Function1 + name
			old.Section = "10.2.9"
			old.Doc = fmt.Sprintf("Deprecated name of the 3.0 function %s (%s).", name, f.Section)
			fs = append(fs, &old)
		}
	}
	return fs
}

// renamed is the name of a current 3.0 function that was called the same in
// 1.0: the functions on durations but for conversions, and the general
// higher-order functions.
func renamed(f *Function) (name string, ok bool) {
	name, ok = strings.CutPrefix(f.ID, xacml.Function3)
	if !ok {
		return "", false
	}
	onDuration := strings.Contains(name, "Duration") && f.Section != "A.3.9"
	return name, onDuration || f.Higher != nil
}

func uriStringConcatenate() *Function {
	return &Function{
		ID:         xacml.Function2 + "uri-string-concatenate",
		Section:    "10.2.9",
		Doc:        "Deprecated: the URI with one or more strings appended; fails with a syntax error if that is no URI.",
		Parameters: ones(value.TypeAnyURI, value.TypeString),
		Rest:       rest(value.TypeString),
		Result:     value.One(value.TypeAnyURI),
		Strict: func(c Context, args []value.Datum) (value.Datum, error) {
			s, err := concatenate(c, args)
			if err != nil {
				return nil, err
			}
			uri, err := value.Parse(value.TypeAnyURI, s)
			if err != nil {
				return nil, xacml.SyntaxErrorf("the URI and the strings do not make a URI")
			}
			return uri, nil
		},
	}
}
