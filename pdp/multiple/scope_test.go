package multiple

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// hierarchy is a Hierarchy that one function makes.
type hierarchy func(scope Scope, resource value.Value, limit int) ([]value.Value, error)

func (h hierarchy) Below(_ context.Context, scope Scope, resource value.Value, limit int) ([]value.Value, error) {
	return h(scope, resource, limit)
}

// gives is a hierarchy with the same nodes below everything.
func gives(nodes ...value.Value) hierarchy {
	return func(Scope, value.Value, int) ([]value.Value, error) { return nodes, nil }
}

// Multiple Decision profile, 2.1.
func TestMultiple2_1_Scope(t *testing.T) {
	scope := func(v ...value.Value) xacml.Attribute { return attr(xacml.AttributeScope, v...) }
	id := attr(xacml.AttributeResourceID, value.String("root"))
	of := func(attributes ...xacml.Attribute) xacml.Attributes {
		return category(xacml.CategoryResource, attributes...)
	}
	fails := hierarchy(func(Scope, value.Value, int) ([]value.Value, error) { return nil, errors.New("down") })
	for _, tt := range []struct {
		name      string
		input     xacml.Attributes
		hierarchy Hierarchy
		want      string
	}{
		{"none", resource("root", ""), family(), "resource.resource-id=root"},
		{"Immediate", resource("root", "Immediate"), family(), "resource.resource-id=root"},
		{"Immediate without a hierarchy", resource("root", "Immediate"), nil, "resource.resource-id=root"},
		{"Immediate with a hierarchy that fails", resource("root", "Immediate"), fails, "resource.resource-id=root"},
		{"Immediate of several resources", of(attr(xacml.AttributeResourceID, value.String("a"), value.String("b")), scope(value.String("Immediate"))), nil, "resource.resource-id=a=b"},
		{"Immediate of no resource", of(scope(value.String("Immediate"))), nil, ""},

		{"Children", resource("root", "Children"), family(), "resource.resource-id=root | resource.resource-id=a | resource.resource-id=b"},
		{"Children of a leaf", resource("b1", "Children"), family(), "resource.resource-id=b1"},
		{"Children of a stranger", resource("x", "Children"), family(), "resource.resource-id=x"},
		{
			"Descendants", resource("root", "Descendants"), family(),
			"resource.resource-id=root | resource.resource-id=a | resource.resource-id=b | resource.resource-id=a1 | resource.resource-id=c | resource.resource-id=b1",
		},
		{
			"a resource below itself", resource("a", "Descendants"), family(),
			"resource.resource-id=a | resource.resource-id=a1 | resource.resource-id=c",
		},
		{
			"nodes that are given twice", resource("root", "Children"), gives(value.String("a"), value.String("root"), value.String("a"), value.String("b")),
			"resource.resource-id=root | resource.resource-id=a | resource.resource-id=b",
		},
		{
			"the rest stays as it is and where it is",
			of(returned("before", value.Boolean(true)), scope(value.String("Children")), returned(xacml.AttributeResourceID, value.AnyURI("b")), attr("after", value.String("x"))), family(),
			"resource.before@me!=true resource.resource-id@me!=b resource.after=x | " +
				"resource.before@me!=true resource.resource-id@me!=c resource.after=x | " +
				"resource.before@me!=true resource.resource-id@me!=b1 resource.after=x",
		},
		{"a resource-id without values stays", of(attr(xacml.AttributeResourceID), attr(xacml.AttributeResourceID, value.String("c")), scope(value.String("Children"))), family(), "resource.resource-id resource.resource-id=c | resource.resource-id resource.resource-id=a"},
		{"another category", category("urn:x:folder", id, scope(value.String("Children"))), nil, "folder.resource-id=root folder.scope=Children"},

		{"no hierarchy, Children", resource("root", "Children"), nil, "processing-error"},
		{"no hierarchy, Descendants", resource("root", "Descendants"), nil, "processing-error"},
		{"a hierarchy that fails", resource("root", "Children"), fails, "processing-error"},
		{"a node of another data type", resource("root", "Children"), gives(value.AnyURI("a")), "processing-error"},
		{"a node that is none", resource("root", "Children"), gives(nil), "processing-error"},
		{"a node that cannot be of the data type", of(attr(xacml.AttributeResourceID, value.NewInteger(1)), scope(value.String("Children"))), Tree{"1": {"one"}}, "processing-error"},

		{"an unknown scope", resource("root", "Siblings"), family(), "syntax-error"},
		{"the case of the scope counts", resource("root", "children"), family(), "syntax-error"},
		{"the 2.0 name of the scope", resource("root", "EntireHierarchy"), family(), "syntax-error"},
		{"two scopes", of(id, scope(value.String("Children"), value.String("Immediate"))), family(), "syntax-error"},
		{"two attributes", of(id, scope(value.String("Immediate")), scope(value.String("Immediate"))), family(), "syntax-error"},
		{"a scope without values", of(id, scope()), family(), "syntax-error"},
		{"a scope that is no string", of(id, scope(value.AnyURI("Children"))), family(), "syntax-error"},
		{"no resource-id", of(scope(value.String("Children"))), family(), "syntax-error"},
		{"two resource-ids", of(id, attr(xacml.AttributeResourceID, value.AnyURI("a")), scope(value.String("Descendants"))), family(), "syntax-error"},
	} {
		request := &xacml.Request{Attributes: []xacml.Attributes{tt.input}}
		if got := described(Split(t.Context(), request, Options{Hierarchy: tt.hierarchy})); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q\ninput %+v", tt.name, got, tt.want, tt.input)
		}
	}
}

// The data type of resource-id is kept (2.1).
func TestMultiple2_1_DataTypeIsKept(t *testing.T) {
	for _, id := range []value.Value{value.String("1"), value.AnyURI("1"), value.NewInteger(1)} {
		a := category(xacml.CategoryResource, attr(xacml.AttributeResourceID, id), attr(xacml.AttributeScope, value.String("Children")))
		parts, ok := Split(t.Context(), &xacml.Request{Attributes: []xacml.Attributes{a}}, Options{Hierarchy: Tree{"1": {"2"}}})
		if !ok || len(parts) != 2 || parts[1].Err != nil {
			t.Fatalf("%s: got %s", id.Type(), described(parts, ok))
		}
		if got := parts[1].Request.Attributes[0].Attributes[0].Values[0]; got.Type() != id.Type() || got.String() != "2" {
			t.Errorf("%s: got %v of type %s, want 2", id.Type(), got, got.Type())
		}
	}
}

// What the hierarchy says stays inside, and its result can be told apart.
func TestMultiple2_1_FailureOfTheHierarchy(t *testing.T) {
	fails := hierarchy(func(Scope, value.Value, int) ([]value.Value, error) { return nil, errors.New("secret") })
	a := category(xacml.CategoryResource, returned(xacml.AttributeResourceID, value.String("root")), attr(xacml.AttributeScope, value.String("Children")))
	parts, ok := Split(t.Context(), &xacml.Request{Attributes: []xacml.Attributes{a}}, Options{Hierarchy: fails})
	if !ok || len(parts) != 1 || parts[0].Err == nil {
		t.Fatalf("got %s, want one error", described(parts, ok))
	}
	result := parts[0].Failure()
	if result.Decision != xacml.IndeterminateDP || result.Status.Code != xacml.StatusProcessingError || strings.Contains(result.Status.Message, "secret") {
		t.Errorf("got %+v, want an Indeterminate with processing-error that tells nothing", result)
	}
	if len(result.Attributes) != 1 || len(result.Attributes[0].Attributes) != 1 || result.Attributes[0].Attributes[0].ID != xacml.AttributeResourceID {
		t.Errorf("got attributes %+v, want the resource-id", result.Attributes)
	}
}

// When the call ends, the hierarchy is not asked any more.
func TestMultiple2_1_TheCallEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	ends := hierarchy(func(Scope, value.Value, int) ([]value.Value, error) { asked++; cancel(); return nil, ctx.Err() })
	request := &xacml.Request{Attributes: []xacml.Attributes{resource("a", "Children"), resource("b", "Children"), resource("c", "Immediate")}}
	got := described(Split(ctx, request, Options{Hierarchy: ends}))
	if want := "processing-error | processing-error | resource.resource-id=c"; got != want || asked != 1 {
		t.Errorf("got %q after %d questions, want %q after one", got, asked, want)
	}
}

// The limit holds for the resource and all nodes; the hierarchy learns of it.
func TestMultiple2_1_Limit(t *testing.T) {
	for _, tt := range []struct {
		scope string
		limit int
		want  bool
	}{
		{"Children", 3, true},
		{"Children", 2, false},
		{"Descendants", 6, true},
		{"Descendants", 5, false},
		{"Immediate", 1, true},
		{"Children", 1, false},
	} {
		told := 0
		h := hierarchy(func(scope Scope, resource value.Value, limit int) ([]value.Value, error) {
			told = limit
			return family().Below(t.Context(), scope, resource, limit)
		})
		request := &xacml.Request{Attributes: []xacml.Attributes{resource("root", tt.scope)}}
		_, ok := Split(t.Context(), request, Options{Hierarchy: h, Limit: tt.limit})
		if ok != tt.want || told != tt.limit && tt.scope != "Immediate" {
			t.Errorf("%s of at most %d: got ok %v and told the hierarchy %d, want %v", tt.scope, tt.limit, ok, told, tt.want)
		}
	}
	// Repeated nodes that fill the limit may hide others.
	request := &xacml.Request{Attributes: []xacml.Attributes{resource("root", "Children")}}
	if parts, ok := Split(t.Context(), request, Options{Hierarchy: gives(value.String("a"), value.String("a")), Limit: 2}); ok {
		t.Errorf("got %s, want a refusal", described(parts, ok))
	}
}
