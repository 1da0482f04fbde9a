package sql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// parameters lists the named parameters (:name) of a query, each once, in
// order. It refuses what is not exactly one statement that reads, and every
// other form of parameter, because those would be bound by position.
func parameters(query string) ([]string, error) {
	var names []string
	first, ended := "", false
	for rest := query; rest != ""; {
		n, kind := token(rest)
		text := rest[:n]
		rest = rest[n:]
		if kind == blank {
			continue
		}
		if ended {
			return nil, errors.New("a query is one statement")
		}
		if first == "" {
			first = strings.ToLower(text)
		}
		switch {
		case kind == unclosed:
			return nil, fmt.Errorf("the quote or comment at %q is not closed", head(text))
		case kind == parameter && text[0] != ':', text == "?":
			return nil, fmt.Errorf("the parameter %q is not of the form :name", text)
		case kind == parameter:
			if name := text[1:]; !slices.Contains(names, name) {
				names = append(names, name)
			}
		case text == ";":
			ended = true
		}
	}
	switch first {
	case "select", "with", "values":
		return names, nil
	case "":
		return nil, errors.New("the query is empty")
	default:
		return nil, errors.New("a query begins with select, with or values")
	}
}

// tokenKind is what parameters needs to tell apart.
type tokenKind uint8

const (
	other     tokenKind = iota // a word, a number, a quoted thing, an operator
	blank                      // space or a comment
	parameter                  // :name, @name, $name
	unclosed                   // a quote or comment that does not end
)

// token gives the length and kind of the first token of s, which is not empty.
func token(s string) (n int, kind tokenKind) {
	switch c := s[0]; {
	case strings.IndexByte(" \t\r\n\f", c) >= 0:
		return 1, blank
	case strings.HasPrefix(s, "--"):
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return i + 1, blank
		}
		return len(s), blank
	case strings.HasPrefix(s, "/*"):
		if i := strings.Index(s[2:], "*/"); i >= 0 {
			return i + 4, blank
		}
		return len(s), unclosed
	case c == '\'', c == '"', c == '`':
		// A doubled quote inside is two quoted things in a row: as good.
		return quoted(s, c)
	case c == '[':
		return quoted(s, ']')
	case strings.HasPrefix(s, "::"):
		return 2, other // a cast of PostgreSQL
	case c == ':', c == '@', c == '$':
		if n := word(s[1:]); n > 0 {
			return n + 1, parameter
		}
		return 1, other
	default:
		return max(1, word(s)), other
	}
}

// quoted is the token from a quote to the next byte end.
func quoted(s string, end byte) (int, tokenKind) {
	if i := strings.IndexByte(s[1:], end); i >= 0 {
		return i + 2, other
	}
	return len(s), unclosed
}

// word is the number of bytes at the start of s that can belong to a name.
func word(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
		if !letter && c != '_' && (c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}

// head is the start of a text, for messages.
func head(s string) string { return s[:min(len(s), 20)] }
