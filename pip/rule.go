package pip

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Rule is what the values of one provided attribute must be like, beyond their
// data type. An answer that breaks a rule is an error with [OutcomeInvalid].
type Rule struct {
	// Key is the provided attribute.
	Key xacml.AttributeKey
	// Pattern is a regular expression in the syntax of RE2 that the whole lexical
	// form of every value must fit. Empty: no matter.
	Pattern string
	// Min and Max bound the number of values. A Min above zero makes an answer
	// without values invalid. Zero for Max: no bound.
	Min, Max int
}

// rule is a [Rule], ready for use.
type rule struct {
	pattern  *regexp.Regexp
	min, max int
}

// newRules arranges the rules by provided attribute. It is nil without rules.
func newRules(list []Rule, provides []Provided) ([]*rule, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var errs []error
	rules := make([]*rule, len(provides))
	for _, r := range list {
		fail := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("the rule for attribute %q: %w", r.Key.ID, fmt.Errorf(format, args...)))
		}
		made := &rule{min: r.Min, max: r.Max}
		switch at := slices.IndexFunc(provides, func(p Provided) bool { return p.Key == r.Key }); {
		case at < 0:
			fail("the source does not provide the attribute")
		case rules[at] != nil:
			fail("there are two")
		default:
			rules[at] = made
		}
		if r.Min < 0 || r.Max < 0 || r.Max > 0 && r.Min > r.Max {
			fail("the numbers of values %d and %d are not a least and a greatest", r.Min, r.Max)
		}
		if r.Pattern == "" {
			continue
		}
		var err error
		if made.pattern, err = compile(r.Pattern); err != nil {
			fail("%w", err)
		}
	}
	return rules, errors.Join(errs...)
}

// compile compiles an expression such that it matches whole texts only.
func compile(expression string) (*regexp.Regexp, error) {
	// Alone first: "a)|(b" must not become two expressions. In the group, a \Q that
	// has no end would take in what is behind it.
	if _, err := regexp.Compile(expression); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + expression + `)\z`)
}

// check compares a bag with the rule; a nil rule allows everything.
func (r *rule) check(b value.Bag, key xacml.AttributeKey) error {
	if r == nil {
		return nil
	}
	if n := b.Len(); n < r.min || r.max > 0 && n > r.max {
		return Invalidf("attribute %q has %d values, which its rule does not allow", key.ID, n)
	}
	if r.pattern == nil {
		return nil
	}
	for _, v := range b.Values() {
		if !r.pattern.MatchString(v.String()) {
			return Invalidf("attribute %q has a value that does not fit the pattern of its rule", key.ID)
		}
	}
	return nil
}
