package compile

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

func options() Options {
	return Options{RootAlgorithm: xacml.PolicyAlgorithm3 + "deny-overrides", Functions: function.All(), Algorithms: combine.Standard()}
}

func document(name, id, version string) policy.Document {
	return policy.Document{Name: name, Root: &policy.Policy{ID: id, Version: version, Algorithm: xacml.RuleAlgorithm3 + "deny-overrides"}}
}

func referring(name, id string, to ...*policy.Reference) policy.Document {
	set := &policy.PolicySet{ID: id, Version: "1.0", Algorithm: xacml.PolicyAlgorithm3 + "deny-overrides"}
	for _, r := range to {
		set.Children = append(set.Children, r)
	}
	return policy.Document{Name: name, Root: set}
}

func built(t *testing.T, b *Builder) *Policies {
	t.Helper()
	p, problems := b.Build()
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

// children are the nodes of the documents by name.
func (p *Policies) children() map[string]eval.Node {
	out := make(map[string]eval.Node)
	for _, n := range p.Program.Root.Order {
		out[p.documents.units.at(n).name] = p.Program.Root.Children[n]
	}
	return out
}

// What is not set again is shared, with references as well, and what refers to
// a document that changed is not.
func TestBuilder_SharesWhatDoesNotChange(t *testing.T) {
	b := NewBuilder(options())
	b.Set(document("a", "a", "1.0"))
	b.Set(document("b", "b", "1.0"))
	b.Set(referring("c", "c", &policy.Reference{ID: "a"}))
	b.Set(referring("d", "d", &policy.Reference{ID: "b"}))
	b.Set(referring("e", "e", &policy.Reference{PolicySet: true, ID: "d"}))
	first := built(t, b)
	b = first.Edit()
	b.Set(document("b", "b", "1.1"))
	second := built(t, b)
	was, is := first.children(), second.children()
	for name, same := range map[string]bool{"a": true, "b": false, "c": true, "d": false, "e": false} {
		if (was[name] == is[name]) != same {
			t.Errorf("document %s: got shared %t, want %t", name, !same, same)
		}
	}
	if got := is["d"].(*eval.PolicySet).Children[0]; got != is["b"] {
		t.Error("a reference does not mean the document that changed")
	}
	if got := is["e"].(*eval.PolicySet).Children[0]; got != is["d"] {
		t.Error("a reference to a policy set with references does not mean what it is now")
	}
}

// Numbers stay with their documents and are used again after them.
func TestBuilder_Numbers(t *testing.T) {
	b := NewBuilder(options())
	for _, name := range []string{"d", "b", "a", "c"} {
		b.Set(document(name, name, "1.0"))
	}
	p := built(t, b)
	numbers := func(p *Policies) map[string]uint32 {
		out := make(map[string]uint32)
		for _, n := range p.documents.order {
			out[p.documents.units.at(n).name] = n
		}
		return out
	}
	want := numbers(p)
	for i := range 10 {
		b = p.Edit()
		b.Remove(fmt.Sprint("x", i-1))
		b.Remove("nothing")
		b.Set(document("b", "b", fmt.Sprint(i)))
		b.Set(document(fmt.Sprint("x", i), "x", "1.0"))
		p = built(t, b)
		got := numbers(p)
		if n := got[fmt.Sprint("x", i)]; n > 5 {
			t.Errorf("change %d: the new document has number %d, want one that is free", i, n)
		}
		delete(got, fmt.Sprint("x", i))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("change %d: numbers (-want +got):\n%s", i, diff)
		}
	}
}

// The policy model of a document is let go of, unless it is asked for.
func TestBuilder_Model(t *testing.T) {
	for _, tt := range []struct {
		name        string
		change      func(*Options)
		issuer      bool
		kept, model bool
	}{
		{"as it is", func(*Options) {}, false, false, false},
		{"kept", func(o *Options) { o.KeepModel = true }, false, true, true},
		{"delegation, but no issuer", func(o *Options) { o.Delegation = true }, false, true, false},
		{"delegation", func(o *Options) { o.Delegation = true }, true, true, true},
		{"an issuer without delegation", func(o *Options) { o.Lenient = true }, true, false, false},
	} {
		o := options()
		tt.change(&o)
		d := document("a", "a", "1.0")
		if tt.issuer {
			d.Root.(*policy.Policy).Issuer = &policy.PolicyIssuer{}
		}
		b := NewBuilder(o)
		b.Set(d)
		p := built(t, b)
		if kept := p.documents.units.at(0).model != nil; kept != tt.kept {
			t.Errorf("%s: got the model of the document kept %t, want %t", tt.name, kept, tt.kept)
		}
		if got := p.Model != nil; got != tt.model {
			t.Errorf("%s: got a model %t, want %t", tt.name, got, tt.model)
		}
	}
}

// Hashes of different names may be equal: documents are then found together.
func TestDocuments_EqualHashes(t *testing.T) {
	d := newDocuments()
	u := &unit{name: "a"}
	u.draw(referring("a", "a").Root, nil)
	d.append([]*unit{u})
	d.catalogue.add(d.hash(key{true, "a"}), 0) // as another name of the document might
	if got := d.entries(key{true, "a"}); len(got) != 1 {
		t.Errorf("got %d entries, want 1", len(got))
	}
	if d.known(key{false, "a"}) || slices.Contains(slices.Collect(d.catalogue.find(d.hash(key{false, "a"}))), 0) {
		t.Error("a policy set is found as a policy")
	}
}

// A document with many policies has an index over them; its answers are those
// of the search.
func TestUnit_Named(t *testing.T) {
	set := &policy.PolicySet{ID: "s", Version: "1.0"}
	for i := range 20 {
		set.Children = append(set.Children, &policy.Policy{ID: fmt.Sprint(i % 7), Version: fmt.Sprint(i)}, &policy.Reference{ID: "0"})
	}
	u := &unit{name: "a"}
	u.draw(set, make([]int, 20))
	if u.index == nil {
		t.Fatal("there is no index")
	}
	plain := &unit{outline: u.outline}
	for _, k := range []key{{true, "s"}, {false, "s"}, {false, "0"}, {false, "6"}, {false, "7"}} {
		if want, got := plain.named(k), u.named(k); !slices.Equal(want, got) {
			t.Errorf("%s: got %d, want %d", k, len(got), len(want))
		}
	}
}
