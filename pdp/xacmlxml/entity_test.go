package xacmlxml

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// sameEntity compares what entities hold, with same for the values.
func sameEntity(a, b value.Entity, same func(a, b value.Value) bool) bool {
	return cmp.Equal(xacml.EntityOf(a), xacml.EntityOf(b), cmp.Comparer(same),
		cmp.Comparer(func(a, b *etree.Element) bool { return serialised(a) == serialised(b) }))
}

// entity is one that can be a literal of a policy: no value is foreign.
func (g *generator) entity() value.Entity {
	e := &xacml.Entity{Content: g.content()}
	e.Attributes = several(g, 2, func() xacml.Attribute {
		a := xacml.Attribute{ID: g.uri(), Issuer: g.either(g.name), IncludeInResult: g.flip()}
		for range 1 + g.upTo(1) {
			a.Values = append(a.Values, g.value())
		}
		return a
	})
	return xacml.NewEntity(e)
}

const entityType = ` DataType="urn:oasis:names:tc:xacml:3.0:data-type:entity"`

// inValue is a request with an entity, in line 3.
func inValue(inside string) string {
	return `<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false"><Attributes Category="c">` +
		"\n" + `<Attribute AttributeId="e" IncludeInResult="true">` + "\n<AttributeValue" + entityType + ">" + inside +
		`</AttributeValue></Attribute></Attributes></Request>`
}

const nestedAttribute = `<Attribute AttributeId="urn:a" Issuer="me" IncludeInResult="true"><AttributeValue` + stringType + `>x</AttributeValue></Attribute>`

// Profile: an entity holds attributes and perhaps a Content, and so on.
func TestEntities_Read(t *testing.T) {
	content := etree.NewDocument()
	if err := content.ReadFromString(`<r xmlns="urn:r">t</r>`); err != nil {
		t.Fatal(err)
	}
	attribute := xacml.Attribute{ID: "urn:a", Issuer: "me", IncludeInResult: true, Values: []value.Value{value.String("x")}}
	const xml = `<Content><r xmlns="urn:r">t</r></Content>`
	const unknown = `<Attribute AttributeId="urn:b" IncludeInResult="0"><AttributeValue DataType="urn:own">y<z/></AttributeValue></Attribute>`
	for _, tt := range []struct {
		inside string
		want   xacml.Entity
	}{
		{"", xacml.Entity{}},
		{" \n<!-- c --> ", xacml.Entity{}},
		{nestedAttribute, xacml.Entity{Attributes: []xacml.Attribute{attribute}}},
		{xml, xacml.Entity{Content: content.Root()}},
		{xml + nestedAttribute, xacml.Entity{Content: content.Root(), Attributes: []xacml.Attribute{attribute}}},
		{nestedAttribute + xml + nestedAttribute, xacml.Entity{Content: content.Root(), Attributes: []xacml.Attribute{attribute, attribute}}},
		{unknown, xacml.Entity{Attributes: []xacml.Attribute{{ID: "urn:b", Values: []value.Value{
			value.Foreign{DataType: "urn:own", Text: "y", Markup: `<value>y<z xmlns="` + xacml.Namespace + `"/></value>`},
		}}}}},
		{
			`<Attribute AttributeId="urn:b" IncludeInResult="0"><AttributeValue` + entityType + `>` + nestedAttribute + `</AttributeValue></Attribute>`,
			xacml.Entity{Attributes: []xacml.Attribute{{ID: "urn:b", Values: []value.Value{
				xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{attribute}}),
			}}}},
		},
	} {
		got, err := ReadRequest([]byte(inValue(tt.inside)), Limits{})
		if err != nil {
			t.Errorf("got %v, want an entity, input: %s", err, tt.inside)
			continue
		}
		want := &xacml.Request{Attributes: []xacml.Attributes{{Category: "c", Attributes: []xacml.Attribute{
			{ID: "e", IncludeInResult: true, Values: []value.Value{xacml.NewEntity(&tt.want)}},
		}}}}
		if diff := cmp.Diff(want, got, comparers); diff != "" {
			t.Errorf("request (-want +got):\n%s\ninput: %s", diff, tt.inside)
		}
		checkRequestRoundTrip(t, []byte(inValue(tt.inside)))
	}
}

func TestEntities_RequestRefused(t *testing.T) {
	const place = `Attributes "c" / Attribute "e"`
	for _, tt := range []struct{ name, input, want string }{
		{"text", inValue("x"), "text is not allowed in AttributeValue"},
		{"another element", inValue(`¦<Attributes Category="c"/>`), `an entity cannot hold the element "Attributes"`},
		{"element of another namespace", inValue(`¦<Attribute xmlns="u"/>`), `an entity cannot hold the element "Attribute"`},
		{"two contents", inValue(`<Content><a/></Content>¦<Content><b/></Content>`), "an entity has more than one Content"},
		{"empty content", inValue(`¦<Content/>`), "Content must hold exactly one element"},
		{"attribute without values", inValue(`¦<Attribute AttributeId="a" IncludeInResult="0"/>`), "Attribute has no AttributeValue"},
		{"attribute without flag", inValue(`¦<Attribute AttributeId="a"><AttributeValue` + stringType + `/></Attribute>`), "Attribute has no attribute IncludeInResult"},
		{"nested value", inValue(`<Attribute AttributeId="a" IncludeInResult="0">¦<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">x</AttributeValue></Attribute>`), "does not hold a value of data type"},
		{"attribute of XML", strings.Replace(inValue(""), entityType, entityType+` ¦Category="c"`, 1), `unknown attribute "Category" of AttributeValue`},
	} {
		input, at := strings.ReplaceAll(tt.input, "¦", ""), ""
		if strings.Contains(tt.input, "¦") {
			var position policy.Position
			input, position = marked(t, tt.input)
			at = position.String()
		}
		_, err := ReadRequest([]byte(input), Limits{})
		var e *xacml.Error
		if !errors.As(err, &e) || !strings.Contains(e.Status.Message, tt.want) || !strings.HasPrefix(e.Status.Message, at) || !strings.Contains(e.Status.Message, place) {
			t.Errorf("%s: got %v, want %s %q in %s", tt.name, err, at, tt.want, place)
		}
	}
}

// Row 19, 22: values inside of values count, and depth is that of the document.
func TestEntities_Limits(t *testing.T) {
	inside := ""
	for range 40 {
		inside = `<Attribute AttributeId="a" IncludeInResult="0"><AttributeValue` + entityType + `>` + inside + `</AttributeValue></Attribute>`
	}
	for _, tt := range []struct {
		limits Limits
		want   string
	}{
		{Limits{Values: 40, Depth: 100}, "too many attribute values"},
		{Limits{Values: 41, Depth: 50}, "deep"},
		{Limits{Values: 41, Depth: 100}, ""},
	} {
		_, err := ReadRequest([]byte(inValue(inside)), tt.limits)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q, with %d values and %d elements deep", err, tt.want, tt.limits.Values, tt.limits.Depth)
		}
	}
}

// An entity goes out in a response, as an attribute and in an obligation.
func TestEntities_Response(t *testing.T) {
	entity := xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{{ID: "urn:a", Values: []value.Value{value.NewInteger(1)}}}})
	want := &xacml.Response{Results: []xacml.Result{{
		Decision: xacml.Permit, Status: xacml.Status{Code: xacml.StatusOK},
		Obligations: []xacml.Obligation{{ID: "urn:o", Assignments: []xacml.AttributeAssignment{{AttributeID: "urn:b", Value: entity}, {AttributeID: "urn:c", Value: value.Entity{}}}}},
		Attributes:  []xacml.Attributes{{Category: "urn:c", Attributes: []xacml.Attribute{{ID: "urn:e", IncludeInResult: true, Values: []value.Value{entity}}}}},
	}}}
	var b bytes.Buffer
	if err := WriteResponse(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadResponse(b.Bytes(), Limits{})
	if err != nil {
		t.Fatalf("%v\n%s", err, &b)
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Errorf("response (-want +got):\n%s\n%s", diff, &b)
	}
}

func TestEntities_NotWritten(t *testing.T) {
	value1 := func(v value.Value) value.Value {
		return xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{{ID: "urn:a", Values: []value.Value{v}}}})
	}
	for _, tt := range []struct {
		name string
		x    policy.Expression
		want string
	}{
		{"foreign value", &policy.Literal{Value: value1(value.Foreign{DataType: "urn:own"})}, `unknown data type "urn:own"`},
		{"foreign value deep inside", &policy.Literal{Value: value1(value1(value.Foreign{DataType: "urn:own"}))}, `unknown data type "urn:own"`},
		{"XPath of another version", &policy.Literal{Value: value1(value.NewXPathExpression("a", "c", nil, "urn:v"))}, "XPathVersion"},
		{"id with space around", &policy.Literal{Value: xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{{ID: " a", Values: []value.Value{value.String("")}}}})}, "AttributeId has white space"},
		{"attribute without values", &policy.Literal{Value: xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{{ID: "a"}}})}, "has no AttributeValue"},
		{"no variable", &policy.Quantified{Domain: &policy.VariableReference{ID: "v"}, Iterant: &policy.VariableReference{ID: "v"}}, "VariableId"},
		{"no domain", &policy.Quantified{Variable: "v", Iterant: &policy.VariableReference{ID: "v"}}, "ForAny has no expression"},
		{"no iterant", &policy.Quantified{Quantifier: policy.Map, Variable: "v", Domain: &policy.VariableReference{ID: "v"}}, "Map has no expression"},
	} {
		err := WritePolicy(&bytes.Buffer{}, policy.Document{Root: &policy.Policy{
			ID: "p", Version: "1", Algorithm: "a", Rules: []policy.Rule{{ID: "r", Condition: tt.x}},
		}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// Profile: a quantified expression is a domain, an iterant and a variable.
func TestEntities_QuantifiedExpressions(t *testing.T) {
	const domain, iterant = `<VariableReference VariableId="d"/>`, `<VariableReference VariableId="v"/>`
	for _, quantifier := range policy.Quantifiers() {
		name := quantifier.String()
		input := inCondition(`<` + name + ` VariableId="v">` + domain + iterant + `</` + name + `>`)
		d, problems := ReadPolicy("p.xml", []byte(input), Limits{})
		if len(problems) > 0 {
			t.Errorf("%v, input: %s", problems, input)
			continue
		}
		want := &policy.Quantified{
			Quantifier: quantifier, Variable: "v",
			Domain: &policy.VariableReference{ID: "d"}, Iterant: &policy.VariableReference{ID: "v"},
		}
		if diff := cmp.Diff(policy.Expression(want), d.Root.(*policy.Policy).Rules[0].Condition, anywhere); diff != "" {
			t.Errorf("expression (-want +got):\n%s", diff)
		}
		checkPolicyRoundTrip(t, d)
	}
	for _, tt := range []struct{ name, expression, want string }{
		{"no variable", `¦<ForAny>` + domain + iterant + `</ForAny>`, "ForAny has no attribute VariableId"},
		{"empty variable", `<ForAll ¦VariableId="">` + domain + iterant + `</ForAll>`, "attribute VariableId is empty"},
		{"another attribute", `<Map VariableId="v" ¦x="">` + domain + iterant + `</Map>`, `unknown attribute "x" of Map`},
		{"nothing", `¦<Select VariableId="v"/>`, "Select has no expression"},
		{"no iterant", `¦<Map VariableId="v">` + domain + `</Map>`, "Map must hold expression at least 2 times"},
		{"two iterants", `<Map VariableId="v">` + domain + iterant + `¦` + iterant + `</Map>`, "Map must hold expression at most 2 times"},
		{"a description", `<Map VariableId="v">¦<Description/>` + domain + iterant + `</Map>`, "Description is not allowed in Map"},
		{"text", `¦<Map VariableId="v">x` + domain + iterant + `</Map>`, "text is not allowed in Map"},
		{"element of another namespace", `<Apply FunctionId="f">¦<ForAny xmlns="u" VariableId="v"/></Apply>`, `of namespace "u" is not allowed`},
		{"entity of an unknown type", `<Apply FunctionId="f"><AttributeValue` + entityType + `><Attribute AttributeId="a" IncludeInResult="0">¦<AttributeValue DataType="urn:own"/></Attribute></AttributeValue></Apply>`, `unknown data type "urn:own"`},
	} {
		input, at := marked(t, inCondition(tt.expression))
		_, problems := ReadPolicy("p.xml", []byte(input), Limits{})
		if len(problems) != 1 || problems[0].Position != at || !strings.Contains(problems[0].Message, tt.want) {
			t.Errorf("%s: got %v, want %q at %s", tt.name, problems, tt.want, at)
		}
	}
}
