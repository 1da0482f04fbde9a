package derive

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// template is literal text and placeholders, in order.
type template []segment

// segment is a placeholder, or literal text if the placeholder is empty.
type segment struct {
	literal     string
	placeholder string
}

// parseTemplate reads a template; known are the placeholders that exist.
func parseTemplate(text string, known map[string]bool) (template, error) {
	var t template
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t = append(t, segment{literal: literal.String()})
			literal.Reset()
		}
	}
	for rest := text; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			literal.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '}':
			return nil, errors.New("a closing brace without an opening one")
		case rest[0] == '{':
			name, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return nil, errors.New("an opening brace without a closing one")
			}
			if !known[name] {
				return nil, fmt.Errorf("unknown placeholder %q, known are %q", name, sortedKeys(known))
			}
			flush()
			t = append(t, segment{placeholder: name})
			rest = after
		default:
			literal.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	flush()
	if len(t) == 0 {
		return nil, errors.New("the template is empty")
	}
	return t, nil
}

// fill replaces the placeholders; ok is false if one of them is empty.
func (t template) fill(parts map[string]string) (text string, ok bool) {
	var b strings.Builder
	for _, s := range t {
		if s.placeholder == "" {
			b.WriteString(s.literal)
			continue
		}
		part := parts[s.placeholder]
		if part == "" {
			return "", false
		}
		b.WriteString(part)
	}
	return b.String(), true
}

// sortedKeys lists the keys of m in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
