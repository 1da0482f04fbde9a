package xacmljson

import (
	"slices"
	"strconv"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// kind is the type of a JSON value (RFC 8259, 3).
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

// String is the kind with its article, for messages.
func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// node is a JSON value of a document.
type node struct {
	policy.Position
	parent *node
	kind   kind
	// text is the decoded text of a string, and the source of a number or literal.
	text     string
	children []*node // the items of an array, the members of an object

	name       string          // as a member of an object
	nameAt     policy.Position // the place of the name
	index      int             // as an item of an array
	odd        bool            // an object with members that it must not have
	start, end int             // the source in the document
}

// member is the member of an object with this name, compared code point by code
// point, or nil.
func (n *node) member(name string) *node {
	if n == nil || n.kind != object {
		return nil
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// path is the JSON pointer to n (RFC 6901). It is made of names of the profile
// and numbers only, so that nothing needs to be escaped.
func (n *node) path() string {
	if n.parent == nil {
		return ""
	}
	var steps []string
	for ; n.parent != nil; n = n.parent {
		if n.parent.kind == array {
			steps = append(steps, strconv.Itoa(n.index))
		} else {
			steps = append(steps, n.name)
		}
	}
	slices.Reverse(steps)
	return "/" + strings.Join(steps, "/")
}
