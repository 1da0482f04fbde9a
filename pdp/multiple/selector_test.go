package multiple

import (
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

const records = `<m:records xmlns:m="urn:m"><m:record n="1"/>text<m:record n="2"><x/></m:record><m:note/></m:records>`

// Multiple Decision profile, 2.2.
func TestMultiple2_2_ContentSelector(t *testing.T) {
	selector := func(path string) xacml.Attribute {
		return attr(xacml.AttributeMultipleContentSelector, xpathOf("urn:c", path))
	}
	for _, tt := range []struct {
		name       string
		attributes []xacml.Attribute
		without    bool // no Content
		want       string
	}{
		{"no selector", []xacml.Attribute{attr("a", value.String("x"))}, false, "c.a=x"},
		{"one node", []xacml.Attribute{selector("//x")}, false, "c.content-selector=/*/*[2]/*"},
		{"several", []xacml.Attribute{selector("/m:records/m:record")}, false, "c.content-selector=/*/*[1] | c.content-selector=/*/*[2]"},
		{"document order", []xacml.Attribute{selector("//m:note | //x | /*")}, false, "c.content-selector=/* | c.content-selector=/*/*[2]/* | c.content-selector=/*/*[3]"},
		{"attributes", []xacml.Attribute{selector("//@n")}, false, "c.content-selector=/*/*[1]/@n | c.content-selector=/*/*[2]/@n"},
		{"text", []xacml.Attribute{selector("//text()")}, false, "c.content-selector=/*/text()"},
		{"the document", []xacml.Attribute{selector("/")}, false, "c.content-selector=/"},
		{"other spelling", []xacml.Attribute{attr(xacml.AttributeContentSelectorVariant, xpathOf("urn:c", "//x"))}, false, "c.content-selector=/*/*[2]/*"},
		{
			"the rest stays as it is and where it is",
			[]xacml.Attribute{attr("a", value.String("x")), returned(xacml.AttributeMultipleContentSelector, xpathOf("urn:c", "//x")), returned("b", value.String("y"))},
			false,
			"c.a=x c.content-selector@me!=/*/*[2]/* c.b@me!=y",
		},
		{"an attribute of the id without values goes", []xacml.Attribute{selector("//x"), attr(xacml.AttributeContentSelectorVariant)}, false, "c.content-selector=/*/*[2]/*"},
		{"a selector of one node is an attribute like others", []xacml.Attribute{attr(xacml.AttributeContentSelector, xpathOf("urn:c", "//m:record"))}, false, "c.content-selector=//m:record"},

		{"no node", []xacml.Attribute{selector("//y")}, false, "syntax-error"},
		{"no Content", []xacml.Attribute{selector("//x")}, true, "syntax-error"},
		{"not XPath", []xacml.Attribute{selector("//[")}, false, "syntax-error"},
		{"not XPath, no Content", []xacml.Attribute{selector("//[")}, true, "syntax-error"},
		{"an unknown prefix", []xacml.Attribute{selector("//z:x")}, false, "syntax-error"},
		{"a number", []xacml.Attribute{selector("count(//x)")}, false, "syntax-error"},
		{
			"another meaning in XPath 2.0",
			[]xacml.Attribute{attr(xacml.AttributeMultipleContentSelector, value.NewXPathExpression("//*[not(@n < '2')]", "urn:c", nil, xacml.XPath20))},
			false, "syntax-error",
		},
		{"another category", []xacml.Attribute{attr(xacml.AttributeMultipleContentSelector, xpathOf("urn:d", "//x"))}, false, "syntax-error"},
		{"another data type", []xacml.Attribute{attr(xacml.AttributeMultipleContentSelector, value.String("//x"))}, false, "syntax-error"},
		{"no value", []xacml.Attribute{attr(xacml.AttributeMultipleContentSelector)}, false, "syntax-error"},
		{"two values", []xacml.Attribute{attr(xacml.AttributeMultipleContentSelector, xpathOf("urn:c", "//x"), xpathOf("urn:c", "//x"))}, false, "syntax-error"},
		{"both spellings", []xacml.Attribute{selector("//x"), attr(xacml.AttributeContentSelectorVariant, xpathOf("urn:c", "//x"))}, false, "syntax-error"},
	} {
		a := category("urn:c", tt.attributes...)
		if !tt.without {
			a.Content = element(t, records)
		}
		if got := described(Split(t.Context(), &xacml.Request{Attributes: []xacml.Attributes{a}}, Options{})); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q\ninput %v", tt.name, got, tt.want, tt.attributes)
		}
	}
}

// The new expression selects the one node by itself, keeps XPathCategory and
// version, and needs no namespaces. Content stays.
func TestMultiple2_2_ExpressionOfOneNode(t *testing.T) {
	a := content(t, "urn:c", records, "//node() | //@*")
	document := xpath.NewDocument(a.Content)
	parts, ok := Split(t.Context(), &xacml.Request{Attributes: []xacml.Attributes{a}}, Options{})
	if !ok || len(parts) != 8 {
		t.Fatalf("got %s, want 8 parts", described(parts, ok))
	}
	seen := make(map[xpath.Node]bool)
	for _, p := range parts {
		got := p.Request.Attributes[0]
		x := got.Attributes[0].Values[0].(value.XPathExpression)
		if got.Content != a.Content || x.Category != "urn:c" || x.Version != xacml.XPath10 || x.Namespaces.Len() != 0 {
			t.Errorf("got %+v, want the Content, category and version of the request, and no namespaces", got)
		}
		expr, err := xpath.Compile(x.XPath, x.Namespaces)
		if err != nil {
			t.Fatal(err)
		}
		result, err := expr.Evaluate(document.Root(), nil)
		if err != nil || len(result.Nodes()) != 1 || seen[result.Nodes()[0]] {
			t.Fatalf("%s selects %v and %v, want one node that no other selects", x.XPath, result.Nodes(), err)
		}
		seen[result.Nodes()[0]] = true
	}
}

// All selectors of a request share the budget, each element is expanded once,
// and naming the nodes counts.
func TestMultiple2_2_Budget(t *testing.T) {
	const path = "//x | //m:record | //m:note"
	cheap := &xacml.Request{Attributes: []xacml.Attributes{
		content(t, "urn:c", records, path), category("urn:d"), category("urn:d"), category("urn:d"),
	}}
	least := 0
	for got := ""; !strings.HasPrefix(got, "c.") && least < 1000; least++ {
		got = described(Split(t.Context(), cheap, Options{Budget: least + 1}))
		if n := strings.Count(got, "processing-error"); n != 0 && n != 3 {
			t.Fatalf("budget %d: got %q, want three errors or none", least+1, got)
		}
	}
	two := &xacml.Request{Attributes: []xacml.Attributes{content(t, "urn:c", records, path), content(t, "urn:c", records, path)}}
	if got := described(Split(t.Context(), two, Options{Budget: 2*least - 1})); !strings.HasPrefix(got, "c.") || !strings.HasSuffix(got, " | processing-error") {
		t.Errorf("got %q, want the nodes of the first selector and an error for the second", got)
	}
	if got := described(Split(t.Context(), two, Options{Budget: 2 * least})); strings.Contains(got, "error") {
		t.Errorf("got %q, want no error", got)
	}
	const nodes = 100_000
	many := content(t, "urn:c", "<r>"+strings.Repeat("<x/>", nodes)+"</r>", "/r/x[position() <= 100]")
	for _, tt := range []struct {
		budget int
		want   int
	}{{1_000_000, 100}, {4*nodes + 10, 1}} {
		parts, ok := Split(t.Context(), &xacml.Request{Attributes: []xacml.Attributes{many}}, Options{Budget: tt.budget})
		if !ok || len(parts) != tt.want || tt.want == 1 && parts[0].Err == nil {
			t.Errorf("budget %d: got %d parts, %v, want %d", tt.budget, len(parts), ok, tt.want)
		}
	}
}

// The limit holds before the nodes are named.
func TestMultiple2_2_Limit(t *testing.T) {
	request := &xacml.Request{Attributes: []xacml.Attributes{content(t, "urn:c", "<r>"+strings.Repeat("<x/>", 1000)+"</r>", "//x")}}
	for limit, want := range map[int]bool{999: false, 1000: true, 1: false} {
		if parts, ok := Split(t.Context(), request, Options{Limit: limit}); ok != want {
			t.Errorf("limit %d: got %d parts and %v, want %v", limit, len(parts), ok, want)
		}
	}
}
