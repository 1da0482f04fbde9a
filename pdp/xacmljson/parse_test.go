package xacmljson

import (
	"errors"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// RFC 8259: what is not JSON is refused at its place.
// Pitfall 45: a member that is given twice is refused.
func TestRFC8259_Refused(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"nothing", "¦", "ends too early"},
		{"white space only", " \r\n\t¦", "ends too early"},
		{"byte order mark", "¦\uFEFF{}", "byte order mark"},
		{"text", "¦Request", "got 'R' where a value"},
		{"XML", "¦<Request/>", "got '<' where a value"},
		{"trailing data", "{} ¦{}", "the end of the document"},
		{"trailing NUL", "{}¦\x00", "the end of the document"},
		{"comment", "¦/* */{}", "got '/' where a value"},
		{"other white space", "{¦\u00a0}", "the name of a member"},
		{"object not closed", `{"a": 1¦`, "ends too early"},
		{"array not closed", `{"a": [1, 2¦`, "ends too early"},
		{"string not closed", "{\"a\": \"b¦\n", "control character"},
		{"string cut off", `{"a": "b¦`, "the end of a string"},
		{"escape cut off", `{"a": "\¦`, "the end of an escape"},
		{"name without quotes", `{¦a: 1}`, "the name of a member"},
		{"single quotes", `{¦'a': 1}`, "the name of a member"},
		{"number as a name", `{¦1: 1}`, "the name of a member"},
		{"no colon", `{"a" ¦1}`, "a colon"},
		{"no value", `{"a": ¦}`, "a value"},
		{"comma at the end of an object", `{"a": 1, ¦}`, "the name of a member"},
		{"comma at the end of an array", `{"a": [1, ¦]}`, "a value"},
		{"two commas", `[1,¦,2]`, "a value"},
		{"no comma in an array", `[1 ¦2]`, "a comma or the end of the array"},
		{"no comma in an object", "{\"a\": 1\n ¦\"b\": 2}", "a comma or the end of the object"},
		{"literal in capitals", `[¦True]`, "a value"},
		{"literal with more", `[true¦e]`, "a comma"},
		{"NaN", `[¦NaN]`, "a value"},
		{"number with plus", `[¦+1]`, "a value"},
		{"number with leading zero", `[0¦1]`, "a comma"},
		{"number that starts with a point", `[¦.5]`, "a value"},
		{"number that ends with a point", `[5.¦]`, "a digit"},
		{"minus alone", `[-¦]`, "a digit"},
		{"exponent without digits", `[1e+¦]`, "a digit"},
		{"hexadecimal number", `[0¦x1]`, "a comma"},
		{"control character", "[\"a¦\x01\"]", "U+0001"},
		{"tab in a string", "[\"¦\t\"]", "U+0009"},
		{"unknown escape", `["¦\x41"]`, "unknown escape"},
		{"short escape", `["¦\u12"]`, "unknown escape"},
		{"escape with a sign", `["¦\u+123"]`, "unknown escape"},
		{"high surrogate alone", `["a¦\ud800"]`, "surrogate"},
		{"high surrogate before text", `["¦\ud800abcdef"]`, "surrogate"},
		{"high surrogate twice", `["¦\ud800\ud800"]`, "surrogate"},
		{"low surrogate alone", `["¦\udc00"]`, "surrogate"},
		{"surrogates in the wrong order", `["¦\udc00\ud800"]`, "surrogate"},
		{"character cut off", "[\"¦\xE2\x82", "invalid UTF-8"},
		{"surrogate in UTF-8", "[\"¦\xED\xA0\x80\"]", "invalid UTF-8"},
		{"byte that is not UTF-8", "[\"é¦\xFF\"]", "invalid UTF-8"},
		{"overlong UTF-8", "[\"¦\xC0\xAF\"]", "invalid UTF-8"},
		{"byte that is not UTF-8 outside of strings", "[¦\xFF]", "invalid UTF-8"},
		{"member twice", "{\"a\": 1,\n ¦\"a\": 1}", `member "a" is given twice`},
		{"member twice, spelled in two ways", `{"Request": {}, ¦"\u0052equest": {}}`, `member "Request" is given twice`},
		{"member twice, deep inside", `{"x": [{"b": {"c": 1, ¦"c": null}}]}`, `member "c" is given twice`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input, at := marked(t, test.input)
			_, err := ReadRequest([]byte(input), Limits{})
			checkRefused(t, err, malformed, at, test.want, input)
			_, err = ReadResponse([]byte(input), Limits{})
			checkRefused(t, err, malformed, at, test.want, input)
		})
	}
}

// RFC 8259, 7: every escape is resolved, and nothing else is changed.
func TestRFC8259_Strings(t *testing.T) {
	tests := []struct{ source, want string }{
		{`""`, ""},
		{`"a b"`, "a b"},
		{`"\"\\\/\t\n\r"`, "\"\\/\t\n\r"},
		{`"\u0041\u00e9\u20AC"`, "Aé€"},
		{`"\ud83d\ude00x"`, "😀x"},
		{`"😀"`, "😀"},
		{`"e\u0301 ` + "e\u0301" + `"`, "e\u0301 e\u0301"}, // not normalised
		{`"\ufffd"`, "\uFFFD"},
		{`" \n "`, " \n "},
	}
	for _, test := range tests {
		got := valuesIn(t, `"Value": `+test.source)
		if len(got) != 1 || got[0] != value.Value(value.String(test.want)) {
			t.Errorf("got %q, want %q, input: %s", got, test.want, test.source)
		}
	}
}

func TestLimits(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + "1" + strings.Repeat("]", n) }
	attribute := func(v string) string { return inAttribute(`"Value": ` + v) }
	tests := []struct {
		name, input string
		limits      Limits
		want        string // nothing if it is accepted
	}{
		{"document", attribute("1"), Limits{Document: len(attribute("1"))}, ""},
		{"document over the limit", attribute("1"), Limits{Document: len(attribute("1")) - 1}, "document has"},
		{"depth", attribute("[1]"), Limits{Depth: 7}, ""},
		{"depth over the limit", attribute("[1]"), Limits{Depth: 6}, "nested deeper than 6"},
		{"depth over the default", deep(65), Limits{}, "nested deeper than 64"},
		{"a million deep", strings.Repeat("[", 1_000_000), Limits{}, "nested deeper than 64"},
		{"nodes", attribute("[1, 2]"), Limits{Nodes: 10}, ""},
		{"nodes over the limit", attribute("[1, 2]"), Limits{Nodes: 9}, "more than 9 values"},
		{"members over the limit", `{"a": 1, "b": 2, "c": 3}`, Limits{Members: 2}, "more than 2 members"},
		{"string", attribute(`"12345"`), Limits{String: 11}, ""},
		{"string over the limit", attribute(`"123456789012"`), Limits{String: 11}, "more than 11 bytes"},
		{"number over the limit", attribute(`123456789012`), Limits{String: 11}, "more than 11 bytes"},
		{"name over the limit", inRequest(`"Category": [{"CategoryId": "urn:123456789"}]`), Limits{String: 11}, "more than 11 bytes"},
		{"content beyond the limit of strings", inRequest(`"Resource": {"Content": "<abcdefghijklm/>"}`), Limits{String: 11}, ""},
		{"values", attribute("[1, 2, 3]"), Limits{Values: 3}, ""},
		{"values over the limit", attribute("[1, 2, 3]"), Limits{Values: 2}, "more than 2 attribute values"},
		{"negative limit", attribute("1"), Limits{Values: -1, Depth: -1}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadRequest([]byte(test.input), test.limits)
			var m *MalformedError
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v, want it accepted", err)
			case test.want != "" && (!errors.As(err, &m) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want a malformed document: %s", err, test.want)
			}
		})
	}
	if got := DefaultLimits().filled(); got != DefaultLimits() {
		t.Errorf("got %+v, want the default limits unchanged", got)
	}
}

// A malformed document tells its status to those who answer it all the same.
func TestMalformedError_HasStatus(t *testing.T) {
	_, err := ReadRequest([]byte("{"), Limits{})
	var status *xacml.Error
	if !errors.As(err, &status) || status.Error() != err.Error() {
		t.Errorf("got %v, want an error with a status of the same message", err)
	}
}
