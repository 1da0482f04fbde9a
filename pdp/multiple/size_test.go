package multiple

import (
	"strconv"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// categories is a request with one element of each of n categories, and so many of
// another one.
func categories(n, repeated int) *xacml.Request {
	r := &xacml.Request{Attributes: make([]xacml.Attributes, n, n+repeated)}
	for i := range r.Attributes {
		r.Attributes[i].Category = "urn:" + strconv.Itoa(i)
	}
	for range repeated {
		r.Attributes = append(r.Attributes, xacml.Attributes{Category: xacml.CategoryResource})
	}
	return r
}

// A request may have very many categories. Splitting it takes time in proportion to what
// the parts hold, and parts that hold too much together are refused before they are made.
func TestSplit_ManyCategories(t *testing.T) {
	referring := categories(60_000, 20)
	for range 50 {
		var ids []string
		for i := range 1200 {
			referring.Attributes[i].ID = strconv.Itoa(i)
			ids = append(ids, strconv.Itoa(i))
		}
		for i := range 20 {
			referring.Attributes[60_000+i].ID = "r" + strconv.Itoa(i)
			ids = append(ids, "r"+strconv.Itoa(i))
		}
		referring.References = append(referring.References, ids)
	}
	for _, tt := range []struct {
		name    string
		request *xacml.Request
		parts   int // 0: it is refused
	}{
		{"one decision", categories(100_000, 1), 1},
		{"few decisions", categories(50_000, 10), 10},
		{"many decisions", categories(1000, 1000), 1000},
		{"many decisions on many categories", categories(50_000, 1000), 0},
		{"many references", referring, 0},
	} {
		began := time.Now()
		parts, ok := Split(t.Context(), tt.request, Options{})
		if ok != (tt.parts > 0) || len(parts) != tt.parts {
			t.Errorf("%s: got %d parts, %t, want %d", tt.name, len(parts), ok, tt.parts)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %v", tt.name, took)
		}
	}
}
