package xpath

import (
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// sample is a document with all kinds of nodes.
const sample = `<r xmlns="urn:d" xmlns:p="urn:p" xml:lang="en">` +
	`<p:a id="1" p:id="2" n="10">one</p:a>` +
	`<p:a id="2" n="9">two<b xmlns="" xml:id="x1">2</b><!--note--></p:a>` +
	`<plain xmlns="" xml:id="x2" xml:lang="en-GB"><k>1</k><k>2</k><k>3</k><k>x</k><e/></plain>` +
	`<?go  fast?><text>a<![CDATA[<]]>b</text> <q xmlns:p="urn:other"><p:a/></q>` +
	`</r>`

// document is the document of some XML.
func document(t testing.TB, xml string) *Document {
	t.Helper()
	d := etree.NewDocument()
	if err := d.ReadFromString(xml); err != nil {
		t.Fatal(err)
	}
	return NewDocument(d.Root())
}

func bindings() value.Namespaces {
	return value.NewNamespaces(map[string]string{
		"p": "urn:p", "d": "urn:d", "q": "urn:q", "xs": xmlSchemaNamespace, "fn": xpathFunctionsNamespace, "none": "",
	})
}

// evaluate is the value of an expression at the document node.
func evaluate(t testing.TB, d *Document, source string) Result {
	t.Helper()
	x, err := Compile(source, bindings())
	if err != nil {
		t.Errorf("got error %v, want a compiled expression, input: %s", err, source)
		return Result{}
	}
	r, err := x.Evaluate(d.Root(), nil)
	if err != nil {
		t.Errorf("got error %v, want a value, input: %s", err, source)
		return Result{}
	}
	if r.Type() != x.Type() {
		t.Errorf("got type %v, want %v as compiled, input: %s", r.Type(), x.Type(), source)
	}
	return r
}

// show is a value in one line: the paths of nodes, "-" for none.
func show(r Result) string {
	if r.Type() != TypeNodeSet {
		return r.Text()
	}
	if len(r.Nodes()) == 0 {
		return "-"
	}
	paths := make([]string, len(r.Nodes()))
	for i, n := range r.Nodes() {
		paths[i] = n.Path()
	}
	return strings.Join(paths, " ")
}

// table is lines of an expression, "=>" and what it gives over the sample.
func table(t *testing.T, lines string) {
	t.Helper()
	d := document(t, sample)
	for line := range strings.Lines(lines) {
		source, want, ok := strings.Cut(strings.TrimSpace(line), " => ")
		if !ok {
			continue
		}
		if got := show(evaluate(t, d, source)); got != strings.TrimSpace(want) {
			t.Errorf("got %s, want %s, input: %s", got, want, source)
		}
	}
}

func Test2_2_Axes(t *testing.T) {
	table(t, `
		/ => /
		/* => /*
		/*/child::p:a => /*/*[1] /*/*[2]
		/child::node()/child::p:*/attribute::* => /*/*[1]/@id /*/*[1]/@*[local-name() = 'id' and namespace-uri() = 'urn:p'] /*/*[1]/@n /*/*[2]/@id /*/*[2]/@n
		//k[3]/preceding-sibling::* => /*/*[3]/*[1] /*/*[3]/*[2]
		//k[3]/preceding-sibling::*[1] => /*/*[3]/*[2]
		//k[3]/following-sibling::* => /*/*[3]/*[4] /*/*[3]/*[5]
		//k[3]/ancestor::* => /* /*/*[3]
		//k[3]/ancestor::*[1] => /*/*[3]
		//k[3]/ancestor::node()[3] => /
		//k[3]/ancestor-or-self::*[1] => /*/*[3]/*[3]
		//k[3]/preceding::* => /*/*[1] /*/*[2] /*/*[2]/* /*/*[3]/*[1] /*/*[3]/*[2]
		//k[3]/preceding::*[3] => /*/*[2]/*
		//k[4]/following::* => /*/*[3]/*[5] /*/*[4] /*/*[5] /*/*[5]/*
		//k[3]/following::*[2] => /*/*[3]/*[5]
		//k[3]/parent::plain => /*/*[3]
		//k[3]/parent::p:a => -
		//k[3]/self::k => /*/*[3]/*[3]
		//k[3]/self::plain => -
		//plain/descendant::* => /*/*[3]/*[1] /*/*[3]/*[2] /*/*[3]/*[3] /*/*[3]/*[4] /*/*[3]/*[5]
		//plain/descendant-or-self::*[1] => /*/*[3]
		//plain/descendant::node()[2] => /*/*[3]/*[1]/text()
		count(//@*/following::text()) => 9
		//p:a[2]/@id/following::node()[1] => /*/*[2]/text()
		//p:a[2]/@id/preceding::* => /*/*[1]
		//p:a[2]/@id/ancestor::* => /* /*/*[2]
		//p:a[2]/@id/parent::* => /*/*[2]
		//p:a[2]/@id/self::* => -
		//p:a[2]/@id/self::node() => /*/*[2]/@id
		//p:a[2]/@id/descendant-or-self::node() => /*/*[2]/@id
		//p:a[2]/@id/child::node() => -
		//p:a[2]/@id/following-sibling::node() => -
		//p:a[2]/@id/@* => -
		//b/namespace::* => /*/*[2]/*/namespace::xml /*/*[2]/*/namespace::p
		/*/namespace::* => /*/namespace::xml /*/namespace::*[name() = ''] /*/namespace::p
		string(//d:q/p:a/namespace::p) =>
		string(//d:q/*/namespace::p) => urn:other
		string(/*/namespace::xml) => http://www.w3.org/XML/1998/namespace
		/*/namespace::p/.. => /*
		/*/namespace::p/ancestor-or-self::node() => / /* /*/namespace::p
		/*/namespace::p/following::node()[1] => /*/*[1]
		count(//b/namespace::p/preceding::node()) => 3
		/*/namespace::p/node() => -
		/*/namespace::p/@* => -
		/*/namespace::p/namespace::* => -
		/*/namespace::p/descendant-or-self::node() => /*/namespace::p
		/*/namespace::p/following-sibling::node() => -
		/*/namespace::p:* => -
		/.. => -
		/@* => -
		/namespace::* => -
		/following::node() => -
		/preceding::node() => -
	`)
}

func Test2_3_NodeTests(t *testing.T) {
	table(t, `
		//text => -
		//d:text => /*/*[4]
		//d:text/text() => /*/*[4]/text()
		string(//d:text/text()) => a<b
		//comment() => /*/*[2]/comment()
		string(//comment()) => note
		//processing-instruction() => /*/processing-instruction()
		string(//processing-instruction('go')) => fast
		//processing-instruction('stop') => -
		//none => -
		//p:a => /*/*[1] /*/*[2]
		//@id => /*/*[1]/@id /*/*[2]/@id
		//@p:id => /*/*[1]/@*[local-name() = 'id' and namespace-uri() = 'urn:p']
		//@xml:lang => /*/@*[local-name() = 'lang' and namespace-uri() = 'http://www.w3.org/XML/1998/namespace'] /*/*[3]/@*[local-name() = 'lang' and namespace-uri() = 'http://www.w3.org/XML/1998/namespace']
		//@p:* => /*/*[1]/@*[local-name() = 'id' and namespace-uri() = 'urn:p']
		//d:* => /* /*/*[4] /*/*[5]
		//@xmlns => -
		//@text() => -
		//@node()[. = '10'] => /*/*[1]/@n
		/*/text() => /*/text()
	`)
}

func Test2_4_Predicates(t *testing.T) {
	table(t, `
		//k[1] => /*/*[3]/*[1]
		//k[last()] => /*/*[3]/*[4]
		//k[last() - 1] => /*/*[3]/*[3]
		//k[position() mod 2 = 0] => /*/*[3]/*[2] /*/*[3]/*[4]
		//k[position() > 1][1] => /*/*[3]/*[2]
		//k[1][position() > 1] => -
		//k[. = 2] => /*/*[3]/*[2]
		//k['x'] => /*/*[3]/*[1] /*/*[3]/*[2] /*/*[3]/*[3] /*/*[3]/*[4]
		//k[''] => -
		//k[1.5] => -
		//k[0 div 0] => -
		//*[1] => /* /*/*[1] /*/*[2]/* /*/*[3]/*[1] /*/*[5]/*
		(//*)[2] => /*/*[1]
		/descendant::*[2] => /*/*[1]
		(//k)[last()]/preceding-sibling::k[last()] => /*/*[3]/*[1]
		(//k/preceding::k)[1] => /*/*[3]/*[1]
		(//k[3]/ancestor::*)[1] => /*
		//*[k[2]] => /*/*[3]
		//*[count(k) = last() - 1] => /* /*/*[2]/* /*/*[3] /*/*[5]/*
		//*[@id and @n][1]/@n => /*/*[1]/@n
		//*[self::k or self::b][last()] => /*/*[2]/* /*/*[3]/*[4]
		//k[count(. | //k[2]) = 1] => /*/*[3]/*[2]
		//p:a[b] => /*/*[2]
	`)
}

func Test2_5_AbbreviatedSyntax(t *testing.T) {
	table(t, `
		. => /
		.. => -
		*/*/.. => /*
		//k/.. => /*/*[3]
		.//k[1] => /*/*[3]/*[1]
		//. = / => true
		count(//.) = count(//node()) + 1 => true
		//b/../@id => /*/*[2]/@id
		//plain//k[2] => /*/*[3]/*[2]
		//plain/.//k[2] => /*/*[3]/*[2]
		count(//@*//node()) => 0
		count(//@*//.) = count(//@*) => true
		/ * => /*
		//* [ 1 ] [ self :: p:a ] => /*/*[1]
	`)
}

func Test3_3_NodeSets(t *testing.T) {
	table(t, `
		//k[2] | //k[1] | //k[2] => /*/*[3]/*[1] /*/*[3]/*[2]
		(//k | //b)/text()[. = 2] => /*/*[2]/*/text() /*/*[3]/*[2]/text()
		id('x2')/k[1] => /*/*[3]/*[1]
		id('x2')//k[1] => /*/*[3]/*[1]
		(//k)[2]/following-sibling::k[1] => /*/*[3]/*[3]
		/*/namespace::p | /* | /*/@* => /* /*/namespace::p /*/@*[local-name() = 'lang' and namespace-uri() = 'http://www.w3.org/XML/1998/namespace']
		//b//text() | //@n => /*/*[1]/@n /*/*[2]/@n /*/*[2]/*/text()
	`)
}

func Test3_4_Booleans(t *testing.T) {
	table(t, `
		1 or 0 => true
		0 or '' => false
		1 and 'false' => true
		1 and //none => false
		1 = 1 = 1 => true
		3 > 2 > 1 => false
		1 < 2 = 2 > 1 => true
		1 = '1' => true
		1 = ' 1.0 ' => true
		'1' = '1.0' => false
		'a' = 'a' => true
		'a' != 'b' => true
		'a' < 'b' => false
		'1' < '2' => true
		true() = 'false' => true
		true() = 1 => true
		true() = 2 => true
		true() != 2 => false
		true() > false() => true
		true() > '0' => true
		0 div 0 = 0 div 0 => false
		0 div 0 != 0 div 0 => true
		0 = -0 => true
		//k = 2 => true
		//k != 2 => true
		//k = 5 => false
		//k < 1 => false
		//k <= 1 => true
		//k > 2.5 => true
		//k > 3 => false
		3 < //k => false
		3 <= //k => true
		//k = 'x' => true
		//k != 'x' => true
		//k[1] != '1' => false
		//k < 'x' => false
		//k > '2' => true
		'4' > //k => true
		//none = '' => false
		//none != '' => false
		//none = //none => false
		//none != //k => false
		//k[1] = //k => true
		//k[1] != //k => true
		//k[1] != //k[1] => false
		//k[position() < 3] != //k[position() < 3] => true
		//k[1] = //k[2] => false
		//k < //k => true
		//k[3] < //k => false
		//k[3] <= //k => true
		//k[1] > //k => false
		//k[4] <= //k => false
		//k >= //k[3] => true
		//k > //k[3] => false
		//k = true() => true
		//none = true() => false
		//none = false() => true
		false() != //k => true
		//none < true() => true
		true() <= //none => false
		//k[2] = //b => true
	`)
}

func Test3_5_Numbers(t *testing.T) {
	table(t, `
		1 + 2 * 3 - 4 => 3
		- 3 + 5 => 2
		--3 => 3
		-'2' => -2
		- - '2' => 2
		---//k[2] => -2
		7 div 2 => 3.5
		5 mod 2 => 1
		5 mod -2 => 1
		-5 mod 2 => -1
		-5 mod -2 => -1
		1.5 mod 0.5 => 0
		5 mod 0 => NaN
		5 mod (1 div 0) => 5
		1 div 0 => Infinity
		-1 div 0 => -Infinity
		0 div 0 => NaN
		1 div -0 => -Infinity
		'a' + 1 => NaN
		//k + //k[2] => 3
		//none + 1 => NaN
		true() + true() => 2
		10-4 => 6
		.5 + 5. => 5.5
		6 div 2 div 3 => 1
		2 * 3 mod 4 => 2
		-2 * -3 => 6
		//k[2]*//k[3] => 6
		9007199254740993 => 9007199254740992
	`)
}

func Test3_7_LexicalStructure(t *testing.T) {
	d := document(t, `<or><and>1</and><mod>7</mod><div>2</div><a-b>5</a-b><text>t</text><a.b/></or>`)
	tests := []struct{ source, want string }{
		{"/or/and", "/*/*[1]"},
		{"or and and", "false"},
		{"or/mod mod or/div", "1"},
		{"or/mod div or/div", "3.5"},
		{"or/* * 2", "2"},
		{"or/*[2]*or/*[3]", "14"},
		{"count(or/*)*2", "12"},
		{"or/a-b", "/*/*[4]"},
		{"or/a-b -or/and", "4"},
		{"or/mod -or/and", "6"},
		{"or/a.b", "/*/*[6]"},
		{"or/text/text()", "/*/*[5]/text()"},
		{"/or/child::and[.=1]", "/*/*[1]"},
		{`"it's"`, "it's"},
		{`'say "x"'`, `say "x"`},
		{"'\u00e6'", "\u00e6"},
		{"\t1\r\n+ 1 ", "2"},
		{"or\n/\nand", "/*/*[1]"},
		{"count( or/and )", "1"},
		{"(1)", "1"},
		{"/or and /or", "true"},
	}
	for _, test := range tests {
		if got := show(evaluate(t, d, test.source)); got != test.want {
			t.Errorf("got %s, want %s, input: %s", got, test.want, test.source)
		}
	}
}
