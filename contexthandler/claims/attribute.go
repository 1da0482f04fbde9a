package claims

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/token"
)

// maxPattern is the longest expression in bytes. Values are bounded by the length
// of a token, so that their product is.
const maxPattern = 1 << 10

// attribute is an [Attribute] whose parts were read.
type attribute struct {
	Attribute
	from  []token.Path
	match *regexp.Regexp // nil if every value will do
	group int            // of match that is the value
}

// newAttribute reads an attribute; ids are those that are taken, to which it adds
// its own.
func newAttribute(a Attribute, ids map[string]bool) (attribute, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if a.Type == value.TypeUnknown {
		a.Type = value.TypeString
	}
	switch {
	case a.ID == "":
		fail("the id is missing")
	case ids[a.ID]:
		fail("the id is taken: a subject would have the attribute twice")
	}
	ids[a.ID] = true
	if !supported(a.Type) {
		fail("an attribute cannot be of type %s", a.Type)
	}
	made := attribute{Attribute: a}
	var err error
	if made.from, err = paths(a.From); err != nil {
		fail("%w", err)
	}
	if a.Match != "" {
		if made.match, err = compile(a.Match); err != nil {
			fail("%w", err)
		} else {
			made.group = max(0, made.match.SubexpIndex("value"))
		}
	}
	return made, errors.Join(errs...)
}

// compile compiles an expression such that it matches whole texts only.
func compile(expression string) (*regexp.Regexp, error) {
	if len(expression) > maxPattern {
		return nil, fmt.Errorf("the expression is longer than %d bytes", maxPattern)
	}
	// Alone first: an expression may not close the group around it.
	if _, err := regexp.Compile(expression); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + expression + `)\z`)
}

// read gives the attribute of the claims; ok is false if it has no value.
func (a attribute) read(claims token.Claims) (made xacml.Attribute, ok bool, err *Error) {
	values, err := a.values(claims)
	if err != nil || len(values) == 0 {
		return xacml.Attribute{}, false, err
	}
	if len(values) > 1 && !a.Several {
		return xacml.Attribute{}, false, errorf(ReasonAmbiguous, "attribute %q has several values", a.ID)
	}
	made = xacml.Attribute{ID: a.ID, IncludeInResult: a.IncludeInResult}
	for _, text := range values {
		v, err := value.Parse(a.Type, text)
		if err != nil {
			return xacml.Attribute{}, false, errorf(ReasonInvalid, "a value of attribute %q is not a lexical form of the data type %s", a.ID, a.Type)
		}
		made.Values = append(made.Values, v)
	}
	return made, true, nil
}

// values gives the texts of the first path that leads to any, each once where
// several are allowed.
func (a attribute) values(claims token.Claims) ([]string, *Error) {
	var found []string
	for _, path := range a.from {
		var err *Error
		if found, err = texts(claims, path); err != nil {
			return nil, err
		}
		if len(found) > 0 {
			break
		}
	}
	var values []string
	for _, text := range found {
		parts := []string{text}
		if a.Words {
			parts = words(text)
		}
		for _, word := range parts {
			word, ok := a.matched(word)
			if ok && (!a.Several || !slices.Contains(values, word)) {
				values = append(values, word)
			}
		}
	}
	return values, nil
}

// matched is the part of a text that the expression asks for.
func (a attribute) matched(text string) (string, bool) {
	if a.match == nil {
		return text, true
	}
	groups := a.match.FindStringSubmatch(text)
	if groups == nil || groups[a.group] == "" {
		return "", false
	}
	return groups[a.group], true
}
