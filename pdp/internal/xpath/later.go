package xpath

import (
	"math"
	"strings"
)

// laterSymbol names the construct of a later version of XPath that the rest
// begins with.
func (l *lexer) laterSymbol() string {
	switch {
	case l.has("(:"):
		return "comment \"(:\""
	case l.has("*:") && !l.has("*::") && !l.operand():
		return "wildcard for the namespace \"*:\""
	case l.has("<<"), l.has(">>"):
		return "operator " + `"` + l.rest()[:2] + `"`
	case l.has("||"):
		return "operator \"||\""
	case l.has("=>"):
		return "operator \"=>\""
	case l.has("!") && !l.has("!="):
		return "operator \"!\""
	default:
		return ""
	}
}

// badOperator refuses a name where only an operator can stand.
func (l *lexer) badOperator(word string) error {
	if isWord(word, "eq ne lt le gt ge is to idiv union intersect except instance cast castable treat") {
		return l.errorf("operator %q: XPath 1.0 has none", word)
	}
	return l.errorf("unexpected name %q where an operator must stand", word)
}

// differs tells what XPath 2.0 makes of a comparison that it does not read as XPath
// 1.0 does, and is empty if both do the same. In XPath 2.0 the values of nodes have
// no type: beside a number they are numbers, beside a boolean they are cast to one,
// and else they are strings, in comparisons of order too; other types do not mix
// (XPath 2.0, 3.5.2). That they may be no numbers does not count as a difference.
func (x comparison) differs() string {
	l, r := x.left.static(), x.right.static()
	text := func(t Type) bool { return t == TypeString || t == TypeNodeSet }
	switch {
	case text(l) && text(r) && x.relation.ordering():
		return "XPath 2.0 compares strings here, and XPath 1.0 numbers: number() makes it clear"
	case (l == TypeBoolean) != (r == TypeBoolean):
		return "XPath 2.0 compares with a boolean in another way than XPath 1.0: boolean() or string() make it clear"
	case l == TypeString && r == TypeNumber || l == TypeNumber && r == TypeString:
		return "XPath 2.0 does not compare a string with a number: number() or string() make it clear"
	default:
		return ""
	}
}

// differs tells what XPath 2.0 makes of a call that it does not read as XPath 1.0 does:
// it writes a number that is no integer in another way, also a whole one that was
// computed from nodes (XPath Functions, 17.1.2): 1000000 as 1.0E6.
func (x call) differs() string {
	if x.function.name != "string" && x.function.name != "concat" {
		return ""
	}
	for _, arg := range x.args {
		if arg.static() == TypeNumber && !integer(arg) {
			return "XPath 2.0 writes some numbers in another way than XPath 1.0: numbers can be compared as they are"
		}
	}
	return ""
}

// integer reports whether XPath 2.0 certainly has an integer here.
func integer(x expr) bool {
	switch x := x.(type) {
	case Result:
		return x.typ == TypeNumber && x.number == math.Trunc(x.number)
	case negation:
		return integer(x.operand)
	case arithmetic:
		return x.operator != "div" && integer(x.left) && integer(x.right)
	case call:
		return isWord(x.function.name, "count last position string-length")
	default:
		return false
	}
}

// laterNodeTest reports whether name is a test on nodes that came after XPath 1.0.
func laterNodeTest(name string) bool {
	return isWord(name, `element attribute document-node schema-element schema-attribute item empty-sequence
		namespace-node map array`)
}

// laterFunction reports whether name is a function of a later version of XPath.
func laterFunction(name string) bool {
	return isWord(name, `abs adjust-date-to-timezone adjust-dateTime-to-timezone adjust-time-to-timezone avg base-uri
		codepoint-equal codepoints-to-string collection compare current-date current-dateTime current-time data
		dateTime day-from-date day-from-dateTime days-from-duration deep-equal default-collation distinct-values doc
		doc-available document-uri empty encode-for-uri ends-with error escape-html-uri exactly-one exists
		hours-from-dateTime hours-from-duration hours-from-time idref implicit-timezone in-scope-prefixes index-of
		insert-before iri-to-uri local-name-from-QName lower-case matches max min minutes-from-dateTime
		minutes-from-duration minutes-from-time month-from-date month-from-dateTime months-from-duration
		namespace-uri-for-prefix namespace-uri-from-QName nilled node-name normalize-unicode one-or-more
		prefix-from-QName QName remove replace resolve-QName resolve-uri reverse root round-half-to-even
		seconds-from-dateTime seconds-from-duration seconds-from-time static-base-uri string-join
		string-to-codepoints subsequence timezone-from-date timezone-from-dateTime timezone-from-time tokenize
		trace unordered upper-case year-from-date year-from-dateTime years-from-duration zero-or-one
		analyze-string element-with-id generate-id has-children head innermost outermost parse-xml path serialize
		sort tail for-each filter fold-left fold-right`)
}

// isWord reports whether word is one of the words of a list.
func isWord(word, list string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}
