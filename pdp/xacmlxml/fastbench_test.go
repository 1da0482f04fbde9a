package xacmlxml

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// appPolicy is a policy of the shape that platforms of apps have: 8 rules of some
// 9 matches each, which ask for a role, an app, a task and an action.
func appPolicy() policy.Document {
	match := func(category, id, text string) policy.Match {
		return policy.Match{
			Function: "urn:oasis:names:tc:xacml:1.0:function:string-equal",
			Literal:  value.String(text),
			Bag: &policy.Designator{AttributeKey: xacml.AttributeKey{
				Category: "urn:oasis:names:tc:xacml:" + category, ID: id, Type: value.TypeString,
			}},
		}
	}
	role := func(text string) policy.AllOf {
		return policy.AllOf{Matches: []policy.Match{match("1.0:subject-category:access-subject", "urn:platform:rolecode", text)}}
	}
	resource := func(task string) policy.AllOf {
		const category = "3.0:attribute-category:resource"
		return policy.AllOf{Matches: []policy.Match{
			match(category, "urn:platform:org", "agency-017"), match(category, "urn:platform:app", "app-000042"),
			match(category, "urn:platform:task", task),
		}}
	}
	action := func(text string) policy.AllOf {
		return policy.AllOf{Matches: []policy.Match{match("3.0:attribute-category:action", "urn:oasis:names:tc:xacml:1.0:action:action-id", text)}}
	}
	p := &policy.Policy{
		ID: "urn:platform:policyid:42", Version: "1.0",
		Algorithm: "urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides",
	}
	for i := range 8 {
		p.Rules = append(p.Rules, policy.Rule{
			ID: fmt.Sprintf("urn:platform:ruleid:%d", i), Effect: xacml.EffectPermit,
			Target: &policy.Target{AnyOf: []policy.AnyOf{
				{AllOf: []policy.AllOf{role("DAGL"), role(fmt.Sprintf("ROLE%02d", i)), role("REGNA")}},
				{AllOf: []policy.AllOf{resource(fmt.Sprintf("Task_%d", i))}},
				{AllOf: []policy.AllOf{action("read"), action("write"), action("sign")}},
			}},
		})
	}
	p.Obligations = []policy.ObligationExpression{{
		ID: "urn:platform:obligation:authenticationLevel", On: xacml.EffectPermit,
		Assignments: []policy.AssignmentExpression{{
			AttributeID: "urn:platform:obligation-assignment:1", Category: "urn:platform:minimum-authenticationlevel",
			Expression: &policy.Literal{Value: value.NewInteger(2)},
		}},
	}}
	return policy.Document{Name: "app.xml", Root: p}
}

// BenchmarkReadPolicy_App reads the policy of an app in both ways, as it is
// written and without the white space between elements.
func BenchmarkReadPolicy_App(b *testing.B) {
	var pretty bytes.Buffer
	if err := WritePolicy(&pretty, appPolicy()); err != nil {
		b.Fatal(err)
	}
	compact := regexp.MustCompile(`>\s+<`).ReplaceAll(pretty.Bytes(), []byte("><"))
	benchmarkBothWays(b, "pretty", pretty.Bytes())
	benchmarkBothWays(b, "compact", compact)
}

// BenchmarkReadPolicy_Corpus reads all policies of a real platform that the fast
// reader can read.
func BenchmarkReadPolicy_Corpus(b *testing.B) {
	var documents [][]byte
	for _, name := range glob(b, 182, sharedFolder(b), "altinn", "corpus", "*.xml") {
		data := readFile(b, name)
		if _, ok := readFast(data, DefaultLimits()); ok {
			documents = append(documents, data)
		}
	}
	benchmarkBothWays(b, fmt.Sprintf("documents=%d", len(documents)), documents...)
}

func benchmarkBothWays(b *testing.B, name string, documents ...[]byte) {
	size := 0
	for _, data := range documents {
		size += len(data)
	}
	run := func(way string, read func([]byte) bool) {
		b.Run(name+"/"+way, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, data := range documents {
					if !read(data) {
						b.Fatal("got a policy refused, want all read")
					}
				}
			}
		})
	}
	run("strict", func(data []byte) bool {
		_, problems := readStrictly("d", data, Limits{})
		return len(problems) == 0
	})
	run("fast", func(data []byte) bool {
		_, ok := readFast(data, DefaultLimits())
		return ok
	})
}
