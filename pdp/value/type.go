package value

import "fmt"

// Type is a data type of XACML (A.2). The zero Type is none of them and marks
// a data type that the standard does not define.
type Type uint8

// The data types of the standard. The two legacy durations have the value
// space of their current namesakes but an identifier of their own, which
// designators compare literally (§7.20, 10.2.9).
const (
	TypeUnknown Type = iota
	TypeString
	TypeBoolean
	TypeInteger
	TypeDouble
	TypeTime
	TypeDate
	TypeDateTime
	TypeDayTimeDuration
	TypeYearMonthDuration
	TypeAnyURI
	TypeHexBinary
	TypeBase64Binary
	TypeRFC822Name
	TypeX500Name
	TypeIPAddress
	TypeDNSName
	TypeXPathExpression
	TypeLegacyDayTimeDuration
	TypeLegacyYearMonthDuration

	// TypeEntity is of the Related and Nested Entities profile, not of the core.
	TypeEntity
)

const (
	xsd   = "http://www.w3.org/2001/XMLSchema#"
	xacml = "urn:oasis:names:tc:xacml:"
	wd    = "http://www.w3.org/TR/2002/WD-xquery-operators-20020816#"
)

// types is indexed by Type.
var types = [...]struct{ name, id string }{
	TypeUnknown:                 {"unknown", ""},
	TypeString:                  {"string", xsd + "string"},
	TypeBoolean:                 {"boolean", xsd + "boolean"},
	TypeInteger:                 {"integer", xsd + "integer"},
	TypeDouble:                  {"double", xsd + "double"},
	TypeTime:                    {"time", xsd + "time"},
	TypeDate:                    {"date", xsd + "date"},
	TypeDateTime:                {"dateTime", xsd + "dateTime"},
	TypeDayTimeDuration:         {"dayTimeDuration", xsd + "dayTimeDuration"},
	TypeYearMonthDuration:       {"yearMonthDuration", xsd + "yearMonthDuration"},
	TypeAnyURI:                  {"anyURI", xsd + "anyURI"},
	TypeHexBinary:               {"hexBinary", xsd + "hexBinary"},
	TypeBase64Binary:            {"base64Binary", xsd + "base64Binary"},
	TypeRFC822Name:              {"rfc822Name", xacml + "1.0:data-type:rfc822Name"},
	TypeX500Name:                {"x500Name", xacml + "1.0:data-type:x500Name"},
	TypeIPAddress:               {"ipAddress", xacml + "2.0:data-type:ipAddress"},
	TypeDNSName:                 {"dnsName", xacml + "2.0:data-type:dnsName"},
	TypeXPathExpression:         {"xpathExpression", xacml + "3.0:data-type:xpathExpression"},
	TypeLegacyDayTimeDuration:   {"dayTimeDuration (2002)", wd + "dayTimeDuration"},
	TypeLegacyYearMonthDuration: {"yearMonthDuration (2002)", wd + "yearMonthDuration"},
	TypeEntity:                  {"entity", xacml + "3.0:data-type:entity"},
}

var typesByID = func() map[string]Type {
	m := make(map[string]Type, len(types))
	for t, row := range types[1:] {
		m[row.id] = Type(t + 1)
	}
	return m
}()

// Types lists every data type of the core, the legacy ones last. Those of
// profiles are not among them.
func Types() []Type {
	ts := make([]Type, 0, TypeLegacyYearMonthDuration)
	for t := TypeString; t <= TypeLegacyYearMonthDuration; t++ {
		ts = append(ts, t)
	}
	return ts
}

// TypeByID gives the data type with this identifier, compared code point by
// code point (§7.20). ok is false for an identifier that neither the core nor a
// supported profile has.
func TypeByID(id string) (t Type, ok bool) {
	t, ok = typesByID[id]
	return t, ok
}

// ID is the identifier of the data type, as a DataType attribute holds it.
// The identifier of TypeUnknown is empty.
func (t Type) ID() string { return types[t].id }

// String is the short name of the data type, as in the names of functions.
func (t Type) String() string { return types[t].name }

// Canonical is the type that functions see: the legacy durations count as
// their current namesakes, every other type is itself.
func (t Type) Canonical() Type {
	switch t {
	case TypeLegacyDayTimeDuration:
		return TypeDayTimeDuration
	case TypeLegacyYearMonthDuration:
		return TypeYearMonthDuration
	default:
		return t
	}
}

// Kind is the static type of an expression: one value, or a bag of values.
type Kind struct {
	Type Type
	Bag  bool
}

// One is the kind of a single value of type t.
func One(t Type) Kind { return Kind{Type: t} }

// BagOf is the kind of a bag of values of type t.
func BagOf(t Type) Kind { return Kind{Type: t, Bag: true} }

// Canonical is k with its type made canonical.
func (k Kind) Canonical() Kind { return Kind{k.Type.Canonical(), k.Bag} }

// String is the kind as the standard writes it, "bag of string" or "string".
func (k Kind) String() string {
	if k.Bag {
		return fmt.Sprintf("bag of %s", k.Type)
	}
	return k.Type.String()
}
