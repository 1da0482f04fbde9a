package xacmljson

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// comparers compare requests and responses.
var comparers = cmp.Options{
	cmp.Comparer(sameValue),
	cmp.Comparer(func(a, b *etree.Element) bool { return serialised(a) == serialised(b) }),
}

func sameValue(a, b value.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	x, isX := a.(value.XPathExpression)
	y, isY := b.(value.XPathExpression)
	if isX && isY {
		return x.XPath == y.XPath && x.Category == y.Category && x.Version == y.Version &&
			maps.Equal(maps.Collect(x.Namespaces.All()), maps.Collect(y.Namespaces.All()))
	}
	v, isV := a.(value.Entity)
	w, isW := b.(value.Entity)
	if isV && isW {
		return cmp.Equal(xacml.EntityOf(v), xacml.EntityOf(w), cmp.Comparer(sameValue),
			cmp.Comparer(func(a, b *etree.Element) bool { return serialised(a) == serialised(b) }))
	}
	return isX == isY && value.TypeID(a) == value.TypeID(b) && a.String() == b.String()
}

func serialised(e *etree.Element) string {
	if e == nil {
		return ""
	}
	document := etree.NewDocumentWithRoot(e.Copy())
	document.WriteSettings = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true}
	s, err := document.WriteToString()
	if err != nil {
		return err.Error()
	}
	return s
}

func element(t *testing.T, document string) *etree.Element {
	t.Helper()
	d := etree.NewDocument()
	if err := d.ReadFromString(document); err != nil {
		t.Fatal(err)
	}
	return d.Root()
}

// marked is a document without its mark, and the place of the mark.
func marked(t *testing.T, document string) (string, policy.Position) {
	t.Helper()
	before, after, found := strings.Cut(document, "¦")
	if !found {
		t.Fatalf("document has no mark: %s", document)
	}
	lines := strings.Split(before, "\n")
	return before + after, policy.Position{Line: len(lines), Column: len(lines[len(lines)-1]) + 1}
}

// sort is which sort of error a document gets.
type sort string

const (
	malformed sort = "malformed" // no request at all
	invalid   sort = "invalid"   // a request without meaning
)

// checkRefused checks that err is a syntax error of a sort, at a place and with a
// text.
func checkRefused(t *testing.T, err error, want sort, at policy.Position, text, input string) {
	t.Helper()
	var status *xacml.Error
	if !errors.As(err, &status) || status.Status.Code != xacml.StatusSyntaxError {
		t.Fatalf("got error %v, want a syntax error, input: %s", err, input)
	}
	got := invalid
	if m := (*MalformedError)(nil); errors.As(err, &m) {
		got = malformed
	}
	if got != want {
		t.Errorf("got a document that is %s, want %s: %v, input: %s", got, want, err, input)
	}
	if message := err.Error(); !strings.HasPrefix(message, at.String()+": ") || !strings.Contains(message, text) {
		t.Errorf("got %q, want it at %v with %q, input: %s", message, at, text, input)
	}
}

// inRequest is a request with members, in line 2.
func inRequest(members string) string { return "{\"Request\": {\n" + members + "}}" }

// inAttribute is a request with one attribute, whose id is in line 1.
func inAttribute(members string) string {
	return `{"Request": {"Resource": [{"Attribute": [{"AttributeId": "urn:a",` + "\n" + members + `}]}]}}`
}

// valuesIn are the values of a request from inAttribute.
func valuesIn(t *testing.T, members string) []value.Value {
	t.Helper()
	request, err := ReadRequest([]byte(inAttribute(members)), Limits{})
	if err != nil {
		t.Fatalf("got %v, want a request, input: %s", err, members)
	}
	var values []value.Value
	for _, a := range request.Attributes[0].Attributes {
		values = append(values, a.Values...)
	}
	return values
}

func parsed(t *testing.T, typ value.Type, lexical string) value.Value {
	t.Helper()
	v, err := value.Parse(typ, lexical)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tester is a testing.T or a rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func checkRequestRoundTrip(t tester, want *xacml.Request) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteRequest(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRequest(b.Bytes(), Limits{})
	if err != nil {
		t.Fatalf("got %v, want what was written to be read: %s", err, b.String())
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Fatalf("round trip changes the request (-want +got):\n%s%s", diff, b.String())
	}
}

func checkResponseRoundTrip(t tester, want *xacml.Response) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteResponse(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadResponse(b.Bytes(), Limits{})
	if err != nil {
		t.Fatalf("got %v, want what was written to be read: %s", err, b.String())
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Fatalf("round trip changes the response (-want +got):\n%s%s", diff, b.String())
	}
}
