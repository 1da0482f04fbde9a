package xpath

import "github.com/forseti-pdp/forseti/pdp/value"

// Constructs reports whether XPath has a constructor for the data type (§7.3.7
// step 4).
func Constructs(t value.Type) bool {
	switch t {
	case value.TypeString, value.TypeBoolean, value.TypeInteger, value.TypeDouble, value.TypeDateTime, value.TypeDate,
		value.TypeTime, value.TypeHexBinary, value.TypeBase64Binary, value.TypeAnyURI,
		value.TypeYearMonthDuration, value.TypeDayTimeDuration:
		return true
	default:
		return false
	}
}

// Construct makes a bag of the string values of nodes (§7.3.7 step 4). ok is false
// if one of them is not a value of the data type.
func Construct(t value.Type, nodes []Node) (bag value.Bag, ok bool) {
	values := make([]value.Value, len(nodes))
	for i, n := range nodes {
		v, err := value.Parse(t, n.StringValue())
		if err != nil {
			return value.Bag{}, false
		}
		values[i] = v
	}
	return value.NewBag(t, values...), true
}
