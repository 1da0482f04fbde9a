package xacmljson

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Pitfall 44: a number without fraction and exponent is an integer.
func TestProfile3_3_1_Inference(t *testing.T) {
	tests := []struct {
		source string
		typ    value.Type
		want   string
	}{
		{`"x"`, value.TypeString, "x"},
		{`"2024-01-01"`, value.TypeString, "2024-01-01"},
		{`"true"`, value.TypeString, "true"},
		{`true`, value.TypeBoolean, "true"},
		{`false`, value.TypeBoolean, "false"},
		{`0`, value.TypeInteger, "0"},
		{`-0`, value.TypeInteger, "0"},
		{`-7`, value.TypeInteger, "-7"},
		{`9007199254740993`, value.TypeInteger, "9007199254740993"},
		{`123456789012345678901234567890`, value.TypeInteger, "123456789012345678901234567890"},
		{`1.0`, value.TypeDouble, "1.0E0"},
		{`1e3`, value.TypeDouble, "1.0E3"},
		{`1E-3`, value.TypeDouble, "1.0E-3"},
		{`-0.0`, value.TypeDouble, "-0.0E0"},
		{`1e999`, value.TypeDouble, "INF"},
	}
	for _, test := range tests {
		got := valuesIn(t, `"Value": `+test.source)
		if want := []value.Value{parsed(t, test.typ, test.want)}; !cmp.Equal(want, got, comparers) {
			t.Errorf("got %v, want %s %s, input: %s", got, test.typ, test.want, test.source)
		}
	}
}

func TestProfile3_3_1_DataTypes(t *testing.T) {
	lexical := map[value.Type]string{
		value.TypeString: " x ", value.TypeBoolean: "1", value.TypeInteger: "+05", value.TypeDouble: "NaN",
		value.TypeTime: "12:00:00", value.TypeDate: "2024-02-29", value.TypeDateTime: "2024-01-01T00:00:00Z",
		value.TypeDayTimeDuration: "P1D", value.TypeYearMonthDuration: "P1Y", value.TypeAnyURI: "urn:x",
		value.TypeHexBinary: "0aFF", value.TypeBase64Binary: "AQ==", value.TypeRFC822Name: "a@b.c",
		value.TypeX500Name: "CN=a", value.TypeIPAddress: "10.0.0.1", value.TypeDNSName: "a.b",
		value.TypeLegacyDayTimeDuration: "P1D", value.TypeLegacyYearMonthDuration: "P1Y",
	}
	for _, typ := range value.Types() {
		if typ == value.TypeXPathExpression {
			continue // §3.3.3
		}
		names := []string{typ.ID()}
		if typ.Canonical() == typ {
			names = append(names, typ.String())
		}
		for _, name := range names {
			got := valuesIn(t, `"DataType": "`+name+`", "Value": "`+lexical[typ]+`"`)
			if want := []value.Value{parsed(t, typ, lexical[typ])}; !cmp.Equal(want, got, comparers) {
				t.Errorf("got %v, want %v, input: %s", got, want, name)
			}
		}
	}
}

func TestProfile3_3_1_ExplicitDataType(t *testing.T) {
	tests := []struct {
		dataType, source string
		typ              value.Type
		want             string
	}{
		{"integer", `5`, value.TypeInteger, "5"},
		{"integer", `5.0`, value.TypeInteger, "5"},
		{"integer", `0.5e1`, value.TypeInteger, "5"},
		{"integer", `-1.20e3`, value.TypeInteger, "-1200"},
		{"integer", `-0.0e-99999999999999999999`, value.TypeInteger, "0"},
		{"integer", `100e-2`, value.TypeInteger, "1"},
		{"integer", `"123456789012345678901"`, value.TypeInteger, "123456789012345678901"},
		{"double", `5`, value.TypeDouble, "5.0E0"},
		{"double", `0.1`, value.TypeDouble, "1.0E-1"},
		{"double", `"INF"`, value.TypeDouble, "INF"},
		{"double", `"-INF"`, value.TypeDouble, "-INF"},
		{"double", `"NaN"`, value.TypeDouble, "NaN"},
		{"boolean", `true`, value.TypeBoolean, "true"},
		{"boolean", `"0"`, value.TypeBoolean, "false"},
		{"string", `1.50`, value.TypeString, "1.50"},
		{"string", `true`, value.TypeString, "true"},
		{"http://www.w3.org/2001/XMLSchema#string", `12`, value.TypeString, "12"},
		{"date", `" 2024-01-01 "`, value.TypeDate, "2024-01-01"},
	}
	for _, test := range tests {
		got := valuesIn(t, `"Value": `+test.source+`, "DataType": "`+test.dataType+`"`)
		if want := []value.Value{parsed(t, test.typ, test.want)}; !cmp.Equal(want, got, comparers) {
			t.Errorf("got %v, want %s %s, input: %s as %s", got, test.typ, test.want, test.source, test.dataType)
		}
	}
}

func TestProfile3_3_2_Arrays(t *testing.T) {
	tests := []struct {
		source string
		typ    value.Type
		want   []string
	}{
		{`"Value": []`, value.TypeString, nil},
		{`"Value": [], "DataType": "date"`, value.TypeDate, nil},
		{`"Value": ["a"]`, value.TypeString, []string{"a"}},
		{`"Value": ["a", "b", "a"]`, value.TypeString, []string{"a", "b", "a"}},
		{`"Value": [1, 2]`, value.TypeInteger, []string{"1", "2"}},
		{`"Value": [1.5, 2.0]`, value.TypeDouble, []string{"1.5", "2"}},
		{`"Value": [true, false]`, value.TypeBoolean, []string{"true", "false"}},
		{`"Value": [1, 2.5, 3]`, value.TypeDouble, []string{"1", "2.5", "3"}},
		{`"Value": [2.50, 1]`, value.TypeDouble, []string{"2.5", "1"}},
		{`"Value": [1, "a"]`, value.TypeString, []string{"1", "a"}},
		{`"Value": [1, 2.50, "a"]`, value.TypeString, []string{"1", "2.50", "a"}},
		{`"Value": ["a", 1, 2.50]`, value.TypeString, []string{"a", "1", "2.50"}},
		{`"Value": [true, 1]`, value.TypeString, []string{"true", "1"}},
		{`"Value": [true, 1, 2]`, value.TypeString, []string{"true", "1", "2"}},
		{`"Value": ["2024-01-01", "2024-01-02"], "DataType": "date"`, value.TypeDate, []string{"2024-01-01", "2024-01-02"}},
		{`"Value": [1, "2", 3.0], "DataType": "integer"`, value.TypeInteger, []string{"1", "2", "3"}},
	}
	for _, test := range tests {
		var want []value.Value
		for _, lexical := range test.want {
			want = append(want, parsed(t, test.typ, lexical))
		}
		if got := valuesIn(t, test.source); !cmp.Equal(want, got, comparers) {
			t.Errorf("got %v, want %s %v, input: %s", got, test.typ, want, test.source)
		}
	}
}

func TestProfile3_3_3_XPathExpression(t *testing.T) {
	const typ = `"DataType": "xpathExpression", "Value": `
	tests := []struct {
		source string
		want   value.XPathExpression
	}{
		{
			`{"XPathCategory": "urn:c", "XPath": "//a"}`,
			value.NewXPathExpression("//a", "urn:c", nil, xacml.XPath10),
		},
		{
			`{"XPath": "/m:a", "XPathCategory": "Resource", "Namespaces": [{"Namespace": "urn:d"}, {"Prefix": "m", "Namespace": "urn:m"}]}`,
			value.NewXPathExpression("/m:a", xacml.CategoryResource, map[string]string{"": "urn:d", "m": "urn:m"}, xacml.XPath10),
		},
		{
			`{"XPathCategory": "urn:c", "XPath": "/xml:a", "Namespaces": [{"Prefix": "xml", "Namespace": "http://www.w3.org/XML/1998/namespace"}]}`,
			value.NewXPathExpression("/xml:a", "urn:c", map[string]string{"xml": xacml.XMLNamespace}, xacml.XPath10),
		},
	}
	for _, test := range tests {
		if got := valuesIn(t, typ+test.source); !cmp.Equal([]value.Value{test.want}, got, comparers) {
			t.Errorf("got %v, want %v, input: %s", got, test.want, test.source)
		}
	}
	if got := valuesIn(t, typ+`[{"XPathCategory": "urn:c", "XPath": "a"}, {"XPathCategory": "urn:c", "XPath": "b"}]`); len(got) != 2 {
		t.Errorf("got %v, want two expressions", got)
	}
}

// A.2: a data type may be an extension, which the request carries.
func TestA2_ForeignDataType(t *testing.T) {
	tests := []struct{ source, want string }{
		{`"x"`, "x"},
		{`1.50`, "1.50"},
		{`true`, "true"},
		{`{"Attribute": [ ]}`, `{"Attribute": [ ]}`},
	}
	for _, test := range tests {
		got := valuesIn(t, `"DataType": "urn:own", "Value": `+test.source)
		if want := []value.Value{value.Foreign{DataType: "urn:own", Text: test.want}}; !cmp.Equal(want, got, comparers) {
			t.Errorf("got %v, want %v, input: %s", got, want, test.source)
		}
	}
}

func TestProfile3_3_Refused(t *testing.T) {
	tests := []struct {
		name, members string
		sort          sort
		want          string
	}{
		{"null", `"Value": ¦null`, malformed, "a value cannot be null"},
		{"null with a data type", `"Value": ¦null, "DataType": "string"`, malformed, "a value cannot be null"},
		{"null in an array", `"Value": ["a", ¦null]`, malformed, "a value cannot be null"},
		{"array in an array", `"Value": [1, ¦[2]]`, malformed, "a value cannot be an array"},
		{"object without data type", `"Value": ¦{"XPathCategory": "urn:c", "XPath": "a"}`, invalid, "cannot be inferred"},
		{"object in an array without data type", `"Value": ["a", ¦{}]`, invalid, "cannot be inferred"},
		{"object as a string", `"Value": ¦{}, "DataType": "string"`, invalid, "cannot be an object"},
		{"number as a boolean", `"Value": ¦1, "DataType": "boolean"`, invalid, "cannot be a number"},
		{"number as a date", `"Value": ¦2024, "DataType": "date"`, invalid, "cannot be a number"},
		{"number as a URI", `"Value": ¦2024, "DataType": "anyURI"`, invalid, "cannot be a number"},
		{"boolean as an integer", `"Value": ¦true, "DataType": "integer"`, invalid, "cannot be a boolean"},
		{"fraction as an integer", `"Value": ¦5.5, "DataType": "integer"`, invalid, "not an integer"},
		{"small fraction as an integer", `"Value": ¦5e-1, "DataType": "integer"`, invalid, "not an integer"},
		{"exponent as text of an integer", `"Value": ¦"1e3", "DataType": "integer"`, invalid, "XMLSchema#integer"},
		{"integer of a million digits", `"Value": ¦1e1000000, "DataType": "integer"`, invalid, "too many digits"},
		{"exponent beyond all numbers", `"Value": ¦1e99999999999999999999, "DataType": "integer"`, invalid, "too many digits"},
		{"integer of 5000 digits", `"Value": ¦` + strings.Repeat("9", 5000), invalid, "XMLSchema#integer"},
		{"wrong date", `"Value": ["2024-02-29", ¦"2024-02-30"], "DataType": "date"`, invalid, "XMLSchema#date"},
		{"date with an impossible zone", `"Value": ¦"2024-02-29+15:00", "DataType": "date"`, invalid, "XMLSchema#date"},
		{"infinity of another language", `"Value": ¦"Infinity", "DataType": "double"`, invalid, "XMLSchema#double"},
		{"NUL", `"Value": ¦"\u0000"`, invalid, "XMLSchema#string"},
		{"character that XML lacks", `"Value": ¦"\uFFFE"`, invalid, "XMLSchema#string"},
		{"character that XML lacks, foreign", `"Value": ¦"\uFFFF", "DataType": "urn:own"`, invalid, "character of XML"},
		{"unknown short code", `"DataType": ¦"interger", "Value": "1"`, invalid, `"interger"`},
		{"short code with another case", `"DataType": ¦"datetime", "Value": "1"`, invalid, `"datetime"`},
		{"display name of a legacy type", `"DataType": ¦"dayTimeDuration (2002)", "Value": "P1D"`, invalid, "neither a URI"},
		{"short code with prefix", `"DataType": ¦"", "Value": "1"`, malformed, "is empty"},
		{"data type that is a number", `"DataType": ¦1, "Value": "1"`, malformed, "must be a string, not a number"},
		{"XPath as a string", `"DataType": "xpathExpression", "Value": ¦"//a"`, invalid, "must be an object"},
		{"XPath without category", `"DataType": "xpathExpression", "Value": ¦{"XPath": "a"}`, malformed, "XPathCategory is missing"},
		{"XPath without XPath", `"DataType": "xpathExpression", "Value": ¦{"XPathCategory": "urn:c"}`, malformed, "XPath is missing"},
		{"empty XPath", `"DataType": "xpathExpression", "Value": {"XPathCategory": "urn:c", "XPath": ¦" "}`, invalid, "not an XPath"},
		{"unknown member of an XPath", `"DataType": "xpathExpression", "Value": {"XPathCategory": "urn:c", "XPath": "a", ¦"Version": 1}`, malformed, `unknown member "Version"`},
		{"namespaces as an object", `"DataType": "xpathExpression", "Value": {"XPathCategory": "urn:c", "XPath": "a", "Namespaces": ¦{}}`, malformed, "must be an array"},
		{"namespace without name", `"DataType": "xpathExpression", "Value": {"XPathCategory": "urn:c", "XPath": "a", "Namespaces": [¦{"Prefix": "m"}]}`, malformed, "Namespace is missing"},
		{"prefix twice", `"DataType": "xpathExpression", "Value": {"XPathCategory": "urn:c", "XPath": "a", "Namespaces": [{"Prefix": "m", "Namespace": "urn:1"}, ¦{"Prefix": "m", "Namespace": "urn:1"}]}`, invalid, "bound twice"},
		{"default namespace twice", `"DataType": "xpathExpression", "Value": {"XPathCategory": "urn:c", "XPath": "a", "Namespaces": [{"Namespace": "urn:1"}, ¦{"Namespace": "urn:2"}]}`, invalid, "bound twice"},
		{"prefix with colon", `"DataType": "xpathExpression", "Value": {"XPathCategory": "urn:c", "XPath": "a", "Namespaces": [¦{"Prefix": "m:", "Namespace": "urn:1"}]}`, invalid, "is not a prefix"},
		{"prefix xml for another namespace", `"DataType": "xpathExpression", "Value": {"XPathCategory": "urn:c", "XPath": "a", "Namespaces": [¦{"Prefix": "xml", "Namespace": "urn:1"}]}`, invalid, "cannot be bound"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input, at := marked(t, inAttribute(test.members))
			_, err := ReadRequest([]byte(input), Limits{})
			checkRefused(t, err, test.sort, at, test.want, input)
		})
	}
}

// An exponent must not make a long integer of a short literal.
func TestProfile3_3_1_ExponentsAreBounded(t *testing.T) {
	const members = `"DataType": "integer", "Value": `
	if got := valuesIn(t, members+"1e308"); len(got) != 1 || len(got[0].String()) != 309 {
		t.Errorf("got %v, want an integer of 309 digits", got)
	}
	if _, err := ReadRequest([]byte(inAttribute(members+"1e309")), Limits{}); err == nil {
		t.Error("got an integer of 310 digits, want it refused")
	}
}

// RFC 8259, 6: numbers are written so that readers with doubles keep them.
func TestProfile3_3_WrittenValues(t *testing.T) {
	tests := []struct {
		values   []value.Value
		dataType string
		want     string
	}{
		{[]value.Value{value.String(`<&>"\` + "\u2028")}, "", `["<&>\"\\\u2028"]`},
		{[]value.Value{value.Boolean(true), value.Boolean(false)}, "", `[true,false]`},
		{[]value.Value{value.NewInteger(1<<53 - 1), value.NewInteger(1 - 1<<53)}, "", `[9007199254740991,-9007199254740991]`},
		{[]value.Value{value.NewInteger(1), value.NewInteger(1 << 53)}, "http://www.w3.org/2001/XMLSchema#integer", `[1,"9007199254740992"]`},
		{[]value.Value{value.Double(1), value.Double(math.Inf(-1))}, "http://www.w3.org/2001/XMLSchema#double", `[1.0E0,"-INF"]`},
		{[]value.Value{value.Double(math.NaN())}, "http://www.w3.org/2001/XMLSchema#double", `["NaN"]`},
		{[]value.Value{value.AnyURI("urn:x")}, "http://www.w3.org/2001/XMLSchema#anyURI", `["urn:x"]`},
		{[]value.Value{value.Foreign{DataType: "urn:own", Text: "x"}}, "urn:own", `["x"]`},
		{
			[]value.Value{value.NewXPathExpression("/m:a", "urn:c", map[string]string{"": "urn:d", "m": "urn:m"}, "")},
			"urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression",
			`[{"XPathCategory":"urn:c","Namespaces":[{"Namespace":"urn:d"},{"Prefix":"m","Namespace":"urn:m"}],"XPath":"/m:a"}]`,
		},
	}
	for _, test := range tests {
		var p writer
		dataType, items := p.values(test.values)
		var b strings.Builder
		if err := p.write(&b, "values", items); err != nil {
			t.Fatal(err)
		}
		if dataType != test.dataType || b.String() != test.want {
			t.Errorf("got %s of %q, want %s of %q, input: %v", b.String(), dataType, test.want, test.dataType, test.values)
		}
	}
}
