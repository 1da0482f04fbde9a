package xacmlxml

import (
	"testing"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

func TestA3_16_AttributesElement(t *testing.T) {
	const ok = `<Content><r xmlns="urn:x">1</r></Content><Attribute AttributeId="a" IncludeInResult="false">` +
		`<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">1</AttributeValue></Attribute>`
	got, err := ReadAttributes(`urn:a&"b`, ok, DefaultLimits())
	if err != nil || got.Category != `urn:a&"b` || got.Content == nil || got.Content.Tag != "r" || len(got.Attributes) != 1 || got.Attributes[0].ID != "a" {
		t.Errorf("got %+v, %v, want the content and the attribute", got, err)
	}
	for _, refused := range []string{
		"<", "text", `<Attributes/>`, `<!DOCTYPE x>`,
		`</Attributes><Attributes Category="urn:other">`, // out of the element
		`<Attribute AttributeId="a" IncludeInResult="false"/>`,
		`<Attribute AttributeId="a" IncludeInResult="false"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">x</AttributeValue></Attribute>`,
	} {
		if got, err := ReadAttributes("urn:c", refused, DefaultLimits()); err == nil || err.(*xacml.Error).Status.Code != xacml.StatusSyntaxError { //nolint:errorlint // it is not wrapped
			t.Errorf("got %+v, %v, want a syntax error, for %s", got, err, refused)
		}
	}
}
