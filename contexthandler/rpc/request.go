package rpc

import (
	"fmt"
	"maps"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// maxValues bounds the values of one request, and as well its attributes,
// categories and references.
const maxValues = 100_000

// reader makes one XACML request of a message.
type reader struct {
	*names
	// wrong is the first thing that makes the request one that cannot be
	// evaluated, although it is a request: a value that its data type does not
	// allow. The answer to it is Indeterminate (§7.19).
	wrong *xacml.Error
}

func (r *reader) note(err *xacml.Error) {
	if r.wrong == nil {
		r.wrong = err
	}
}

// authorize makes a request of an AuthorizeRequest, with one Attributes element
// for each category. An error is a *failure, or an *xacml.Error whose status is
// that of the result.
//
// The order of the request does not depend on that of the maps.
func (n *names) authorize(m *v1.AuthorizeRequest) (*xacml.Request, error) {
	count := len(m.GetSubject()) + len(m.GetResource()) + len(m.GetEnvironment()) + len(m.GetAttributes())
	for _, a := range m.GetAttributes() {
		count += max(len(a.GetValues()), 1) - 1
	}
	if count > maxValues {
		return nil, tooLarge("values")
	}
	r := &reader{names: n}
	var c categories
	for _, field := range []struct {
		category string
		values   map[string]string
	}{
		{xacml.CategoryAccessSubject, m.GetSubject()},
		{xacml.CategoryResource, m.GetResource()},
		{xacml.CategoryAction, actionID(m.GetAction())},
		{xacml.CategoryEnvironment, m.GetEnvironment()},
	} {
		for _, id := range slices.Sorted(maps.Keys(field.values)) {
			a := &v1.RequestAttribute{Category: field.category, AttributeId: id, Values: []string{field.values[id]}}
			if err := r.add(&c, a); err != nil {
				return nil, err
			}
		}
	}
	for _, a := range m.GetAttributes() {
		if err := r.add(&c, a); err != nil {
			return nil, err
		}
	}
	if r.wrong != nil {
		return nil, r.wrong
	}
	return &xacml.Request{Attributes: c.list, ReturnPolicyIDList: m.GetReturnPolicyIds()}, nil
}

func actionID(action string) map[string]string {
	if action == "" {
		return nil
	}
	return map[string]string{xacml.AttributeActionID: action}
}

func tooLarge(what string) *failure {
	return &failure{reason: v1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE, message: fmt.Sprintf("the request has more than %d %s", maxValues, what)}
}

// categories are Attributes elements, one for each category, in the order in
// which they were first asked for.
type categories struct {
	list []xacml.Attributes
	at   map[string]int
}

func (c *categories) get(category string) *xacml.Attributes {
	i, ok := c.at[category]
	if !ok {
		if c.at == nil {
			c.at = make(map[string]int)
		}
		i = len(c.list)
		c.at[category] = i
		c.list = append(c.list, xacml.Attributes{Category: category})
	}
	return &c.list[i]
}

// add puts one attribute into its category.
func (r *reader) add(c *categories, a *v1.RequestAttribute) error {
	category, err := r.category(a.GetCategory())
	if err != nil {
		return err
	}
	attribute, err := r.attribute(category, a.GetAttributeId(), a.GetIssuer(), len(a.GetValues()))
	if err != nil {
		return err
	}
	attribute.IncludeInResult = a.GetIncludeInResult()
	t, err := r.dataType(category, attribute.ID, a.GetDataType())
	if err != nil {
		return err
	}
	if t == value.TypeXPathExpression {
		return invalidf("attribute %s: an xpathExpression has a category, which Evaluate has a field for", quote(attribute.ID))
	}
	for _, text := range a.GetValues() {
		attribute.Values = append(attribute.Values, r.value(category, attribute.ID, t, a.GetDataType(), text))
	}
	into := c.get(category)
	into.Attributes = append(into.Attributes, attribute)
	return nil
}

// attribute checks what an attribute has beside its values, of which there are
// count.
func (r *reader) attribute(category, id, issuer string, count int) (xacml.Attribute, error) {
	if err := r.checkAttribute(category, id); err != nil {
		return xacml.Attribute{}, err
	}
	if hasControl(issuer) {
		return xacml.Attribute{}, invalidf("attribute %s: the issuer holds a control character", quote(id))
	}
	if count == 0 {
		return xacml.Attribute{}, invalidf("attribute %s: a value is required", quote(id))
	}
	return xacml.Attribute{ID: id, Issuer: issuer, Values: make([]value.Value, 0, count)}, nil
}

// value reads a lexical form (§7.3.1). If it is wrong the value is nil and the
// reader knows of it.
func (r *reader) value(category, id string, t value.Type, dataType, text string) value.Value {
	if t == value.TypeUnknown {
		return value.Foreign{DataType: dataType, Text: text}
	}
	v, err := value.Parse(t, text)
	if err != nil { // not part of the message, because it quotes the value
		r.note(xacml.SyntaxErrorf("attribute %s of category %s does not hold a value of data type %q", quote(id), quote(category), t.ID()))
		return nil
	}
	return v
}
