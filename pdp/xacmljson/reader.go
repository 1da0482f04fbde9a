package xacmljson

import (
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// reader makes the model of a document that was parsed. It goes on where the
// document is wrong, because a wrong shape anywhere goes before a wrong value;
// what it makes is then thrown away.
type reader struct {
	limits       Limits
	data         []byte
	values       int    // attribute values so far
	xpathVersion string // of the request

	malformed, invalid *problem // the first of each sort in the document
}

// read parses a document, which has to be an object with one member of this name,
// and gives the value of the member to build.
func read(data []byte, limits Limits, name string, build func(*reader, *node)) error {
	r := &reader{limits: limits.filled(), data: data}
	root, wrong := parse(data, r.limits)
	if wrong != nil {
		return &MalformedError{wrong.status()}
	}
	if r.isObject(root, name) {
		if n := r.required(root, name); n != nil {
			build(r, n)
		}
	}
	switch {
	case r.malformed != nil:
		return &MalformedError{r.malformed.status()}
	case r.invalid != nil:
		return r.invalid.status()
	default:
		return nil
	}
}

// refuse reports that the shape of n is not that of the profile.
func (r *reader) refuse(n *node, format string, args ...any) {
	r.refuseAt(n, n.Position, format, args...)
}

// refuseAt is refuse with another place than that of n.
func (r *reader) refuseAt(n *node, at policy.Position, format string, args ...any) {
	r.malformed = earlier(r.malformed, n, at, format, args)
}

// reject reports that n has the shape of the profile but no meaning.
func (r *reader) reject(n *node, format string, args ...any) {
	r.invalid = earlier(r.invalid, n, n.Position, format, args)
}

// earlier is first, or the problem of n if that has an earlier place.
func earlier(first *problem, n *node, at policy.Position, format string, args []any) *problem {
	if first != nil && (first.Line < at.Line || first.Line == at.Line && first.Column <= at.Column) {
		return first
	}
	return &problem{at, n.path(), fmt.Sprintf(format, args...)}
}

// isKind reports whether n is there and of a kind, and refuses another kind.
func (r *reader) isKind(n *node, k kind) bool {
	if n == nil {
		return false
	}
	if n.kind != k {
		r.refuse(n, "must be %s, not %s", k, n.kind)
		return false
	}
	return true
}

// isObject reports whether n is an object, and refuses members other than the
// named ones.
func (r *reader) isObject(n *node, members ...string) bool {
	if !r.isKind(n, object) {
		return false
	}
	for _, c := range n.children {
		if !slices.Contains(members, c.name) {
			r.refuseAt(n, c.nameAt, "unknown member %s", quote(c.name))
			n.odd = true
		}
	}
	return true
}

// required is a member that an object must have. Of an object with unknown members
// it may be one of them, misspelled, so that they are the problem.
func (r *reader) required(n *node, name string) *node {
	c := n.member(name)
	if c == nil && !n.odd {
		r.refuse(n, "member %s is missing", name)
	}
	return c
}

// items are those of an array that may be absent.
func (r *reader) items(n *node) []*node {
	if !r.isKind(n, array) {
		return nil
	}
	return n.children
}

// someItems are those of an array that may be absent but not empty.
func (r *reader) someItems(n *node) []*node {
	items := r.items(n)
	if n != nil && n.kind == array && len(items) == 0 {
		r.refuse(n, "the array is empty")
	}
	return items
}

// oneOrMore are the items of an array, or an object in the place of an array of
// one, as version 1.0 of the profile allows.
func (r *reader) oneOrMore(n *node) []*node {
	if n != nil && n.kind == object {
		return []*node{n}
	}
	return r.items(n)
}

// str is a string that may be absent.
func (r *reader) str(n *node) string {
	if !r.isKind(n, text) {
		return ""
	}
	if !r.fits(n) {
		return ""
	}
	return n.text
}

// fits reports whether the text of n is within the limit.
func (r *reader) fits(n *node) bool {
	if len(n.text) > r.limits.String {
		r.refuse(n, "a string or number has more than %d bytes", r.limits.String)
		return false
	}
	return true
}

// name is a string that names something, which may be absent but not empty.
func (r *reader) name(n *node) string {
	if !r.isKind(n, text) {
		return ""
	}
	s := r.str(n)
	if wrong := checkName(s); wrong != "" {
		r.refuse(n, "%s", wrong)
	}
	return s
}

// flag is a boolean that is false if it is absent.
func (r *reader) flag(n *node) bool {
	return r.isKind(n, boolean) && n.text == "true"
}

// category is a string that names a category by its URI or shorthand (profile
// 4.2.2.1), and may be absent.
func (r *reader) category(n *node) string {
	s := r.name(n)
	if category, ok := byShorthand(s); ok {
		return category
	}
	return s
}
