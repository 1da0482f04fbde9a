package xacmljson

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// shorthands are the categories with a member of their own (profile 4.2.2.1), in
// the order of the profile.
var shorthands = [...]struct{ name, category string }{
	{"AccessSubject", xacml.CategoryAccessSubject},
	{"RecipientSubject", xacml.CategoryRecipientSubject},
	{"IntermediarySubject", xacml.CategoryIntermediarySubject},
	{"Codebase", xacml.CategoryCodebase},
	{"RequestingMachine", xacml.CategoryRequestingMachine},
	{"Resource", xacml.CategoryResource},
	{"Action", xacml.CategoryAction},
	{"Environment", xacml.CategoryEnvironment},
}

// byShorthand is the category that a shorthand stands for.
func byShorthand(name string) (category string, ok bool) {
	for _, s := range shorthands {
		if s.name == name {
			return s.category, true
		}
	}
	return "", false
}

// typeByCode is the data type with this short code (profile 3.3.1). The legacy
// durations have none.
func typeByCode(code string) (t value.Type, ok bool) {
	for _, t := range value.Types() {
		if t.String() == code && t.Canonical() == t {
			return t, true
		}
	}
	return value.TypeUnknown, false
}

// checkName tells what is wrong with an identifier, or nothing: an empty one
// names nothing, one with control characters cannot be told from others where
// people read it, and the rest could not be written as XML.
func checkName(s string) (wrong string) {
	switch {
	case s == "":
		return "is empty"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "holds a control character"
	case !isText(s):
		return "holds what is not a character of XML"
	default:
		return ""
	}
}

// isText reports whether s is made of characters of XML, as every string of XACML
// is.
func isText(s string) bool {
	_, err := value.Parse(value.TypeString, s)
	return err == nil
}

// isVersion reports whether s is of VersionType (§5.12).
func isVersion(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}

// checkBinding tells what is wrong with a namespace declaration (Namespaces in
// XML 1.0, 3), or nothing. The empty prefix is that of the default namespace.
func checkBinding(prefix, uri string) (wrong string) {
	switch {
	case strings.ContainsAny(prefix, ": ") || prefix != "" && checkName(prefix) != "" || prefix == "xmlns":
		return "is not a prefix"
	case (prefix == "xml") != (uri == xacml.XMLNamespace):
		return "cannot be bound to this namespace"
	default:
		return ""
	}
}

// quote quotes user input for a message, and keeps it short.
func quote(s string) string {
	const most = 200
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "..."
}
