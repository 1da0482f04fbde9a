package xpath

import (
	"slices"
	"sync"
	"testing"

	"github.com/beevik/etree"
)

// everyNode is all nodes of a document.
func everyNode(t testing.TB, d *Document) []Node {
	t.Helper()
	return evaluate(t, d, "/ | //node() | //@* | //namespace::*").Nodes()
}

func TestNode_Path(t *testing.T) {
	for _, xml := range []string{
		sample,
		`<a b="1" c:b="2" xmlns:c="x'y&quot;z" xmlns:d="x'y">t<!--1-->u<?p 1?><?p 2?><!--2--><d:e/>v</a>`,
		`<a xmlns:1="urn:p"/>`, // no namespace-well-formed XML
	} {
		d := document(t, xml)
		all := everyNode(t, d)
		if want := d.Len(); len(all) <= want {
			t.Errorf("got %d nodes, want more than %d, input: %s", len(all), want, xml)
		}
		for _, n := range all {
			x, err := Compile(n.Path(), bindings())
			if err != nil {
				t.Errorf("got error %v, want a path that compiles, input: %s", err, n.Path())
				continue
			}
			r, err := x.Evaluate(all[len(all)/2], nil)
			if err != nil || len(r.Nodes()) != 1 || r.Nodes()[0] != n {
				t.Errorf("got %s and error %v, want the node alone, input: %s", show(r), err, n.Path())
			}
		}
	}
}

func TestA3_15_Below(t *testing.T) {
	d := document(t, sample)
	all := everyNode(t, d)
	for _, n := range all {
		for _, other := range all {
			want := false
			for at, ok := n.Parent(); ok; at, ok = at.Parent() {
				want = want || at == other
			}
			if got := n.Below(other); got != want {
				t.Errorf("got %v, want %v, input: %s below %s", got, want, n.Path(), other.Path())
			}
		}
	}
	if (Node{}).Below(d.Root()) || d.Root().Below(Node{}) || all[1].Below(document(t, sample).Root()) {
		t.Error("got a node below one of another document, want none")
	}
}

func Test5_DocumentOrder(t *testing.T) {
	all := everyNode(t, document(t, sample))
	if !slices.IsSortedFunc(all, Node.Compare) {
		t.Error("got nodes that are not sorted, want document order")
	}
	if unique := slices.Compact(slices.Clone(all)); len(unique) != len(all) {
		t.Errorf("got %d nodes, want %d different ones", len(all), len(unique))
	}
}

// Test7_3_7_StandAloneDocument takes an element out of a document around it.
func Test7_3_7_StandAloneDocument(t *testing.T) {
	around := etree.NewDocument()
	if err := around.ReadFromString(`<o xmlns:p="urn:p" xmlns:q="urn:q" xmlns="urn:d"><before/>` +
		`<p:r xmlns:q="urn:r" q:x="1"><c/></p:r><after/></o>`); err != nil {
		t.Fatal(err)
	}
	d := NewDocument(around.Root().ChildElements()[1])
	for source, want := range map[string]string{
		"count(//node())":                "2",
		"name(/*)":                       "p:r",
		"namespace-uri(/*)":              "urn:p",
		"namespace-uri(/*/*)":            "urn:d",
		"namespace-uri(/*/@*)":           "urn:r",
		"string(/*/*/namespace::q)":      "urn:r",
		"count(/*/namespace::*)":         "4",
		"count(/*/following::node())":    "0",
		"count(/*/ancestor::node())":     "1",
		"count(/*/preceding-sibling::*)": "0",
	} {
		if got := show(evaluate(t, d, source)); got != want {
			t.Errorf("got %s, want %s, input: %s", got, want, source)
		}
	}
}

func TestNewDocument_Text(t *testing.T) {
	root := etree.NewElement("a")
	root.CreateText("1")
	root.CreateCData("2")
	root.CreateDirective("IGNORED")
	root.CreateText("3")
	root.CreateText("")
	root.CreateComment("c")
	root.CreateText("")
	root.CreateProcInst("p", "i")
	root.CreateText("4")
	root.CreateElement("u:b").CreateAttr("u:c", "5")
	d := NewDocument(root)
	root.CreateText("changed")
	for source, want := range map[string]string{
		"string(/)":                            "1234",
		"count(//node())":                      "6",
		"string(//text()[1])":                  "123",
		"string(//text()[2])":                  "4",
		"string(//comment())":                  "c",
		"count(//b | //*/@c)":                  "0",
		"local-name(/*/*)":                     "u:b",
		"namespace-uri(/*/*/@*)":               "",
		"string(//*[@*])":                      "",
		"count(//*[@* = 5])":                   "1",
		"count(/*/namespace::*)":               "1",
		"string(//comment()/..)":               "1234",
		"count(//@*/following::b)":             "0",
		"count(//text()/preceding::comment())": "1",
	} {
		if got := show(evaluate(t, d, source)); got != want {
			t.Errorf("got %s, want %s, input: %s", got, want, source)
		}
	}
	for _, n := range everyNode(t, d) {
		if n.Kind() == KindAttribute || n.Kind() == KindElement {
			if got := show(evaluate(t, d, n.Path())); got != n.Path() {
				t.Errorf("got %s, want %s", got, n.Path())
			}
		}
	}
}

func TestNewDocument_Empty(t *testing.T) {
	d := NewDocument(nil)
	for source, want := range map[string]string{"/": "/", "//*": "-", "string(/)": "", "/following::*": "-", "id('a')": "-"} {
		if got := show(evaluate(t, d, source)); got != want {
			t.Errorf("got %s, want %s, input: %s", got, want, source)
		}
	}
	var none Node
	if _, ok := none.Parent(); ok || none.Kind() != 0 || none.StringValue() != "" || !none.IsZero() || none.Document() != nil {
		t.Error("got properties of the zero Node, want none")
	}
	if space, local := none.Name(); space+local != "" {
		t.Error("got a name of the zero Node, want none")
	}
}

// TestExpr_Concurrent shares a document and an expression.
func TestExpr_Concurrent(t *testing.T) {
	d := document(t, sample)
	x, err := Compile("//p:a[@n > 9]/@id | //k[2]/namespace::*", bindings())
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if r, err := x.Evaluate(d.Root(), nil); err != nil || len(r.Nodes()) != 3 {
					t.Errorf("got %s and error %v, want 3 nodes", show(r), err)
				}
			}
		})
	}
	group.Wait()
}
