package xpath

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes random valid expressions in the long form. It leaves out
// where libxml2 is known to differ from the Recommendation:
//
//   - following:: from an attribute or namespace node leaves out what is below
//     the element (2.2);
//   - numbers are written with 15 digits and, if large or small, with an
//     exponent, which is also read (4.2, 4.4), so products and quotients are
//     kept small and of few digits;
//   - a minus sign alone is read as a number (4.4);
//   - xmlns="" makes a namespace node (5.4);
//   - namespace nodes are not sorted with other nodes in document order
//     (section 5), so they stand where order does not matter.
type generator struct {
	*rand.Rand
	budget int // how much may still be nested
	inside int // predicates around
}

// of picks one.
func (g *generator) of(choices ...string) string { return choices[g.IntN(len(choices))] }

// expression is an expression of any type.
func (g *generator) expression() string {
	g.budget, g.inside = 3+g.IntN(18), 0
	switch g.IntN(6) {
	case 0:
		return g.number(false)
	case 1:
		return g.text(false)
	case 2:
		return g.boolean(false)
	default:
		nodes, _ := g.nodes(false)
		return nodes
	}
}

// spent takes from the budget, and reports whether it is used up.
func (g *generator) spent() bool {
	g.budget--
	return g.budget < 0
}

// nodes is an expression for a node-set. A leaf is an attribute or namespace
// node; it says whether the context may be one, or the result.
func (g *generator) nodes(leaf bool) (source string, leaves bool) {
	switch g.IntN(12) {
	case 0:
		if !g.spent() {
			a, leafA := g.nodes(leaf)
			b, leafB := g.nodes(leaf)
			return "(" + a + " | " + b + ")", leafA || leafB
		}
	case 1:
		if !g.spent() {
			a, leafA := g.nodes(leaf)
			return "(" + a + ")" + g.predicate(leafA), leafA
		}
	case 2:
		if !g.spent() {
			a, leafA := g.nodes(leaf)
			steps, leaves := g.steps(leafA)
			return "(" + a + ")" + g.of("/", "//") + steps, leaves
		}
	case 3:
		return "id('" + g.of("i", "j", "x1", "x2", "i j", "x2 x1 none") + "')", false
	case 4:
		return g.of("/", "self::node()", "parent::node()"), leaf
	case 5:
		return g.spaces(leaf) + "/" + g.of("parent::node()", "parent::*[1]", "ancestor::*", "ancestor-or-self::*[2]",
			"preceding::node()", "descendant-or-self::node()/parent::*", "following-sibling::node()", "child::node()",
			"attribute::*", "self::node()/parent::*", "self::*"), false
	case 6:
		return g.steps(leaf)
	}
	steps, leaves := g.steps(false)
	return g.of("/", "//", "/descendant::node()/", "/descendant-or-self::*/") + steps, leaves
}

// spaces is an expression for namespace nodes.
func (g *generator) spaces(leaf bool) string {
	source := "descendant-or-self::*"
	if !g.spent() {
		source, _ = g.nodes(leaf)
	}
	return "(" + source + ")" + g.of("/", "//", "[1]/") + "namespace::" +
		g.of("*[. != '']", "node()[string() != '']", "p", "q", "xml", "none", "*[name() = 'p']", "*[. = 'urn:p']")
}

// steps is a relative path.
func (g *generator) steps(leaf bool) (source string, leaves bool) {
	var parts []string
	for range 1 + g.IntN(3) {
		var step string
		step, leaf = g.step(leaf)
		parts = append(parts, step)
	}
	var b strings.Builder
	b.WriteString(parts[0])
	for _, part := range parts[1:] {
		b.WriteString(g.of("/", "/", "/", "//") + part)
	}
	return b.String(), leaf
}

func (g *generator) step(leaf bool) (source string, leaves bool) {
	axis := g.of("child", "child", "child", "descendant", "descendant", "descendant-or-self", "self", "parent",
		"ancestor", "ancestor-or-self", "following", "following-sibling", "preceding", "preceding-sibling",
		"attribute", "attribute")
	if axis == "following" && leaf {
		axis = "parent"
	}
	switch axis {
	case "attribute":
		leaf = true
		source = "attribute::" + g.of("n", "*", "id", "p:n", "p:*", "q:n", "xml:lang", "xml:*", "node()")
	default:
		leaf = leaf && (axis == "self" || axis == "ancestor-or-self" || axis == "descendant-or-self")
		source = axis + "::" + g.of("*", "*", "node()", "node()", "text()", "comment()", "processing-instruction()",
			"processing-instruction('go')", "a", "b", "k", "p:a", "p:*", "q:a", "q:*", "d:b", "d:*", "plain")
	}
	for g.IntN(3) == 0 && !g.spent() {
		source += g.predicate(leaf)
	}
	return source, leaf
}

func (g *generator) predicate(leaf bool) string {
	g.inside++
	defer func() { g.inside-- }()
	switch g.IntN(8) {
	case 0:
		return "[" + g.of("1", "2", "3", "last()", "last() - 1", "position() mod 2") + "]"
	case 1:
		return "[position() " + g.of("=", "!=", "<", ">=") + " " + g.number(leaf) + "]"
	case 2:
		return "[" + g.number(leaf) + "]"
	case 3:
		return "[" + g.text(leaf) + "]"
	case 4:
		nodes, _ := g.nodes(leaf)
		return "[" + nodes + "]"
	default:
		return "[" + g.boolean(leaf) + "]"
	}
}

func (g *generator) boolean(leaf bool) string {
	if g.spent() {
		return g.of("true()", "false()", "lang('no')")
	}
	switch g.IntN(10) {
	case 9:
		return g.of("boolean(", "not(", "('urn:p' = ", "('urn:d' != ") + g.spaces(leaf) + ")"
	case 0:
		return "(" + g.boolean(leaf) + " " + g.of("and", "or") + " " + g.boolean(leaf) + ")"
	case 1:
		return "not(" + g.any(leaf) + ")"
	case 2:
		return "boolean(" + g.any(leaf) + ")"
	case 3:
		return g.of("contains", "starts-with") + "(" + g.any(leaf) + ", " + g.text(leaf) + ")"
	case 4:
		return "lang('" + g.of("no", "NO-no", "en", "en-gb", "n", "") + "')"
	default:
		return "(" + g.any(leaf) + " " + g.of("=", "!=", "<", "<=", ">", ">=") + " " + g.any(leaf) + ")"
	}
}

func (g *generator) number(leaf bool) string {
	if g.spent() {
		return g.of("0", "1", "2", "3", "0.5", "2.5", "-1", "-0.5", "-0", "10", ".25")
	}
	switch g.IntN(13) {
	case 12:
		return "count(" + g.spaces(leaf) + ")"
	case 0, 1:
		nodes, _ := g.nodes(leaf)
		return "count(" + nodes + ")"
	case 2:
		nodes, _ := g.nodes(leaf)
		return "sum(" + nodes + ")"
	case 3:
		nodes, _ := g.nodes(leaf)
		return "number(" + nodes + ")"
	case 4:
		return "number(" + g.of("'12'", "' -3.5 '", "'.5'", "'5.'", "'x'", "''", "'1 2'", "true()", "'--1'", "'\t7\n'") + ")"
	case 5:
		return g.of("floor", "ceiling", "round") + "(" + g.number(leaf) + ")"
	case 6:
		return "(" + g.number(leaf) + " " + g.of("+", "-", "mod") + " " + g.number(leaf) + ")"
	case 7:
		return "((" + g.number(leaf) + " * " + g.number(leaf) + ") mod 17)"
	case 8:
		return "(" + g.number(leaf) + " div " + g.of("2", "4", "0.5", "0", "-2", "-0") + ")"
	case 9:
		if g.inside > 0 {
			return g.of("position()", "last()")
		}
		return "-" + g.number(leaf)
	case 10:
		return "string-length(" + g.any(leaf) + ")"
	default:
		return "- " + g.number(leaf)
	}
}

func (g *generator) text(leaf bool) string {
	if g.spent() {
		return g.of("'x'", "''", "'2'", "'a'", "'k'", "' y '", "'æ'", "'no'", "'go'", "'xyz'")
	}
	switch g.IntN(11) {
	case 10:
		nodes, _ := g.nodes(leaf)
		return g.of("name", "string") + "((" + nodes + ")[1]/namespace::" + g.of("p", "q", "xml") + ")"
	case 0:
		return "string(" + g.any(leaf) + ")"
	case 1:
		return "concat(" + g.text(leaf) + ", " + g.any(leaf) + ")"
	case 2:
		return g.of("substring-before", "substring-after") + "(" + g.any(leaf) + ", " + g.text(leaf) + ")"
	case 3:
		return "substring(" + g.any(leaf) + ", " + g.number(leaf) + ")"
	case 4:
		return "substring(" + g.any(leaf) + ", " + g.number(leaf) + ", " + g.number(leaf) + ")"
	case 5:
		return "normalize-space(" + g.any(leaf) + ")"
	case 6:
		return fmt.Sprintf("translate(%s, %s, %s)", g.any(leaf), g.text(leaf), g.text(leaf))
	case 7:
		return g.of("string()", "normalize-space()", "name()", "local-name()", "namespace-uri()")
	default:
		nodes, _ := g.nodes(leaf)
		return g.of("name", "local-name", "namespace-uri", "string") + "(" + nodes + ")"
	}
}

// any is an expression of any type, most often for a node-set.
func (g *generator) any(leaf bool) string {
	switch g.IntN(6) {
	case 0:
		return g.number(leaf)
	case 1:
		return g.text(leaf)
	case 2:
		return g.boolean(leaf)
	default:
		nodes, _ := g.nodes(leaf)
		return nodes
	}
}
