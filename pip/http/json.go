package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pip"
)

// The limits of a JSON document, besides its length. A node takes about seventy
// bytes, whatever little it takes in the document.
const (
	maxDepth = 64
	maxNodes = 100_000
)

// kind is what a JSON value is.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

// String is for messages.
func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// node is a JSON value.
type node struct {
	kind kind
	// name is the name of a member of an object.
	name string
	// lexical is the text of a boolean, number or string. Numbers keep the form
	// that they have in the document: 1.0 is not 1.
	lexical string
	// children are the elements of an array, or the members of an object.
	children []node
}

// member is the member of an object, or nil.
func (n *node) member(name string) *node {
	for i := range n.children {
		if n.children[i].name == name {
			return &n.children[i]
		}
	}
	return nil
}

// parseJSON reads exactly one JSON document. It works on tokens, because a
// decoder would take the last of two equal names and the replacement character
// for what is not UTF-8. Errors have [pip.OutcomeInvalid].
func parseJSON(data []byte) (*node, error) {
	if !utf8.Valid(data) {
		return nil, pip.Invalidf("the JSON is not UTF-8")
	}
	r := &jsonReader{decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	tok, err := r.next()
	if err != nil {
		return nil, err
	}
	root, err := r.value(tok, 0)
	if err != nil {
		return nil, err
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, pip.Invalidf("something follows the JSON document")
	}
	return &root, nil
}

// jsonReader builds nodes of tokens.
type jsonReader struct {
	decoder *json.Decoder
	nodes   int
}

// next is the next token.
func (r *jsonReader) next() (json.Token, error) {
	tok, err := r.decoder.Token()
	if err != nil {
		// The cause would quote the document.
		return nil, pip.Invalidf("it is not JSON")
	}
	return tok, nil
}

// value reads the value that tok begins, below depth others.
func (r *jsonReader) value(tok json.Token, depth int) (node, error) {
	if r.nodes++; r.nodes > maxNodes {
		return node{}, pip.Invalidf("the JSON has more than %d values", maxNodes)
	}
	switch tok := tok.(type) {
	case nil:
		return node{kind: null}, nil
	case string:
		return node{kind: text, lexical: tok}, nil
	case json.Number:
		return node{kind: number, lexical: tok.String()}, nil
	case bool:
		if tok {
			return node{kind: boolean, lexical: "true"}, nil
		}
		return node{kind: boolean, lexical: "false"}, nil
	}
	if depth == maxDepth {
		return node{}, pip.Invalidf("the JSON is deeper than %d levels", maxDepth)
	}
	if tok == json.Delim('[') {
		return r.array(depth + 1)
	}
	return r.object(depth + 1)
}

// array reads the rest of an array.
func (r *jsonReader) array(depth int) (node, error) {
	n := node{kind: array}
	for {
		tok, err := r.next()
		if err != nil {
			return node{}, err
		}
		if tok == json.Delim(']') {
			return n, nil
		}
		child, err := r.value(tok, depth)
		if err != nil {
			return node{}, err
		}
		n.children = append(n.children, child)
	}
}

// object reads the rest of an object.
func (r *jsonReader) object(depth int) (node, error) {
	n := node{kind: object}
	seen := make(map[string]bool)
	for {
		tok, err := r.next()
		if err != nil {
			return node{}, err
		}
		name, ok := tok.(string)
		if !ok {
			return n, nil // the closing brace
		}
		if seen[name] {
			return node{}, pip.Invalidf("an object of the JSON has two members of one name")
		}
		seen[name] = true
		if tok, err = r.next(); err != nil {
			return node{}, err
		}
		child, err := r.value(tok, depth)
		if err != nil {
			return node{}, err
		}
		child.name = name
		n.children = append(n.children, child)
	}
}
