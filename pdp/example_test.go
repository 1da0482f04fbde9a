package pdp_test

import (
	"context"
	"fmt"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// clerks lets clerks read, and asks for a log entry.
const clerks = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="clerks" Version="1.0"
    RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-unless-permit">
  <Target/>
  <Rule RuleId="read" Effect="Permit">
    <Target><AnyOf><AllOf>
      <Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
        <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">clerk</AttributeValue>
        <AttributeDesignator Category="urn:oasis:names:tc:xacml:1.0:subject-category:access-subject" AttributeId="urn:example:role"
          DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/>
      </Match>
      <Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
        <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">read</AttributeValue>
        <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id"
          DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/>
      </Match>
    </AllOf></AnyOf></Target>
  </Rule>
  <ObligationExpressions>
    <ObligationExpression ObligationId="urn:example:log" FulfillOn="Permit"/>
  </ObligationExpressions>
</Policy>`

// roles knows the roles of ann.
type roles struct{}

func (roles) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if key.ID == "urn:example:role" && key.Type == value.TypeString {
		return value.NewBag(key.Type, value.String("clerk"), value.String("auditor")), nil
	}
	return value.NewBag(key.Type), nil
}

func newExample() *pdp.PDP {
	document, problems := xacmlxml.ReadPolicy("clerks.xml", []byte(clerks), xacmlxml.DefaultLimits())
	if len(problems) > 0 {
		fmt.Println(problems)
	}
	p, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	if len(problems) > 0 {
		fmt.Println(problems)
	}
	return p
}

func newRequest(action string) *xacml.Request {
	return &xacml.Request{Attributes: []xacml.Attributes{
		{Category: xacml.CategoryAccessSubject, Attributes: []xacml.Attribute{
			{ID: xacml.AttributeSubjectID, Values: []value.Value{value.String("ann")}},
		}},
		{Category: xacml.CategoryAction, Attributes: []xacml.Attribute{
			{ID: xacml.AttributeActionID, Values: []value.Value{value.String(action)}},
		}},
	}}
}

func ExamplePDP_Evaluate() {
	p := newExample()
	for _, action := range []string{"read", "write"} {
		result := p.Evaluate(context.Background(), newRequest(action), roles{})
		fmt.Println(action, "-", result.Decision)
		for _, o := range result.Obligations {
			fmt.Println("  obligation", o.ID)
		}
	}
	// Output:
	// read - Permit
	//   obligation urn:example:log
	// write - Deny
}

// What a source that fails makes of a decision: nobody knows the roles, so the
// rule is Indeterminate. Here the algorithm of the policy turns that into Deny.
func ExamplePDP_Evaluate_unavailable() {
	unavailable := finderFunc(func(context.Context, xacml.AttributeKey) (value.Bag, error) {
		return value.Bag{}, fmt.Errorf("the register does not answer")
	})
	result := newExample().Evaluate(context.Background(), newRequest("read"), unavailable)
	fmt.Println(result.Decision)
	// Output: Deny
}

// Needs tells which attributes may still matter: the roles do not where the
// action is not one that the policy is about.
func ExamplePDP_Needs() {
	p := newExample()
	pending := func(key xacml.AttributeKey) bool { return key.ID == "urn:example:role" }
	for _, action := range []string{"read", "write"} {
		fmt.Println(action)
		needed, _ := p.Needs(context.Background(), newRequest(action), nil, pending)
		for _, key := range needed {
			fmt.Println("  needs", key.ID)
		}
	}
	// Output:
	// read
	//   needs urn:example:role
	// write
}

// Everything that is wrong with policies is found before they are used, each
// problem with its place.
func ExampleNew() {
	document, problems := xacmlxml.ReadPolicy("set.xml", []byte(`<PolicySet xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17"
    PolicySetId="s" Version="1.0" PolicyCombiningAlgId="urn:oasis:names:tc:xacml:3.0:policy-combining-algorithm:first-applicable">
  <Target/>
  <PolicyIdReference>clerks</PolicyIdReference>
</PolicySet>`), xacmlxml.DefaultLimits())
	if len(problems) > 0 {
		fmt.Println(problems)
	}
	p, problems := pdp.New(pdp.Config{}, []policy.Document{document})
	fmt.Println(p == nil)
	for _, problem := range problems {
		fmt.Println(problem)
	}
	// Output:
	// true
	// set.xml:1:1: PolicySet "s": "urn:oasis:names:tc:xacml:3.0:policy-combining-algorithm:first-applicable" is not a policy-combining algorithm; did you mean "urn:oasis:names:tc:xacml:1.0:policy-combining-algorithm:first-applicable"?
	// set.xml:4:3: PolicySet "s": there is no Policy "clerks"
}
