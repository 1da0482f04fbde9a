package pip

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Check reports everything that is wrong with the declaration of the source,
// whatever its kind.
func (s Source) Check() error {
	var errs []error
	if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`).MatchString(s.Name) {
		errs = append(errs, errors.New("the name of a source is a letter followed by letters, digits, and any of _ . -"))
	}
	if s.Provider == nil {
		errs = append(errs, errors.New("a source must have a provider"))
	}
	return errors.Join(append(errs, CheckDeclaration(s.Needs, s.Provides))...)
}

// CheckDeclaration reports everything that is wrong with what a source needs
// and provides, whatever its kind. A source without needs is asked once.
func CheckDeclaration(needs []Need, provides []Provided) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	name := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	names := make(map[string]bool, len(needs))
	for i, n := range needs {
		if !name.MatchString(n.Name) {
			fail("need %d: the name %q is not a letter followed by letters, digits and underscores", i+1, n.Name)
		}
		if names[n.Name] {
			fail("need %d: the name %q is taken", i+1, n.Name)
		}
		names[n.Name] = true
		if err := checkKey(n.Key); err != nil {
			fail("need %q: %w", n.Name, err)
		}
	}
	if len(provides) == 0 {
		fail("a source must provide an attribute")
	}
	keys := make(map[xacml.AttributeKey]bool, len(provides))
	for _, p := range provides {
		if err := checkKey(p.Key); err != nil {
			fail("provided attribute %q: %w", p.Key.ID, err)
		}
		if keys[p.Key] {
			fail("attribute %q is provided twice", p.Key.ID)
		}
		keys[p.Key] = true
		if p.TTL < 0 || p.StaleIfError < 0 {
			fail("provided attribute %q: times must not be negative", p.Key.ID)
		}
	}
	return errors.Join(errs...)
}

// checkKey reports what is wrong with a key of a declaration. An
// xpathExpression means something within one request only (A.3.15), and a
// value of an unknown data type is nothing that can be asked for.
func checkKey(k xacml.AttributeKey) error {
	switch {
	case k.Category == "":
		return errors.New("the category is missing")
	case k.ID == "":
		return errors.New("the attribute id is missing")
	case k.Type == value.TypeUnknown:
		return errors.New("the data type is missing or unknown")
	case k.Type == value.TypeXPathExpression, k.Type == value.TypeEntity:
		return fmt.Errorf("a source cannot take or give a value of type %s", k.Type)
	default:
		return nil
	}
}
