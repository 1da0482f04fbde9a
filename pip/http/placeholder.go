package http

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pip"
)

// errPart is the mistake that would let a value mean more than itself.
var errPart = errors.New("a placeholder {name} stands alone, and not for a part of a text; compose the text in a source of the kind derive")

// placeholders finds the needs that a request uses.
type placeholders struct {
	needs []pip.Need
	used  map[int]bool
}

// find gives the need that the text {name} stands for; ok is false for a text
// without braces.
func (ph *placeholders) find(text string) (need int, ok bool, err error) {
	if !strings.ContainsAny(text, "{}") {
		return 0, false, nil
	}
	name, opened := strings.CutPrefix(text, "{")
	name, closed := strings.CutSuffix(name, "}")
	if !opened || !closed || strings.ContainsAny(name, "{}") {
		return 0, false, errPart
	}
	need = slices.IndexFunc(ph.needs, func(n pip.Need) bool { return n.Name == name })
	if need < 0 {
		return 0, false, fmt.Errorf("the placeholder {%s} is not a need", name)
	}
	ph.used[need] = true
	return need, true, nil
}

// unused reports the needs that no part of the request has a place for: their
// values would make no difference.
func (ph *placeholders) unused() error {
	var errs []error
	for i, n := range ph.needs {
		if !ph.used[i] {
			errs = append(errs, fmt.Errorf("the request does not use the need %q", n.Name))
		}
	}
	return errors.Join(errs...)
}

// sendable reports why no request can carry the text. Many services take an
// empty value for no condition at all, and answer about everybody.
func sendable(s string) error {
	switch {
	case s == "":
		return errors.New("is empty")
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8")
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("holds a control character")
	default:
		return nil
	}
}

// unsendable is the error of a question that cannot be put. The reason must not
// quote the value.
func unsendable(n pip.Need, reason error) error {
	return &pip.Error{Outcome: pip.OutcomeError, Detail: fmt.Sprintf("the value of the need %q cannot be sent: it %v", n.Name, reason)}
}
