package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// A name that only one side knows is told with its place. What a policy, another source
// or a caller may use is not, nor is anything of the sample.
func TestUnasked(t *testing.T) {
	const head = "attributes:\n  - {id: user, category: subject, data_type: string}\nsources:\n"
	source := func(name, needs, provides string) string {
		return "  - {name: " + name + ", kind: derive, needs: [" + needs + "], provides: [" + provides + "]}\n"
	}
	const (
		user, role = "{name: user, attribute: user}", "{attribute: role, category: subject, from: ['{user}']}"
		unasked    = `: no policy and no other source asks for "rol" of category "` + xacml.CategoryAccessSubject + `": if another name is meant, callers may state what goes by that`
		unstated   = `: nobody is known to state "usr" of category "` + xacml.CategoryAccessSubject + `": no source provides it, no policy asks for it, and the dictionary does not have it`
	)
	policies := func(category, id string) bool {
		return category == xacml.CategoryAccessSubject && id == "role" || category == xacml.CategoryResource && id == "record"
	}
	for _, tt := range []struct {
		name, text string
		mayAsk     func(category, id string) bool
		want       []string
	}{
		{name: "all is asked for and stated", text: head + source("roles", user, role)},
		{name: "the defaults", text: "log: {level: warn}\n", mayAsk: func(string, string) bool { return false }},
		{
			name: "a typing error in what is provided", text: head + source("roles", user, "{attribute: rol, category: subject, from: ['{user}']}"),
			want: []string{"c.yaml:4:84: sources[0].provides[0]" + unasked},
		},
		{
			name: "the name in another category", text: head + source("roles", user, "{attribute: role, category: resource, from: ['{user}']}"),
			want: []string{`c.yaml:4:84: sources[0].provides[0]: no policy and no other source asks for "role" of category "` + xacml.CategoryResource + `": if another name is meant, callers may state what goes by that`},
		},
		{
			name: "policies that compute names", text: head + source("roles", user, "{attribute: rol, category: subject, from: ['{user}']}"),
			mayAsk: func(string, string) bool { return true },
		},
		{
			name: "what another source needs",
			text: head + source("org", user, "{attribute: rol, category: subject, from: ['{user}']}") + source("roles", "{name: user, attribute: rol, category: subject}", role),
		},
		{
			name: "what the source itself needs", text: head + source("roles", "{name: user, attribute: rol, category: subject}", "{attribute: rol, category: subject, from: ['{user}']}"),
			want: []string{"c.yaml:4:102: sources[0].provides[0]" + unasked},
		},
		{name: "what callers get back", text: head + source("roles", user, "{attribute: rol, category: subject, from: ['{user}'], include_in_result: true}")},
		{
			name: "a typing error in what is needed", text: head + source("roles", "{name: user, attribute: usr, category: subject}", role),
			want: []string{"c.yaml:4:41: sources[0].needs[0]" + unstated},
		},
		{name: "what policies ask callers for", text: head + source("roles", "{name: user, attribute: record, category: resource}", role)},
		{
			name: "what a token says",
			text: head + source("roles", "{name: user, attribute: usr, category: subject}", role) + "tokens: {claims: {attributes: [{attribute: usr, from: [sub]}]}}\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load("c.yaml", []byte(tt.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.mayAsk == nil {
				tt.mayAsk = policies
			}
			var got []string
			for _, p := range c.Unasked(tt.mayAsk) {
				got = append(got, p.Error())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
