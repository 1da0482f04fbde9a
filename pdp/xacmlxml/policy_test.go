package xacmlxml

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// marked takes the mark ¦ out of a document and tells where it was.
func marked(t *testing.T, document string) (string, policy.Position) {
	t.Helper()
	before, after, found := strings.Cut(document, "¦")
	if !found {
		t.Fatalf("document has no mark: %s", document)
	}
	return before + after, advance(start, []byte(before))
}

// inPolicy is a policy with something in it, in line 2.
func inPolicy(content string) string {
	return `<Policy xmlns="` + xacml.Namespace + `" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" PolicyId="p" Version="1" RuleCombiningAlgId="a">` +
		"\n<Target/>" + content + "</Policy>"
}

// inCondition is a policy with a rule whose condition holds the expression.
func inCondition(expression string) string {
	return inPolicy(`<Rule RuleId="r" Effect="Permit"><Condition>` + expression + `</Condition></Rule>`)
}

// inPolicySet is a policy set with something after its target.
func inPolicySet(content string) string {
	return `<x:PolicySet xmlns:x="` + xacml.Namespace + `" PolicySetId="s" Version="1" PolicyCombiningAlgId="a"><x:Target/>` + content + "</x:PolicySet>"
}

const stringType = ` DataType="http://www.w3.org/2001/XMLSchema#string"`

func TestPolicy_Refused(t *testing.T) {
	const syntax, typ, duplicate = policy.ReasonParse, policy.ReasonType, policy.ReasonDuplicate
	const rule = `Policy "p" / Rule "r"`
	const cond = rule + ` / Condition`
	tests := []struct {
		name, input string
		reason      policy.Reason
		path, want  string // want is a part of the message
	}{
		// The root.
		{"root of another namespace", `¦<Policy xmlns="urn:oasis:names:tc:xacml:2.0:policy:schema:os"/>`, syntax, "", "not the Policy or PolicySet of XACML 3.0"},
		{"root without namespace", `¦<Policy/>`, syntax, "", "not the Policy or PolicySet"},
		{"root that is no policy", `¦<Rule xmlns="` + xacml.Namespace + `"/>`, syntax, "Rule", "not the Policy or PolicySet"},

		// Elements: unknown, misplaced, missing, repeated.
		{"unknown element", inPolicy(`¦<Rules/>`), syntax, `Policy "p"`, `unknown element "Rules"`},
		{"element of another place", inPolicy(`¦<Match/>`), syntax, `Policy "p"`, "element Match is not allowed in Policy"},
		{"element of another namespace", inPolicy(`¦<Rule xmlns="u"/>`), syntax, `Policy "p"`, `of namespace "u" is not allowed`},
		{"element out of order", inPolicy(`<ObligationExpressions><ObligationExpression ObligationId="o" FulfillOn="Deny"/></ObligationExpressions>¦<Rule RuleId="r" Effect="Deny"/>`), syntax, `Policy "p"`, "Rule is out of order"},
		{"description after the target", inPolicy(`¦<Description/>`), syntax, `Policy "p"`, "Description is out of order in Policy"},
		{"two targets", inPolicy(`¦<Target/>`), syntax, `Policy "p"`, "more than one Target"},
		{"no target", `¦<Policy xmlns="` + xacml.Namespace + `" PolicyId="p" Version="1" RuleCombiningAlgId="a"/>`, syntax, `Policy "p"`, "Policy has no Target"},
		{"empty AnyOf", inPolicy(`<Rule RuleId="r" Effect="Deny"><Target>¦<AnyOf/></Target></Rule>`), syntax, rule + ` / Target`, "AnyOf has no AllOf"},
		{"empty AllOf", inPolicy(`<Rule RuleId="r" Effect="Deny"><Target><AnyOf>¦<AllOf/></AnyOf></Target></Rule>`), syntax, rule + ` / Target`, "AllOf has no Match"},
		{"match without bag", inPolicy(`<Rule RuleId="r" Effect="Deny"><Target><AnyOf><AllOf>¦<Match MatchId="m"><AttributeValue` + stringType + `/></Match></AllOf></AnyOf></Target></Rule>`), syntax, rule + ` / Target`, "Match has no AttributeDesignator or AttributeSelector"},
		{"match with a variable", inPolicy(`<Rule RuleId="r" Effect="Deny"><Target><AnyOf><AllOf><Match MatchId="m"><AttributeValue` + stringType + `/>¦<VariableReference VariableId="v"/><AttributeDesignator Category="c" AttributeId="a"` + stringType + ` MustBePresent="1"/></Match></AllOf></AnyOf></Target></Rule>`), syntax, rule + ` / Target`, "VariableReference is not allowed in Match"},
		{"empty condition", inPolicy(`<Rule RuleId="r" Effect="Deny">¦<Condition/></Rule>`), syntax, cond, "Condition has no expression"},
		{"condition with two expressions", inCondition(`<Function FunctionId="f"/>¦<Function FunctionId="f"/>`), syntax, cond, "more than one expression"},
		{"empty ObligationExpressions", inPolicy(`¦<ObligationExpressions/>`), syntax, `Policy "p"`, "ObligationExpressions has no ObligationExpression"},
		{"empty AdviceExpressions", inPolicy(`¦<AdviceExpressions/>`), syntax, `Policy "p"`, "AdviceExpressions has no AdviceExpression"},
		{"defaults without version", inPolicySet(`<x:Policy PolicyId="p" Version="1" RuleCombiningAlgId="a">¦<x:PolicyDefaults/><x:Target/></x:Policy>`), syntax, `PolicySet "s" / Policy "p"`, "PolicyDefaults has no XPathVersion"},
		{"combiner parameter without value", inPolicy(`<CombinerParameters>¦<CombinerParameter ParameterName="n"/></CombinerParameters>`), syntax, `Policy "p"`, "CombinerParameter has no AttributeValue"},
		{"rule in a policy set", inPolicySet(`¦<x:Rule RuleId="r" Effect="Deny"/>`), syntax, `PolicySet "s"`, "Rule is not allowed in PolicySet"},
		{"policy in a policy", inPolicy(`¦<Policy/>`), syntax, `Policy "p"`, "Policy is not allowed in Policy"},
		{"text between elements", `¦` + inPolicy(`x`), syntax, `Policy "p"`, "text is not allowed in Policy"},
		{"space in an empty element", inCondition(`¦<Function FunctionId="f"> </Function>`), syntax, cond, "Function must be empty"},
		{"element in an empty element", inCondition(`¦<VariableReference VariableId="v"><Function FunctionId="f"/></VariableReference>`), syntax, cond, "VariableReference must be empty"},
		{"element in a description", inCondition(`<Apply FunctionId="f"><Description>¦<b/></Description></Apply>`), syntax, cond, `unknown element "b"`},
		{"content of an issuer with two elements", `<Policy xmlns="` + xacml.Namespace + `" PolicyId="p" Version="1" RuleCombiningAlgId="a"><PolicyIssuer>¦<Content><a/><b/></Content></PolicyIssuer><Target/></Policy>`, syntax, `Policy "p" / PolicyIssuer / Content`, "exactly one element"},

		// Attributes: unknown, missing, ill-typed.
		{"unknown attribute", inPolicy(`<Rule RuleId="r" Effect="Deny" ¦effect="Permit"/>`), syntax, rule, `unknown attribute "effect" of Rule`},
		{"attribute of a namespace instead", inPolicy(`¦<Rule xmlns:x="` + xacml.Namespace + `" RuleId="r"/>`), syntax, rule, "Rule has no attribute Effect"},
		{"attribute of a namespace too", inPolicy(`<Rule xmlns:x="u" RuleId="r" Effect="Deny" ¦x:Effect="Permit"/>`), syntax, rule, `attribute "Effect" of namespace "u" is not allowed on Rule`},
		{"xml:id on a policy", inPolicy(`<Rule RuleId="r" Effect="Deny" ¦xml:id="x"/>`), syntax, rule, "is not allowed on Rule"},
		{"xsi:type", inPolicy(`<Rule RuleId="r" Effect="Deny" ¦xsi:type="RuleType"/>`), syntax, rule, "is not allowed on Rule"},
		{"xsi:nil on a value", inCondition(`<AttributeValue` + stringType + ` ¦xsi:nil="true"/>`), syntax, cond, "is not allowed on AttributeValue"},
		{"no MustBePresent", inCondition(`¦<AttributeDesignator Category="c" AttributeId="a"` + stringType + `/>`), syntax, cond, "AttributeDesignator has no attribute MustBePresent"},
		{"no PolicyId", inPolicySet(`¦<x:Policy Version="1" RuleCombiningAlgId="a"><x:Target/></x:Policy>`), syntax, `PolicySet "s" / Policy`, "Policy has no attribute PolicyId"},
		{"boolean of another kind", inCondition(`<AttributeDesignator Category="c" AttributeId="a"` + stringType + ` ¦MustBePresent="TRUE"/>`), syntax, cond, "not true, false, 1 or 0"},
		{"effect of another case", inPolicy(`<Rule RuleId="r" ¦Effect="permit"/>`), syntax, rule, "not Permit or Deny"},
		{"effect with space", inPolicy(`<Rule RuleId="r" ¦Effect=" Permit"/>`), syntax, rule, "not Permit or Deny"},
		{"version with letters", inPolicySet(`<x:Policy PolicyId="p" ¦Version="1.a" RuleCombiningAlgId="a"><x:Target/></x:Policy>`), syntax, `PolicySet "s" / Policy "p"`, "not a version"},
		{"version that ends with a dot", inPolicySet(`<x:Policy PolicyId="p" ¦Version="1." RuleCombiningAlgId="a"><x:Target/></x:Policy>`), syntax, `PolicySet "s" / Policy "p"`, "not a version"},
		{"version with a pattern", inPolicySet(`<x:Policy PolicyId="p" ¦Version="1.*" RuleCombiningAlgId="a"><x:Target/></x:Policy>`), syntax, `PolicySet "s" / Policy "p"`, "not a version"},
		{"version match with an inner plus", inPolicySet(`<x:PolicyIdReference ¦Version="+.1">p</x:PolicyIdReference>`), syntax, `PolicySet "s"`, "not a version match"},
		{"empty version match", inPolicySet(`<x:PolicyIdReference ¦LatestVersion="">p</x:PolicyIdReference>`), syntax, `PolicySet "s"`, "not a version match"},
		{"depth that is no integer", inPolicySet(`<x:Policy PolicyId="p" Version="1" RuleCombiningAlgId="a" ¦MaxDelegationDepth="1.0"><x:Target/></x:Policy>`), syntax, `PolicySet "s" / Policy "p"`, "not an integer"},
		{"empty id", inPolicy(`<Rule ¦RuleId="" Effect="Deny"/>`), syntax, `Policy "p" / Rule`, "attribute RuleId is empty"},
		{"id of spaces", inPolicySet(`<x:Policy ¦PolicyId=" " Version="1" RuleCombiningAlgId="a"><x:Target/></x:Policy>`), syntax, `PolicySet "s" / Policy`, "attribute PolicyId is empty"},
		{"id with a control character", inPolicy(`<Rule ¦RuleId="r&#10;" Effect="Deny"/>`), syntax, `Policy "p" / Rule "r"`, "control character"},
		{"URI with a control character", inCondition(`<Function ¦FunctionId="f&#x85;"/>`), syntax, cond, "control character"},
		{"empty issuer", inCondition(`<AttributeDesignator Category="c" AttributeId="a"` + stringType + ` ¦Issuer="" MustBePresent="1"/>`), syntax, cond, "attribute Issuer is empty"},
		{"empty reference", inPolicySet(`¦<x:PolicyIdReference> </x:PolicyIdReference>`), syntax, `PolicySet "s"`, "PolicyIdReference is empty"},

		// Values.
		{"unknown data type of a literal", inCondition(`¦<AttributeValue DataType="urn:t">x</AttributeValue>`), typ, cond, `unknown data type "urn:t"`},
		{"unknown data type of a designator", inCondition(`<AttributeDesignator Category="c" AttributeId="a" ¦DataType="urn:t" MustBePresent="1"/>`), typ, cond, `unknown data type "urn:t"`},
		{"unknown data type of a selector", inCondition(`<AttributeSelector Category="c" Path="/" ¦DataType="urn:t" MustBePresent="1"/>`), typ, cond, `unknown data type "urn:t"`},
		{"integer in scientific notation", inCondition(`¦<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">1e3</AttributeValue>`), typ, cond, "integer"},
		{"date that does not exist", inCondition(`¦<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#date">2025-02-30</AttributeValue>`), typ, cond, "date"},
		{"zone that does not exist", inCondition(`¦<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#time">10:00:00+15:00</AttributeValue>`), typ, cond, "time"},
		{"value cut by a comment", inCondition(`¦<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#boolean">true<!-- -->x</AttributeValue>`), typ, cond, "boolean"},
		{"element in a value", inCondition(`<AttributeValue` + stringType + `>a¦<b/></AttributeValue>`), syntax, cond, "cannot hold elements"},
		{"unknown attribute of a value", inCondition(`<AttributeValue` + stringType + ` ¦Datatype="u">a</AttributeValue>`), syntax, cond, `unknown attribute "Datatype"`},
		{"XPath without category", inCondition(`¦<AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression">/a</AttributeValue>`), syntax, cond, "XPathCategory"},
		{"XPath with empty category", inCondition(`<AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression" ¦XPathCategory="">/a</AttributeValue>`), syntax, cond, "XPathCategory is empty"},
		{"empty XPath", inCondition(`¦<AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression" XPathCategory="c"/>`), typ, cond, "is empty"},

		// Ids.
		{"variable twice", inPolicy(`<VariableDefinition VariableId="v"><Function FunctionId="f"/></VariableDefinition>` + "\n" + `¦<VariableDefinition VariableId="v"><Function FunctionId="f"/></VariableDefinition>`), duplicate, `Policy "p" / VariableDefinition "v"`, "first in line 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input, at := marked(t, test.input)
			document, problems := ReadPolicy("d", []byte(input), Limits{})
			if document.Root != nil || document.Name != "d" {
				t.Errorf("got document %v, want none: %s", document, input)
			}
			if len(problems) != 1 {
				t.Fatalf("got %d problems, want one:\n%v\n%s", len(problems), problems, input)
			}
			want := policy.Problem{File: "d", Position: at, Path: test.path, Reason: test.reason, Message: problems[0].Message}
			if diff := cmp.Diff(want, problems[0]); diff != "" {
				t.Errorf("wrong problem (-want +got):\n%s%s", diff, input)
			}
			if !strings.Contains(problems[0].Message, test.want) {
				t.Errorf("got message %q, want it to hold %q: %s", problems[0].Message, test.want, input)
			}
		})
	}
}

func TestPolicy_NotWellFormed(t *testing.T) {
	for reason, input := range map[policy.Reason]string{
		policy.ReasonParse:   `<Policy`,
		policy.ReasonDoctype: `<!DOCTYPE a><a/>`,
		policy.ReasonDepth:   strings.Repeat("<a>", 65),
		policy.ReasonSize:    "<a b='" + strings.Repeat("x", 65<<10) + "'/>",
	} {
		document, problems := ReadPolicy("d", []byte(input), Limits{})
		if len(problems) != 1 || problems[0].Reason != reason || problems[0].File != "d" || document.Root != nil {
			t.Errorf("got %v and %v, want one problem of reason %s", document, problems, reason)
		}
	}
}

func TestPolicy_AllProblemsAtOnce(t *testing.T) {
	const input = `<Policy xmlns="` + xacml.Namespace + `" PolicyId="p" Version="x">
<Rule RuleId="r" Effect="Deny"><Condition><AttributeValue DataType="t"/></Condition></Rule>
<Rule RuleId="r" Effect="Maybe"/>
</Policy>`
	_, problems := ReadPolicy("d", []byte(input), Limits{})
	want := []string{
		`d:1:1: Policy "p": Policy has no attribute RuleCombiningAlgId`,
		`d:1:1: Policy "p": Policy has no Target`,
		`d:1:77: Policy "p": attribute Version is not a version but "x"`,
		`d:2:43: Policy "p" / Rule "r" / Condition: unknown data type "t"`,
		`d:3:1: Policy "p" / Rule "r": RuleId "r" is used twice in one Policy, first in line 2`,
		`d:3:18: Policy "p" / Rule "r": attribute Effect is not Permit or Deny but "Maybe"`,
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), problems.Error()); diff != "" {
		t.Errorf("wrong problems (-want +got):\n%s", diff)
	}
}

func TestPolicy_ProblemsAreLimited(t *testing.T) {
	input := inPolicy(strings.Repeat(`<Rule RuleId="r" Effect="Deny"/>`, 10) + strings.Repeat(`<a/>`, 10))
	document, problems := ReadPolicy("d", []byte(input), Limits{Problems: 3})
	if errors := problems.Errors(); len(errors) != 4 || document.Root != nil {
		t.Errorf("got %d errors, want 3 and one for the rest:\n%v", len(errors), errors)
	}
	if warnings := len(problems) - len(problems.Errors()); warnings != 3 {
		t.Errorf("got %d warnings, want 3:\n%v", warnings, problems)
	}
}

// §5.21, pitfall 52: the standard does not ask for unique rule ids.
func TestPolicy_DuplicateRuleIsAWarning(t *testing.T) {
	input, at := marked(t, inPolicy(`<Rule RuleId="r" Effect="Deny"/>`+"\n"+`¦<Rule RuleId="r" Effect="Deny"/>`))
	document, problems := ReadPolicy("d", []byte(input), Limits{})
	if len(problems) != 1 || !problems[0].Warning || problems[0].Reason != policy.ReasonDuplicate || problems[0].Position != at {
		t.Errorf("got %v, want one warning at %v", problems, at)
	}
	if document.Root == nil {
		t.Error("got no policy, want one")
	}
}

func TestPolicy_Accepted(t *testing.T) {
	tests := map[string]string{
		"no rules":                       inPolicy(""),
		"hints of schemas":               inPolicy(`<Rule RuleId="r" Effect="Deny" xsi:schemaLocation="a b" xsi:noNamespaceSchemaLocation="c"/>`),
		"foreign attribute of a value":   inCondition(`<AttributeValue` + stringType + ` xmlns:x="u" x:y="z">a</AttributeValue>`),
		"category of a string":           inCondition(`<AttributeValue` + stringType + ` XPathCategory="c">/a</AttributeValue>`),
		"variable defined after its use": inPolicy(`<Rule RuleId="r" Effect="Deny"/><VariableDefinition VariableId="v"><Function FunctionId="f"/></VariableDefinition>`),
		"version of many digits":         inPolicySet(`<x:PolicyIdReference Version="00.99999999999999999999.+">p</x:PolicyIdReference>`),
		"negative depth":                 inPolicySet(`<x:Policy PolicyId="p" Version="1" RuleCombiningAlgId="a" MaxDelegationDepth=" -1 "><x:Target/></x:Policy>`),
		"apply without arguments":        inCondition(`<Apply FunctionId="f"/>`),
	}
	for name, input := range tests {
		t.Run(name, func(t *testing.T) {
			if document, problems := ReadPolicy("d", []byte(input), Limits{}); len(problems) > 0 || document.Root == nil {
				t.Errorf("got problems, want none:\n%v\n%s", problems, input)
			}
		})
	}
}

// sameValue compares values by data type and lexical form, XPaths with what
// belongs to them.
func sameValue(a, b value.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	x, isX := a.(value.XPathExpression)
	y, isY := b.(value.XPathExpression)
	if isX && isY {
		return x.XPath == y.XPath && x.Category == y.Category && x.Version == y.Version &&
			cmp.Equal(bindings(x.Namespaces), bindings(y.Namespaces))
	}
	v, isV := a.(value.Entity)
	w, isW := b.(value.Entity)
	if isV && isW {
		return sameEntity(v, w, sameValue)
	}
	f, _ := a.(value.Foreign)
	g, _ := b.(value.Foreign)
	return isX == isY && value.TypeID(a) == value.TypeID(b) && a.String() == b.String() && f == g
}

func bindings(n value.Namespaces) map[string]string {
	return maps.Collect(n.All())
}
