package function

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// row is one call of a function and what it gives, in lexical forms:
//
//	{"1.0:integer-add", "integer:1, integer:2", "integer:3"}
//	{"1.0:string-bag-size", "bag string:[a b]", "integer:2"}
//	{"1.0:or", "fails boolean, boolean:true", "boolean:true"}
//	{"3.0:any-of", "function 1.0:string-equal, string:a, bag string:[a b]", "boolean:true"}
//	{"1.0:integer-divide", "integer:1, integer:0", "processing-error"}
//
// A comma with a space separates arguments. `fails KIND` is an argument of
// that kind that is Indeterminate with a status that names its position. A bag
// may hold the empty string as two quotes.
type row struct{ id, args, want string }

// argument is an argument of a row: a datum, an error or a function.
type argument struct {
	datum    value.Datum
	kind     value.Kind
	err      error
	function *Function
}

// budget is a Context that counts steps and fails beyond a limit, if it has one.
type budget struct {
	spent, limit int
	document     *xpath.Document
}

var errBudget = errors.New("budget used up")

func (b *budget) Spend(steps int) error {
	b.spent += steps
	if b.limit > 0 && b.spent > b.limit {
		return errBudget
	}
	return nil
}

// document is the Content of the resource of all rows.
const document = `<r><a id="1"/><b><a id="2"/></b></r>`

// Select selects in the document, whatever the category, except in "absent".
func (b *budget) Select(x value.XPathExpression) ([]xpath.Node, error) {
	if x.Category == "absent" {
		return nil, nil
	}
	expr, err := xpath.Compile(x.XPath, x.Namespaces)
	if err != nil || expr.Type() != xpath.TypeNodeSet {
		return nil, xacml.ProcessingErrorf("no nodes")
	}
	if b.document == nil {
		d := etree.NewDocument()
		if err := d.ReadFromString(document); err != nil {
			return nil, err
		}
		b.document = xpath.NewDocument(d.Root())
	}
	result, err := expr.Evaluate(b.document.Root(), nil)
	return result.Nodes(), err
}

// AccessPermitted permits the category "yes", denies "no", and fails otherwise.
func (b *budget) AccessPermitted(category value.AnyURI, _ value.String) (bool, error) {
	if category == "yes" || category == "no" {
		return category == "yes", nil
	}
	return false, xacml.SyntaxErrorf("no XML")
}

// Attribute knows the attributes of testEntity, none in "absent" and "urn:absent",
// and fails in "unavailable".
func (b *budget) Attribute(key xacml.AttributeKey) (value.Bag, error) {
	switch key.Category {
	case "unavailable":
		return value.Bag{}, xacml.ProcessingErrorf("no answer")
	case "absent", "urn:absent":
		return value.NewBag(key.Type), nil
	default:
		return testEntity().Lookup(key), nil
	}
}

// SelectPath selects in the document, or in that of the entity; from node r/b on
// if the context selector is "b".
func (b *budget) SelectPath(s Selection) ([]xpath.Node, error) {
	x := s.Path
	x.Category = s.Category
	if s.Entity != nil && s.Entity.Content == nil {
		x.Category = "absent"
	}
	if s.ContextSelectorID == "b" {
		x.XPath = "/r/b/" + x.XPath
	}
	return b.Select(x)
}

// testEntity is what "entity:full" stands for in a row.
func testEntity() *xacml.Entity {
	d := etree.NewDocument()
	if err := d.ReadFromString(document); err != nil {
		panic(err)
	}
	return &xacml.Entity{Content: d.Root(), Attributes: []xacml.Attribute{
		{ID: "a", Values: []value.Value{value.String("x"), value.NewInteger(1)}},
		{ID: "a", Issuer: "i", Values: []value.Value{value.String("y")}},
		{ID: "e", Values: []value.Value{xacml.NewEntity(&xacml.Entity{Attributes: []xacml.Attribute{
			{ID: "inside", Values: []value.Value{value.Boolean(true)}},
		}})}},
	}}
}

// run checks the rows against the library.
func run(t *testing.T, rows []row) {
	t.Helper()
	lib := All()
	for _, r := range rows {
		got, err := r.call(t, lib, &budget{})
		if err != nil {
			got = status(err)
			checkSecrets(t, r, err)
		}
		if got != r.want {
			t.Errorf("got %s (%v), want %s, for %s(%s)", got, err, r.want, r.id, r.args)
		}
	}
}

// call type-checks and evaluates the row, and checks the result against the
// kind that the type check gave.
func (r row) call(t *testing.T, lib *Library, c Context) (string, error) {
	t.Helper()
	fn := lookup(t, lib, r.id)
	var applied *Function
	var kinds []value.Kind
	var literals []value.Value
	args := arguments(t, lib, r.args)
	if len(args) > 0 && args[0].function != nil {
		applied, args = args[0].function, args[1:]
	}
	for _, a := range args {
		kinds = append(kinds, a.kind)
		literal, _ := a.datum.(value.Value)
		literals = append(literals, literal)
	}
	kind, err := fn.Check(applied, kinds, literals)
	if err != nil {
		t.Errorf("got type error %q, want none, for %s(%s)", err, r.id, r.args)
		return "", err
	}
	d, err := evaluate(fn, applied, args, c)
	if err != nil {
		return "", err
	}
	if d.Kind().Canonical() != kind {
		t.Errorf("got a result of kind %s, want the %s that the type check gave, for %s(%s)", d.Kind(), kind, r.id, r.args)
	}
	return show(d), nil
}

// evaluate is what an evaluator does with a call that is type-checked.
func evaluate(fn, applied *Function, args []argument, c Context) (value.Datum, error) {
	if fn.Lazy != nil {
		lazy := make([]Argument, len(args))
		for i, a := range args {
			lazy[i] = func() (value.Datum, error) { return a.datum, a.err }
		}
		return fn.Lazy(c, lazy)
	}
	data := make([]value.Datum, len(args))
	for i, a := range args {
		if a.err != nil {
			return nil, a.err
		}
		data[i] = a.datum
	}
	if fn.Higher != nil {
		return fn.Higher.Apply(c, applied, data)
	}
	return fn.Strict(c, data)
}

// checkSecrets fails if a message holds the text of an argument.
func checkSecrets(t *testing.T, r row, err error) {
	t.Helper()
	for text := range strings.FieldsFuncSeq(r.args, func(c rune) bool { return strings.ContainsRune(" []", c) }) {
		_, text, _ = strings.Cut(text, ":")
		text = strings.TrimSuffix(text, ",")
		if len(text) >= 4 && strings.Contains(err.Error(), text) && !strings.HasPrefix(r.args, "function") {
			t.Errorf("got message %q with the value %q, want none, for %s(%s)", err, text, r.id, r.args)
		}
	}
}

// lookup finds a function by an identifier such as 1.0:string-equal.
func lookup(t *testing.T, lib *Library, id string) *Function {
	t.Helper()
	version, name, _ := strings.Cut(id, ":")
	prefixes := map[string]string{"1.0": xacml.Function1, "2.0": xacml.Function2, "3.0": xacml.Function3}
	fn := lib.Lookup(prefixes[version] + name)
	if fn == nil {
		t.Fatalf("got no function %s, want one", id)
	}
	return fn
}

// arguments reads the arguments of a row.
func arguments(t *testing.T, lib *Library, text string) []argument {
	t.Helper()
	if text == "" {
		return nil
	}
	var args []argument
	for i, literal := range strings.Split(text, ", ") {
		if name, ok := strings.CutPrefix(literal, "function "); ok {
			args = append(args, argument{function: lookup(t, lib, name)})
			continue
		}
		if name, ok := strings.CutPrefix(literal, "fails "); ok {
			element, isBag := strings.CutPrefix(name, "bag ")
			args = append(args, argument{kind: value.Kind{Type: typeNamed(t, element), Bag: isBag}, err: failure(i)})
			continue
		}
		d := datum(t, literal)
		args = append(args, argument{datum: d, kind: d.Kind()})
	}
	return args
}

// failure is the status of an argument that fails at position i.
func failure(i int) error { return xacml.ProcessingErrorf("failure %d", i) }

// datum reads a value such as integer:5 or a bag such as bag string:[a b].
func datum(t *testing.T, literal string) value.Datum {
	t.Helper()
	text, isBag := strings.CutPrefix(literal, "bag ")
	name, text, ok := strings.Cut(text, ":")
	if name == "xpathExpression" { // on the content of the category before the slash
		category, path, _ := strings.Cut(text, "|")
		return value.NewXPathExpression(path, category, nil, xacml.XPath10)
	}
	if !ok {
		t.Fatalf("got literal %q, want one with a type", literal)
	}
	if name == "entity" {
		return entityDatum(text, isBag)
	}
	typ := typeNamed(t, name)
	if !isBag {
		return parse(t, typ, text)
	}
	var values []value.Value
	for element := range strings.FieldsSeq(strings.Trim(text, "[]")) {
		values = append(values, parse(t, typ, strings.Trim(element, "'")))
	}
	return value.NewBag(typ, values...)
}

func parse(t *testing.T, typ value.Type, lexical string) value.Value {
	t.Helper()
	v, err := value.Parse(typ, lexical)
	if err != nil {
		t.Fatalf("got %v, want a %s, for %q", err, typ, lexical)
	}
	return v
}

// typeNamed finds a data type by its short name; old-dayTimeDuration is the
// one of 2002.
func typeNamed(t *testing.T, name string) value.Type {
	t.Helper()
	if current, old := strings.CutPrefix(name, "old-"); old {
		name = current + " (2002)"
	}
	types := append(value.Types(), value.TypeEntity)
	i := slices.IndexFunc(types, func(typ value.Type) bool { return typ.String() == name })
	if i < 0 {
		t.Fatalf("got no type %q, want one", name)
	}
	return types[i]
}

// show is a datum as rows write it.
func show(d value.Datum) string {
	name := strings.TrimSuffix(d.Kind().Type.String(), " (2002)")
	if name != d.Kind().Type.String() {
		name = "old-" + name
	}
	b, ok := d.(value.Bag)
	if !ok {
		return fmt.Sprintf("%s:%s", name, d.(value.Value))
	}
	texts := make([]string, b.Len())
	for i, v := range b.Values() {
		if texts[i] = v.String(); texts[i] == "" {
			texts[i] = "''"
		}
	}
	return fmt.Sprintf("bag %s:%s", name, texts)
}

// status is the last part of the status code of an error; for a failing
// argument it is the message, which names the argument.
func status(err error) string {
	var e *xacml.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if strings.HasPrefix(e.Status.Message, "failure ") {
		return e.Status.Message
	}
	return e.Status.Code[strings.LastIndex(e.Status.Code, ":")+1:]
}

// counted is the argument, counting its evaluations.
func counted(a argument, n *int) Argument {
	return func() (value.Datum, error) {
		*n++
		return a.datum, a.err
	}
}

func zeros(n int) string { return strings.Repeat("0", n) }
