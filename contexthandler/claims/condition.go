package claims

import (
	"errors"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/token"
)

// condition is a [Condition] whose path was read.
type condition struct {
	Condition
	path token.Path
}

func newCondition(c Condition) (condition, error) {
	path, err := token.ParsePath(c.Claim)
	errs := []error{err}
	if c.Absent && (len(c.Equals) > 0 || c.Word != "") {
		errs = append(errs, errors.New("a claim cannot be absent and have a value"))
	}
	if len(c.Equals) > 0 && c.Word != "" {
		errs = append(errs, errors.New("either equals or word"))
	}
	if slices.Contains(c.Equals, "") {
		errs = append(errs, errors.New("an empty text is no value"))
	}
	if strings.Contains(c.Word, " ") {
		errs = append(errs, errors.New("a word has no spaces"))
	}
	return condition{c, path}, errors.Join(errs...)
}

// holds reports whether the condition is true of the claims.
func (c condition) holds(claims token.Claims) (bool, *Error) {
	values, err := texts(claims, c.path)
	switch {
	case err != nil:
		return false, err
	case c.Absent:
		return len(values) == 0, nil
	case len(c.Equals) > 0:
		return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(c.Equals, v) }), nil
	case c.Word != "":
		return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(words(v), c.Word) }), nil
	default:
		return len(values) > 0, nil
	}
}

// holds reports whether all conditions of the subject are true of the claims.
func (s subject) holds(claims token.Claims) (bool, *Error) {
	for _, c := range s.when {
		if ok, err := c.holds(claims); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// words are the words of a text that spaces separate, and nothing else does
// (RFC 6749 §3.3).
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' })
}
