package rpc

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// threeWays is one value of a data type in a request of fields, in JSON and in XML.
func threeWays(dataType, text string) map[string]*v1.EvaluateRequest {
	fields := category("subject", "", "urn:a", text)
	fields.Attributes[0].Values[0].DataType = dataType
	quoted, _ := json.Marshal(text) // of a string, which has no error
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text)) // nor has the builder
	return map[string]*v1.EvaluateRequest{
		"fields": {Attributes: []*v1.AttributeCategory{fields}},
		"JSON": {Document: &v1.EvaluateRequest_Json{Json: fmt.Appendf(nil,
			`{"Request":{"AccessSubject":[{"Attribute":[{"AttributeId":"urn:a","DataType":%q,"Value":%s}]}]}}`, dataType, quoted)}},
		"XML": {Document: &v1.EvaluateRequest_Xml{Xml: fmt.Appendf(nil,
			`<Request xmlns=%q ReturnPolicyIdList="false" CombinedDecision="false"><Attributes Category=%q><Attribute AttributeId="urn:a" IncludeInResult="false"><AttributeValue DataType=%q>%s</AttributeValue></Attribute></Attributes></Request>`,
			xacml.Namespace, xacml.CategoryAccessSubject, dataType, escaped.String())}},
	}
}

// theValue is what a request holds, empty if it is refused.
func theValue(t testing.TB, m *v1.EvaluateRequest) string {
	t.Helper()
	r, err := newNames(&contexthandler.Dictionary{}).evaluate(m)
	if err != nil {
		return ""
	}
	v := r.Attributes[0].Attributes[0].Values[0]
	return value.TypeID(v) + " " + value.Lexical(v)
}

// A value is the same one, or none, in whatever form the request comes.
func TestThreeWays(t *testing.T) {
	texts := []string{
		"", " ", "a", "true", "TRUE", "1", "0", "+1", "-1", "01", "1.0", "-0", "+0", "-0.0", "1e3", "1E+3", ".5", "5.", "0x10", "1_000", "NaN", "INF", "+INF", "inf", "Infinity",
		" 1 ", "\t1\n", "1\r\n", "1\u00a0", "\ufeff1", "1\u2028", "\u0661", "9223372036854775808", "-9223372036854775809", "9007199254740993",
		"1e400", "1e-400", "1e999999999", strings.Repeat("9", 4096), strings.Repeat("9", 4097), strings.Repeat("0", 5000) + "7",
		"2024-02-29", "2023-02-29", "2024-02-29Z", "2024-02-29+00:00", "2024-02-29-00:00", "2024-02-29+14:00", "2024-02-29+14:01", "0000-01-01", "-0001-01-01", "999999999-01-01", "1000000000-01-01",
		"24:00:00", "24:00:00.1", "23:59:60", "00:00:00Z", "23:00:00-01:00", "12:00:00.1234567890123456789", "12:00:00.100000000000000000000",
		"2024-12-31T24:00:00", "2024-12-31T24:00:00Z", "2025-01-01T00:00:00+00:00", "2025-01-01t00:00:00z", "2025-01-01 00:00:00",
		"P1D", "PT24H", "-PT0S", "P1Y2M", "P", "PT", "P1DT", "P99999999999999999999D", "P1.5D", "PT0.1S",
		"ff", "FF", "f", "0g", "AA==", "AA", "A A = =", "AB==", "YQ==\n",
		"e\u0301", "\u00e9", "urn:%41", "urn:%4", "urn:a b", "urn:a  b", "a#b#c", "http://\u00e9/",
		"a@B.org", `"a@b"@C.org`, "a@b@c", "CN=a,O=b", "cn = a ; o = b", `CN=a\ `, "CN=#0c0161", "CN=a+O=b", "O=b+CN=a",
		"10.0.0.1", "10.0.0.1/255.0.0.0:80-", "010.0.0.1", "[::1]", "[::1]/[ffff::]:-80", "[::1%eth0]", "*.a.no", "a.no:1-70000",
		"\ufffd", "\U0001f600", "]]>", "<a/>", "&amp;", `"'\`,
	}
	for _, typ := range value.Types() {
		if typ == value.TypeXPathExpression { // it has more than a text
			continue
		}
		for _, text := range texts {
			ways := threeWays(typ.ID(), text)
			want := theValue(t, ways["fields"])
			for name, m := range ways {
				if got := theValue(t, m); got != want {
					t.Errorf("%s %.80q in %s: got %.80q, want %.80q", typ, text, name, got, want)
				}
			}
		}
	}
}

// What is no text of XML is a value nowhere.
func TestThreeWays_NoText(t *testing.T) {
	for _, text := range []string{"a\x00", "\x01", "\uffff", "a\x1f"} {
		ways := threeWays(value.TypeString.ID(), text)
		ways["raw XML"] = &v1.EvaluateRequest{Document: &v1.EvaluateRequest_Xml{Xml: []byte(strings.Replace(
			string(threeWays(value.TypeString.ID(), "TEXT")["XML"].GetXml()), "TEXT", text, 1))}}
		delete(ways, "XML") // EscapeText replaces it
		for name, m := range ways {
			if got := theValue(t, m); got != "" {
				t.Errorf("%q in %s: got %q", text, name, got)
			}
		}
	}
}
