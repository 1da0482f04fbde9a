package multiple

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Multiple Decision profile, chapter 2: the ways to ask for several decisions
// work together.
func TestMultiple2_Combinations(t *testing.T) {
	subject := func(id string) xacml.Attributes { return category("urn:s", attr("id", value.String(id))) }
	withID := func(a xacml.Attributes, id string) xacml.Attributes { a.ID = id; return a }
	both := resource("b", "Children")
	both.Content = element(t, "<r><x/><x/></r>")
	both.Attributes = append(both.Attributes, attr(xacml.AttributeMultipleContentSelector, xpathOf(xacml.CategoryResource, "//x")))
	for _, tt := range []struct {
		name    string
		request xacml.Request
		want    []string
	}{
		{
			"repeated category and scope",
			xacml.Request{Attributes: []xacml.Attributes{subject("1"), subject("2"), resource("b", "Children")}},
			[]string{
				"s.id=1 resource.resource-id=b", "s.id=1 resource.resource-id=c", "s.id=1 resource.resource-id=b1",
				"s.id=2 resource.resource-id=b", "s.id=2 resource.resource-id=c", "s.id=2 resource.resource-id=b1",
			},
		},
		{
			"scopes of a repeated category",
			xacml.Request{Attributes: []xacml.Attributes{resource("root", "Children"), resource("x", ""), resource("c", "Children")}},
			[]string{
				"resource.resource-id=root", "resource.resource-id=a", "resource.resource-id=b",
				"resource.resource-id=x", "resource.resource-id=c", "resource.resource-id=a",
			},
		},
		{
			"selectors in two categories",
			xacml.Request{Attributes: []xacml.Attributes{content(t, "urn:c", "<r><x/><x/></r>", "//x"), content(t, "urn:d", "<r><y/><y/></r>", "//y")}},
			[]string{
				"c.content-selector=/*/*[1] d.content-selector=/*/*[1]", "c.content-selector=/*/*[1] d.content-selector=/*/*[2]",
				"c.content-selector=/*/*[2] d.content-selector=/*/*[1]", "c.content-selector=/*/*[2] d.content-selector=/*/*[2]",
			},
		},
		{
			"scope and selector in one category",
			xacml.Request{Attributes: []xacml.Attributes{both}},
			[]string{
				"resource.resource-id=b resource.content-selector=/*/*[1]", "resource.resource-id=b resource.content-selector=/*/*[2]",
				"resource.resource-id=c resource.content-selector=/*/*[1]", "resource.resource-id=c resource.content-selector=/*/*[2]",
				"resource.resource-id=b1 resource.content-selector=/*/*[1]", "resource.resource-id=b1 resource.content-selector=/*/*[2]",
			},
		},
		{
			"all four",
			xacml.Request{
				Attributes: []xacml.Attributes{
					withID(subject("1"), "s1"), withID(subject("2"), "s2"), withID(resource("c", "Children"), "r"),
					withID(content(t, "urn:c", "<r><x/><x/></r>", "//x"), "c"), subject("unnamed"),
				},
				References: [][]string{{"c", "r", "s2"}, {"s1", "gone"}, {"s1", "s2", "r"}, {"c"}},
			},
			[]string{
				"s.id=2 resource.resource-id=c c.content-selector=/*/*[1]", "s.id=2 resource.resource-id=c c.content-selector=/*/*[2]",
				"s.id=2 resource.resource-id=a c.content-selector=/*/*[1]", "s.id=2 resource.resource-id=a c.content-selector=/*/*[2]",
				"syntax-error",
				"s.id=1 resource.resource-id=c", "s.id=1 resource.resource-id=a", "s.id=2 resource.resource-id=c", "s.id=2 resource.resource-id=a",
				"c.content-selector=/*/*[1]", "c.content-selector=/*/*[2]",
			},
		},
		{
			"an error takes the place of what would be expanded",
			xacml.Request{Attributes: []xacml.Attributes{subject("1"), subject("2"), resource("root", "Children"), resource("x", "Somewhere"), content(t, "urn:c", "<r><x/><x/></r>", "//x")}},
			[]string{
				"s.id=1 resource.resource-id=root c.content-selector=/*/*[1]", "s.id=1 resource.resource-id=root c.content-selector=/*/*[2]",
				"s.id=1 resource.resource-id=a c.content-selector=/*/*[1]", "s.id=1 resource.resource-id=a c.content-selector=/*/*[2]",
				"s.id=1 resource.resource-id=b c.content-selector=/*/*[1]", "s.id=1 resource.resource-id=b c.content-selector=/*/*[2]",
				"syntax-error",
				"s.id=2 resource.resource-id=root c.content-selector=/*/*[1]", "s.id=2 resource.resource-id=root c.content-selector=/*/*[2]",
				"s.id=2 resource.resource-id=a c.content-selector=/*/*[1]", "s.id=2 resource.resource-id=a c.content-selector=/*/*[2]",
				"s.id=2 resource.resource-id=b c.content-selector=/*/*[1]", "s.id=2 resource.resource-id=b c.content-selector=/*/*[2]",
				"syntax-error",
			},
		},
		{
			"the first of two errors",
			xacml.Request{Attributes: []xacml.Attributes{content(t, "urn:c", "<r/>", "//x"), resource("root", "Children"), content(t, "urn:d", "<r/>", "//x")}},
			[]string{"syntax-error"},
		},
		{"a request of nothing", xacml.Request{}, []string{""}},
		{"an empty reference", xacml.Request{Attributes: []xacml.Attributes{resource("root", "Children")}, References: [][]string{{}}}, []string{""}},
	} {
		got := described(Split(t.Context(), &tt.request, Options{Hierarchy: family()}))
		if diff := cmp.Diff(tt.want, strings.Split(got, " | ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A request is neither changed by a split nor by what is done with the parts'
// lists.
func TestMultiple2_RequestIsNotChanged(t *testing.T) {
	request := func() *xacml.Request {
		return &xacml.Request{Attributes: []xacml.Attributes{resource("root", "Descendants"), content(t, "urn:c", records, "//m:record")}}
	}
	r := request()
	first := described(Split(t.Context(), r, Options{Hierarchy: family()}))
	if got, want := described([]Part{{Request: r}}, true), described([]Part{{Request: request()}}, true); got != want {
		t.Errorf("got the request %q, want %q", got, want)
	}
	if again := described(Split(t.Context(), r, Options{Hierarchy: family()})); again != first {
		t.Errorf("got %q the second time, want %q", again, first)
	}
}

// The number of parts is the sum over the references of the product over
// the categories of the sum over its elements of resources times nodes; no part is
// missing or there twice; and the limit refuses exactly what is above it.
func TestMultiple2_NumberOfParts(t *testing.T) {
	const seed = 20140518
	random := rand.New(rand.NewPCG(seed, seed))
	for round := range 300 {
		r, sizes := randomRequest(t, random)
		want := 0
		for _, ids := range r.References {
			want += partsOf(r, sizes, func(id string) bool { return slices.Contains(ids, id) })
		}
		if r.References == nil {
			want = partsOf(r, sizes, func(string) bool { return true })
		}
		star := Tree{}
		for i := range 5 {
			for j := range i {
				star[fmt.Sprint(i)] = append(star[fmt.Sprint(i)], fmt.Sprint("leaf", j))
			}
		}
		if _, ok := Split(t.Context(), r, Options{Limit: want - 1, Hierarchy: star}); ok && want > 1 {
			t.Errorf("round %d: limit %d is not kept", round, want-1)
		}
		parts, ok := Split(t.Context(), r, Options{Limit: want, Hierarchy: star})
		if !ok || len(parts) != want {
			t.Fatalf("round %d: got %d parts and %v, want %d; request %+v", round, len(parts), ok, want, r)
		}
		seen := make(map[string]bool)
		for _, p := range parts {
			if p.Err != nil || p.Request.CheckIndividual() != nil {
				t.Fatalf("round %d: got %+v, want an individual request", round, p)
			}
			text := described([]Part{p}, true)
			if seen[text] && len(r.References) < 2 {
				t.Errorf("round %d: the part %q is there twice", round, text)
			}
			seen[text] = true
		}
	}
}

// randomRequest makes a request without errors, and how many variants each
// of its elements has.
func randomRequest(t *testing.T, random *rand.Rand) (r *xacml.Request, sizes []int) {
	t.Helper()
	r = &xacml.Request{}
	for i := range 1 + random.IntN(4) {
		name := []string{xacml.CategoryResource, "urn:c", "urn:d"}[random.IntN(3)]
		a := category(name, attr("element", value.NewInteger(int64(i))))
		a.ID = fmt.Sprint("e", i)
		size := 1
		if name == xacml.CategoryResource && random.IntN(2) == 0 {
			children := random.IntN(5)
			a.Attributes = append(a.Attributes, resource(fmt.Sprint(children), []string{"Children", "Descendants"}[random.IntN(2)]).Attributes...)
			size *= 1 + children
		}
		if random.IntN(2) == 0 {
			nodes := 1 + random.IntN(3)
			selecting := content(t, name, "<r>"+strings.Repeat("<x/>", nodes)+"</r>", "//x")
			a.Attributes, a.Content = append(a.Attributes, selecting.Attributes...), selecting.Content
			size *= nodes
		}
		r.Attributes, sizes = append(r.Attributes, a), append(sizes, size)
	}
	for range random.IntN(4) {
		var ids []string
		for range random.IntN(4) {
			ids = append(ids, r.Attributes[random.IntN(len(r.Attributes))].ID)
		}
		r.References = append(r.References, ids)
	}
	return r, sizes
}

// partsOf is the number of parts of the elements that a reference names.
func partsOf(r *xacml.Request, sizes []int, named func(id string) bool) int {
	byCategory := make(map[string]int)
	for i, a := range r.Attributes {
		if named(a.ID) {
			byCategory[a.Category] += sizes[i]
		}
	}
	parts := 1
	for _, n := range byCategory {
		parts *= n
	}
	return parts
}
