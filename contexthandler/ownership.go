package contexthandler

import (
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
	owned   map[name]bool
	allowed map[supplied]bool
}

// supplied is an attribute in the hands of a caller.
type supplied struct {
	caller string
	name
}

func newOwnership(sources []pip.Source, supplies []Supply) ownership {
	o := ownership{
		owned: map[name]bool{ // §7.3.6: the clock's
			{xacml.CategoryEnvironment, xacml.AttributeCurrentTime}:     true,
			{xacml.CategoryEnvironment, xacml.AttributeCurrentDate}:     true,
			{xacml.CategoryEnvironment, xacml.AttributeCurrentDateTime}: true,
			tokenName(): true,
		},
		allowed: make(map[supplied]bool),
	}
	for _, s := range sources {
		for _, p := range s.Provides {
			o.owned[name{p.Key.Category, p.Key.ID}] = true
		}
	}
	for _, s := range supplies {
		for _, id := range s.Attributes {
			o.allowed[supplied{s.Caller, name{s.Category, id}}] = true
		}
	}
	return o
}

// check refuses a request that supplies what its caller does not own, whatever
// the data type or issuer. Where the subject was identified, all that is said of it
// is owned, its content too.
func (o ownership) check(caller string, r *xacml.Request, identified bool) *Error {
	for _, attrs := range r.Attributes {
		if identified && attrs.Category == xacml.CategoryAccessSubject && attrs.Content != nil {
			return errorf(ReasonAttributeNotAllowed, "a caller may not supply the content of category %q", attrs.Category)
		}
		for _, a := range attrs.Attributes {
			n := name{attrs.Category, a.ID}
			owned := o.owned[n] || identified && n.category == xacml.CategoryAccessSubject
			if owned && !o.allowed[supplied{caller, n}] && !o.allowed[supplied{Everybody, n}] {
				return errorf(ReasonAttributeNotAllowed, "a caller may not supply attribute %q of category %q", a.ID, attrs.Category)
			}
		}
	}
	return nil
}

// mayAll reports whether every caller may supply the attribute.
func (o ownership) mayAll(n name) bool { return !o.owned[n] || o.allowed[supplied{Everybody, n}] }
