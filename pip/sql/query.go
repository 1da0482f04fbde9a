package sql

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// dialect is what the backends write differently, as far as parameters are
// concerned.
type dialect uint8

const (
	dialectSQLite dialect = iota
	dialectPostgres
)

// text is a query cut at its parameters.
type text struct {
	pieces []string // what stands around the parameters
	names  []string // the parameters, one between two pieces
}

// parameters lists the named parameters (:name) of a query, each once, in order.
func (t text) parameters() []string {
	var names []string
	for _, name := range t.names {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// numbered is the query with $1, $2 ... for the names, as PostgreSQL has it.
func (t text) numbered(names []string) string {
	var b strings.Builder
	for i, piece := range t.pieces {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(slices.Index(names, t.names[i-1])+1))
		}
		b.WriteString(piece)
	}
	return b.String()
}

// scan cuts a query at its named parameters. It refuses what is not exactly one
// statement that reads, and every other form of parameter, because those would
// be bound by position.
func scan(query string, d dialect) (text, error) {
	var t text
	first, ended := "", false
	start := 0 // of the piece
	for at := 0; at < len(query); {
		n, kind := d.token(query[at:])
		word := query[at : at+n]
		at += n
		if kind == blank {
			continue
		}
		if ended {
			return text{}, errors.New("a query is one statement")
		}
		if first == "" {
			first = strings.ToLower(word)
		}
		switch {
		case kind == unclosed:
			return text{}, fmt.Errorf("the quote or comment at %q is not closed", head(word))
		case kind == foreign:
			return text{}, fmt.Errorf("the parameter %q is not of the form :name", word)
		case kind == parameter:
			t.pieces = append(t.pieces, query[start:at-n])
			t.names = append(t.names, word[1:])
			start = at
		case word == ";":
			ended = true
		}
	}
	t.pieces = append(t.pieces, query[start:])
	switch first {
	case "select", "with", "values":
		return t, nil
	case "":
		return text{}, errors.New("the query is empty")
	default:
		return text{}, errors.New("a query begins with select, with or values")
	}
}

// tokenKind is what scan needs to tell apart.
type tokenKind uint8

const (
	other     tokenKind = iota // a word, a number, a quoted thing, an operator
	blank                      // space or a comment
	parameter                  // :name
	foreign                    // a parameter of another form
	unclosed                   // a quote or comment that does not end
)

// token gives the length and kind of the first token of s, which is not empty.
func (d dialect) token(s string) (n int, kind tokenKind) {
	switch c := s[0]; {
	case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
		return 1, blank
	case strings.HasPrefix(s, "--"):
		ends := "\n"
		if d == dialectPostgres {
			ends = "\r\n"
		}
		if i := strings.IndexAny(s, ends); i >= 0 {
			return i + 1, blank
		}
		return len(s), blank
	case strings.HasPrefix(s, "/*"):
		return d.comment(s)
	case c == '\'', c == '"':
		// A doubled quote inside is two quoted things in a row: as good.
		return quoted(s, c)
	case strings.HasPrefix(s, "::"):
		return 2, other // a cast of PostgreSQL
	case c == ':':
		n := d.word(s[1:])
		// In PostgreSQL, [1:2] is a slice of an array.
		if n == 0 || d == dialectPostgres && s[1] >= '0' && s[1] <= '9' {
			return 1, other
		}
		return n + 1, parameter
	case d == dialectPostgres:
		return d.postgresToken(s)
	default:
		return d.sqliteToken(s)
	}
}

// sqliteToken is a token that SQLite alone knows, or a word.
func (d dialect) sqliteToken(s string) (int, tokenKind) {
	switch c := s[0]; c {
	case '`':
		return quoted(s, c)
	case '[':
		return quoted(s, ']')
	case '?':
		return 1 + d.word(s[1:]), foreign
	case '@', '$':
		if n := d.word(s[1:]); n > 0 {
			return n + 1, foreign
		}
	}
	return max(1, d.word(s)), other
}

// postgresToken is a token that PostgreSQL alone knows, or a word.
func (d dialect) postgresToken(s string) (int, tokenKind) {
	switch c := s[0]; {
	case (c == 'e' || c == 'E') && strings.HasPrefix(s[1:], "'"):
		return escaped(s)
	case c == '$' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
		return 1 + d.word(s[1:]), foreign
	case c == '$':
		// $$ ... $$ or $tag$ ... $tag$
		tag := 1
		for tag < len(s) && s[tag] != '$' && letter(s[tag]) {
			tag++
		}
		if tag == len(s) || s[tag] != '$' {
			return 1, other
		}
		delimiter := s[:tag+1]
		if i := strings.Index(s[len(delimiter):], delimiter); i >= 0 {
			return i + 2*len(delimiter), other
		}
		return len(s), unclosed
	default:
		return max(1, d.word(s)), other
	}
}

// comment is the token from /* to */. PostgreSQL nests comments.
func (d dialect) comment(s string) (int, tokenKind) {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch {
		case s[i:i+2] == "/*" && (depth == 0 || d == dialectPostgres):
			depth++
			i++
		case s[i:i+2] == "*/":
			depth--
			i++
		}
		if depth == 0 {
			return i + 1, blank
		}
	}
	return len(s), unclosed
}

// quoted is the token from a quote to the next byte end.
func quoted(s string, end byte) (int, tokenKind) {
	if i := strings.IndexByte(s[1:], end); i >= 0 {
		return i + 2, other
	}
	return len(s), unclosed
}

// escaped is the token E'...', in which a backslash hides a quote.
func escaped(s string) (int, tokenKind) {
	for i := 2; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return i + 1, other
		}
	}
	return len(s), unclosed
}

// word is the number of bytes at the start of s that can belong to a name.
func (d dialect) word(s string) int {
	for i := range len(s) {
		c := s[i]
		// In PostgreSQL, a$b is one name.
		if !letter(c) && (d != dialectPostgres || c != '$' || i == 0) {
			return i
		}
	}
	return len(s)
}

// letter reports whether c may stand in a name.
func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 || c == '_' || c >= '0' && c <= '9'
}

// head is the start of a text, for messages.
func head(s string) string { return s[:min(len(s), 20)] }
