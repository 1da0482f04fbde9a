package xacmlxml

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// FuzzReadPolicy checks that reading does not panic, gives a policy or problems
// with places, and that a policy survives writing and reading.
func FuzzReadPolicy(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte(inPolicy(`<Rule RuleId="r" Effect="Deny"/>`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		document, problems := ReadPolicy("d", data, Limits{})
		if (document.Root == nil) != (len(problems.Errors()) > 0) {
			t.Errorf("got root %v with problems %v", document.Root, problems)
		}
		for _, p := range problems {
			if p.Position == (policy.Position{}) && p.Reason != policy.ReasonSize {
				t.Errorf("got a problem without place: %v", p)
			}
		}
		if document.Root != nil {
			checkPolicyRoundTrip(t, document)
		}
	})
}

// FuzzFastReader checks that what the fast reader accepts, the strict reader
// accepts and makes the same of.
func FuzzFastReader(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte(everything))
	f.Add([]byte(inPolicy(`<Rule RuleId="r" Effect="Deny"/>`)))
	f.Add([]byte(inPolicySet(`<x:PolicyIdReference Version="1.*">a</x:PolicyIdReference>`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		checkFast(t, data, Limits{})
	})
}

// FuzzReadRequest checks that reading does not panic, and that what it accepts
// survives writing and reading.
func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(fullRequest))
	f.Add([]byte(inAttribute(`<AttributeValue` + stringType + `>a</AttributeValue>`)))
	f.Add([]byte(inValue(`<Content><r xmlns="urn:r">t</r></Content>` + nestedAttribute)))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		if _, err := ReadRequest(data, Limits{}); err == nil {
			checkRequestRoundTrip(t, data)
		}
	})
}

// FuzzReadResponse checks that reading does not panic, and that what was read
// and written is what is read again.
func FuzzReadResponse(f *testing.F) {
	var b bytes.Buffer
	if err := WriteResponse(&b, fullResponse()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		response, err := ReadResponse(data, Limits{})
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := WriteResponse(&first, response); err != nil {
			t.Fatalf("got %v, want what was read to be written: %s", err, data)
		}
		again, err := ReadResponse(first.Bytes(), Limits{})
		if err != nil {
			t.Fatalf("got %v, want what was written to be read: %s", err, first.Bytes())
		}
		if err := WriteResponse(&second, again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.String(), second.String()); diff != "" {
			t.Errorf("written again (-first +second):\n%s", diff)
		}
	})
}

// FuzzReadAttributes checks that reading the contents of an element does not
// panic, and fails with a syntax error only (A.3.16).
func FuzzReadAttributes(f *testing.F) {
	f.Add("")
	f.Add(`<Attribute AttributeId="a" IncludeInResult="true"><AttributeValue` + stringType + `>a</AttributeValue></Attribute>`)
	f.Add(`<Content><a xmlns="urn:a">b</a></Content>`)
	f.Add(`</Attributes><Attributes>`)
	f.Fuzz(func(t *testing.T, content string) {
		defer bounds.Check(t)()
		if _, err := ReadContent([]byte(content), Limits{}); err != nil {
			checkSyntaxError(t, err)
		}
		attributes, err := ReadAttributes("urn:c", content, Limits{})
		if err != nil {
			checkSyntaxError(t, err)
			return
		}
		if attributes.Category != "urn:c" {
			t.Errorf("got category %q, want the one that was given", attributes.Category)
		}
	})
}

func checkSyntaxError(t *testing.T, err error) {
	t.Helper()
	if e, ok := errors.AsType[*xacml.Error](err); !ok || e.Status.Code != xacml.StatusSyntaxError {
		t.Errorf("got %v, want a syntax error", err)
	}
}
