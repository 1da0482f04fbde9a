package multiple

import (
	"fmt"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// request makes a request of Attributes elements "category" or "category#id";
// each holds one attribute with the position of the element as its value.
func request(elements ...string) *xacml.Request {
	r := &xacml.Request{}
	for i, e := range elements {
		category, id, _ := strings.Cut(e, "#")
		r.Attributes = append(r.Attributes, xacml.Attributes{Category: category, ID: id, Attributes: []xacml.Attribute{
			{ID: "at", Values: []value.Value{value.NewInteger(int64(i))}},
		}})
	}
	return r
}

// positions are the positions of the elements of an individual request.
func positions(part Part) string {
	if part.Err != nil {
		return part.Err.Status.Code[strings.LastIndex(part.Err.Status.Code, ":")+1:]
	}
	var at []string
	for _, a := range part.Request.Attributes {
		at = append(at, a.Attributes[0].Values[0].String())
	}
	return strings.Join(at, " ")
}

// Multiple Decision profile, 2.3 and 2.4 with 3: references, then repeated categories.
func TestMultiple2_4_Individuals(t *testing.T) {
	for _, tt := range []struct {
		name       string
		request    *xacml.Request
		references [][]string
		limit      int
		want       string // "refused" or the parts
	}{
		{"no attributes", request(), nil, 1, ""},
		{"individual", request("s", "r", "a"), nil, 1, "0 1 2"},
		{"one category twice", request("s", "r", "r"), nil, 2, "0 1 | 0 2"},
		{"one category twice, apart", request("r", "s", "r"), nil, 2, "0 1 | 2 1"},
		{"two categories twice", request("s", "s", "r", "r"), nil, 4, "0 2 | 0 3 | 1 2 | 1 3"},
		{"three categories", request("s", "r", "a", "r", "a", "a"), nil, 6, "0 1 2 | 0 1 4 | 0 1 5 | 0 3 2 | 0 3 4 | 0 3 5"},
		{"too many combinations", request("s", "s", "r", "r"), nil, 3, "refused"},

		{"one reference", request("s#s", "r#r1", "r#r2", "a"), [][]string{{"s", "r2"}}, 1, "0 2"},
		{"what is not named stays out", request("s#s", "r#r", "a", "s"), [][]string{{"s"}}, 1, "0"},
		{"elements are in request order", request("s#s", "r#r"), [][]string{{"r", "s"}}, 1, "0 1"},
		{"several references", request("s#s", "r#r1", "r#r2"), [][]string{{"s", "r1"}, {"s", "r2"}, {"s", "r1"}}, 3, "0 1 | 0 2 | 0 1"},
		{"an id that is named twice", request("s#s"), [][]string{{"s", "s"}}, 1, "0"},
		{"a reference that repeats a category", request("s#s", "r#r1", "r#r2", "a#a"), [][]string{{"r1", "a", "r2"}, {"s"}}, 3, "1 3 | 2 3 | 0"},
		{"dangling", request("s#s"), [][]string{{"s"}, {"s", "x"}, {"s"}}, 3, "0 | syntax-error | 0"},
		{"elements without an id cannot be named", request("s"), [][]string{{""}}, 1, "syntax-error"},
		{"a reference without ids", request("s#s"), [][]string{{}}, 1, ""},
		{"too many references", request("s#s"), [][]string{{"s"}, {"s"}}, 1, "refused"},
		{"too many dangling references", request("s#s"), [][]string{{"x"}, {"x"}}, 1, "refused"},
		{"too many combinations in a reference", request("s#1", "s#2", "s#3"), [][]string{{"1"}, {"1", "2", "3"}}, 3, "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.request.References = tt.references
			tt.request.ReturnPolicyIDList, tt.request.XPathVersion = true, xacml.XPath20
			parts, ok := Split(t.Context(), tt.request, Options{Limit: tt.limit})
			got := "refused"
			if ok {
				var each []string
				for _, p := range parts {
					each = append(each, positions(p))
					if p.Request == nil || !p.Request.ReturnPolicyIDList || p.Request.XPathVersion != xacml.XPath20 || p.Request.References != nil {
						t.Errorf("part %+v does not ask for what the request asks for", p.Request)
					}
					if err := p.Request.CheckIndividual(); err != nil {
						t.Errorf("part %s is not individual: %v", positions(p), err)
					}
				}
				got = strings.Join(each, " | ")
			}
			if got != tt.want {
				t.Errorf("got %q, want %q; references %q", got, tt.want, tt.references)
			}
		})
	}
}

// The number of combinations is bounded before they are made.
func TestMultiple2_3_ManyRepeatedCategories(t *testing.T) {
	var elements []string
	for i := range 64 {
		elements = append(elements, fmt.Sprint(i), fmt.Sprint(i))
	}
	if parts, ok := Split(t.Context(), request(elements...), Options{}); ok {
		t.Errorf("got %d parts of 2^64 combinations, want a refusal", len(parts))
	}
}
