package contexthandler

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// Everybody is the caller that stands for all callers.
const Everybody = "*"

// Supply lists attributes that a caller may supply although a source or the
// clock owns them.
type Supply struct {
	// Caller is the name of a caller, or Everybody.
	Caller string
	// Category is the category of the attributes.
	Category string
	// Attributes are ids.
	Attributes []string
}

// ownership knows which attributes belong to sources and to the clock, and who
// may supply them all the same.
type ownership struct {
	owned      map[name]bool
	allowed    map[supplied]bool
	categories map[supplied]bool // in which something is allowed, without its id
	delegation bool              // policies may have issuers
}

// supplied is an attribute in the hands of a caller.
type supplied struct {
	caller string
	name
}

func newOwnership(sources []pip.Source, supplies []Supply, delegation bool) ownership {
	o := ownership{
		delegation: delegation,
		owned: map[name]bool{ // §7.3.6: the clock's
			{xacml.CategoryEnvironment, xacml.AttributeCurrentTime}:     true,
			{xacml.CategoryEnvironment, xacml.AttributeCurrentDate}:     true,
			{xacml.CategoryEnvironment, xacml.AttributeCurrentDateTime}: true,
			tokenName(): true,
		},
		allowed:    make(map[supplied]bool),
		categories: make(map[supplied]bool),
	}
	for _, s := range sources {
		for _, p := range s.Provides {
			o.owned[name{p.Key.Category, p.Key.ID}] = true
		}
	}
	for _, s := range supplies {
		for _, id := range s.Attributes {
			o.allowed[supplied{s.Caller, name{s.Category, id}}] = true
			o.categories[supplied{s.Caller, name{category: s.Category}}] = true
		}
	}
	return o
}

// check refuses a request that supplies what its caller does not own, whatever
// the data type or issuer. Where the subject was identified, all that is said of it
// is owned, its content too.
func (o ownership) check(caller string, r *xacml.Request, identified bool) *Error {
	for i := range r.Attributes {
		attrs := &r.Attributes[i]
		if err := o.checkAdministrative(caller, attrs); err != nil {
			return err
		}
		theirs := identified && plainForm(attrs.Category) == xacml.CategoryAccessSubject
		if theirs && attrs.Content != nil {
			return errorf(ReasonAttributeNotAllowed, "a caller may not supply the content of category %q", beginning(attrs.Category))
		}
		for j := range attrs.Attributes {
			n := name{attrs.Category, attrs.Attributes[j].ID}
			if (theirs || o.owns(n)) && !o.allows(caller, n) {
				return errorf(ReasonAttributeNotAllowed, "a caller may not supply attribute %q of category %q", beginning(n.id), beginning(n.category))
			}
		}
	}
	return nil
}

// checkAdministrative refuses a category of administrative requests, and what is in it,
// to a caller to whom it is not listed in this very category. Policies that say who may
// issue policies would take such a request for one about that, and permit it: whoever
// took a category from a user would let the user in.
func (o ownership) checkAdministrative(caller string, attrs *xacml.Attributes) *Error {
	if !o.delegation || !administrative(attrs.Category) {
		return nil
	}
	category := name{category: attrs.Category}
	if !o.categories[supplied{caller, category}] && !o.categories[supplied{Everybody, category}] {
		return errorf(ReasonAttributeNotAllowed, "a caller may not supply category %q", beginning(attrs.Category))
	}
	for i := range attrs.Attributes {
		n := name{attrs.Category, attrs.Attributes[i].ID}
		if !o.allowed[supplied{caller, n}] && !o.allowed[supplied{Everybody, n}] {
			return errorf(ReasonAttributeNotAllowed, "a caller may not supply attribute %q of category %q", beginning(n.id), beginning(n.category))
		}
	}
	return nil
}

// administrative reports whether a category belongs to administrative requests
// (Administration and Delegation profile).
func administrative(category string) bool {
	return category == xacml.CategoryDelegate || category == xacml.CategoryDelegationInfo || plainForm(category) != category
}

// owns reports whether the attribute belongs to a source or to the clock. What does
// belongs to them in its delegated form too: with a delegate beside it, that is what
// the request is about to those who say who may issue policies.
func (o ownership) owns(n name) bool {
	return o.owned[n] || o.owned[name{plainForm(n.category), n.id}]
}

// allows reports whether the caller may supply the attribute, whoever owns it.
func (o ownership) allows(caller string, n name) bool {
	plain := name{plainForm(n.category), n.id}
	return o.allowed[supplied{caller, n}] || o.allowed[supplied{Everybody, n}] ||
		o.allowed[supplied{caller, plain}] || o.allowed[supplied{Everybody, plain}]
}

// plainForm is the category of which another is the delegated form (Administration
// and Delegation profile), or else the category itself.
func plainForm(category string) string {
	return strings.TrimPrefix(category, xacml.CategoryDelegatedPrefix)
}

// beginning is as much of a name as a message repeats: callers choose names.
func beginning(name string) string {
	const most = 200 // bytes
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "..."
}

// mayAll reports whether every caller may supply the attribute.
func (o ownership) mayAll(n name) bool { return !o.owns(n) || o.allows(Everybody, n) }
