package xacml

import (
	"strings"
	"testing"
)

// request makes a request of Attributes elements "category" or "category#id".
func request(elements ...string) *Request {
	r := &Request{}
	for _, e := range elements {
		category, id, _ := strings.Cut(e, "#")
		r.Attributes = append(r.Attributes, Attributes{Category: category, ID: id})
	}
	return r
}

// Pitfall 42: categories that are repeated are not merged.
func TestS5_42_CheckIndividual(t *testing.T) {
	for _, tt := range []struct {
		request    *Request
		references [][]string
		want       string
	}{
		{request("a", "b"), nil, ""},
		{request(), nil, ""},
		{request("a", "b", "a"), nil, `category "a" is repeated`},
		{request("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"), nil, ""},
		{request("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "i"), nil, `category "i" is repeated`},
		{request("a#1"), [][]string{{"1"}}, "the request holds MultiRequests"},
		{&Request{CombinedDecision: true}, nil, "the request asks for a combined decision"},
	} {
		tt.request.References = tt.references
		got := ""
		if err := tt.request.CheckIndividual(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("got %q, want %q; request %+v", got, tt.want, tt.request)
		}
	}
}
