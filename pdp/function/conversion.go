package function

import (
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// conversion is the functions of A.3.9 from and to strings.
func conversion() []*Function {
	types := []value.Type{
		value.TypeBoolean,
		value.TypeInteger,
		value.TypeDouble,
		value.TypeTime,
		value.TypeDate,
		value.TypeDateTime,
		value.TypeAnyURI,
		value.TypeDayTimeDuration,
		value.TypeYearMonthDuration,
		value.TypeX500Name,
		value.TypeRFC822Name,
		value.TypeIPAddress,
		value.TypeDNSName,
	}
	var fs []*Function
	for _, t := range types {
		fs = append(fs, fromString(t), stringFrom(t))
	}
	return fs
}

func fromString(t value.Type) *Function {
	return &Function{
		ID:         typePrefix{t, xacml.Function3}.id("from-string"),
		Section:    "A.3.9",
		Doc:        fmt.Sprintf("The %s with this lexical form; fails with a syntax error if the string is none.", t),
		Parameters: ones(value.TypeString),
		Result:     value.One(t),
		Strict: try1(func(c Context, s value.String) (value.Value, error) {
			if err := spend(c, textSteps(len(s))); err != nil {
				return nil, err
			}
			v, err := value.Parse(t, string(s))
			if err != nil {
				return nil, xacml.SyntaxErrorf("the string is not the lexical form of a value of type %s", t)
			}
			return v, nil
		}),
	}
}

func stringFrom(t value.Type) *Function {
	form := "canonical lexical form"
	switch t {
	case value.TypeAnyURI, value.TypeX500Name, value.TypeRFC822Name, value.TypeIPAddress, value.TypeDNSName:
		form = "original text"
	default: // canonical, as said
	}
	return &Function{
		ID:         xacml.Function3 + "string-from-" + t.String(),
		Section:    "A.3.9",
		Doc:        fmt.Sprintf("The %s of the %s.", form, t),
		Parameters: ones(t),
		Result:     value.One(value.TypeString),
		Strict: try1(func(c Context, v value.Value) (value.String, error) {
			if i, ok := v.(value.Integer); ok {
				if err := spend(c, times(words(i), words(i))); err != nil {
					return "", err
				}
			}
			return value.String(v.String()), nil
		}),
	}
}
