package xacmlxml

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// Pitfall 46: a DOCTYPE is refused wherever it is.
func TestXML_NotWellFormed(t *testing.T) {
	const syntax, doctype = policy.ReasonParse, policy.ReasonDoctype
	tests := []struct {
		name, input string
		at          policy.Position
		reason      policy.Reason
	}{
		{"empty", "", policy.Position{Line: 1, Column: 1}, syntax},
		{"only white space", " \n ", policy.Position{Line: 2, Column: 2}, syntax},
		{"only a comment", "<!-- a -->", policy.Position{Line: 1, Column: 11}, syntax},
		{"only a declaration", `<?xml version="1.0"?>`, policy.Position{Line: 1, Column: 22}, syntax},
		{"truncated in a tag", "<a\n b='c", policy.Position{Line: 2, Column: 6}, syntax},
		{"truncated in text", "<a>\n <b/>", policy.Position{Line: 2, Column: 6}, syntax},
		{"truncated in a comment", "<a><!-- ", policy.Position{Line: 1, Column: 9}, syntax},
		{"two roots", "<a/>\n<b/>", policy.Position{Line: 2, Column: 1}, syntax},
		{"text before the root", "x<a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"text after the root", "<a/>\nx", policy.Position{Line: 1, Column: 5}, syntax},
		{"CDATA after the root", "<a/><![CDATA[ ]]>", policy.Position{Line: 1, Column: 5}, syntax},
		{"reference around the root", "<a/>&#32;", policy.Position{Line: 1, Column: 5}, syntax},
		{"end tag of another element", "<a>\n<b></a></b>", policy.Position{Line: 2, Column: 4}, syntax},
		{"end tag with another prefix", `<p:a xmlns:p="u" xmlns:q="u"></q:a>`, policy.Position{Line: 1, Column: 30}, syntax},
		{"end tag without start", "<a/></a>", policy.Position{Line: 1, Column: 5}, syntax},
		{"DOCTYPE", "<!DOCTYPE a>\n<a/>", policy.Position{Line: 1, Column: 1}, doctype},
		{"DOCTYPE with entities", "\n<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", policy.Position{Line: 2, Column: 1}, doctype},
		{"DOCTYPE in the root", "<a><!DOCTYPE a></a>", policy.Position{Line: 1, Column: 4}, doctype},
		{"markup declaration", "<a><!ELEMENT b></a>", policy.Position{Line: 1, Column: 4}, syntax},
		{"processing instruction before", "<?p d?><a/>", policy.Position{Line: 1, Column: 1}, doctype},
		{"processing instruction within", "<a>\n<?p d?></a>", policy.Position{Line: 2, Column: 1}, doctype},
		{"processing instruction after", "<a/><?p?>", policy.Position{Line: 1, Column: 5}, doctype},
		{"processing instruction like the declaration", "<?xml-stylesheet href='x'?><a/>", policy.Position{Line: 1, Column: 1}, doctype},
		{"late declaration", " <?xml version='1.0'?><a/>", policy.Position{Line: 1, Column: 2}, doctype},
		{"declaration without version", "<?xml encoding='UTF-8'?><a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"declaration with nothing", "<?xml ?><a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"declaration out of order", "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"declaration twice the version", "<?xml version='1.0' version='1.0'?><a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"declaration with more", "<?xml version='1.0' a='b'?><a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"declaration with text", "<?xml version='1.0' a?><a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"standalone maybe", "<?xml version='1.0' standalone='maybe'?><a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"no space in the declaration", "<?xml version='1.0'encoding='UTF-8'?><a/>", policy.Position{Line: 1, Column: 20}, syntax},
		{"version 1.1", "<?xml version='1.1'?><a/>", policy.Position{Line: 1, Column: 22}, syntax},
		{"encoding latin 1", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"encoding US-ASCII with more", "<?xml version='1.0' encoding='US-ASCII'?>\n<a>é</a>", policy.Position{Line: 2, Column: 4}, syntax},
		{"UTF-16", "\xFE\xFF\x00<\x00a\x00/\x00>", policy.Position{Line: 1, Column: 1}, syntax},
		{"two byte order marks", "\uFEFF\uFEFF<a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"invalid UTF-8 in text", "<a>\n\xFF</a>", policy.Position{Line: 2, Column: 1}, syntax},
		{"invalid UTF-8 in a comment", "<a><!--\xC0\x80--></a>", policy.Position{Line: 1, Column: 8}, syntax},
		{"surrogate in UTF-8", "<a>\xED\xA0\x80</a>", policy.Position{Line: 1, Column: 4}, syntax},
		{"NUL", "<a>\x00</a>", policy.Position{Line: 1, Column: 4}, syntax},
		{"control character in a comment", "<a><!--\x01--></a>", policy.Position{Line: 1, Column: 8}, syntax},
		{"not a character", "<a>\uFFFE</a>", policy.Position{Line: 1, Column: 4}, syntax},
		{"reference to a surrogate", "<a>&#xD800;</a>", policy.Position{Line: 1, Column: 4}, syntax},
		{"reference to NUL", "<a>&#0;</a>", policy.Position{Line: 1, Column: 8}, syntax},
		{"reference to a surrogate in an attribute", "<a b='&#xDFFF;'/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"reference to a control character in an attribute", "<a b='&#1;'/>", policy.Position{Line: 1, Column: 12}, syntax},
		{"unknown entity", "<a>&b;</a>", policy.Position{Line: 1, Column: 7}, syntax},
		{"unfinished reference", "<a>&amp</a>", policy.Position{Line: 1, Column: 8}, syntax},
		{"end of CDATA in text", "<a>]]></a>", policy.Position{Line: 1, Column: 7}, syntax},
		{"two hyphens in a comment", "<a><!-- -- --></a>", policy.Position{Line: 1, Column: 12}, syntax},
		{"less-than in an attribute", "<a b='<'/>", policy.Position{Line: 1, Column: 8}, syntax},
		{"attribute without quotes", "<a b=c/>", policy.Position{Line: 1, Column: 7}, syntax},
		{"attribute without value", "<a b/>", policy.Position{Line: 1, Column: 6}, syntax},
		{"no space between attributes", "<a\nb='1'c='2'/>", policy.Position{Line: 2, Column: 6}, syntax},
		{"attribute twice", "<a b='1'\n b='2'/>", policy.Position{Line: 2, Column: 2}, syntax},
		{"attribute twice by namespace", "<a xmlns:p='u' xmlns:q='u' p:b='1'\n q:b='2'/>", policy.Position{Line: 2, Column: 2}, syntax},
		{"declaration twice", "<a xmlns:p='u' xmlns:p='u'/>", policy.Position{Line: 1, Column: 16}, syntax},
		{"default declared twice", "<a xmlns='u' xmlns='u'/>", policy.Position{Line: 1, Column: 14}, syntax},
		{"undeclared prefix of an element", "<a>\n<p:b/></a>", policy.Position{Line: 2, Column: 1}, syntax},
		{"undeclared prefix of an attribute", "<a p:b='1'/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"prefix out of scope", "<a><b xmlns:p='u'/><p:c/></a>", policy.Position{Line: 1, Column: 20}, syntax},
		{"prefix bound to nothing", "<a xmlns:p=''/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"xml bound elsewhere", "<a xmlns:xml='u'/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"namespace of xml elsewhere", "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"namespace of xml by default", "<a xmlns='http://www.w3.org/XML/1998/namespace'/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"xmlns declared", "<a xmlns:xmlns='u'/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"namespace of xmlns", "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"element with prefix xmlns", "<xmlns:a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"empty prefix", "<:a/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"empty local name", "<a:/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"two colons", "<a:b:c/>", policy.Position{Line: 1, Column: 7}, syntax},
		{"local name that starts with a digit", "<a:1 xmlns:a='u'/>", policy.Position{Line: 1, Column: 1}, syntax},
		{"attribute with empty local name", "<a xmlns:='u'/>", policy.Position{Line: 1, Column: 4}, syntax},
		{"space before a name", "< a/>", policy.Position{Line: 1, Column: 2}, syntax},
		{"name that starts with a digit", "<1/>", policy.Position{Line: 1, Column: 3}, syntax},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, f := parse([]byte(test.input), DefaultLimits())
			if f == nil {
				t.Fatalf("got accepted, want refused: %q", test.input)
			}
			if f.Position != test.at || f.reason != test.reason {
				t.Errorf("got %v %s %q, want %v %s: %q", f.Position, f.reason, f.message, test.at, test.reason, test.input)
			}
		})
	}
}

func TestXML_Limits(t *testing.T) {
	limits := Limits{
		Document: 1000, Depth: 3, Nodes: 5, Attributes: 3, AttributeValue: 10, Text: 20, Name: 8, Namespaces: 3,
	}.filled()
	tests := []struct {
		name, ok, tooMuch string
		at                policy.Position
		reason            policy.Reason
	}{
		{
			"document", "<a>" + strings.Repeat(" ", 20) + "</a>" + strings.Repeat(" ", 973),
			"<a/>" + strings.Repeat(" ", 997),
			policy.Position{},
			policy.ReasonSize,
		},
		{"depth", "<a><b><c/></b></a>", "<a><b><c><d/></c></b></a>", policy.Position{Line: 1, Column: 10}, policy.ReasonDepth},
		{"nodes", "<a><b/>t<!----><b/></a>", "<a><b/>t<!----><b/><b/></a>", policy.Position{Line: 1, Column: 20}, policy.ReasonSize},
		{"attributes", "<a b='' c='' d=''/>", "<a b='' c='' d='' e=''/>", policy.Position{Line: 1, Column: 19}, policy.ReasonSize},
		{"attribute value", "<a b='0123456789'/>", "<a b='0123456789a'/>", policy.Position{Line: 1, Column: 4}, policy.ReasonSize},
		{"text", "<a>0123456789<b/>0123456789</a>", "<a>0123456789<b/><![CDATA[0123456789 ]]></a>", policy.Position{Line: 1, Column: 18}, policy.ReasonSize},
		{"element name", "<a2345678/>", "<a23456789/>", policy.Position{Line: 1, Column: 1}, policy.ReasonSize},
		{"attribute name", "<a a2345678=''/>", "<a a23456789=''/>", policy.Position{Line: 1, Column: 4}, policy.ReasonSize},
		{
			"namespaces", "<a xmlns='u' xmlns:p='u'><b xmlns='v'/><b xmlns='w'/></a>",
			"<a xmlns='u' xmlns:p='u'><b xmlns='v' xmlns:p='v'/></a>",
			policy.Position{Line: 1, Column: 39},
			policy.ReasonSize,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, f := parse([]byte(test.ok), limits); f != nil {
				t.Errorf("got %v %q, want accepted: %q", f.Position, f.message, test.ok)
			}
			_, f := parse([]byte(test.tooMuch), limits)
			if f == nil {
				t.Fatalf("got accepted, want refused: %q", test.tooMuch)
			}
			if f.Position != test.at || f.reason != test.reason {
				t.Errorf("got %v %s %q, want %v %s: %q", f.Position, f.reason, f.message, test.at, test.reason, test.tooMuch)
			}
		})
	}
}

// TestXML_LimitsHoldBeforeMemoryIsSpent checks that what is too large is not
// built first.
func TestXML_LimitsHoldBeforeMemoryIsSpent(t *testing.T) {
	tests := map[string]string{
		"attributes":      "<a" + strings.Repeat(" b=''", 1_000_000) + "/>",
		"attribute value": "<a b='" + strings.Repeat("x", 8<<20) + "'/>",
		"depth":           strings.Repeat("<a>", 1_000_000),
		"entity name":     "<a>&" + strings.Repeat("x", 1<<20),
		"comment":         "<a><!--" + strings.Repeat("x", 1<<20),
	}
	for name, input := range tests {
		t.Run(name, func(t *testing.T) {
			_, f := parse([]byte(input), DefaultLimits())
			if f == nil {
				t.Fatal("got accepted, want refused")
			}
			if len(f.message) > 400 {
				t.Errorf("got a message of %d bytes, want a short one", len(f.message))
			}
		})
	}
	oversized := make([]byte, 100<<20)
	allocs := testing.AllocsPerRun(1, func() {
		if _, f := parse(oversized, DefaultLimits()); f == nil || f.reason != policy.ReasonSize {
			t.Errorf("got %v, want refused for its size", f)
		}
	})
	if allocs > 10 {
		t.Errorf("got %v allocations for a document that is too large, want few", allocs)
	}
}

// dump is a tree as text, with expanded names.
func dump(b *strings.Builder, e *element) {
	b.WriteString("<{" + e.space + "}" + e.local)
	for _, a := range e.attributes {
		b.WriteString(" {" + a.space + "}" + a.local + "=" + quote(a.value))
	}
	b.WriteString(">")
	for _, n := range e.content {
		switch n := n.(type) {
		case *element:
			dump(b, n)
		case text:
			b.WriteString(string(n))
		case comment:
			b.WriteString("<!--" + string(n) + "-->")
		}
	}
	b.WriteString("</>")
}

// Pitfall 48: text is kept as it is, through comments and CDATA sections.
func TestXML_Tree(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"byte order mark", "\uFEFF<a/>", `<{}a></>`},
		{"declaration", "<?xml version = '1.0'\n encoding=\"us-Ascii\" standalone='no' ?><a/>", `<{}a></>`},
		{"white space and comments around", "\n<!--x-->\n<a/>\n<!---->\n", `<{}a></>`},
		{
			"namespaces", `<p:a xmlns:p="u" xmlns="v" b="1" p:b="2" xml:lang="en"><c xmlns=""/><d/></p:a>`,
			`<{u}a {}b="1" {u}b="2" {http://www.w3.org/XML/1998/namespace}lang="en"><{}c></><{v}d></></>`,
		},
		{"declaration after use", `<a p:b="1" xmlns:p="u"/>`, `<{}a {u}b="1"></>`},
		{"declaration of xml", `<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>`, `<{}a></>`},
		{"2.11 line ends", "<a>\r\n\r\r\n</a>", "<{}a>\n\n\n</>"},
		{"2.11 line ends in CDATA and comments", "<a><![CDATA[\r\n]]><!--\r--></a>", "<{}a>\n<!--\n--></>"},
		{"2.11 line ends by reference stay", "<a>&#13;&#10;&#xD;</a>", "<{}a>\r\n\r</>"},
		{"3.3.3 normalisation", "<a b='\t\r\n\n \r&#9;&#10;&#13;'/>", `<{}a {}b="     \t\n\r"></>`},
		{"references", "<a b='&lt;&amp;&quot;'>&gt;&apos;&#x1F600;&#65;</a>", "<{}a {}b=\"<&\\\"\">>'😀A</>"},
		{"comments divide text", "<a>b<!-- c -->d<![CDATA[<e>&f;]]></a>", "<{}a>b<!-- c -->d<e>&f;</>"},
		{"spaces in tags", "<a\n b = 'c' ></a\n>", `<{}a {}b="c"></>`},
		{"names of many scripts", "<é:ë xmlns:é='u'/>", `<{u}ë></>`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root, f := parse([]byte(test.input), DefaultLimits())
			if f != nil {
				t.Fatalf("got %v %q, want accepted: %q", f.Position, f.message, test.input)
			}
			var b strings.Builder
			dump(&b, root)
			if diff := cmp.Diff(test.want, b.String()); diff != "" {
				t.Errorf("wrong tree (-want +got):\n%s%q", diff, test.input)
			}
		})
	}
}

func TestXML_Positions(t *testing.T) {
	const input = "\uFEFF<?xml version='1.0'?>\n<a>é<b\n  c='1'\r\n d='2'/>\n</a>"
	root, f := parse([]byte(input), DefaultLimits())
	if f != nil {
		t.Fatal(f.message)
	}
	b := root.first("b")
	if b == nil {
		b = root.elements()[0]
	}
	got := []policy.Position{root.Position, b.Position, b.attributes[0].Position, b.attributes[1].Position}
	want := []policy.Position{{Line: 2, Column: 1}, {Line: 2, Column: 6}, {Line: 3, Column: 3}, {Line: 4, Column: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong positions (-want +got):\n%s", diff)
	}
}

// events is the tree as a list of tags and texts, with expanded names.
func events(e *element, list []string) []string {
	list = append(list, "<{"+e.space+"}"+e.local, "")
	for _, n := range e.content {
		switch n := n.(type) {
		case *element:
			list = events(n, list)
		case text:
			list[len(list)-1] += string(n)
		case comment:
		}
	}
	return append(list, ">", "")
}

// FuzzXML checks that the reader does not panic, and that what it accepts is the
// same document for encoding/xml.
func FuzzXML(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	for _, s := range fragments {
		f.Add([]byte("<a>" + s + "</a>"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		root, fault := parse(data, DefaultLimits())
		if fault != nil {
			return
		}
		dec := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(data), "\uFEFF")))
		dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
		var want []string
		for {
			token, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("got accepted, encoding/xml refuses: %v", err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				want = append(want, "<{"+token.Name.Space+"}"+token.Name.Local, "")
			case xml.EndElement:
				want = append(want, ">", "")
			case xml.CharData:
				if n := len(want); n > 0 {
					want[n-1] += string(token)
				}
			}
		}
		want[len(want)-1] = "" // white space after the root
		if diff := cmp.Diff(want, events(root, nil)); diff != "" {
			t.Fatalf("got another document than encoding/xml (-want +got):\n%s%q", diff, data)
		}
	})
}
