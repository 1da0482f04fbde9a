package contexthandler

import (
	"fmt"
	"html"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// A.3.16: where there are no sources, a request that access-permitted makes lacks
// nothing that anybody could look up. The short way and the general one agree.
func TestDecide_AccessPermittedWithoutSources(t *testing.T) {
	const text = "http://www.w3.org/2001/XMLSchema#string"
	inner := fmt.Sprintf(`<Attribute xmlns=%q AttributeId="id" IncludeInResult="false"><AttributeValue DataType=%q>read</AttributeValue></Attribute>`, xacml.Namespace, text)
	nested := fmt.Sprintf(`<Rule RuleId="w" Effect="Permit"><Target><AnyOf><AllOf><Match MatchId="%sstring-equal"><AttributeValue DataType=%q>write</AttributeValue>`+
		`<AttributeDesignator Category=%q AttributeId="id" DataType=%q MustBePresent="false"/></Match></AllOf></AnyOf></Target>`+
		`<Condition><Apply FunctionId="%saccess-permitted"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#anyURI">%s</AttributeValue>`+
		`<AttributeValue DataType=%q>%s</AttributeValue></Apply></Condition></Rule>`,
		xacml.Function1, text, xacml.CategoryAction, text, xacml.Function3, xacml.CategoryAction, text, html.EscapeString(inner))
	p, problems := pdp.New(pdp.Config{
		ReadAttributes: func(category, content string) (xacml.Attributes, error) {
			return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
		},
	}, []policy.Document{document(t, nested, rule("odd", "Permit", "s.absent=x"), rule("read", "Permit", "a.id=read"))})
	if p == nil {
		t.Fatal(problems)
	}
	s := &pap.Snapshot{ID: "test", PDP: p}
	h := New(Config{Snapshot: func() *pap.Snapshot { return s }})
	results, err := decided(h.Decide(t.Context(), s, Call{Request: request("a.id=write")}))
	if err != nil || results[0].Decision != xacml.Permit {
		t.Errorf("general way: got %v, %v, want Permit", results, err)
	}
	q, ok := h.NewQuery(s)
	if !ok {
		t.Fatal("no query")
	}
	defer q.Close()
	q.Attribute(xacml.CategoryAction, "id")
	q.Text("write")
	if result, _, ok, err := q.Decide(t.Context(), time.Now()); err != nil || !ok || result.Decision != xacml.Permit {
		t.Errorf("short way: got %v, %v, %v, want Permit", result, ok, err)
	}
}
