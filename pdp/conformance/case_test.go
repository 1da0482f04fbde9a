package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// smallCase is a case that passes: its source permits.
const smallCase = `
-- meta.json --
{"id": "T001", "category": "mandatory", "expect": {"kind": "response"}, "requires": ["pip:pip.json"]}
-- policies/policy.xml --
<Policy xmlns="NS" PolicyId="p" Version="1.0" RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">
<Target/><Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:integer-is-in">
<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">7</AttributeValue>
<AttributeDesignator Category="c" AttributeId="level" DataType="http://www.w3.org/2001/XMLSchema#integer" MustBePresent="true"/>
</Apply></Condition></Rule></Policy>
-- request.xml --
<Request xmlns="NS" ReturnPolicyIdList="false" CombinedDecision="false"><Attributes Category="c"><Attribute AttributeId="who" IncludeInResult="false">
<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">ann</AttributeValue></Attribute></Attributes></Request>
-- response.xml --
<Response xmlns="NS"><Result><Decision>Permit</Decision></Result></Response>
-- pip.json --
{"attributes": [{"category": "c", "attributeId": "level", "dataType": "http://www.w3.org/2001/XMLSchema#integer", "values": ["7"],
"when": [{"category": "c", "attributeId": "who", "value": "ann"}]}]}
`

// writeCase writes smallCase with replacements of texts; a file that is empty
// afterwards is not written.
func writeCase(t *testing.T, replacements ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text := strings.NewReplacer(replacements...).Replace(smallCase)
	for _, file := range txtar.Parse([]byte(strings.ReplaceAll(text, `"NS"`, `"`+xacml.Namespace+`"`))).Files {
		name := filepath.Join(dir, "T001", filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRun_Judges(t *testing.T) {
	for _, tt := range []struct {
		name    string
		replace []string
		why     string // part of it; empty if the case passes
	}{
		{"as expected", nil, ""},
		{"another decision", []string{"<Decision>Permit", "<Decision>Deny"}, "got Permit"},
		{"a source that does not hold", []string{`"value": "ann"`, `"value": "bob"`}, "got Indeterminate"},
		{"a source that holds something else", []string{`["7"]`, `["seven"]`}, "got Indeterminate"},
		{"a response that is none", []string{"<Response", "<Answer", "</Response", "</Answer"}, "the expected response cannot be read"},
		{"no response to compare with", []string{"response.xml", "other.xml"}, "got an answer, want a refusal"},
		{"a refusal", []string{`"kind": "response"`, `"kind": "request-error"`}, "got an answer, want a request-error"},
		{"a refusal or this response", []string{`"kind": "response"`, `"kind": "request-error", "or_response": true`}, ""},
		{"a request that is none", []string{`IncludeInResult="false"`, ""}, "got Indeterminate"},
		{"a refused request", []string{`IncludeInResult="false"`, "", `"kind": "response"`, `"kind": "request-error"`}, ""},
		{"a policy that is none", []string{`Effect="Permit"`, ""}, "the policy is refused"},
		{"a refused policy", []string{`Effect="Permit"`, "", `"kind": "response"`, `"kind": "policy-error"`}, ""},
		{"a refused policy or a response", []string{`Effect="Permit"`, "", `"kind": "response"`, `"kind": "response", "or_refused": true`}, ""},
		{"a policy that is not valid", []string{"integer-is-in", "integer-is-out"}, "got Indeterminate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cases, err := Load(writeCase(t, tt.replace...))
			if err != nil || len(cases) != 1 {
				t.Fatalf("got %d cases and %v, want one", len(cases), err)
			}
			out := cases[0].Run(t.Context())
			if out.Pass != (tt.why == "") || !strings.Contains(out.Why, tt.why) {
				t.Errorf("got pass %v (%s), want %q", out.Pass, out.Why, tt.why)
			}
		})
	}
}

func TestLoad_Fails(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("got no error, want one for a folder that is not there")
	}
	for name, replace := range map[string][]string{
		"no meta.json":            {"-- meta.json", "-- other.json"},
		"meta.json that is none":  {`{"id"`, `["id"`},
		"no request.xml":          {"request.xml", "other.xml"},
		"no pip.json":             {"-- pip.json", "-- other.json"},
		"no hierarchy.json":       {`"pip:pip.json"`, `"pip:hierarchy.json"`},
		"response.xml is folder":  {"response.xml", "response.xml/x"},
		"a policy that is folder": {"policies/policy.xml", "policies/policy.xml/x"},
		"root.txt is folder":      {"-- pip.json", "-- root.txt/x --\n-- pip.json"},
	} {
		if _, err := Load(writeCase(t, replace...)); err == nil || !strings.Contains(err.Error(), `case "T001"`) {
			t.Errorf("%s: got %v, want an error with the case", name, err)
		}
	}
}
