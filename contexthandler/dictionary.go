package contexthandler

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Attribute declares one attribute that callers know by other names or write in
// other forms.
type Attribute struct {
	// Category and ID are how policies name it.
	Category, ID string
	// Type is the data type of values that a caller gives without one. The zero
	// Type stands for string.
	Type value.Type
	// Aliases are other names for ID in the same category.
	Aliases []string
	// Single tells that more than one value is an error: nobody may name two
	// things and have what is known of one decide on the other.
	Single bool
	// Private tells that nobody may see its values in an explanation.
	Private bool
	// Forms are other ways to write a value of type string, tried in order.
	Forms []Form
}

// Form rewrites a value that matches: the whole value must match.
type Form struct {
	// Match is a regular expression (RE2) with named groups.
	Match string
	// Value is the canonical value, in which {name} is a group of Match. Empty
	// keeps the value as it is.
	Value string
	// Lower makes the value lower case, by Unicode.
	Lower bool
}

// Dictionary translates what callers write into what policies name. It is
// immutable. The zero Dictionary translates nothing.
type Dictionary struct {
	byName map[name]*entry
}

// name is an attribute id or alias within its category.
type name struct{ category, id string }

type entry struct {
	Attribute
	forms []form
}

type form struct {
	match *regexp.Regexp
	parts []part // alternating text and groups
	lower bool
}

// part is literal text, or a group of the match if group is not negative.
type part struct {
	text  string
	group int
}

// NewDictionary checks the declarations and makes a dictionary of them.
func NewDictionary(attributes []Attribute) (*Dictionary, error) {
	d := &Dictionary{byName: make(map[name]*entry)}
	var errs []error
	for _, a := range attributes {
		if a.Type == value.TypeUnknown {
			a.Type = value.TypeString
		}
		e := &entry{Attribute: a}
		for _, f := range a.Forms {
			compiled, err := compileForm(f)
			if err != nil {
				errs = append(errs, fmt.Errorf("attribute %q: %w", a.ID, err))
				continue
			}
			e.forms = append(e.forms, compiled)
		}
		if a.ID == "" || a.Category == "" {
			errs = append(errs, fmt.Errorf("attribute %q: id and category are required", a.ID))
		}
		for _, id := range append([]string{a.ID}, a.Aliases...) {
			n := name{a.Category, id}
			if other := d.byName[n]; other != nil {
				errs = append(errs, fmt.Errorf("attribute %q: the name %q belongs to %q already", a.ID, id, other.ID))
				continue
			}
			d.byName[n] = e
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return d, nil
}

var placeholder = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*)\}`)

func compileForm(f Form) (form, error) {
	if _, err := regexp.Compile(f.Match); err != nil { // alone, so that it cannot close the group around it
		return form{}, fmt.Errorf("form %q: %w", f.Match, err)
	}
	re, err := regexp.Compile(`\A(?:` + f.Match + `)\z`)
	if err != nil {
		return form{}, fmt.Errorf("form %q: %w", f.Match, err)
	}
	out := form{match: re, lower: f.Lower}
	rest := f.Value
	for _, at := range placeholder.FindAllStringSubmatchIndex(f.Value, -1) {
		group := re.SubexpIndex(f.Value[at[2]:at[3]])
		if group < 0 {
			return form{}, fmt.Errorf("form %q has no group %q", f.Match, f.Value[at[2]:at[3]])
		}
		done := len(f.Value) - len(rest)
		out.parts = append(out.parts, part{f.Value[done:at[0]], -1}, part{"", group})
		rest = f.Value[at[1]:]
	}
	if f.Value == "" { // the value itself
		out.parts = []part{{"", 0}}
	} else {
		out.parts = append(out.parts, part{rest, -1})
	}
	return out, nil
}

// Known reports whether the dictionary has this id or alias in the category.
func (d *Dictionary) Known(category, id string) bool { return d.byName[name{category, id}] != nil }

// Type is the data type of values of this attribute that come without one.
func (d *Dictionary) Type(category, id string) value.Type {
	if e := d.byName[name{category, id}]; e != nil {
		return e.Type
	}
	return value.TypeString
}

// Private reports whether nobody may see the values of the attribute, by its id or an
// alias, in an explanation. That holds for the delegated form of its category too.
func (d *Dictionary) Private(category, id string) bool {
	e := d.byName[name{category, id}]
	if e == nil {
		e = d.byName[name{plainForm(category), id}]
	}
	return e != nil && e.Private
}

// single reports whether the attribute may have one value only.
func (d *Dictionary) single(n name) bool {
	e := d.byName[n]
	return e != nil && e.Single
}

// checkSingle refuses a request with several values for a single attribute.
func (d *Dictionary) checkSingle(r *xacml.Request) *Error {
	for _, attrs := range r.Attributes {
		seen := make(map[string]value.Value)
		for _, a := range attrs.Attributes {
			if !d.single(name{attrs.Category, a.ID}) {
				continue
			}
			for _, v := range a.Values {
				if first, ok := seen[a.ID]; ok && !same(first, v) {
					return errorf(ReasonInvalidRequest, "attribute %q of category %q must have one value", a.ID, attrs.Category)
				}
				seen[a.ID] = v
			}
		}
	}
	return nil
}

// Translate gives the request in the terms of the policies: ids in place of
// aliases, values of the declared data type, canonical values in place of other
// forms. So policies, sources and rules on single values see the same value,
// whatever data type the caller chose. The request itself is not changed; what
// needs no translation is shared with it. The error is an *Error with
// ReasonInvalidRequest: a value that is none of the declared type.
func (d *Dictionary) Translate(r *xacml.Request) (*xacml.Request, error) {
	if len(d.byName) == 0 {
		return r, nil
	}
	out := *r
	out.Attributes = make([]xacml.Attributes, len(r.Attributes))
	for i, attrs := range r.Attributes {
		translated := attrs
		translated.Attributes = make([]xacml.Attribute, len(attrs.Attributes))
		for j, a := range attrs.Attributes {
			if e := d.byName[name{attrs.Category, a.ID}]; e != nil {
				a.ID = e.ID
				values, err := e.canonical(a.Values)
				if err != nil {
					return nil, err
				}
				a.Values = values
			}
			translated.Attributes[j] = a
		}
		out.Attributes[i] = translated
	}
	return &out, nil
}

// canonical gives the values in the declared data type and form.
func (e *entry) canonical(values []value.Value) ([]value.Value, error) {
	out := make([]value.Value, len(values))
	for i, v := range values {
		if v.Type() != e.Type {
			converted, err := value.Parse(e.Type, value.Lexical(v))
			if err != nil || v.Type() == value.TypeUnknown || v.Type() == value.TypeEntity || v.Type() == value.TypeXPathExpression {
				return nil, errorf(ReasonInvalidRequest, "a value of attribute %q of category %q is not a %s", e.ID, e.Category, e.Type)
			}
			v = converted
		}
		if s, ok := v.(value.String); ok {
			v = value.String(e.rewrite(string(s)))
		}
		out[i] = v
	}
	return out, nil
}

// rewrite applies the first form that matches. It looks at the text as policies do, in
// normalization form C: an expression knows a letter in one form only.
func (e *entry) rewrite(s string) string {
	normal := s
	if len(e.forms) > 0 {
		normal = value.String(s).NFC()
	}
	for _, f := range e.forms {
		m := f.match.FindStringSubmatch(normal)
		if m == nil {
			continue
		}
		var b strings.Builder
		for _, p := range f.parts {
			if p.group >= 0 {
				b.WriteString(m[p.group])
			} else {
				b.WriteString(p.text)
			}
		}
		if f.lower {
			return strings.ToLower(b.String())
		}
		return b.String()
	}
	return s
}
