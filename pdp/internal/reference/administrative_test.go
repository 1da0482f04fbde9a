package reference

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// attributesOf is a category with one attribute, which is named like the values
// and has a Content of that name, if there are any values.
func attributesOf(category, name string, values ...value.Value) xacml.Attributes {
	a := xacml.Attributes{Category: category, ID: "ref"}
	if values != nil {
		a.Content = etree.NewElement(name)
		a.Attributes = []xacml.Attribute{{ID: name, Issuer: "i", IncludeInResult: true, Values: values}}
	}
	return a
}

// describeRequest is one line for each category of the request.
func describeRequest(r *xacml.Request) string {
	var b strings.Builder
	for _, attrs := range r.Attributes {
		fmt.Fprintf(&b, "%s%s", strings.NewReplacer(xacml.CategoryDelegatedPrefix, "delegated:", xacml.CategoryDelegate, "delegate",
			xacml.CategoryDelegationInfo, "info").Replace(attrs.Category), attrs.ID)
		if attrs.Content != nil {
			fmt.Fprintf(&b, " <%s/>", attrs.Content.Tag)
		}
		for _, a := range attrs.Attributes {
			for _, v := range a.Values {
				fmt.Fprintf(&b, " %s=%v", a.ID, v)
				if x, ok := v.(value.XPathExpression); ok {
					fmt.Fprintf(&b, "@%s", strings.Replace(x.Category, xacml.CategoryDelegatedPrefix, "delegated:", 1))
				}
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Administration and Delegation profile: the administrative request about a
// request.
func TestAdministration_Request(t *testing.T) {
	const d = xacml.CategoryDelegatedPrefix
	one := []value.Value{value.String("1")}
	two := []value.Value{value.String("2")}
	path := value.NewXPathExpression("/x", "a", nil, "")
	for _, tt := range []struct {
		name    string
		request []xacml.Attributes
		want    string
	}{
		{"nothing", nil, ""},
		{"categories", []xacml.Attributes{attributesOf("a", "x", one...), attributesOf("b", "y")}, "delegated:a <x/> x=1\ndelegated:b\n"},
		{"delegated without a delegate", []xacml.Attributes{attributesOf(d+"a", "x", one...)}, ""},
		{"delegated already", []xacml.Attributes{attributesOf(xacml.CategoryDelegate, "x"), attributesOf(d+"a", "x", one...)}, "delegated:a <x/> x=1\n"},
		{
			"administrative", []xacml.Attributes{
				attributesOf(xacml.CategoryDelegate, "x", one...), attributesOf(d+"a", "y", one...), attributesOf(xacml.CategoryDelegationInfo, "z", one...), attributesOf("b", "x", two...),
			}, "delegated:a <y/> y=1\ndelegated:b <x/> x=2\n",
		},
		{"both", []xacml.Attributes{attributesOf(d+"a", "x", two...), attributesOf("a", "x", one...)}, "delegated:a <x/> x=1\n"},
		{"both, administrative", []xacml.Attributes{attributesOf("a", "x", one...), attributesOf(d+"a", "x", two...), attributesOf(xacml.CategoryDelegate, "x")}, "delegated:a <x/> x=2\n"},
		{
			"expressions about a Content",
			[]xacml.Attributes{attributesOf("a", "x", one[0], path, value.NewXPathExpression("/y", d+"a", nil, ""))},
			"delegated:a <x/> x=1 x=/x@delegated:a x=/y@delegated:a\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request := &xacml.Request{Attributes: tt.request, ReturnPolicyIDList: true, XPathVersion: xacml.XPath10}
			before := describeRequest(request)
			issuer := &policy.PolicyIssuer{Content: etree.NewElement("who"), Attributes: []xacml.Attribute{{ID: "id", Values: one}}}
			permit := administrativeRequest(request, issuer, xacml.EffectPermit)
			want := tt.want + "delegate <who/> id=1\ninfo " + xacml.AttributeDelegationDecision + "=Permit\n"
			if got := describeRequest(permit); got != want {
				t.Errorf("got\n%s\nwant\n%s\nabout\n%s", got, want, before)
			}
			if permit.ReturnPolicyIDList || permit.XPathVersion != xacml.XPath10 {
				t.Errorf("got a list of policies %t and version %q, want none and that of the request", permit.ReturnPolicyIDList, permit.XPathVersion)
			}
			if err := permit.CheckIndividual(); err != nil {
				t.Errorf("got %v, want an individual request", err)
			}
			if after := describeRequest(request); after != before {
				t.Errorf("the request was changed to\n%s\nfrom\n%s", after, before)
			}

			// A further step replaces the delegate; a Deny is one of delegation-info.
			again := administrativeRequest(permit, &policy.PolicyIssuer{}, xacml.EffectDeny)
			want = tt.want + "delegate\ninfo " + xacml.AttributeDelegationDecision + "=Deny\n"
			if got := describeRequest(again); got != want {
				t.Errorf("a further step: got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
