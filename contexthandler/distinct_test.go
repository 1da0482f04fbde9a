package contexthandler

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// Each value counts once, where it came first, be they few or many.
func TestDistinct(t *testing.T) {
	for _, n := range []int{3, few, few + 1, 3 * few} {
		var values, want []value.Value
		for i := range n {
			values = append(values, value.NewInteger(int64(i/2)), value.String(strconv.Itoa(i/2)))
			if i%2 == 0 {
				want = append(want, values[2*i], values[2*i+1])
			}
		}
		before := slices.Clone(values)
		if got := distinct(values); !slices.Equal(got, want) {
			t.Errorf("%d values: got %v, want %v", 2*n, got, want)
		}
		if got := merged(values[:2:2], values); !slices.Equal(got, want) {
			t.Errorf("%d values merged: got %v, want %v", 2*n, got, want)
		}
		if !slices.Equal(values, before) {
			t.Errorf("%d values: the values were changed", 2*n)
		}
	}
	paths := slices.Repeat([]value.Value{value.NewXPathExpression("/", "urn:a", nil, "")}, few+1)
	if got := distinct(paths); len(got) != len(paths) {
		t.Errorf("got %d expressions of %d: they are more than their text", len(got), len(paths))
	}
}

// As many values as a request may have take no time to speak of, in one attribute or in
// as many. To compare each with all others takes a minute, and no deadline ends it.
func TestManyValuesOfANeed(t *testing.T) {
	const many = 100_000
	one := []xacml.Attribute{{ID: "user"}}
	var each []xacml.Attribute
	for i := range many {
		v := value.String(strconv.Itoa(i))
		one[0].Values = append(one[0].Values, v)
		each = append(each, xacml.Attribute{ID: "user", Values: []value.Value{v}})
	}
	s := snapshot(t, rule("r", "Permit", "s.role=x"))
	for name, attributes := range map[string][]xacml.Attribute{"one attribute": one, "many attributes": each} {
		sources := []pip.Source{source("roles", "s.user", "s.role", &fake{})}
		r := &xacml.Request{Attributes: []xacml.Attributes{{Category: xacml.CategoryAccessSubject, Attributes: attributes}}}
		started := time.Now()
		if got := decide(t, s, sources, r); got.Decision == xacml.Permit || got.Decision == xacml.NotApplicable {
			t.Errorf("%s: got %s, want Indeterminate", name, got.Decision)
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
}
