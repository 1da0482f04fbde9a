package xacmlxml

import (
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// everything uses every element of chapters 5.1 to 5.41, and most optional
// attributes.
const everything = `<?xml version="1.0" encoding="UTF-8"?>
<x:PolicySet xmlns:x="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" xmlns:m="urn:m" PolicySetId=" urn:set " Version="1.2" PolicyCombiningAlgId="urn:alg" MaxDelegationDepth="3">
 <x:Description>the <![CDATA[<set>]]></x:Description>
 <x:PolicyIssuer>
  <x:Content><m:r/></x:Content>
  <x:Attribute AttributeId="urn:i" IncludeInResult="false"><x:AttributeValue DataType="urn:own">x</x:AttributeValue></x:Attribute>
 </x:PolicyIssuer>
 <x:PolicySetDefaults><x:XPathVersion> http://www.w3.org/TR/1999/REC-xpath-19991116 </x:XPathVersion></x:PolicySetDefaults>
 <x:Target>
  <x:AnyOf><x:AllOf><x:Match MatchId="urn:m1"><x:AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string"> a<!-- c --> b </x:AttributeValue><x:AttributeDesignator Category="urn:c" AttributeId="urn:a" DataType="http://www.w3.org/2001/XMLSchema#string" Issuer="me" MustBePresent="1"/></x:Match></x:AllOf></x:AnyOf>
 </x:Target>
 <x:PolicySet PolicySetId="urn:inner" Version="1" PolicyCombiningAlgId="urn:alg"><x:Target/></x:PolicySet>
 <x:PolicyIdReference Version="1.*" EarliestVersion="1" LatestVersion="2.+"> urn:ref </x:PolicyIdReference>
 <x:CombinerParameters><x:CombinerParameter ParameterName="n"><x:AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer"> 007 </x:AttributeValue></x:CombinerParameter></x:CombinerParameters>
 <x:PolicyCombinerParameters PolicyIdRef="urn:p"/>
 <Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="urn:p" Version="1.0" RuleCombiningAlgId="urn:ralg">
  <Description>policy</Description>
  <PolicyDefaults><XPathVersion>urn:xpath</XPathVersion></PolicyDefaults>
  <Target/>
  <RuleCombinerParameters RuleIdRef="r 1"/>
  <VariableDefinition VariableId="v"><VariableReference VariableId="w"/></VariableDefinition>
  <Rule RuleId="r 1" Effect="Permit">
   <Description>rule</Description>
   <Target/>
   <Condition>
    <Apply FunctionId="urn:f"><Description>apply</Description>
     <Function FunctionId="urn:g"/>
     <AttributeSelector xmlns:n="urn:n" Category="urn:c" ContextSelectorId="urn:x" Path="m:a/n:b" DataType="http://www.w3.org/2001/XMLSchema#date" MustBePresent="false"/>
     <AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression" XPathCategory=" urn:c ">//m:a</AttributeValue>
    </Apply>
   </Condition>
   <ObligationExpressions>
    <ObligationExpression ObligationId="urn:o" FulfillOn="Deny">
     <AttributeAssignmentExpression AttributeId="urn:oa" Category="urn:oc" Issuer="you"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#boolean">1</AttributeValue></AttributeAssignmentExpression>
    </ObligationExpression>
   </ObligationExpressions>
   <AdviceExpressions><AdviceExpression AdviceId="urn:ad" AppliesTo="Permit"/></AdviceExpressions>
  </Rule>
  <Rule RuleId="r 2" Effect="Deny"/>
 </Policy>
 <x:PolicySetIdReference>urn:setref</x:PolicySetIdReference>
 <x:PolicySetCombinerParameters PolicySetIdRef="urn:inner"/>
 <x:ObligationExpressions><x:ObligationExpression ObligationId="urn:so" FulfillOn="Permit"/></x:ObligationExpressions>
 <x:AdviceExpressions><x:AdviceExpression AdviceId="urn:sa" AppliesTo="Deny"><x:AttributeAssignmentExpression AttributeId="urn:aa"><x:AttributeDesignator Category="urn:c" AttributeId="urn:a" DataType="http://www.w3.org/TR/2002/WD-xquery-operators-20020816#dayTimeDuration" MustBePresent="false"/></x:AttributeAssignmentExpression></x:AdviceExpression></x:AdviceExpressions>
</x:PolicySet>
`

func at(line, column int) policy.Position { return policy.Position{Line: line, Column: column} }

func TestPolicy_EveryElement(t *testing.T) {
	want := policy.Document{Name: "every.xml", Root: &policy.PolicySet{
		Position:     at(2, 1),
		ID:           "urn:set",
		Version:      "1.2",
		Algorithm:    "urn:alg",
		Description:  "the <set>",
		XPathVersion: xacml.XPath10,
		Issuer: &policy.PolicyIssuer{
			Position:   at(4, 2),
			Content:    mustElement(t, `<m:r xmlns:m="urn:m" xmlns:x="`+xacml.Namespace+`"/>`),
			Attributes: []xacml.Attribute{{ID: "urn:i", Values: []value.Value{value.Foreign{DataType: "urn:own", Text: "x"}}}},
		},
		MaxDelegationDepth: new(3),
		Target: policy.Target{Position: at(9, 2), AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: []policy.Match{{
			Position: at(10, 21),
			Function: "urn:m1",
			Literal:  value.String(" a b "),
			Bag: &policy.Designator{
				Position:      at(10, 150),
				AttributeKey:  xacml.AttributeKey{Category: "urn:c", ID: "urn:a", Type: value.TypeString, Issuer: "me"},
				MustBePresent: true,
			},
		}}}}}}},
		Children: []policy.Child{
			&policy.PolicySet{Position: at(12, 2), ID: "urn:inner", Version: "1", Algorithm: "urn:alg", Target: policy.Target{Position: at(12, 82)}},
			&policy.Reference{Position: at(13, 2), ID: "urn:ref", Version: "1.*", Earliest: "1", Latest: "2.+"},
			&policy.Policy{
				Position:     at(16, 2),
				ID:           "urn:p",
				Version:      "1.0",
				Algorithm:    "urn:ralg",
				Description:  "policy",
				XPathVersion: "urn:xpath",
				Target:       policy.Target{Position: at(19, 3)},
				Variables: []policy.VariableDefinition{{
					Position: at(21, 3), ID: "v", Expression: &policy.VariableReference{Position: at(21, 38), ID: "w"},
				}},
				Rules: []policy.Rule{
					{
						Position:    at(22, 3),
						ID:          "r 1",
						Effect:      xacml.EffectPermit,
						Description: "rule",
						Target:      &policy.Target{Position: at(24, 4)},
						Condition: &policy.Apply{Position: at(26, 5), Function: "urn:f", Description: "apply", Arguments: []policy.Expression{
							&policy.FunctionReference{Position: at(27, 6), Function: "urn:g"},
							&policy.Selector{
								Position: at(28, 6), Category: "urn:c", ContextSelectorID: "urn:x", Path: "m:a/n:b", Type: value.TypeDate,
								Namespaces: map[string]string{"x": xacml.Namespace, "m": "urn:m", "n": "urn:n"},
							},
							&policy.Literal{Position: at(29, 6), Value: value.NewXPathExpression("//m:a", "urn:c",
								map[string]string{"x": xacml.Namespace, "m": "urn:m"}, "urn:xpath")},
						}},
						Obligations: []policy.ObligationExpression{{
							Position: at(33, 5), ID: "urn:o", On: xacml.EffectDeny,
							Assignments: []policy.AssignmentExpression{{
								Position: at(34, 6), AttributeID: "urn:oa", Category: "urn:oc", Issuer: "you",
								Expression: &policy.Literal{Position: at(34, 89), Value: value.Boolean(true)},
							}},
						}},
						Advice: []policy.ObligationExpression{{Position: at(37, 23), ID: "urn:ad", On: xacml.EffectPermit}},
					},
					{Position: at(39, 3), ID: "r 2", Effect: xacml.EffectDeny},
				},
				Parameters: []policy.CombinerParameters{{Position: at(20, 3), Kind: policy.ParametersOfRule, For: "r 1"}},
			},
			&policy.Reference{Position: at(41, 2), PolicySet: true, ID: "urn:setref"},
		},
		Parameters: []policy.CombinerParameters{
			{Position: at(14, 2), Parameters: []policy.CombinerParameter{{Name: "n", Value: value.NewInteger(7)}}},
			{Position: at(15, 2), Kind: policy.ParametersOfPolicy, For: "urn:p"},
			{Position: at(42, 2), Kind: policy.ParametersOfPolicySet, For: "urn:inner"},
		},
		Obligations: []policy.ObligationExpression{{Position: at(43, 27), ID: "urn:so", On: xacml.EffectPermit}},
		Advice: []policy.ObligationExpression{{
			Position: at(44, 23), ID: "urn:sa", On: xacml.EffectDeny,
			Assignments: []policy.AssignmentExpression{{
				Position: at(44, 78), AttributeID: "urn:aa",
				Expression: &policy.Designator{
					Position:     at(44, 132),
					AttributeKey: xacml.AttributeKey{Category: "urn:c", ID: "urn:a", Type: value.TypeLegacyDayTimeDuration},
				},
			}},
		}},
	}}
	got, problems := ReadPolicy("every.xml", []byte(everything), Limits{})
	if len(problems) > 0 {
		t.Fatalf("got problems, want none:\n%v", problems)
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Errorf("wrong policy (-want +got):\n%s", diff)
	}
}

func mustElement(t *testing.T, source string) *etree.Element {
	t.Helper()
	document := etree.NewDocument()
	if err := document.ReadFromString(source); err != nil {
		t.Fatal(err)
	}
	return document.Root()
}

// §5.5: the version of the innermost defaults is in force.
func TestPolicy_XPathVersionInForce(t *testing.T) {
	const xpath = `<Condition><AttributeValue DataType="urn:oasis:names:tc:xacml:3.0:data-type:xpathExpression" XPathCategory="c">/a</AttributeValue></Condition>`
	const head = ` xmlns="` + xacml.Namespace + `" Version="1"`
	input := `<PolicySet` + head + ` PolicySetId="s" PolicyCombiningAlgId="a"><PolicySetDefaults><XPathVersion>urn:1</XPathVersion></PolicySetDefaults><Target/>
<Policy` + head + ` PolicyId="p" RuleCombiningAlgId="a"><PolicyDefaults><XPathVersion>urn:2</XPathVersion></PolicyDefaults><Target/><Rule RuleId="r" Effect="Deny">` + xpath + `</Rule></Policy>
<Policy` + head + ` PolicyId="q" RuleCombiningAlgId="a"><Target/><Rule RuleId="r" Effect="Deny">` + xpath + `</Rule></Policy>
</PolicySet>`
	document, problems := ReadPolicy("d", []byte(input), Limits{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var got []string
	for _, c := range document.Root.(*policy.PolicySet).Children {
		x := c.(*policy.Policy).Rules[0].Condition.(*policy.Literal).Value.(value.XPathExpression)
		got = append(got, x.Version)
	}
	if diff := cmp.Diff([]string{"urn:2", "urn:1"}, got); diff != "" {
		t.Errorf("wrong versions (-want +got):\n%s", diff)
	}
}
