package sql

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// postgresType is what a type of PostgreSQL, or an array of it, can stand for.
type postgresType struct {
	name       string
	list       bool
	results    []value.Type // what a column of it can give
	parameters []value.Type // what a parameter of it can take
	// lexical makes a lexical form of XACML of what PostgreSQL writes; nil if they
	// are the same. What it cannot make one of it leaves as it is, and so invalid.
	lexical func(text string, t value.Type) string
	// takes reports whether a value of one of the types of parameters is one of
	// this type; nil if all are.
	takes func(text string) bool
}

// lexicalForm is the lexical form of a text of the type.
func (t postgresType) lexicalForm(text string, to value.Type) string {
	if t.lexical == nil {
		return text
	}
	return t.lexical(text, to)
}

// postgresTypes is the table of types that package sql describes, by OID.
func postgresTypes() map[uint32]postgresType {
	all := []value.Type{
		value.TypeString, value.TypeBoolean, value.TypeInteger, value.TypeDouble,
		value.TypeTime, value.TypeDate, value.TypeDateTime, value.TypeDayTimeDuration, value.TypeYearMonthDuration,
		value.TypeAnyURI, value.TypeHexBinary, value.TypeBase64Binary,
		value.TypeRFC822Name, value.TypeX500Name, value.TypeIPAddress, value.TypeDNSName,
		value.TypeLegacyDayTimeDuration, value.TypeLegacyYearMonthDuration,
	}
	list := func(types ...value.Type) []value.Type { return types }
	integers := list(value.TypeInteger, value.TypeString, value.TypeDouble)
	integerKeys := list(value.TypeInteger, value.TypeString)

	types := make(map[uint32]postgresType)
	for _, t := range []struct {
		oid, array uint32
		postgresType
	}{
		{pgtype.TextOID, pgtype.TextArrayOID, postgresType{name: "text", results: all, parameters: all}},
		{pgtype.VarcharOID, pgtype.VarcharArrayOID, postgresType{name: "varchar", results: all, parameters: all}},
		{pgtype.NameOID, pgtype.NameArrayOID, postgresType{name: "name", results: all, parameters: all, takes: takesName}},
		{pgtype.UUIDOID, pgtype.UUIDArrayOID, postgresType{name: "uuid", results: list(value.TypeString), parameters: list(value.TypeString), takes: takesUUID}},
		{pgtype.BoolOID, pgtype.BoolArrayOID, postgresType{name: "bool", results: list(value.TypeBoolean), parameters: list(value.TypeBoolean), lexical: lexicalBool}},
		{pgtype.Int2OID, pgtype.Int2ArrayOID, postgresType{name: "int2", results: integers, parameters: integerKeys, takes: takesInteger(16)}},
		{pgtype.Int4OID, pgtype.Int4ArrayOID, postgresType{name: "int4", results: integers, parameters: integerKeys, takes: takesInteger(32)}},
		{pgtype.Int8OID, pgtype.Int8ArrayOID, postgresType{name: "int8", results: integers, parameters: integerKeys, takes: takesInteger(64)}},
		{pgtype.NumericOID, pgtype.NumericArrayOID, postgresType{name: "numeric", results: list(value.TypeInteger, value.TypeDouble), parameters: list(value.TypeInteger, value.TypeDouble), lexical: lexicalFloat}},
		{pgtype.Float4OID, pgtype.Float4ArrayOID, postgresType{name: "float4", results: list(value.TypeDouble), lexical: lexicalFloat}},
		{pgtype.Float8OID, pgtype.Float8ArrayOID, postgresType{name: "float8", results: list(value.TypeDouble), parameters: list(value.TypeDouble), lexical: lexicalFloat}},
		{pgtype.DateOID, pgtype.DateArrayOID, postgresType{name: "date", results: list(value.TypeDate)}},
		{pgtype.TimeOID, pgtype.TimeArrayOID, postgresType{name: "time", results: list(value.TypeTime)}},
		{pgtype.TimetzOID, pgtype.TimetzArrayOID, postgresType{name: "timetz", results: list(value.TypeTime), lexical: lexicalZone}},
		{pgtype.TimestampOID, pgtype.TimestampArrayOID, postgresType{name: "timestamp", results: list(value.TypeDateTime), lexical: lexicalTimestamp}},
		{pgtype.TimestamptzOID, pgtype.TimestamptzArrayOID, postgresType{name: "timestamptz", results: list(value.TypeDateTime), parameters: list(value.TypeDateTime), lexical: lexicalTimestamptz, takes: takesDateTime}},
		{pgtype.ByteaOID, pgtype.ByteaArrayOID, postgresType{name: "bytea", results: list(value.TypeHexBinary, value.TypeBase64Binary), lexical: lexicalBytes}},
	} {
		types[t.oid] = t.postgresType
		array := t.postgresType
		array.name += "[]"
		array.list = true
		types[t.array] = array
	}
	return types
}

// typeName names a type for messages; t is the zero postgresType if the table
// does not have it.
func typeName(t postgresType, oid uint32) string {
	if t.name != "" {
		return t.name
	}
	return fmt.Sprintf("type with OID %d", oid)
}

// lexicalBool makes xs:boolean of t and f.
func lexicalBool(text string, _ value.Type) string {
	switch text {
	case "t":
		return "true"
	case "f":
		return "false"
	default:
		return text
	}
}

// lexicalFloat makes xs:double: the infinities have other names.
func lexicalFloat(text string, _ value.Type) string {
	switch text {
	case "Infinity":
		return "INF"
	case "-Infinity":
		return "-INF"
	default:
		return text
	}
}

// lexicalTimestamp makes xs:dateTime of 2026-01-02 03:04:05.
func lexicalTimestamp(text string, _ value.Type) string {
	return strings.Replace(text, " ", "T", 1)
}

// lexicalTimestamptz makes xs:dateTime of 2026-01-02 03:04:05+00.
func lexicalTimestamptz(text string, t value.Type) string {
	return lexicalZone(lexicalTimestamp(text, t), t)
}

// lexicalZone adds the minutes to a zone of hours, as in 03:04:05+02.
func lexicalZone(text string, _ value.Type) string {
	if n := len(text) - 3; n >= 0 && (text[n] == '+' || text[n] == '-') {
		return text + ":00"
	}
	return text
}

// lexicalBytes makes xs:hexBinary or xs:base64Binary of \x00ff.
func lexicalBytes(text string, t value.Type) string {
	digits, ok := strings.CutPrefix(text, `\x`)
	data, err := hex.DecodeString(digits)
	switch {
	case !ok || err != nil:
		// The other form that bytea_output allows may look like digits.
		return `\` + text
	case t == value.TypeHexBinary:
		return digits
	}
	return base64.StdEncoding.EncodeToString(data)
}

// takesInteger is for integers of a number of bits, in the form that PostgreSQL
// itself writes: "07" would find the row of 7, and would be remembered as somebody
// else when that row changes.
func takesInteger(bits int) func(string) bool {
	return func(text string) bool {
		n, err := strconv.ParseInt(text, 10, bits)
		return err == nil && strconv.FormatInt(n, 10) == text
	}
}

// takesName is for names that PostgreSQL does not cut: a longer one would find the row
// of somebody else, whose name it begins with.
func takesName(text string) bool { return len(text) < 64 }

// takesUUID is for the form that PostgreSQL itself writes. Any other one would find the
// same row, and be somebody else to policies: B0E5 has the roles of b0e5, and no Deny
// of b0e5 applies to it.
func takesUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !strings.ContainsRune("0123456789abcdef", rune(c)) {
				return false
			}
		}
	}
	return true
}

// takesDateTime is for the years 1 to 9999.
func takesDateTime(text string) bool {
	return strings.IndexByte(text, '-') == 4 && !strings.HasPrefix(text, "0000")
}

// takesText is for what every parameter must be: PostgreSQL has no text with a
// zero in it.
func takesText(text string) bool { return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 }
