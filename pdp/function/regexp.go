package function

import (
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/internal/regex"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// regexpMatch is the functions of A.3.13. The expression is the first argument.
func regexpMatch() []*Function {
	compiled := &patterns{}
	return []*Function{
		regexpOn(value.TypeString, xacml.Function1, compiled),
		regexpOn(value.TypeAnyURI, xacml.Function2, compiled),
		regexpOn(value.TypeIPAddress, xacml.Function2, compiled),
		regexpOn(value.TypeDNSName, xacml.Function2, compiled),
		regexpOn(value.TypeRFC822Name, xacml.Function2, compiled),
		regexpOn(value.TypeX500Name, xacml.Function2, compiled),
	}
}

// regexpOn looks for a match in the text of a value, which but for strings is
// the text that it was written with.
func regexpOn(t value.Type, version string, compiled *patterns) *Function {
	return &Function{
		ID:      typePrefix{t, version}.id("regexp-match"),
		Section: "A.3.13",
		Doc: fmt.Sprintf("True if the regular expression, the first argument, matches some part of the text of the second, a %s; "+
			"fails if it is not a regular expression of XPath functions, or with text for which it takes too long.", t),
		Parameters: ones(value.TypeString, t),
		Result:     boolean(),
		Strict: try2(func(c Context, pattern value.String, v value.Value) (value.Boolean, error) {
			matched, err := compiled.match(c, string(pattern), v)
			return value.Boolean(matched), err
		}),
		Prepare: func(literals []value.Value) strict {
			pattern, ok := literals[0].(value.String)
			if !ok {
				return nil
			}
			re, err := regex.Compile(normalized(string(pattern), t))
			if err != nil {
				return nil
			}
			return func(c Context, args []value.Datum) (value.Datum, error) {
				matched, err := match(c, re, len(pattern), args[1].(value.Value))
				if err != nil {
					return nil, err
				}
				return value.Boolean(matched), nil
			}
		},
		CheckLiterals: func(args []value.Value) error {
			pattern, ok := args[0].(value.String)
			if !ok {
				return nil
			}
			if _, err := regex.Compile(normalized(string(pattern), t)); err != nil {
				return fmt.Errorf("the regular expression is invalid: %w", err) // a literal may be about a person, too
			}
			return nil
		},
	}
}

// normalized is a pattern to match with the text of a t: that of a string is in
// normalization form C (§7.1.1), and so is its pattern; all else is as written.
func normalized(pattern string, t value.Type) string {
	if t == value.TypeString {
		return nfc(value.String(pattern))
	}
	return pattern
}

// patternSteps is how many of the steps of a match one unit of the size of an
// expression takes: to compile it is slower than to run it.
const patternSteps = 4

// match spends as much for an expression that is already compiled as for one
// that is not, so that the budget does not tell which.
func (p *patterns) match(c Context, pattern string, v value.Value) (bool, error) {
	if err := spend(c, textSteps(len(pattern)+len(v.String()))); err != nil {
		return false, err
	}
	re, err := p.compile(normalized(pattern, v.Type()))
	if err != nil {
		if err := spend(c, textSteps(patternSteps*regex.MaxSize)); err != nil {
			return false, err
		}
		// The pattern may be the value of an attribute: the message is without it.
		return false, xacml.ProcessingErrorf("the regular expression is invalid: %v", err)
	}
	return matchCompiled(c, re, v)
}

// match is patterns.match for an expression of a pattern of that length.
func match(c Context, re *regex.Regexp, pattern int, v value.Value) (bool, error) {
	if err := spend(c, textSteps(pattern+len(v.String()))); err != nil {
		return false, err
	}
	return matchCompiled(c, re, v)
}

func matchCompiled(c Context, re *regex.Regexp, v value.Value) (bool, error) {
	text := operand(v)
	cost := re.Cost(len(text))
	if cost > regex.MaxCost {
		return false, xacml.ProcessingErrorf("the regular expression and the text are too large for each other")
	}
	if err := spend(c, textSteps(patternSteps*re.Size()+cost)); err != nil {
		return false, err
	}
	return re.Match(text), nil
}
