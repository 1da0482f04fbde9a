package xacml

import (
	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Request is a decision request (§5.42). Requests are read-only once they are
// handed to a PDP.
type Request struct {
	// Attributes holds one entry for each Attributes element, in order.
	Attributes []Attributes
	// ReturnPolicyIDList asks for the policies that were applicable (§5.48).
	ReturnPolicyIDList bool
	// CombinedDecision asks for one result for a multiple decision request.
	CombinedDecision bool
	// XPathVersion is the version of RequestDefaults; empty if there are none.
	XPathVersion string
	// References are the RequestReference elements of MultiRequests: each is a
	// list of ids of Attributes elements (§5.50 to 5.52).
	References [][]string
}

// Attributes are the attributes of one category (§5.44).
type Attributes struct {
	Category string
	// ID is the xml:id that a RequestReference names; may be empty.
	ID string
	// Content is the single element inside Content (§5.45), or nil.
	Content    *etree.Element
	Attributes []Attribute
}

// Attribute is one attribute with all its values (§5.46). The values of one
// Attribute may have several data types; each belongs to the bag of its type.
type Attribute struct {
	ID string
	// Issuer is empty when the attribute has none; an empty issuer is refused
	// by the readers.
	Issuer          string
	IncludeInResult bool
	Values          []value.Value
}

// AttributeKey names one bag of attribute values: category, id, data type and
// issuer (§7.3.4). An empty Issuer matches every issuer.
type AttributeKey struct {
	Category string
	ID       string
	Type     value.Type
	Issuer   string
}

// Lookup gives the values of the request that the key names (§7.3.4): all of
// the category, id and data type, and of the issuer if the key has one.
func (r *Request) Lookup(key AttributeKey) value.Bag {
	var values []value.Value
	for i := range r.Attributes {
		if r.Attributes[i].Category == key.Category {
			values = appendNamed(values, r.Attributes[i].Attributes, key)
		}
	}
	return value.NewBag(key.Type, values...)
}

// appendNamed adds the values of the attributes that the key names within its
// category.
func appendNamed(values []value.Value, attributes []Attribute, key AttributeKey) []value.Value {
	for _, a := range attributes {
		if a.ID != key.ID || key.Issuer != "" && !value.Equal(value.String(a.Issuer), value.String(key.Issuer)) {
			continue
		}
		for _, v := range a.Values {
			if v.Type() == key.Type {
				values = append(values, v)
			}
		}
	}
	return values
}

// IncludedInResult gives the attributes that the request wants back, grouped by
// category (§5.48): those with IncludeInResult, without ids and contents.
func (r *Request) IncludedInResult() []Attributes {
	var out []Attributes
	for _, attrs := range r.Attributes {
		var included []Attribute
		for _, a := range attrs.Attributes {
			if a.IncludeInResult {
				included = append(included, a)
			}
		}
		if included != nil {
			out = append(out, Attributes{Category: attrs.Category, Attributes: included})
		}
	}
	return out
}
