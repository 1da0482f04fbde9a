package xpath

import (
	"errors"
	"slices"
	"testing"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/internal/bounds"
)

// FuzzCompile compiles and evaluates: no panic, no error but that of the
// budget, the type that was promised, and node-sets in document order. The
// path of a selected node selects it.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"//p:a[@n > 9]/@id", "count(//*[count(//*) > 1])", "id('x1')/ancestor::*[2] | //text()[. = '2']",
		"substring('12345', 0 div 0, -1 div 0)", "translate(., 'abc', 'æ')", "concat(name(), \"'\", -1.5e3)", "a[b[c[1]]]",
		"//namespace::*[last()]", "for $x in a return b", "/or/and and (or)", "- - 1 mod -0.0 div .5", "//@*[lang('en')]/..",
		"../.[1]", "*:a", "processing-instruction('go')/preceding::node()[position() = last()]", "'\xff'", "a(: :)",
	} {
		f.Add(seed, sample)
	}
	f.Add("//a/text()", "<a>1<b/>2<![CDATA[3]]><?p q?><!-- --></a>")
	f.Fuzz(func(t *testing.T, source, xml string) {
		defer bounds.Check(t)()
		x, err := Compile(source, bindings())
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Position < 1 || syntax.Position > len(source)+1 {
				t.Fatalf("got error %v, want one with a position, input: %q", err, source)
			}
			return
		}
		parsed := etree.NewDocument()
		if err := parsed.ReadFromString(xml); err != nil {
			parsed = etree.NewDocument()
		}
		d := NewDocument(parsed.Root())
		r, err := x.Evaluate(d.Root(), NewBudget(20_000))
		if err != nil {
			if _, ok := errors.AsType[*BudgetError](err); !ok {
				t.Fatalf("got error %v, want none or that of the budget, input: %q", err, source)
			}
			return
		}
		if r.Type() != x.Type() {
			t.Fatalf("got type %v, want %v, input: %q", r.Type(), x.Type(), source)
		}
		nodes := r.Nodes()
		if !slices.IsSortedFunc(nodes, Node.Compare) || len(slices.Compact(slices.Clone(nodes))) != len(nodes) {
			t.Fatalf("got %s, want document order without duplicates, input: %q", show(r), source)
		}
		if len(nodes) == 0 {
			return
		}
		path, err := Compile(nodes[0].Path(), bindings())
		if err != nil {
			if len(nodes[0].Path()) > 2000 {
				return // too long or deep a document
			}
			t.Fatalf("got error %v, want a path that compiles, input: %q", err, nodes[0].Path())
		}
		again, err := path.Evaluate(d.Root(), nil)
		if err == nil && !slices.Equal(again.Nodes(), nodes[:1]) {
			// A document that is not XML may declare a prefix or attribute twice.
			if kind := nodes[0].Kind(); kind != KindAttribute && kind != KindNamespace {
				t.Fatalf("got %s, want the node alone, input: %q", show(again), nodes[0].Path())
			}
		}
	})
}
