package xacmlxml

import (
	"bytes"
	"flag"
	"math"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// anywhere compares policies wherever they stand in their documents. Values must
// be the same in every part.
var anywhere = cmp.Options{
	cmpopts.IgnoreTypes(policy.Position{}),
	cmp.Comparer(sameInEveryPart),
	cmp.Comparer(func(a, b *etree.Element) bool { return serialised(a) == serialised(b) }),
}

func sameInEveryPart(a, b value.Value) bool {
	v, isV := a.(value.Entity)
	w, isW := b.(value.Entity)
	if isV && isW {
		return sameEntity(v, w, sameInEveryPart)
	}
	return reflect.DeepEqual(a, b) || isNaN(a) && isNaN(b)
}

func isNaN(v value.Value) bool {
	return v != nil && v.Type() == value.TypeDouble && v.String() == "NaN"
}

type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

func written(t reporter, d policy.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WritePolicy(&b, d); err != nil {
		t.Fatalf("got error, want a document: %v\n%+v", err, d)
	}
	return b.Bytes()
}

// checkPolicyRoundTrip checks that a policy is what is read after it was written,
// and that it is then written in the same way. It gives what is written.
func checkPolicyRoundTrip(t reporter, want policy.Document) []byte {
	t.Helper()
	first := written(t, want)
	got, problems := ReadPolicy(want.Name, first, Limits{})
	if len(problems.Errors()) > 0 {
		t.Fatalf("got problems, want none:\n%v\n%s", problems, first)
	}
	if diff := cmp.Diff(want, got, anywhere); diff != "" {
		t.Fatalf("another policy after writing and reading (-want +got):\n%s\n%s", diff, first)
	}
	if diff := cmp.Diff(string(first), string(written(t, got))); diff != "" {
		t.Fatalf("written in two ways (-first +second):\n%s", diff)
	}
	return first
}

func TestWritePolicy_EveryElement(t *testing.T) {
	document, problems := ReadPolicy("every.xml", []byte(everything), Limits{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := checkPolicyRoundTrip(t, document)
	golden := filepath.Join("testdata", "every.xml")
	if *update {
		writeFile(t, golden, got)
	}
	if diff := cmp.Diff(string(readFile(t, golden)), string(got)); diff != "" {
		t.Errorf("written in another way (-want +got):\n%s", diff)
	}
}

func TestWritePolicy_Generated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &generator{T: t, uriRunes: nameRunes}
		checkPolicyRoundTrip(t, g.document())
	})
}

// readable are the policies of the corpora and of the project that can be read.
func readable(t *testing.T) map[string]policy.Document {
	t.Helper()
	shared := sharedFolder(t)
	names := glob(t, 182, shared, "altinn", "corpus", "*.xml")
	names = append(names, glob(t, 566, shared, "conformance", "oasis-ct", "*", "policies", "*.xml")...)
	names = append(names, glob(t, 1, "..", "..", "policies", "*.xml")...)
	documents := map[string]policy.Document{}
	for _, name := range names {
		document, problems := ReadPolicy(filepath.Base(name), readFile(t, name), Limits{})
		if len(problems.Errors()) == 0 {
			documents[name] = document
		}
	}
	return documents
}

func TestCorpus_WritePolicy(t *testing.T) {
	documents := readable(t)
	for name, document := range documents {
		t.Run(filepath.Base(name), func(t *testing.T) { checkPolicyRoundTrip(t, document) })
	}
	t.Logf("%d policies", len(documents))
}

// TestOracle_WritePolicy checks that libxml2 finds valid what is written.
func TestOracle_WritePolicy(t *testing.T) {
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed: no oracle for validity")
	}
	documents := readable(t)
	seed := rapid.Custom(func(t *rapid.T) policy.Document {
		g := &generator{T: t, uriRunes: plainRunes, coreOnly: true}
		return g.document()
	})
	var all [][]byte
	for _, document := range documents {
		all = append(all, written(t, document))
	}
	for i := range 300 {
		all = append(all, written(t, seed.Example(i)))
	}
	folder := t.TempDir()
	args := []string{"--noout", "--nonet", "--schema", schemaFile(t, sharedFolder(t))}
	for i, data := range all {
		name := filepath.Join(folder, strconv.Itoa(i)+".xml")
		writeFile(t, name, data)
		args = append(args, name)
	}
	output, err := exec.Command(program, args...).CombinedOutput()
	if err == nil {
		return
	}
	t.Errorf("got %v, want %d valid documents", err, len(all))
	for line := range strings.Lines(string(output)) {
		if !strings.HasSuffix(strings.TrimSpace(line), "validates") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// Pitfall 49: the namespaces that an XPath may use are written.
func TestWritePolicy_Namespaces(t *testing.T) {
	literal := func(namespaces map[string]string) policy.Rule {
		return policy.Rule{ID: "r", Condition: &policy.Selector{
			Category: "c", Path: "p", Type: value.TypeString, Namespaces: namespaces,
		}}
	}
	for _, tt := range []struct {
		name          string
		a, b          map[string]string
		root, onFirst int
	}{
		{"all agree", map[string]string{"m": "u", "n": "v"}, map[string]string{"m": "u", "n": "v"}, 2, 0},
		{"one is rebound", map[string]string{"m": "u", "n": "v"}, map[string]string{"m": "w", "n": "v"}, 1, 1},
		{"one is missing", map[string]string{"m": "u", "n": "v"}, map[string]string{}, 0, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := checkPolicyRoundTrip(t, policy.Document{Root: &policy.Policy{
				ID: "p", Version: "1", Algorithm: "a", Rules: []policy.Rule{literal(tt.a), literal(tt.b)},
			}})
			lines := strings.Split(string(got), "\n")
			if n := strings.Count(lines[1], "xmlns:"); n != tt.root {
				t.Errorf("got %d namespaces on the root, want %d: %s", n, tt.root, got)
			}
			if n := strings.Count(lines[5], "xmlns:"); n != tt.onFirst {
				t.Errorf("got %d namespaces on the first selector, want %d: %s", n, tt.onFirst, got)
			}
		})
	}
}

func TestWritePolicy_Escaping(t *testing.T) {
	for text, want := range map[string]string{
		" a\tb\nc\rd ":     "> a\tb\nc&#xD;d <",
		"]]>":              ">]]&gt;<",
		"<&>'\"":           ">&lt;&amp;&gt;'\"<",
		"   ":              ">   <",
		"":                 "/>",
		"\u007f\u0085":     ">\u007f\u0085<",
		"\uFFFD\U0010FFFF": ">\uFFFD\U0010FFFF<",
	} {
		got := checkPolicyRoundTrip(t, inRule(&policy.Literal{Value: value.String(text)}))
		if !strings.Contains(string(got), `#string"`+want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
		path := inRule(&policy.Selector{Category: "c", Path: text, Type: value.TypeString, Namespaces: map[string]string{}})
		checkPolicyRoundTrip(t, path)
	}
}

// inRule is a policy with a rule that has the condition.
func inRule(condition policy.Expression) policy.Document {
	return policy.Document{Root: &policy.Policy{
		ID: "p", Version: "1", Algorithm: "a", Rules: []policy.Rule{{ID: "r", Condition: condition}},
	}}
}

func TestWritePolicy_Refused(t *testing.T) {
	inSet := func(change func(*policy.PolicySet)) policy.Document {
		s := &policy.PolicySet{ID: "s", Version: "1", Algorithm: "a"}
		change(s)
		return policy.Document{Root: s}
	}
	issuedBy := func(i *policy.PolicyIssuer) policy.Document {
		return inSet(func(s *policy.PolicySet) { s.Issuer = i })
	}
	ofValue := func(v value.Value) policy.Document {
		return issuedBy(&policy.PolicyIssuer{Attributes: []xacml.Attribute{{ID: "a", Values: []value.Value{v}}}})
	}
	content := func(change func(*etree.Element)) policy.Document {
		e := etree.NewElement("a")
		change(e)
		return issuedBy(&policy.PolicyIssuer{Content: e})
	}
	tests := []struct {
		name     string
		document policy.Document
		want     string // a part of the message
	}{
		{"no root", policy.Document{}, "neither a Policy nor a PolicySet"},
		{"reference as the root", policy.Document{Root: &policy.Reference{ID: "p"}}, "neither a Policy nor a PolicySet"},
		{"invalid child", inSet(func(s *policy.PolicySet) { s.Children = []policy.Child{&policy.Invalid{}} }), `PolicySet "s": an invalid policy`},
		{"no child", inSet(func(s *policy.PolicySet) { s.Children = []policy.Child{nil} }), "nothing where a policy must be"},
		{"no version", inSet(func(s *policy.PolicySet) { s.Version = "" }), "Version"},
		{"version with a pattern", inSet(func(s *policy.PolicySet) { s.Version = "1.*" }), "not a version"},
		{"reference with a wrong pattern", inSet(func(s *policy.PolicySet) {
			s.Children = []policy.Child{&policy.Reference{ID: "p", Latest: "+.1"}}
		}), "LatestVersion"},
		{"reference without id", inSet(func(s *policy.PolicySet) { s.Children = []policy.Child{&policy.Reference{}} }), "PolicyIdReference is empty"},
		{"id with spaces around", inSet(func(s *policy.PolicySet) { s.ID = " s" }), "white space that is not kept"},
		{"algorithm with a control character", inSet(func(s *policy.PolicySet) { s.Algorithm = "a\x01" }), "control character"},
		{"description that is no text", inSet(func(s *policy.PolicySet) { s.Description = "a\x00" }), "not a character of XML"},
		{"description that is no UTF-8", inSet(func(s *policy.PolicySet) { s.Description = "\xff" }), "not a character of XML"},
		{"defaults with spaces", inSet(func(s *policy.PolicySet) { s.XPathVersion = "a  b" }), "XPathVersion has white space"},
		{"parameters for a rule in a set", inSet(func(s *policy.PolicySet) {
			s.Parameters = []policy.CombinerParameters{{Kind: policy.ParametersOfRule, For: "r"}}
		}), "of a kind that is not for it"},
		{"parameters of the whole for something", inSet(func(s *policy.PolicySet) {
			s.Parameters = []policy.CombinerParameters{{For: "r"}}
		}), `CombinerParameters refer to "r"`},
		{"parameter without value", inSet(func(s *policy.PolicySet) {
			s.Parameters = []policy.CombinerParameters{{Parameters: []policy.CombinerParameter{{Name: "n"}}}}
		}), "AttributeValue has no value"},
		{"AnyOf without AllOf", inSet(func(s *policy.PolicySet) { s.Target.AnyOf = []policy.AnyOf{{}} }), "AnyOf has no AllOf"},
		{"AllOf without Match", inSet(func(s *policy.PolicySet) { s.Target.AnyOf = []policy.AnyOf{{AllOf: []policy.AllOf{{}}}} }), "AllOf has no Match"},
		{"match without bag", inSet(func(s *policy.PolicySet) {
			s.Target.AnyOf = []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: []policy.Match{{Function: "f", Literal: value.String("")}}}}}}
		}), "Match has no AttributeDesignator"},
		{"assignment without expression", inSet(func(s *policy.PolicySet) {
			s.Advice = []policy.ObligationExpression{{ID: "o", Assignments: []policy.AssignmentExpression{{AttributeID: "a"}}}}
		}), `AdviceExpression "o": AttributeAssignmentExpression has no expression`},
		{"rule without id", policy.Document{Root: &policy.Policy{ID: "p", Version: "1", Algorithm: "a", Rules: []policy.Rule{{}}}}, "RuleId"},

		{"string that is no text", inRule(&policy.Literal{Value: value.String("\x0b")}), `Policy "p": Rule "r": AttributeValue holds`},
		{"noncharacter", inRule(&policy.Literal{Value: value.String("\uFFFE")}), "not a character of XML"},
		{"literal without value", inRule(&policy.Literal{}), "no value"},
		{"literal of a foreign data type", inRule(&policy.Literal{Value: value.Foreign{DataType: "urn:x"}}), "unknown data type"},
		{"argument that is none", inRule(&policy.Apply{Function: "f", Arguments: []policy.Expression{nil}}), "Apply has no expression"},
		{"designator without type", inRule(&policy.Designator{AttributeKey: xacml.AttributeKey{Category: "c", ID: "a"}}), "DataType"},
		{"path that is no text", inRule(&policy.Selector{Category: "c", Path: "\x00", Type: value.TypeString}), "Path"},
		{"prefix that is none", inRule(&policy.Selector{Category: "c", Type: value.TypeString, Namespaces: map[string]string{"a:b": "u"}}), "cannot be bound"},
		{"reserved namespace", inRule(&policy.Selector{Category: "c", Type: value.TypeString, Namespaces: map[string]string{"a": xacml.XMLNamespace}}), "cannot be bound"},
		{"XPath of another version", inRule(&policy.Literal{Value: value.NewXPathExpression("/", "c", nil, "urn:v")}), `XPathVersion "urn:v" where "" is in force`},
		{"empty XPath", inRule(&policy.Literal{Value: value.NewXPathExpression(" ", "c", nil, "")}), "is empty"},
		{"XPath without category", inRule(&policy.Literal{Value: value.NewXPathExpression("/", "", nil, "")}), "XPathCategory"},

		{"attribute without value", issuedBy(&policy.PolicyIssuer{Attributes: []xacml.Attribute{{ID: "a"}}}), `PolicySet "s": PolicyIssuer: Attribute "a" has no AttributeValue`},
		{"known data type as foreign", ofValue(value.Foreign{DataType: value.TypeString.ID()}), "unknown data type"},
		{"markup that is not well-formed", ofValue(value.Foreign{DataType: "urn:x", Markup: "<value>"}), "not closed"},
		{"markup of another text", ofValue(value.Foreign{DataType: "urn:x", Text: "a", Markup: "<value><b>c</b></value>"}), "another text"},
		{"markup with a data type", ofValue(value.Foreign{DataType: "urn:x", Markup: "<value DataType='y'/>"}), `attribute "DataType"`},
		{"content with a control character", content(func(e *etree.Element) { e.CreateText("\x01") }), "not a character of XML"},
		{"content with such an attribute", content(func(e *etree.Element) { e.CreateAttr("b", "\x01") }), "not a character of XML"},
		{"content with two hyphens", content(func(e *etree.Element) { e.CreateComment("--") }), "comment"},
		{"content with an instruction", content(func(e *etree.Element) { e.CreateProcInst("a", "b") }), "processing instruction"},
		{"content with an unknown prefix", content(func(e *etree.Element) { e.CreateElement("p:b") }), "not declared"},
		{"content with a wrong name", content(func(e *etree.Element) { e.CreateElement("1") }), "Content"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			err := WritePolicy(&b, test.document)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
			if b.Len() > 0 {
				t.Errorf("got %s, want nothing written", &b)
			}
		})
	}
}

// A carriage return in a CDATA section of a content is not lost.
func TestWritePolicy_ContentWithCData(t *testing.T) {
	e := etree.NewElement("a")
	e.CreateCData("x\r\n]]>y")
	d := policy.Document{Root: &policy.Policy{ID: "p", Version: "1", Algorithm: "a", Issuer: &policy.PolicyIssuer{Content: e}}}
	got, problems := ReadPolicy("", written(t, d), Limits{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if text := got.Root.(*policy.Policy).Issuer.Content.Text(); text != "x\r\n]]>y" {
		t.Errorf("got text %q, want %q", text, "x\r\n]]>y")
	}
	if !e.Child[0].(*etree.CharData).IsCData() {
		t.Error("the policy was changed by writing it")
	}
}

// MaxDelegationDepth is xs:integer: "at most" a number that is too large for an
// int is "at most" the largest.
func TestPolicy_MaxDelegationDepth(t *testing.T) {
	for input, want := range map[string]int{
		"0": 0, " +05 ": 5, "-3": -3, "99999999999999999999": math.MaxInt, "-99999999999999999999": math.MinInt,
	} {
		document, problems := ReadPolicy("d", []byte(`<Policy xmlns="`+xacml.Namespace+`" PolicyId="p" Version="1" RuleCombiningAlgId="a" MaxDelegationDepth="`+input+`"><Target/></Policy>`), Limits{})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		got := document.Root.(*policy.Policy).MaxDelegationDepth
		if got == nil || *got != want {
			t.Errorf("got %v, want %d: %q", got, want, input)
		}
		checkPolicyRoundTrip(t, document)
	}
}

// Values with elements repeat the namespaces in scope, but not without end.
func TestRequest_MarkupIsLimited(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<Request xmlns="` + xacml.Namespace + `" xmlns:m="` + strings.Repeat("m", 60<<10) +
		`" ReturnPolicyIdList="0" CombinedDecision="0"><Attributes Category="c"><Attribute AttributeId="a" IncludeInResult="0">`)
	for range 1000 {
		b.WriteString(`<AttributeValue DataType="urn:x"><a/></AttributeValue>`)
	}
	b.WriteString(`</Attribute></Attributes></Request>`)
	if _, err := ReadRequest([]byte(b.String()), Limits{}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got error %v, want one of size", err)
	}
}
