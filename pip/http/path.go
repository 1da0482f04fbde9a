package http

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/forseti-pdp/forseti/pip"
)

// maxSteps bounds a path.
const maxSteps = 32

// path leads from a JSON value to others; see the documentation of the package.
type path struct {
	text  string
	row   bool // it begins with "@"
	steps []step
}

// step is one step of a path.
type step struct {
	kind     stepKind
	name     string
	index    int
	optional bool
}

// stepKind is what a step selects.
type stepKind uint8

const (
	stepMember  stepKind = iota // the member of that name
	stepElement                 // the element at the index
	stepEach                    // each element
)

// parsePath reads a path.
func parsePath(text string) (path, error) {
	p := path{text: text, row: strings.HasPrefix(text, "@")}
	if !p.row && !strings.HasPrefix(text, "$") {
		return path{}, errors.New("a path begins with $ or @")
	}
	for rest := text[1:]; rest != ""; {
		s, after, err := parseStep(rest)
		if err != nil {
			return path{}, err
		}
		if len(p.steps) == maxSteps {
			return path{}, fmt.Errorf("a path has at most %d steps", maxSteps)
		}
		p.steps = append(p.steps, s)
		rest = after
	}
	return p, nil
}

// parseStep reads the first step of s, which is not empty, and gives what is after it.
func parseStep(s string) (made step, after string, err error) {
	switch {
	case strings.HasPrefix(s, ".."):
		return step{}, "", errors.New(`".." is not supported: say where the value is`)
	case s[0] == '.':
		n := nameLength(s[1:])
		if n == 0 {
			return step{}, "", errors.New(`after "." comes a letter or "_"; other names are written ['name']`)
		}
		made, after = step{kind: stepMember, name: s[1 : n+1]}, s[n+1:]
	case strings.HasPrefix(s, "[*]"):
		return step{kind: stepEach}, s[3:], nil
	case strings.HasPrefix(s, "['"), strings.HasPrefix(s, `["`):
		name, rest, ok := parseQuoted(s[1:])
		if rest, closed := strings.CutPrefix(rest, "]"); ok && closed {
			made, after = step{kind: stepMember, name: name}, rest
			break
		}
		return step{}, "", errors.New("a name in brackets is ['name'], and only quotes and backslashes are escaped")
	case s[0] == '[':
		digits, rest, closed := strings.Cut(s[1:], "]")
		index, err := strconv.Atoi(digits)
		if !closed || err != nil || index < 0 || strconv.Itoa(index) != digits {
			return step{}, "", errors.New("in brackets is a name in quotes, a number from 0, or *: filters, slices and lists are not supported")
		}
		made, after = step{kind: stepElement, index: index}, rest
	default:
		return step{}, "", fmt.Errorf("%q is not the start of a step", s[:1])
	}
	after, made.optional = strings.CutPrefix(after, "?")
	return made, after, nil
}

// nameLength is the number of bytes of a name at the start of s.
func nameLength(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}

// parseQuoted reads a string in quotes, and gives what is after it.
func parseQuoted(s string) (name, after string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == s[0]:
			return b.String(), s[i+1:], true
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(s) && strings.IndexByte(`\'"`, s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// optional reports whether the path may lead nowhere.
func (p path) optional() bool {
	for _, s := range p.steps {
		if s.optional {
			return true
		}
	}
	return false
}

// each calls f for each value that the path leads to from n, and stops at the
// first error. A path that cannot be walked to its end is an error, except that
// an optional step may end it.
func (p path) each(n *node, f func(*node) error) error { return p.walk(n, 0, f) }

// walk goes on with step i.
func (p path) walk(n *node, i int, f func(*node) error) error {
	if i == len(p.steps) {
		return f(n)
	}
	if n.kind == null && i > 0 && p.steps[i-1].optional {
		return nil
	}
	s := p.steps[i]
	want := array
	if s.kind == stepMember {
		want = object
	}
	if n.kind != want {
		return pip.Invalidf("path %q: before step %d is %s, not %s", p.text, i+1, n.kind, want)
	}
	var next *node
	switch s.kind {
	case stepEach:
		for j := range n.children {
			if err := p.walk(&n.children[j], i+1, f); err != nil {
				return err
			}
		}
		return nil
	case stepElement:
		if s.index < len(n.children) {
			next = &n.children[s.index]
		}
	case stepMember:
		next = n.member(s.name)
	}
	switch {
	case next != nil:
		return p.walk(next, i+1, f)
	case s.optional:
		return nil
	default:
		return pip.Invalidf("path %q: the answer has nothing at step %d", p.text, i+1)
	}
}

// scalars calls f for the text of each scalar at the end of the path.
func (p path) scalars(n *node, f func(lexical string) error) error {
	return p.each(n, func(end *node) error {
		if end.kind != array {
			return p.scalar(end, f)
		}
		for i := range end.children {
			if err := p.scalar(&end.children[i], f); err != nil {
				return err
			}
		}
		return nil
	})
}

// scalar calls f for the text of n, unless n is null.
func (p path) scalar(n *node, f func(lexical string) error) error {
	switch n.kind {
	case null:
		return nil
	case array, object:
		return pip.Invalidf("path %q leads to %s, not to a string, number or boolean", p.text, n.kind)
	default:
		// A half of a surrogate pair becomes the replacement character, and different
		// texts become one.
		if strings.ContainsRune(n.lexical, '\uFFFD') {
			return pip.Invalidf("path %q leads to a text with something that is no character", p.text)
		}
		return f(n.lexical)
	}
}
