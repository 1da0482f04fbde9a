package function

import (
	"fmt"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// normalization is the functions of A.3.3.
func normalization() []*Function {
	return []*Function{
		normalize("string-normalize-space", "The string without white space at its ends.", trimSpace),
		normalize("string-normalize-to-lower-case", "The string in lower case by the rules of Unicode, without regard to any locale.", lowerCase),
	}
}

func normalize(name, doc string, f func(value.String) value.String) *Function {
	return &Function{
		ID:         xacml.Function1 + name,
		Section:    "A.3.3",
		Doc:        doc,
		Parameters: ones(value.TypeString),
		Result:     value.One(value.TypeString),
		Strict: try1(func(c Context, s value.String) (value.String, error) {
			if err := spend(c, madeSteps(len(s))); err != nil {
				return "", err
			}
			return f(s), nil
		}),
	}
}

// stringFunctions is the functions of A.3.9 on strings and URIs. Where a
// needle is looked for, it is the first argument.
func stringFunctions() []*Function {
	fs := []*Function{{
		ID:         xacml.Function2 + "string-concatenate",
		Section:    "A.3.9",
		Doc:        "The concatenation of two or more strings.",
		Parameters: ones(value.TypeString, value.TypeString),
		Rest:       rest(value.TypeString),
		Result:     value.One(value.TypeString),
		Strict: func(c Context, args []value.Datum) (value.Datum, error) {
			s, err := concatenate(c, args)
			if err != nil {
				return nil, err
			}
			return value.String(s), nil
		},
	}}
	searches := []struct {
		name, doc string
		holds     func(s, needle string) bool
	}{
		{"starts-with", "begins with", strings.HasPrefix},
		{"ends-with", "ends with", strings.HasSuffix},
		{"contains", "contains", strings.Contains},
	}
	for _, row := range searches {
		for _, t := range []value.Type{value.TypeString, value.TypeAnyURI} {
			fs = append(fs, search(t, row.name, row.doc, row.holds))
		}
	}
	return append(fs, substring(value.TypeString), substring(value.TypeAnyURI))
}

// concatenate joins the texts of single values.
func concatenate(c Context, args []value.Datum) (string, error) {
	size := 0
	for _, a := range args {
		size += len(a.(value.Value).String())
	}
	if err := spend(c, madeSteps(size)); err != nil {
		return "", err
	}
	var text strings.Builder
	text.Grow(size)
	for _, a := range args {
		text.WriteString(operand(a.(value.Value)))
	}
	return text.String(), nil
}

// operand is the text of a string in normalization form C (§7.1.1), and the
// original text of a URI, which is never normalized.
func operand(v value.Value) string {
	if s, ok := v.(value.String); ok {
		return nfc(s)
	}
	return v.String()
}

// search is a function that looks for a string in a string or a URI.
func search(t value.Type, name, doc string, holds func(s, needle string) bool) *Function {
	return &Function{
		ID:         typePrefix{t, xacml.Function3}.id(name),
		Section:    "A.3.9",
		Doc:        fmt.Sprintf("True if the second argument, a %s, %s the first, a string.", t, doc),
		Parameters: ones(value.TypeString, t),
		Result:     boolean(),
		Strict: try2(func(c Context, needle value.String, v value.Value) (value.Boolean, error) {
			if err := spend(c, textSteps(len(needle)+len(v.String()))); err != nil {
				return false, err
			}
			if s, ok := v.(value.String); ok {
				return value.Boolean(holds(nfc(s), nfc(needle))), nil
			}
			// A URI is its original text, so the needle is as well.
			return value.Boolean(holds(v.String(), string(needle))), nil
		}),
	}
}

// substring is string-substring or anyURI-substring.
func substring(t value.Type) *Function {
	return &Function{
		ID:      typePrefix{t, xacml.Function3}.id("substring"),
		Section: "A.3.9",
		Doc: fmt.Sprintf("The string of the characters of the %s from one position, counted from 0, up to another, which is not included and may be -1 for the end; "+
			"fails if there is no such part.", t),
		Parameters: ones(t, value.TypeInteger, value.TypeInteger),
		Result:     value.One(value.TypeString),
		Strict: func(c Context, args []value.Datum) (value.Datum, error) {
			v := args[0].(value.Value)
			if err := spend(c, textSteps(len(v.String()))); err != nil {
				return nil, err
			}
			part, ok := slice(operand(v), args[1].(value.Integer), args[2].(value.Integer))
			if !ok {
				return nil, xacml.ProcessingErrorf("the positions of the substring are not in the %s", t)
			}
			// A.3.9: the part of a URI must be one.
			if t == value.TypeAnyURI {
				if _, err := value.Parse(t, part); err != nil {
					return nil, xacml.ProcessingErrorf("the substring is no %s", t)
				}
			}
			return value.String(part), nil
		},
	}
}
