package xacmljson

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

const entityMembers = `"DataType": "urn:oasis:names:tc:xacml:3.0:data-type:entity", "Value": `

// entity is one whose attributes have values of one data type each, as those of
// JSON do, and no entities inside of entities beyond two.
func (d draw) entity() value.Entity {
	e := &xacml.Entity{Content: d.content()}
	for range d.count(2, "nested attributes") {
		t := rapid.SampledFrom([]value.Type{value.TypeString, value.TypeDouble, value.TypeXPathExpression, value.TypeUnknown}).Draw(d.T, "data type")
		values := d.values(t, 1, 2)
		if d.flag("nested entity") {
			values = []value.Value{xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{{ID: d.name("nested id"), Values: values}}})}
		}
		e.Attributes = append(e.Attributes, xacml.Attribute{
			ID: d.name("attribute id"), Issuer: d.optional("issuer"), IncludeInResult: d.flag("include"), Values: values,
		})
	}
	return xacml.NewEntity(e)
}

// An entity is a Category object without its names.
func TestEntities_Values(t *testing.T) {
	for _, tt := range []struct {
		source string
		want   []*xacml.Entity
	}{
		{`{}`, []*xacml.Entity{{}}},
		{`[]`, nil},
		{`{"Attribute": []}`, []*xacml.Entity{{}}},
		{
			`{"Attribute": [{"AttributeId": "urn:b", "Issuer": "me", "IncludeInResult": true, "Value": [1, 2]}, {"AttributeId": "urn:c", "DataType": "anyURI", "Value": "urn:d"}]}`,
			[]*xacml.Entity{{Attributes: []xacml.Attribute{
				{ID: "urn:b", Issuer: "me", IncludeInResult: true, Values: []value.Value{value.NewInteger(1), value.NewInteger(2)}},
				{ID: "urn:c", Values: []value.Value{value.AnyURI("urn:d")}},
			}}},
		},
		{`[{"Content": "<a>b</a>"}, {"Content": "PGE+YjwvYT4="}]`, []*xacml.Entity{{Content: element(t, `<a>b</a>`)}, {Content: element(t, `<a>b</a>`)}}},
		{
			`{"Attribute": {"AttributeId": "urn:b", ` + entityMembers + `{"Attribute": {"AttributeId": "urn:c", "Value": true}}}}`,
			[]*xacml.Entity{{Attributes: []xacml.Attribute{{ID: "urn:b", Values: []value.Value{
				xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{{ID: "urn:c", Values: []value.Value{value.Boolean(true)}}}}),
			}}}}},
		},
	} {
		var want []value.Value
		for _, e := range tt.want {
			want = append(want, xacml.NewEntity(e))
		}
		request, err := ReadRequest([]byte(inAttribute(entityMembers+tt.source)), Limits{})
		if err != nil {
			t.Errorf("got %v, want entities, input: %s", err, tt.source)
			continue
		}
		var got []value.Value
		for _, a := range request.Attributes[0].Attributes {
			got = append(got, a.Values...)
		}
		if diff := cmp.Diff(want, got, comparers); diff != "" {
			t.Errorf("values (-want +got):\n%s\ninput: %s", diff, tt.source)
		}
		checkRequestRoundTrip(t, request)
	}
}

func TestEntities_Refused(t *testing.T) {
	for _, tt := range []struct {
		source string
		sort   sort
		want   string
	}{
		{`¦"x"`, invalid, "an entity must be an object, not a string"},
		{`¦1`, invalid, "an entity must be an object, not a number"},
		{`{¦"CategoryId": "urn:c"}`, malformed, `unknown member "CategoryId"`},
		{`{"Attribute": [{"AttributeId": "urn:b", "DataType": "integer", "Value": ¦"x"}]}`, invalid, "is not a value of data type"},
		{`{"Attribute": [¦{"Value": 1}]}`, malformed, "AttributeId is missing"},
		{`{"Content": ¦"<a>"}`, invalid, "the document inside"},
		{`{"Content": ¦{}}`, malformed, "must be a string"},
	} {
		input, at := marked(t, inAttribute(entityMembers+tt.source))
		_, err := ReadRequest([]byte(input), Limits{})
		checkRefused(t, err, tt.sort, at, tt.want, input)
	}
}

func TestEntities_Written(t *testing.T) {
	var p writer
	dataType, items := p.values([]value.Value{
		value.Entity{},
		xacml.NewEntity(&xacml.Entity{Content: element(t, `<a/>`), Attributes: []xacml.Attribute{
			{ID: "urn:b", Values: []value.Value{value.String("x"), value.NewInteger(1)}},
		}}),
	})
	var b strings.Builder
	if err := p.write(&b, "values", items); err != nil {
		t.Fatal(err)
	}
	const want = `[{},{"Content":"<a/>","Attribute":[{"AttributeId":"urn:b","Value":"x"},{"AttributeId":"urn:b","Value":1}]}]`
	if b.String() != want || dataType != value.TypeEntity.ID() {
		t.Errorf("got %s of %q, want %s", &b, dataType, want)
	}
}
