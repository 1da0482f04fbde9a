package function_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// Every row of the tables is a policy that is written, read, compiled and
// evaluated: once with its arguments as literals, and once with them as
// attributes of a request, which is written and read too. The condition of the
// policy compares the result with that of the row, and an obligation shows it.
func TestA3_RowsAsPolicies(t *testing.T) {
	type tested struct{ succeeds, fails bool }
	seen := map[string]tested{}
	policies, refused := 0, 0
	lib := function.Standard()
	for _, row := range function.Rows(t, lib) {
		fn := row.Function(t, lib)
		result, status := row.Result(t)
		for _, asAttributes := range []bool{false, true} {
			b := builder{t: t, library: lib, asAttributes: asAttributes}
			call := b.call(fn, row.Arguments(t, lib))
			if call == nil {
				continue // no expression of this type fails without a bag
			}
			policies++
			got, ok := b.evaluate(row, call, result)
			if !ok {
				refused++ // literals that are wrong are found before evaluation
				continue
			}
			s := seen[fn.ID]
			if result != nil {
				s.succeeds = true
				b.checkResult(row, got, result)
			} else {
				s.fails = true
				b.checkStatus(row, got, status)
			}
			seen[fn.ID] = s
		}
	}
	for _, fn := range lib.Functions() {
		if s := seen[fn.ID]; !s.succeeds || !s.fails {
			t.Errorf("got evaluations that succeed %v and that fail %v, want both, for %s", s.succeeds, s.fails, fn.ID)
		}
	}
	t.Logf("%d policies for %d functions, %d refused for their literals", policies, len(seen), refused)
}

// builder makes the expressions of one row, and the request they go with.
type builder struct {
	t            *testing.T
	library      *function.Library
	asAttributes bool
	attributes   []xacml.Attribute
}

func apply(fn *function.Function, arguments ...policy.Expression) policy.Expression {
	return &policy.Apply{Function: fn.ID, Arguments: arguments}
}

func literal(v value.Value) policy.Expression { return &policy.Literal{Value: v} }

func text(s string) policy.Expression { return literal(value.String(s)) }

// find gives the function of this name of any version of the standard, the
// latest first, or nil.
func (b *builder) find(name string) *function.Function {
	for _, prefix := range []string{xacml.Function3, xacml.Function2, xacml.Function1} {
		if fn := b.library.Lookup(prefix + name); fn != nil {
			return fn
		}
	}
	return nil
}

// named is a function that there must be.
func (b *builder) named(name string) *function.Function {
	fn := b.find(name)
	if fn == nil {
		b.t.Fatalf("got no function %s, want one", name)
	}
	return fn
}

// designator is a designator of an attribute.
func designator(id string, typ value.Type, must bool) policy.Expression {
	return &policy.Designator{
		AttributeKey:  xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: id, Type: typ},
		MustBePresent: must,
	}
}

// call applies the function to the arguments; nil if that cannot be written.
func (b *builder) call(fn *function.Function, arguments []function.RowArgument) policy.Expression {
	var expressions []policy.Expression
	bags := false // xpathExpressions have no function that takes one out of a bag
	for i, a := range arguments {
		x, bag := b.argument(i, a)
		bags = bags || bag
		expressions = append(expressions, x)
	}
	if !bags {
		return apply(fn, expressions...)
	}
	if !b.asAttributes {
		return nil
	}
	expressions = slices.Insert(expressions, 0, policy.Expression(&policy.FunctionReference{Function: fn.ID}))
	if fn.Result.Type == value.TypeBoolean {
		return apply(b.named("any-of-any"), expressions...)
	}
	return apply(b.named("integer-one-and-only"), apply(b.named("map"), expressions...))
}

// argument is an argument as an expression, and whether it is a bag for what
// should be one value.
func (b *builder) argument(i int, a function.RowArgument) (x policy.Expression, bag bool) {
	if fn := a.Function(); fn != nil {
		return &policy.FunctionReference{Function: fn.ID}, false
	}
	kind := a.Kind()
	v, one := a.Datum().(value.Value)
	switch {
	case a.Datum() == nil:
		x = designator(attributeID(a.Failure()), kind.Type, true)
	case one && !b.asAttributes:
		return literal(v), false
	case one:
		x = b.attribute(i, kind.Type, v)
	default:
		return b.attribute(i, kind.Type, a.Datum().(value.Bag).Values()...), false
	}
	switch {
	case kind.Bag:
		return x, false
	case kind.Type == value.TypeXPathExpression:
		return x, true
	default:
		return apply(b.named(kind.Canonical().Type.String()+"-one-and-only"), x), false
	}
}

// attribute gives the request an attribute, and a designator of it.
func (b *builder) attribute(i int, typ value.Type, values ...value.Value) policy.Expression {
	id := fmt.Sprintf("argument-%d", i)
	if len(values) > 0 {
		b.attributes = append(b.attributes, xacml.Attribute{ID: id, Values: values})
	}
	return designator(id, typ, false)
}

// attributeID is the attribute that is not there for a failing argument.
func attributeID(failure string) string { return strings.ReplaceAll(failure, " ", "-") }

// compare is whether the call gives the result: as text, where there is a
// conversion, and else by the equality of the type.
func (b *builder) compare(call policy.Expression, result value.Datum) policy.Expression {
	typ := result.Kind().Canonical().Type
	convert := b.find("string-from-" + typ.String())
	want := func(v value.Value) policy.Expression {
		if convert != nil {
			return text(v.String())
		}
		return literal(v)
	}
	compared := typ.String()
	if convert != nil {
		compared = "string"
	}
	if v, one := result.(value.Value); one {
		if convert != nil {
			call = apply(convert, call)
		}
		return apply(b.named(compared+"-equal"), call, want(v))
	}
	var elements []policy.Expression
	for _, v := range result.(value.Bag).Values() {
		elements = append(elements, want(v))
	}
	size := apply(b.named("integer-equal"), apply(b.named(typ.String()+"-bag-size"), call), literal(value.NewInteger(int64(len(elements)))))
	if convert != nil {
		call = apply(b.named("map"), &policy.FunctionReference{Function: convert.ID}, call)
	}
	return apply(b.named("and"), size, apply(b.named(compared+"-set-equals"), call, apply(b.named(compared+"-bag"), elements...)))
}

// evaluate makes a policy of the call and evaluates it. It is not ok if the
// policy is refused, which a literal of a row that fails may be the reason for.
func (b *builder) evaluate(row function.Row, call policy.Expression, result value.Datum) (got xacml.Result, ok bool) {
	b.t.Helper()
	condition := apply(b.named("not"), literal(value.Boolean(false)))
	if result != nil {
		condition = b.compare(call, result)
	}
	document, problems := b.policy(condition, call)
	documents := []policy.Document{document, b.inner()}
	p, more := pdp.New(pdp.Config{ReadAttributes: func(category, content string) (xacml.Attributes, error) {
		return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
	}}, documents)
	if problems = append(problems, more...); len(problems.Errors()) > 0 {
		if result != nil || b.asAttributes || !slices.ContainsFunc(row.Arguments(b.t, b.library), refusable) {
			b.t.Errorf("got %v, want a policy that is valid, for %s", problems, row)
		}
		return xacml.Result{}, false
	}
	return p.Evaluate(b.t.Context(), b.request(), nil), true
}

// refusable tells whether a literal may be wrong in itself: a regular or an
// XPath expression.
func refusable(a function.RowArgument) bool {
	return a.Kind() == value.One(value.TypeString) || a.Kind() == value.One(value.TypeXPathExpression)
}

// policy is a policy with this condition, whose obligation has what the call
// gives; it is written and read.
func (b *builder) policy(condition, call policy.Expression) (policy.Document, policy.Problems) {
	b.t.Helper()
	target := policy.Target{AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: []policy.Match{outside("yes"), outside("no")}}}}}}
	return b.reread(&policy.Policy{
		ID: "row", Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", XPathVersion: xacml.XPath10, Target: target,
		Rules: []policy.Rule{{
			ID: "rule", Effect: xacml.EffectPermit, Condition: condition,
			Obligations: []policy.ObligationExpression{{
				ID: "shows", On: xacml.EffectPermit,
				Assignments: []policy.AssignmentExpression{{AttributeID: "result", Expression: call}},
			}},
		}},
	})
}

// outside matches a request, but not one that access-permitted makes for the
// category.
func outside(category string) policy.Match {
	return policy.Match{
		Function: xacml.Function1 + "string-equal", Literal: value.String("outer"),
		Bag: &policy.Designator{AttributeKey: xacml.AttributeKey{Category: category, ID: "level", Type: value.TypeString}},
	}
}

// inner is a policy that permits what access-permitted asks for the category
// "yes" (A.3.16).
func (b *builder) inner() policy.Document {
	b.t.Helper()
	level := &policy.Designator{AttributeKey: xacml.AttributeKey{Category: "yes", ID: "level", Type: value.TypeString}}
	document, problems := b.reread(&policy.Policy{
		ID: "inner", Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides",
		Rules: []policy.Rule{{
			ID: "rule", Effect: xacml.EffectPermit,
			Condition: apply(b.named("integer-equal"), apply(b.named("string-bag-size"), level), literal(value.NewInteger(0))),
		}},
	})
	if len(problems) > 0 {
		b.t.Fatal(problems)
	}
	return document
}

func (b *builder) reread(p *policy.Policy) (policy.Document, policy.Problems) {
	b.t.Helper()
	var xml bytes.Buffer
	if err := xacmlxml.WritePolicy(&xml, policy.Document{Name: p.ID, Root: p}); err != nil {
		b.t.Fatal(err)
	}
	return xacmlxml.ReadPolicy(p.ID, xml.Bytes(), xacmlxml.DefaultLimits())
}

// request is the request of a row, written and read.
func (b *builder) request() *xacml.Request {
	b.t.Helper()
	level := []xacml.Attribute{{ID: "level", Values: []value.Value{value.String("outer")}}}
	request := &xacml.Request{XPathVersion: xacml.XPath10, Attributes: []xacml.Attributes{
		{Category: xacml.CategoryAccessSubject, Attributes: b.attributes},
		{Category: xacml.CategoryResource, Content: b.content()},
		{Category: "c", Content: b.content()},
		{Category: "yes", Attributes: level},
		{Category: "no", Attributes: level},
	}}
	var xml bytes.Buffer
	if err := xacmlxml.WriteRequest(&xml, request); err != nil {
		b.t.Fatal(err)
	}
	request, err := xacmlxml.ReadRequest(xml.Bytes(), xacmlxml.DefaultLimits())
	if err != nil {
		b.t.Fatal(err)
	}
	return request
}

func (b *builder) content() *etree.Element {
	d := etree.NewDocument()
	if err := d.ReadFromString(function.Content); err != nil {
		b.t.Fatal(err)
	}
	return d.Root()
}

// checkResult checks that the condition held, and what the obligation shows.
func (b *builder) checkResult(row function.Row, got xacml.Result, result value.Datum) {
	b.t.Helper()
	if got.Decision != xacml.Permit {
		b.t.Errorf("got %s (%s %s), want Permit, for %s, as attributes %v", got.Decision.Extended(), got.Status.Code, got.Status.Message, row, b.asAttributes)
		return
	}
	var shown, want []string
	for _, a := range got.Obligations[0].Assignments {
		shown = append(shown, function.Show(a.Value))
	}
	switch d := result.(type) {
	case value.Value:
		want = []string{function.Show(d)}
	case value.Bag:
		for i, v := range d.Values() {
			// A value of a bag keeps the data type that it came with (10.2.9).
			if i < len(shown) && strings.TrimPrefix(shown[i], "old-") == function.Show(v) {
				v = got.Obligations[0].Assignments[i].Value
			}
			want = append(want, function.Show(v))
		}
	}
	if !slices.Equal(shown, want) {
		b.t.Errorf("got %q, want %q, for %s, as attributes %v", shown, want, row, b.asAttributes)
	}
}

// checkStatus checks that the decision is Indeterminate with this status.
func (b *builder) checkStatus(row function.Row, got xacml.Result, status string) {
	b.t.Helper()
	code := got.Status.Code[strings.LastIndex(got.Status.Code, ":")+1:]
	if strings.HasPrefix(status, "failure ") && len(got.Status.Missing) > 0 && got.Status.Code == xacml.StatusMissingAttribute {
		code = strings.ReplaceAll(got.Status.Missing[0].ID, "-", " ")
	}
	if !got.Decision.Indeterminate() || code != status {
		b.t.Errorf("got %s with %s (%s), want Indeterminate with %s, for %s, as attributes %v", got.Decision.Extended(), code, got.Status.Message, status, row, b.asAttributes)
	}
}
