package xacmlxml

import (
	"bytes"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// rawAttribute is an attribute as the document writes it. encoding/xml keeps
// neither its place nor whether white space in its value is literal, and would
// build any number of attributes of any size first.
type rawAttribute struct {
	policy.Position
	name, raw string
}

// scanTag reads the attributes of the start tag at the head of src, which is
// at the place of the next token. What is not well-formed in a way that
// encoding/xml refuses is left to it: the attributes then end early.
func (r *reader) scanTag(src []byte) ([]rawAttribute, *fault) {
	name := 1 + nameLength(src[1:])
	if name > 1+r.limits.Name {
		return nil, faultf(r.at, policy.ReasonSize, "an element name has more than %d bytes", r.limits.Name)
	}
	attributes, _, f := r.scanAttributes(src[name:], advance(r.at, src[:name]))
	return attributes, f
}

// scanAttributes reads attributes up to the first thing that is none, where the
// rest starts.
func (r *reader) scanAttributes(src []byte, at policy.Position) (attributes []rawAttribute, rest []byte, f *fault) {
	skip := func(n int) {
		at = advance(at, src[:n])
		src = src[n:]
	}
	for {
		spaces := spaceLength(src)
		skip(spaces)
		name := nameLength(src)
		if name == 0 {
			return attributes, src, nil
		}
		if spaces == 0 {
			return nil, nil, faultf(at, policy.ReasonParse, "no white space before an attribute")
		}
		a, whole := rawAttribute{Position: at}, src
		if name > r.limits.Name {
			return nil, nil, faultf(at, policy.ReasonSize, "an attribute name has more than %d bytes", r.limits.Name)
		}
		a.name = string(src[:name])
		skip(name)
		skip(spaceLength(src))
		if len(src) == 0 || src[0] != '=' {
			return attributes, whole, nil
		}
		skip(1)
		skip(spaceLength(src))
		if len(src) == 0 || src[0] != '"' && src[0] != '\'' {
			return attributes, whole, nil
		}
		length := bytes.IndexByte(src[1:], src[0])
		if length < 0 {
			return attributes, whole, nil
		}
		if length > r.limits.AttributeValue {
			return nil, nil, faultf(a.Position, policy.ReasonSize, "the value of attribute %s has more than %d bytes",
				quote(a.name), r.limits.AttributeValue)
		}
		a.raw = string(src[1 : 1+length])
		skip(length + 2)
		if len(attributes) == r.limits.Attributes {
			return nil, nil, faultf(a.Position, policy.ReasonSize, "an element has more than %d attributes", r.limits.Attributes)
		}
		attributes = append(attributes, a)
	}
}

// nameLength is the number of bytes at the head of src that could be a name.
func nameLength(src []byte) int {
	end := bytes.IndexAny(src, " \t\r\n=/<>?&\"'")
	if end < 0 {
		return len(src)
	}
	return end
}

func spaceLength(src []byte) int {
	for i, b := range src {
		if !isSpace(b) {
			return i
		}
	}
	return len(src)
}
