package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxSteps bounds a path.
const maxSteps = 32

// Path leads to values in claims. A text that does not begin with $ is the name of
// a claim, as it is:
//
//	urn:altinn:userid
//
// Others are of a part of JSONPath (RFC 9535): members by name, elements by
// number, each element, and the elements that have a text in a member:
//
//	$.consumer.ID
//	$['urn:altinn:party']['id']
//	$.realm_access.roles[*]
//	$.authorization_details[?@.type == 'urn:altinn:systemuser'].systemuser_id[0]
//
// What is not a list counts as a list of one where elements are asked for, as in
// the claim aud (RFC 7519 §4.1.3).
type Path struct {
	text  string
	steps []step
}

// step is one step of a path: the member with a name; the element at an index; each
// element; or each element that has a text in the member with the name.
type step struct {
	kind  stepKind
	name  string
	index int
	text  string
}

// stepKind is what a step selects.
type stepKind uint8

const (
	stepMember stepKind = iota
	stepElement
	stepEach
	stepWith
)

// String is the path as it was written.
func (p Path) String() string { return p.text }

// The forms of a step. Names and texts in quotes have no escapes.
const (
	shortStep   = `\.([A-Za-z_][A-Za-z0-9_]*)`
	quotedStep  = `\['([^'\\]*)'\]`
	elementStep = `\[(0|[1-9][0-9]{0,3})\]`
	eachStep    = `\[\*\]`
	withStep    = `\[\?\(?@(?:` + shortStep + `|` + quotedStep + `) ?== ?'([^'\\]*)'\)?\]`
)

// ParsePath reads a path.
func ParsePath(text string) (Path, error) {
	rest, ok := strings.CutPrefix(text, "$")
	switch {
	case text == "":
		return Path{}, errors.New("the name of a claim is missing")
	case !ok:
		return Path{text, []step{{name: text}}}, nil
	case rest == "":
		return Path{}, errors.New("the path $ leads to all claims, not to one")
	}
	forms := regexp.MustCompile(`^(?:` + shortStep + `|` + quotedStep + `|` + elementStep + `|(` + eachStep + `)|` + withStep + `)`)
	p := Path{text: text}
	for rest != "" {
		m := forms.FindStringSubmatch(rest)
		if m == nil {
			return Path{}, fmt.Errorf("path %q: %q is none of .name, ['name'], [0], [*] and [?@.name == 'text']", text, rest)
		}
		if len(p.steps) == maxSteps {
			return Path{}, fmt.Errorf("path %q has more than %d steps", text, maxSteps)
		}
		p.steps = append(p.steps, parseStep(m))
		rest = rest[len(m[0]):]
	}
	if p.steps[0].kind != stepMember {
		return Path{}, fmt.Errorf("path %q does not begin with the name of a claim", text)
	}
	return p, nil
}

// parseStep makes a step of the groups of a match.
func parseStep(m []string) step {
	switch {
	case strings.HasPrefix(m[0], "[?"):
		return step{kind: stepWith, name: m[5] + m[6], text: m[7]}
	case m[3] != "":
		index, _ := strconv.Atoi(m[3]) // at most four digits
		return step{kind: stepElement, index: index}
	case m[4] != "":
		return step{kind: stepEach}
	default:
		return step{name: m[1] + m[2]}
	}
}

// The errors of [Claims.Texts]. They hold nothing of the claims.
var (
	errShape  = errors.New("there is a value of another shape on the way")
	errScalar = errors.New("it leads to an object, or to a list of other things than texts, numbers and booleans")
	errNumber = errors.New("it leads to a number that is not written in the usual way")
)

// Texts gives the values that the path leads to, as text; none if it leads nowhere
// or to null. A list stands for its elements. What is neither text nor number nor
// boolean, and a way that leads through other shapes than the path has, is an
// error that names the path only.
//
// Numbers are as they are written, which must be without exponent, needless zeros
// or sign, so that each has one text.
func (c Claims) Texts(p Path) ([]string, error) {
	var texts []string
	err := walk(c.all, p.steps, func(v any) error {
		if list, ok := v.([]any); ok {
			for _, item := range list {
				if err := appendText(&texts, item); err != nil {
					return err
				}
			}
			return nil
		}
		return appendText(&texts, v)
	})
	if err != nil {
		return nil, fmt.Errorf("claim %q: %w", p.text, err)
	}
	return texts, nil
}

// walk calls f for each value to which the steps lead from v.
func walk(v any, steps []step, f func(any) error) error {
	if v == nil {
		return nil
	}
	if len(steps) == 0 {
		return f(v)
	}
	s, rest := steps[0], steps[1:]
	if s.kind == stepMember {
		members, ok := v.(map[string]any)
		if !ok {
			return errShape
		}
		return walk(members[s.name], rest, f)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for i, item := range list {
		if s.kind == stepElement && s.index != i {
			continue
		}
		if s.kind == stepWith {
			members, ok := item.(map[string]any)
			if !ok {
				return errShape
			}
			if members[s.name] != any(s.text) {
				continue
			}
		}
		if err := walk(item, rest, f); err != nil {
			return err
		}
	}
	return nil
}

// appendText appends the text of a scalar.
func appendText(texts *[]string, v any) error {
	switch v := v.(type) {
	case nil:
	case string:
		*texts = append(*texts, v)
	case bool:
		*texts = append(*texts, strconv.FormatBool(v))
	case json.Number:
		if !plain(v.String()) {
			return errNumber
		}
		*texts = append(*texts, v.String())
	default:
		return errScalar
	}
	return nil
}

// plain reports whether a JSON number has no other text for the same number: no
// exponent, no zeros at the end of a fraction, no minus before zero.
func plain(number string) bool {
	if strings.ContainsAny(number, "eE") || number == "-0" {
		return false
	}
	return !strings.Contains(number, ".") || !strings.HasSuffix(number, "0")
}
