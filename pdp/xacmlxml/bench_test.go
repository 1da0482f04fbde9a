package xacmlxml

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkReadPolicy reads policies of 10 and 1,000 rules.
func BenchmarkReadPolicy(b *testing.B) {
	const rule = `<Rule RuleId="¦" Effect="Permit"><Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">` +
		`<AttributeValue` + stringType + `>value</AttributeValue>` +
		`<AttributeDesignator Category="urn:c" AttributeId="urn:a"` + stringType + ` MustBePresent="false"/></Match></AllOf></AnyOf></Target></Rule>` + "\n"
	for name, rules := range map[string]int{"rules=10": 10, "rules=1000": 1000} {
		var content strings.Builder
		for i := range rules {
			content.WriteString(strings.Replace(rule, "¦", fmt.Sprintf("rule-%d", i), 1))
		}
		data := []byte(inPolicy(content.String()))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, problems := ReadPolicy("d", data, Limits{}); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}

// BenchmarkReadRequest reads a request with every element.
func BenchmarkReadRequest(b *testing.B) {
	b.SetBytes(int64(len(fullRequest)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadRequest([]byte(fullRequest), Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
