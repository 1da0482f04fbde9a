package xacmlxml

import (
	"errors"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// builder makes the model of a document that was validated. It goes on where
// the document is invalid, to find all problems; what it makes is then thrown
// away.
type builder struct {
	report
	limits       Limits
	xpathVersion string // of the innermost defaults
	values       int
	markupSize   int                          // bytes of the markup of foreign values
	prefixes     map[*scope]map[string]string // of each scope that was asked for
	// inContext tells that the values come from outside, not from a policy: they
	// may be of unknown data types, and messages do not repeat them.
	inContext bool
}

// newBuilder parses data, whose root must be one of the named elements, and
// validates it. The root is nil if there is nothing to build from.
func newBuilder(name string, data []byte, limits Limits, roots ...string) (*builder, *element) {
	limits = limits.filled()
	b := &builder{
		report:   report{file: name, limit: limits.Problems},
		limits:   limits,
		prefixes: map[*scope]map[string]string{},
	}
	root, f := parse(data, limits)
	if f != nil {
		b.fault(f)
		return b, nil
	}
	if slices.ContainsFunc(roots, root.is) {
		b.validate(root)
		b.refuseSameIDs(root, map[string]int{})
		return b, root
	}
	b.add(root, root.Position, policy.ReasonParse, "the root element is "+quote(root.local)+" of namespace "+quote(root.space)+
		", not the "+strings.Join(roots, " or ")+" of XACML 3.0, which is of "+quote(xacml.Namespace))
	return b, nil
}

// inScope are the prefixes in force at e.
func (b *builder) inScope(e *element) map[string]string {
	known, ok := b.prefixes[e.scope]
	if !ok {
		known = e.scope.prefixes()
		b.prefixes[e.scope] = known
	}
	return known
}

// value is that of an AttributeValue or AttributeAssignment (§5.31, 7.3.1), or
// nil if it has none.
func (b *builder) value(e *element) value.Value {
	if b.values++; b.values > b.limits.Values {
		if b.values == b.limits.Values+1 {
			b.add(e, e.Position, policy.ReasonSize, "document has too many attribute values")
		}
		return nil
	}
	dataType := e.uri("DataType")
	t, known := value.TypeByID(dataType)
	switch {
	case dataType == "":
		return nil // reported as a missing attribute
	case !known && b.inContext:
		return value.Foreign{DataType: dataType, Text: e.stringValue(), Markup: b.markup(e)}
	case !known:
		b.add(e, e.Position, policy.ReasonType, "unknown data type "+quote(dataType))
		return nil
	}
	b.refuseAttributes(e)
	if t == value.TypeEntity {
		return b.entity(e)
	}
	b.refuseElements(e, t)
	if t == value.TypeXPathExpression {
		return b.xpathExpression(e)
	}
	v, err := value.Parse(t, e.text())
	if err == nil {
		return v
	}
	// The value is left out: it may be about a person, in a policy too, and what is wrong
	// with a policy is logged.
	message := e.local + " does not hold a value of data type " + quote(dataType)
	if why := errors.Unwrap(err); why != nil {
		message += ": " + why.Error()
	}
	b.add(e, e.Position, policy.ReasonType, message)
	return nil
}

// refuseElements reports elements in a value whose text says everything.
func (b *builder) refuseElements(e *element, t value.Type) {
	for _, c := range e.elements() {
		b.add(e, c.Position, policy.ReasonParse, "a value of data type "+quote(t.ID())+" cannot hold elements")
	}
}

// refuseAttributes reports attributes that a value of a known data type cannot
// have.
func (b *builder) refuseAttributes(e *element) {
	for _, a := range e.attributes {
		// The XPath functions of XACML 2.0 take strings with an XPathCategory.
		if a.space != "" || a.local == "XPathCategory" {
			continue
		}
		declared := false
		for _, d := range schema[e.local].attributes {
			declared = declared || d.local == a.local
		}
		if !declared {
			b.add(e, a.Position, policy.ReasonParse, "unknown attribute "+quote(a.local)+" of "+e.local)
		}
	}
}

// xpathExpression is an XPath with its category, the prefixes in scope and the
// version in force (A.3.15, E01).
func (b *builder) xpathExpression(e *element) value.Value {
	category, ok := e.lookup("", "XPathCategory")
	if !ok {
		b.add(e, e.Position, policy.ReasonParse, e.local+" of an xpathExpression has no attribute XPathCategory")
	} else if wrong := anyURI.check(category.value); wrong != "" {
		b.add(e, category.Position, policy.ReasonParse, "attribute XPathCategory "+wrong)
	}
	if collapse(e.text()) == "" {
		b.add(e, e.Position, policy.ReasonType, "the xpathExpression is empty")
	}
	return value.NewXPathExpression(e.text(), collapse(category.value), b.inScope(e), b.xpathVersion)
}

// stringValue is the character data in e and the elements in it.
func (e *element) stringValue() string {
	var b strings.Builder
	e.appendText(&b)
	return b.String()
}

func (e *element) appendText(b *strings.Builder) {
	for _, n := range e.content {
		switch n := n.(type) {
		case *element:
			n.appendText(b)
		case text:
			b.WriteString(string(n))
		case comment:
		}
	}
}

// versionIn is the XPathVersion of the defaults element with this name in e
// (§5.5, 5.45), or nothing.
func (b *builder) versionIn(e *element, defaults string) string {
	d := e.first(defaults)
	if d == nil {
		return ""
	}
	v := d.first("XPathVersion")
	if v == nil {
		return ""
	}
	return collapse(v.text())
}
