package eval

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// apply translates the application of a function.
func (t *translator) apply(x *policy.Apply) expression {
	f := t.functions.Lookup(x.Function)
	arguments := x.Arguments
	var applied *function.Function
	if f.Higher != nil {
		applied = t.functions.Lookup(arguments[0].(*policy.FunctionReference).Function)
		arguments = arguments[1:]
	}
	if namesAttributes(f) || applied != nil && namesAttributes(applied) {
		t.attributes.computed = true
	}
	translated := make([]expression, len(arguments))
	var b strings.Builder
	b.WriteString("apply " + f.ID)
	if applied != nil {
		b.WriteString(" " + applied.ID)
	}
	for i, a := range arguments {
		translated[i] = t.expression(a)
		fmt.Fprintf(&b, " %p", translated[i])
	}
	says := b.String()
	t.named = append(t.named, translated...)
	out := t.application(f, applied, translated)
	if t.options.Plain {
		return out
	}
	if c := fold(out, translated); c != nil {
		return t.once(fmt.Sprintf("folded %s", says), c)
	}
	switch out := out.(type) {
	case *onlyOne, *oneAmong, *anyAmong: // as quick as to look up a value that was kept
		return t.once(says, out)
	}
	if f.ID == accessPermitted || applied != nil && applied.ID == accessPermitted || t.same == nil {
		return out // each time counts
	}
	return t.once(says, &shared{expression: out, number: unshared})
}

const (
	accessPermitted     = xacml.Function3 + "access-permitted"
	attributeDesignator = xacml.Function3 + "attribute-designator"
	attributeSelector   = xacml.Function3 + "attribute-selector"
)

// namesAttributes reports whether the function looks for attributes that its
// arguments name (Related and Nested Entities profile).
func namesAttributes(f *function.Function) bool {
	return f.ID == attributeDesignator || f.ID == attributeSelector
}

// application is the application of a function, in its quickest form unless the
// options say otherwise.
func (t *translator) application(f, applied *function.Function, arguments []expression) expression {
	if !t.options.Plain {
		if x := t.quick(f, applied, arguments); x != nil {
			return x
		}
	}
	switch {
	case f.Higher != nil:
		return &higher{f, applied, arguments}
	case f.Lazy != nil:
		return &lazy{f, arguments}
	case t.options.Plain:
		return &strict{f, f.Strict, arguments}
	default:
		s := newStrict(f, arguments)
		return &s
	}
}

// quick is a quick form of the application, or one of which the index can make
// use; nil if there is none.
func (t *translator) quick(f, applied *function.Function, arguments []expression) expression {
	if x := t.predicate(f, applied, arguments); x != nil {
		return x
	}
	if f.ID == xacml.Function1+"or" || f.ID == xacml.Function1+"and" {
		c := &connective{decisive: strings.HasSuffix(f.ID, ":or")}
		for _, a := range arguments {
			c.arguments = append(c.arguments, asTruth(a))
		}
		return c
	}
	if slot, ranges := order(f, arguments); ranges != nil {
		return &ordered{newStrict(f, arguments), slot, ranges}
	}
	if slot, prefix := prefixOf(f, arguments); prefix != "" {
		return &prefixed{newStrict(f, arguments), slot, prefix}
	}
	return nil
}

// predicate is the comparison of an attribute with the symbols of literals, if
// the application is one; otherwise nil.
func (t *translator) predicate(f, applied *function.Function, arguments []expression) expression {
	if !isOneAndOnly(f) {
		return t.membership(f, applied, arguments)
	}
	if d, ok := arguments[0].(*designator); ok {
		return &onlyOne{*d}
	}
	return nil
}

func isOneAndOnly(f *function.Function) bool { return strings.HasSuffix(f.ID, "-one-and-only") }

// membership is a test whether values of an attribute are among literals.
func (t *translator) membership(f, applied *function.Function, arguments []expression) expression {
	if len(arguments) != 2 {
		return nil
	}
	a, b := arguments[0], arguments[1]
	switch f.ID {
	case stringEqual, anyURIEqual:
		if _, ok := b.(*onlyOne); ok {
			a, b = b, a
		}
		return t.oneAmong(a, b)
	case xacml.Function1 + "string-is-in", xacml.Function1 + "anyURI-is-in":
		if x := t.oneAmong(a, b); x != nil {
			return x
		}
		return t.anyAmong(b, a)
	case xacml.Function1 + "string-at-least-one-member-of", xacml.Function1 + "anyURI-at-least-one-member-of":
		if x := t.anyAmong(a, b); x != nil {
			return x
		}
		return t.anyAmong(b, a)
	case xacml.Function3 + "any-of":
		if applied.ID == stringEqual || applied.ID == anyURIEqual {
			return t.anyAmong(b, a)
		}
	}
	return nil
}

func (t *translator) oneAmong(a, literals expression) expression {
	one, ok := a.(*onlyOne)
	if !ok || !t.isText(one.slot) {
		return nil
	}
	if y, ok := t.symbols(literals); ok {
		return &oneAmong{*one, y}
	}
	return nil
}

func (t *translator) anyAmong(a, literals expression) expression {
	d, ok := a.(*designator)
	if !ok || !t.isText(d.slot) {
		return nil
	}
	if y, ok := t.symbols(literals); ok {
		return &anyAmong{*d, y}
	}
	return nil
}

// isText tells whether values of the slot have symbols.
func (t *translator) isText(s Slot) bool {
	typ := t.attributes.slots[s].key.Type
	return typ == value.TypeString || typ == value.TypeAnyURI
}

// symbols is the symbols of a constant, a value or a bag, sorted.
func (t *translator) symbols(x expression) ([]symbol.Symbol, bool) {
	c, ok := x.(*constant)
	if !ok {
		return nil, false
	}
	values := []value.Value(nil)
	switch d := c.value.(type) {
	case value.Bag:
		values = d.Values()
	case value.Value:
		values = []value.Value{d}
	}
	out := make([]symbol.Symbol, len(values))
	for i, v := range values {
		out[i] = t.symbol(v)
	}
	slices.Sort(out)
	return slices.Compact(out), true
}

// order tells where the only value of an attribute lies if a comparison with
// literals holds; nil if the application is no such comparison.
func order(f *function.Function, arguments []expression) (Slot, []index.Range) {
	if f.ID == xacml.Function2+"time-in-range" {
		return timeRange(arguments)
	}
	if len(arguments) != 2 {
		return 0, nil
	}
	one, ok := arguments[0].(*onlyOne)
	other := arguments[1]
	turned := !ok
	if turned {
		one, ok = arguments[1].(*onlyOne)
		other = arguments[0]
	}
	limit, isConstant := other.(*constant)
	if !ok || !isConstant {
		return 0, nil
	}
	v, ok := limit.value.(value.Value)
	if !ok || v.Type() == value.TypeTime {
		return 0, nil
	}
	n, ok := value.Ordinal(v)
	if !ok {
		return 0, nil
	}
	name := strings.TrimPrefix(f.ID, xacml.Function1+v.Type().String()+"-")
	below, above := index.Range{Low: math.MinInt64, High: n}, index.Range{Low: n, High: math.MaxInt64}
	if turned { // the literal is the first argument
		below, above = above, below
	}
	switch name {
	case "equal":
		return one.slot, []index.Range{{Low: n, High: n}}
	case "less-than", "less-than-or-equal":
		return one.slot, []index.Range{below}
	case "greater-than", "greater-than-or-equal":
		return one.slot, []index.Range{above}
	default:
		return 0, nil
	}
}

// timeRange is order for time-in-range, which goes around the clock. A bound
// without a time zone has that of the time, so that nothing is known of it.
func timeRange(arguments []expression) (Slot, []index.Range) {
	one, ok := arguments[0].(*onlyOne)
	low, lowOK := arguments[1].(*constant)
	high, highOK := arguments[2].(*constant)
	if !ok || !lowOK || !highOK || !low.value.(value.Time).HasZone() || !high.value.(value.Time).HasZone() {
		return 0, nil
	}
	from, _ := value.Ordinal(low.value.(value.Time))
	to, _ := value.Ordinal(high.value.(value.Time))
	switch {
	case from < to:
		return one.slot, []index.Range{{Low: from, High: to}}
	case from > to:
		return one.slot, []index.Range{{Low: from, High: math.MaxInt64}, {Low: math.MinInt64, High: to}}
	default: // a moment, or all of the day but one
		return 0, nil
	}
}

// prefixOf tells with what the only value of an attribute, a string, begins if
// the function holds; empty if nothing is known.
func prefixOf(f *function.Function, arguments []expression) (Slot, string) {
	if f.ID != xacml.Function3+"string-starts-with" && f.ID != xacml.Function1+"string-regexp-match" {
		return 0, ""
	}
	c, ok := arguments[0].(*constant)
	one, isOne := arguments[1].(*onlyOne)
	if !ok || !isOne {
		return 0, ""
	}
	pattern := c.value.(value.String)
	text := nfc(string(pattern)) // as the functions have it (§7.1.1)
	if strings.HasSuffix(f.ID, "-match") {
		// A constant that was no literal may be no expression: it fails on any text.
		if f.CheckLiterals([]value.Value{pattern, nil}) != nil {
			return 0, ""
		}
		return one.slot, regexpPrefix(text)
	}
	return one.slot, text
}

// regexpPrefix is what a text begins with if it matches the expression, as far
// as that can be seen at a glance: plain characters after ^, and no choice.
func regexpPrefix(pattern string) string {
	rest, anchored := strings.CutPrefix(pattern, "^")
	if !anchored || strings.Contains(pattern, "|") {
		return ""
	}
	n := 0
	for n < len(rest) && isPlain(rest[n]) {
		n++
	}
	if n > 0 && n < len(rest) && strings.IndexByte("?*{", rest[n]) >= 0 {
		n-- // the last one may be missing
	}
	return rest[:n]
}

// isPlain tells whether a character of a regular expression stands for itself.
func isPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_:/ @=,;", c) >= 0
}
