package xacmljson

import (
	"strconv"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// dataType is a data type of the standard, or another one with its URI.
type dataType struct {
	value.Type
	id string
}

// dataTypeOf is the data type that n names by URI or short code (profile 3.3.1).
func (r *reader) dataTypeOf(n *node) dataType {
	id := r.name(n)
	if t, ok := value.TypeByID(id); ok {
		return dataType{t, id}
	}
	if t, ok := typeByCode(id); ok {
		return dataType{t, id}
	}
	if id != "" && !strings.Contains(id, ":") {
		r.reject(n, "%s is neither a URI nor the short code of a data type", quote(id))
	}
	return dataType{value.TypeUnknown, id}
}

// valuesOf are the values in a Value member: one, or those of an array (profile
// 3.3.2), of the data type that is given or else inferred. Either node may be nil.
func (r *reader) valuesOf(n, given *node) []value.Value {
	if n == nil {
		return nil
	}
	items := []*node{n}
	if n.kind == array {
		items = n.children
	}
	if r.values += len(items); r.values > r.limits.Values {
		if r.values-len(items) <= r.limits.Values {
			r.refuse(n, "document has more than %d attribute values", r.limits.Values)
		}
		return nil
	}
	if !r.areValues(items) {
		return nil
	}
	var t dataType
	if given != nil {
		t = r.dataTypeOf(given)
	} else {
		t.Type = r.infer(items)
		if t.Type == value.TypeUnknown {
			return nil
		}
	}
	out := make([]value.Value, len(items))
	for i, item := range items {
		out[i] = r.value(item, t)
	}
	return out
}

// areValues reports whether each item can be a value, and refuses others.
func (r *reader) areValues(items []*node) bool {
	ok := true
	for _, item := range items {
		if item.kind == null || item.kind == array {
			r.refuse(item, "a value cannot be %s", item.kind)
		} else if r.fits(item) {
			continue
		}
		ok = false
	}
	return ok
}

// infer is the data type of values without DataType (profile 3.3.1, 3.3.2), or
// TypeUnknown if there is none. Without values it is string.
func (r *reader) infer(items []*node) value.Type {
	t := value.TypeString
	for i, item := range items {
		own := inferOne(item)
		switch {
		case own == value.TypeUnknown:
			r.reject(item, "the data type of an object cannot be inferred")
			return value.TypeUnknown
		case i == 0 || own == t:
			t = own
		case isNumeric(t) && isNumeric(own):
			t = value.TypeDouble
		default:
			t = value.TypeString
		}
	}
	return t
}

func isNumeric(t value.Type) bool { return t == value.TypeInteger || t == value.TypeDouble }

// inferOne is the data type of one value, or TypeUnknown for an object.
func inferOne(n *node) value.Type {
	switch {
	case n.kind == text:
		return value.TypeString
	case n.kind == boolean:
		return value.TypeBoolean
	case n.kind == number && strings.ContainsAny(n.text, ".eE"):
		return value.TypeDouble
	case n.kind == number:
		return value.TypeInteger
	default:
		return value.TypeUnknown
	}
}

// value is one value of a data type, or nil if it is none.
func (r *reader) value(n *node, t dataType) value.Value {
	switch {
	case t.Type == value.TypeXPathExpression:
		return r.xpathExpression(n)
	case t.Type == value.TypeEntity:
		return r.entity(n)
	case t.Type == value.TypeUnknown:
		return r.foreign(n, t.id)
	case !allows(t.Type, n.kind):
		r.reject(n, "a value of data type %s cannot be %s", quote(t.id), n.kind)
		return nil
	}
	lexical := n.text
	if t.Type == value.TypeInteger && n.kind == number {
		var ok bool
		if lexical, ok = whole(n.text); !ok {
			r.reject(n, "is not an integer, or has too many digits")
			return nil
		}
	}
	v, err := value.Parse(t.Type, lexical)
	if err != nil {
		r.reject(n, "is not a value of data type %s", quote(t.ID())) // §5.57: err tells the value
		return nil
	}
	return v
}

// allows reports whether JSON of a kind can stand for a value of data type t. A
// string can stand for any, in its lexical form; to the type string everything is
// text as it is written.
func allows(t value.Type, k kind) bool {
	switch k {
	case text:
		return true
	case number:
		return isNumeric(t) || t == value.TypeString
	case boolean:
		return t == value.TypeBoolean || t == value.TypeString
	case null, array, object:
	}
	return false
}

// foreign is a value of a data type that the standard lacks. Of an object it keeps
// the source.
func (r *reader) foreign(n *node, id string) value.Value {
	s := n.text
	if n.kind == object {
		s = string(r.data[n.start:n.end])
	}
	if !isText(s) {
		r.reject(n, "holds what is not a character of XML")
		return nil
	}
	return value.Foreign{DataType: id, Text: s}
}

// maxZeros bounds how far an exponent can blow up a number, because a short literal
// must not cost as much as a long integer. No double has more.
const maxZeros = 308

// whole is a number without fraction as digits: 5.0 and 0.5e1 are 5.
func whole(literal string) (digits string, ok bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	sign := ""
	if rest, negative := strings.CutPrefix(mantissa, "-"); negative {
		sign, mantissa = "-", rest
	}
	integer, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(integer+fraction, "0")
	if digits == "" {
		return "0", true
	}
	scale := 0
	if exponent != "" {
		var err error
		if scale, err = strconv.Atoi(exponent); err != nil {
			return "", false
		}
	}
	trimmed := strings.TrimRight(digits, "0")
	zeros := scale - len(fraction) + len(digits) - len(trimmed)
	if zeros < 0 || zeros > maxZeros {
		return "", false
	}
	return sign + trimmed + strings.Repeat("0", zeros), true
}

// xpathExpression is a value with that data type (profile 3.3.3): an XPath with
// the category and the prefixes that it needs (A.3.15).
func (r *reader) xpathExpression(n *node) value.Value {
	if n.kind != object {
		r.reject(n, "an xpathExpression must be an object, not %s", n.kind)
		return nil
	}
	if !r.isObject(n, "XPathCategory", "Namespaces", "XPath") {
		return nil
	}
	category := r.category(r.required(n, "XPathCategory"))
	xpath := r.required(n, "XPath")
	source := r.str(xpath)
	if xpath != nil && (strings.Trim(source, " \t\r\n") == "" || !isText(source)) {
		r.reject(xpath, "is not an XPath")
	}
	namespaces := make(map[string]string)
	for _, c := range r.items(n.member("Namespaces")) {
		if !r.isObject(c, "Prefix", "Namespace") {
			continue
		}
		prefix, uri := r.name(c.member("Prefix")), r.name(r.required(c, "Namespace"))
		if wrong := checkBinding(prefix, uri); wrong != "" {
			r.reject(c, "prefix %s %s", quote(prefix), wrong)
		} else if _, twice := namespaces[prefix]; twice {
			r.reject(c, "prefix %s is bound twice", quote(prefix))
		}
		namespaces[prefix] = uri
	}
	return value.NewXPathExpression(source, category, namespaces, r.xpathVersion)
}
