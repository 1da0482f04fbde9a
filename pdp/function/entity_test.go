package function

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// entityDatum is an entity in a row, `full` or `empty`, or a bag of them.
func entityDatum(text string, isBag bool) value.Datum {
	var values []value.Value
	for name := range strings.FieldsSeq(strings.Trim(text, "[]")) {
		held := &xacml.Entity{}
		if name == "full" {
			held = testEntity()
		}
		values = append(values, xacml.NewEntity(held))
	}
	if isBag {
		return value.NewBag(value.TypeEntity, values...)
	}
	return values[0]
}

const (
	idString  = "anyURI:http://www.w3.org/2001/XMLSchema#string"
	idInteger = "anyURI:http://www.w3.org/2001/XMLSchema#integer"
	idEntity  = "anyURI:urn:oasis:names:tc:xacml:3.0:data-type:entity"
)

func rowsEntity() []row {
	const (
		designator = "3.0:attribute-designator"
		selector   = "3.0:attribute-selector"
		full       = "entity[a a e]"
		path       = "xpathExpression:urn:ignored|"
	)
	return []row{
		{designator, "entity:full, anyURI:a, " + idString, "bag string:[x y]"},
		{designator, "entity:full, anyURI:a, " + idInteger, "bag integer:[1]"},
		{designator, "entity:full, anyURI:e, " + idEntity, "bag entity:[entity[inside]]"},
		{designator, "anyURI:c, anyURI:a, " + idString, "bag string:[x y]"},
		{designator, "anyURI:absent, anyURI:a, " + idString, "bag string:[]"},
		{designator, "anyURI:unavailable, anyURI:a, " + idString, "processing-error"},
		{designator, "entity:full, anyURI:none, " + idString, "bag string:[]"},
		{designator, "entity:empty, anyURI:a, " + idString, "bag string:[]"},

		{designator, "entity:full, anyURI:a, " + idString + ", boolean:true", "bag string:[x y]"},
		{designator, "entity:full, anyURI:none, " + idString + ", boolean:false", "bag string:[]"},
		{designator, "entity:full, anyURI:none, " + idString + ", boolean:true", "missing-attribute"},
		{designator, "anyURI:absent, anyURI:a, " + idString + ", boolean:false", "bag string:[]"},
		{designator, "anyURI:absent, anyURI:a, " + idString + ", boolean:true", "missing-attribute"},

		{designator, "entity:full, anyURI:a, " + idString + ", boolean:true, string:i", "bag string:[y]"},
		{designator, "entity:full, anyURI:a, " + idString + ", boolean:true, string:j", "missing-attribute"},
		{designator, "anyURI:c, anyURI:a, " + idString + ", boolean:false, string:i", "bag string:[y]"},
		{designator, "anyURI:c, anyURI:a, " + idString + ", boolean:false, string:", "processing-error"},
		{designator, "fails entity, anyURI:a, " + idString, "failure 0"},

		{selector, "entity:full, " + path + "//a/@id, " + idInteger, "bag integer:[1 2]"},
		{selector, "entity:full, string://a/@id, " + idString, "bag string:[1 2]"},
		{selector, "anyURI:c, " + path + "//a/@id, " + idInteger, "bag integer:[1 2]"},
		{selector, "anyURI:absent, " + path + "//a/@id, " + idInteger, "bag integer:[]"},
		{selector, "entity:empty, " + path + "//a/@id, " + idInteger, "bag integer:[]"},
		{selector, "anyURI:absent, " + path + "//a/@id, " + idInteger + ", boolean:true", "missing-attribute"},
		{selector, "entity:empty, string://a, " + idInteger + ", boolean:true", "missing-attribute"},
		{selector, "entity:full, " + path + "//none, " + idInteger + ", boolean:false", "bag integer:[]"},
		{selector, "entity:full, " + path + "a/@id, " + idInteger + ", boolean:true, anyURI:b", "bag integer:[2]"},
		{selector, "entity:full, " + path + "//b, " + idInteger, "processing-error"},
		{selector, "entity:full, " + path + "count(//b), " + idInteger, "processing-error"},
		{selector, "entity:full, fails xpathExpression, " + idInteger, "failure 1"},

		{"3.0:entity-one-and-only", "bag entity:[full]", "entity:" + full},
		{"3.0:entity-one-and-only", "bag entity:[full full]", "processing-error"},
		{"3.0:entity-one-and-only", "bag entity:[]", "processing-error"},
		{"3.0:entity-bag-size", "bag entity:[full empty full]", "integer:3"},
		{"3.0:entity-bag", "entity:full, entity:empty", "bag entity:[" + full + " entity[]]"},
		{"3.0:entity-bag", "", "bag entity:[]"},
	}
}

func TestEntities_Functions(t *testing.T) {
	run(t, rowsEntity())
	lib := All()
	tested := map[*Function]bool{}
	for _, r := range rowsEntity() {
		if strings.Contains(r.want, ":") {
			tested[lookup(t, lib, r.id)] = true
		}
	}
	for _, fn := range entities() {
		if !tested[lib.Lookup(fn.ID)] {
			t.Errorf("got no row that succeeds, want one, for %s", fn.ID)
		}
	}
}

// What is missing in a category is named, unless the names are none; an entity has
// no category to name.
func TestEntities_MissingAttributeDetail(t *testing.T) {
	fn := lookup(t, All(), "3.0:attribute-designator")
	for _, tt := range []struct {
		in    value.Datum
		id    value.AnyURI
		named bool
	}{
		{value.AnyURI("urn:absent"), "a", true},
		{value.AnyURI("absent"), "a", false},
		{value.AnyURI("urn:absent"), "", false},
		{value.AnyURI("urn:absent"), "a\u0085", false},
		{xacml.NewEntity(nil), "a", false},
	} {
		_, err := fn.Call(&budget{}, []value.Datum{
			tt.in, tt.id, value.AnyURI(value.TypeString.ID()), value.Boolean(true), value.String("i"),
		})
		var e *xacml.Error
		if !errors.As(err, &e) || e.Status.Code != xacml.StatusMissingAttribute {
			t.Fatalf("got %v, want missing-attribute, for %q of %v", err, tt.id, tt.in)
		}
		var want []xacml.MissingAttribute
		if tt.named {
			want = []xacml.MissingAttribute{{AttributeKey: xacml.AttributeKey{
				Category: tt.in.(value.Value).String(), ID: string(tt.id), Type: value.TypeString, Issuer: "i",
			}}}
		}
		if diff := cmp.Diff(want, e.Status.Missing); diff != "" {
			t.Errorf("detail for %q of %v (-want +got):\n%s", tt.id, tt.in, diff)
		}
	}
}

// Whoever evaluates without a check gets an error for the type, not a panic.
func TestEntities_DataTypeWithoutCheck(t *testing.T) {
	for _, tt := range []struct{ id, dataType, want string }{
		{"3.0:attribute-designator", "urn:none", `unknown data type "urn:none"`},
		{"3.0:attribute-selector", "urn:none", `unknown data type "urn:none"`},
		{"3.0:attribute-selector", value.TypeEntity.ID(), "XPath has no constructor for entity, so a selector cannot give it"},
	} {
		_, err := lookup(t, All(), tt.id).Call(&budget{}, []value.Datum{value.AnyURI("c"), value.AnyURI("a"), value.AnyURI(tt.dataType)})
		if err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %q, for %s with %q", err, tt.want, tt.id, tt.dataType)
		}
	}
}

// The profile has functions of its own, which are not of the core (10.2.8).
func TestEntities_Identifiers(t *testing.T) {
	core := map[string]bool{}
	for _, fn := range Standard().Functions() {
		core[fn.ID] = true
	}
	var got []string
	for _, fn := range All().Functions() {
		if !core[fn.ID] && fn.Section == entitySection {
			got = append(got, strings.TrimPrefix(fn.ID, xacml.Function3))
		}
	}
	want := []string{"attribute-designator", "attribute-selector", "entity-one-and-only", "entity-bag-size", "entity-bag"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("identifiers differ (-profile +library):\n%s", diff)
	}
}

// Types that depend on the literal, alternatives, and what may be left out.
func TestEntities_Check(t *testing.T) {
	const designator, selector = "3.0:attribute-designator", "3.0:attribute-selector"
	tests := []struct{ id, args, want string }{
		{designator, "entity, anyURI, anyURI=" + idString, "bag of string"},
		{designator, "anyURI, anyURI, anyURI=" + idInteger, "bag of integer"},
		{designator, "anyURI, anyURI, anyURI=" + idEntity, "bag of entity"},
		{designator, "anyURI, anyURI, anyURI=anyURI:http://www.w3.org/TR/2002/WD-xquery-operators-20020816#dayTimeDuration", "bag of dayTimeDuration (2002)"},
		{designator, "entity, anyURI, anyURI=" + idString + ", boolean, string", "bag of string"},
		{designator, "entity, anyURI", "wants 3 to 5 arguments, got 2 arguments"},
		{designator, "entity, anyURI, anyURI, boolean, string, string", "wants 3 to 5 arguments, got 6 arguments"},
		{designator, "string, anyURI, anyURI", "argument 1: wants anyURI or entity, got string"},
		{designator, "bag entity, anyURI, anyURI", "argument 1: wants anyURI or entity, got bag of entity"},
		{designator, "entity, string, anyURI", "argument 2: wants anyURI, got string"},
		{designator, "entity, anyURI, anyURI", "argument 3: wants a literal, because it tells the data type of the result"},
		{designator, "entity, anyURI, anyURI=anyURI:string", `argument 3: unknown data type "string"`},
		{designator, "entity, anyURI, anyURI=" + idString + ", string", "argument 4: wants boolean, got string"},
		{designator, "entity, anyURI, anyURI=" + idString + ", boolean, anyURI", "argument 5: wants string, got anyURI"},
		{designator, "function 1.0:string-equal, entity, anyURI, anyURI", "a Function is no argument of this function"},
		{selector, "entity, xpathExpression, anyURI=" + idInteger, "bag of integer"},
		{selector, "anyURI, string, anyURI=" + idInteger + ", boolean, anyURI", "bag of integer"},
		{selector, "anyURI, anyURI, anyURI=" + idInteger, "argument 2: wants xpathExpression or string, got anyURI"},
		{selector, "anyURI, string, anyURI=" + idEntity, "argument 3: XPath has no constructor for entity, so a selector cannot give it"},
		{selector, "anyURI, string, anyURI=" + idInteger + ", boolean, string", "argument 5: wants anyURI, got string"},
		{"3.0:entity-one-and-only", "bag entity", "entity"},
		{"3.0:entity-bag", "entity, string", "argument 2: wants entity, got string"},
		{"3.0:any-of", "function " + designator + ", anyURI, anyURI, bag anyURI", "a function whose types depend on its arguments cannot be applied"},
	}
	lib := All()
	for _, tt := range tests {
		var plain []string
		var literals []value.Value
		for arg := range strings.SplitSeq(tt.args, ", ") {
			kind, literal, isLiteral := strings.Cut(arg, "=")
			plain = append(plain, kind)
			switch {
			case strings.HasPrefix(arg, "function "):
			case isLiteral:
				literals = append(literals, datum(t, literal).(value.Value))
			default:
				literals = append(literals, nil)
			}
		}
		f, args := kinds(t, lib, strings.Join(plain, ", "))
		kind, err := lookup(t, lib, tt.id).Check(f, args, literals)
		got := kind.String()
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("got %q, want %q, for %s(%s)", got, tt.want, tt.id, tt.args)
		}
	}
	_, err := lookup(t, lib, designator).Check(nil, []value.Kind{value.One(value.TypeEntity), value.One(value.TypeAnyURI), value.One(value.TypeAnyURI)}, nil)
	if err == nil || !strings.Contains(err.Error(), "wants a literal") {
		t.Errorf("got %v, want that a literal is wanted, without literals", err)
	}
}

func TestEntities_Signature(t *testing.T) {
	for _, tt := range []struct{ id, want string }{
		{"3.0:attribute-designator", "anyURI or entity, anyURI, anyURI[, boolean[, string]] -> bag of ..."},
		{"3.0:attribute-selector", "anyURI or entity, xpathExpression or string, anyURI[, boolean[, anyURI]] -> bag of ..."},
		{"3.0:entity-bag", "entity* -> bag of entity"},
	} {
		if got := lookup(t, All(), tt.id).Signature(); got != tt.want {
			t.Errorf("got %q, want %q, for %s", got, tt.want, tt.id)
		}
	}
}

// A path that is a literal is compiled before evaluation.
func TestEntities_CheckLiterals(t *testing.T) {
	check := lookup(t, All(), "3.0:attribute-selector").CheckLiterals
	for _, tt := range []struct {
		path value.Value
		want string
	}{
		{value.String("//a"), ""},
		{nil, ""},
		{value.NewXPathExpression("//", "c", nil, xacml.XPath10), ""}, // not here
		{value.String("//p:a"), "XPath: "},
		{value.String("count(//a)"), "XPath: the expression gives a number, not nodes"},
	} {
		err := check([]value.Value{nil, tt.path, value.AnyURI(value.TypeString.ID())})
		if (err == nil) != (tt.want == "") || err != nil && (!errors.Is(err, ErrXPath) || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("got %v, want %q, for %v", err, tt.want, tt.path)
		}
	}
}

// A look into an entity is paid for by its size, a path by its length.
func TestEntities_Cost(t *testing.T) {
	for _, tt := range []struct {
		id, args string
		want     int
	}{
		{"3.0:attribute-designator", "entity:full, anyURI:a, " + idString, 4},
		{"3.0:attribute-designator", "entity:empty, anyURI:a, " + idString, 0},
		{"3.0:attribute-selector", "entity:full, string:/r/" + strings.Repeat("b", 640) + ", " + idString, 10},
	} {
		b := &budget{}
		r := row{id: tt.id, args: tt.args}
		if _, err := r.call(t, All(), b); err != nil || b.spent != tt.want {
			t.Errorf("got %d steps and %v, want %d, for %s(%.40s)", b.spent, err, tt.want, tt.id, tt.args)
		}
		if tt.want == 0 {
			continue
		}
		if _, err := r.call(t, All(), &budget{limit: tt.want - 1}); !errors.Is(err, errBudget) {
			t.Errorf("got %v, want the error of the budget, for %s", err, tt.id)
		}
	}
}
