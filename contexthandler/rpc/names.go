package rpc

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// names knows the names that messages may use for categories, attributes and
// data types.
type names struct {
	dictionary *contexthandler.Dictionary
	categories map[string]string     // by short name
	types      map[string]value.Type // by short name
	// relative accepts names without a scheme, which a complete XACML request
	// may have; elsewhere they are likely to be typing errors.
	relative bool
}

// complete gives the names that a complete XACML request may use.
func (n *names) complete() *names {
	all := *n
	all.relative = true
	return &all
}

func newNames(dictionary *contexthandler.Dictionary) *names {
	n := &names{
		dictionary: dictionary,
		categories: map[string]string{
			"subject":     xacml.CategoryAccessSubject,
			"resource":    xacml.CategoryResource,
			"action":      xacml.CategoryAction,
			"environment": xacml.CategoryEnvironment,
		},
		types: make(map[string]value.Type),
	}
	for _, t := range value.Types() { // the legacy durations come last, and find their names taken
		short := t.ID()[strings.LastIndexAny(t.ID(), "#:")+1:]
		if _, taken := n.types[short]; !taken {
			n.types[short] = t
		}
	}
	return n
}

// category is the URI of a category.
func (n *names) category(name string) (string, error) {
	if uri, ok := n.categories[name]; ok {
		return uri, nil
	}
	return name, n.checkName("category", name)
}

// checkAttribute refuses what neither is the id of an attribute nor an alias.
// An alias stays: the context handler translates it.
func (n *names) checkAttribute(category, id string) error {
	if n.dictionary.Known(category, id) {
		return nil
	}
	return n.checkName("attribute id", id)
}

// dataType is a data type by its URI or short name. No name stands for the type
// that the service declares for the attribute, string if it declares none.
// A URI that the standard lacks is TypeUnknown.
func (n *names) dataType(category, id, name string) (value.Type, error) {
	if name == "" {
		return n.dictionary.Type(category, id), nil
	}
	if t, ok := value.TypeByID(name); ok {
		return t, nil
	}
	if t, ok := n.types[name]; ok {
		return t, nil
	}
	return value.TypeUnknown, checkURI("data type", name)
}

// checkName refuses what cannot be the name of a category or attribute.
func (n *names) checkName(field, name string) error {
	if n.relative && name != "" && !hasControl(name) {
		return nil
	}
	return checkURI(field, name)
}

// checkURI refuses what cannot be the URI that the field asks for.
func checkURI(field, uri string) error {
	switch {
	case uri == "":
		return invalidf("%s is required", field)
	case hasControl(uri):
		return invalidf("%s %s holds a control character", field, quote(uri))
	case !strings.Contains(uri, ":"):
		return invalidf("%s %s is neither a URI nor a known short name", field, quote(uri))
	default:
		return nil
	}
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// quoteLimit bounds how much of a name a message repeats, in octets.
const quoteLimit = 200

// quote quotes a name for a message.
func quote(s string) string {
	if len(s) <= quoteLimit {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q...", strings.ToValidUTF8(s[:quoteLimit], ""))
}

func invalidf(format string, args ...any) *failure {
	return &failure{reason: v1.ErrorReason_ERROR_REASON_INVALID_REQUEST, message: fmt.Sprintf(format, args...)}
}
