package generate

import (
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// contextSelector is the attribute that selects where paths start.
const contextSelector = "urn:a:context"

func (d *draw) selector(t value.Type) *policy.Selector {
	d.selected = true
	s := &policy.Selector{Category: d.contentCategory(), Path: pick(d, paths), Type: t, MustBePresent: d.chance(20)}
	if d.chance(25) {
		s.ContextSelectorID = contextSelector
		d.used = append(d.used, xacml.AttributeKey{Category: s.Category, ID: contextSelector, Type: value.TypeXPathExpression})
	}
	return s
}

// constructed reports whether a selector can give values of the type (§7.3.7).
func constructed(t value.Type) bool {
	switch t {
	case value.TypeString, value.TypeBoolean, value.TypeInteger, value.TypeDouble, value.TypeDateTime, value.TypeDate,
		value.TypeTime, value.TypeHexBinary, value.TypeBase64Binary, value.TypeAnyURI,
		value.TypeYearMonthDuration, value.TypeDayTimeDuration:
		return true
	default:
		return false
	}
}
