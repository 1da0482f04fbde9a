package compile

import (
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
)

// TestFunctionLike: versions and letters that were mixed up are told, another word is not,
// and many or long identifiers cost nothing.
func TestFunctionLike(t *testing.T) {
	options := &Options{Functions: function.Standard(), Algorithms: combine.Standard()}
	for _, tt := range []struct{ id, want string }{
		{"urn:oasis:names:tc:xacml:1.0:function:time-in-range", `; did you mean "urn:oasis:names:tc:xacml:2.0:function:time-in-range"?`},
		{"urn:oasis:names:tc:xacml:1.0:function:string-equals", `; did you mean "urn:oasis:names:tc:xacml:1.0:function:string-equal"?`},
		{"string-equal", `; did you mean "urn:oasis:names:tc:xacml:1.0:function:string-equal"?`},
		{"urn:example:no-such-function", ""},
		{"urn:oasis:names:tc:xacml:1.0:function:nut", ""},
		{"", ""},
		{strings.Repeat("x", maxSimilar) + ":string-equal", ""},
	} {
		c := &checker{options: options}
		if got := c.functionLike(tt.id); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.id, got, tt.want)
		}
	}
	c := &checker{options: options}
	for range maxSuggestions {
		if c.functionLike("string-equal") == "" {
			t.Fatal("got nothing")
		}
	}
	if got := c.functionLike("string-equal"); got != "" {
		t.Errorf("got %q after %d", got, maxSuggestions)
	}
}

// TestDistance compares with words whose distance is known.
func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"range", "ragne", 2}, {"equal", "equals", 1}} {
		if got := distance(tt.a, tt.b, 10); got != tt.want {
			t.Errorf("%q, %q: got %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
