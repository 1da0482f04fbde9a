package xacmljson

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// sharedFolder is the folder with the documents of third parties. Without it
// the test is skipped, though not where everything must be tested.
func sharedFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("FORSETI_SHARED")
	switch {
	case folder != "":
	case os.Getenv("CI") == "true":
		t.Fatal("FORSETI_SHARED is not set: the corpora are missing")
	default:
		t.Skip("FORSETI_SHARED is not set: no corpora to read")
	}
	return folder
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func glob(t *testing.T, atLeast int, elements ...string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < atLeast {
		t.Fatalf("got %d files, want at least %d: %s", len(names), atLeast, filepath.Join(elements...))
	}
	return names
}

// asJSON is the request with what JSON says otherwise: an attribute has one data
// type, and XPath 1.0 is the version of a request that tells none.
func asJSON(r *xacml.Request) (out *xacml.Request, foreign bool) {
	out = &xacml.Request{
		ReturnPolicyIDList: r.ReturnPolicyIDList, CombinedDecision: r.CombinedDecision,
		XPathVersion: r.XPathVersion, References: r.References,
	}
	if out.XPathVersion == "" {
		out.XPathVersion = xacml.XPath10
	}
	for _, as := range r.Attributes {
		attributes := as.Attributes
		as.Attributes = nil
		for _, a := range attributes {
			for i, v := range a.Values {
				if v.Type() == value.TypeUnknown {
					foreign = true
				}
				if x, ok := v.(value.XPathExpression); ok {
					x.Version = out.XPathVersion
					v = x
				}
				if i == 0 || v.Type() != a.Values[i-1].Type() {
					split := a
					split.Values = nil
					as.Attributes = append(as.Attributes, split)
				}
				last := &as.Attributes[len(as.Attributes)-1]
				last.Values = append(last.Values, v)
			}
		}
		out.Attributes = append(out.Attributes, as)
	}
	return out, foreign
}

// A request in XML says the same in JSON.
func TestCorpus_ConformanceRequests(t *testing.T) {
	equal, others := 0, 0
	for _, name := range glob(t, 566, sharedFolder(t), "conformance", "oasis-ct", "*", "request.xml") {
		fromXML, err := xacmlxml.ReadRequest(readFile(t, name), xacmlxml.Limits{})
		if err != nil {
			// An Attribute of this case has no AttributeId.
			if filepath.Base(filepath.Dir(name)) != "IIA005" {
				t.Errorf("%s: got %v, want a request", name, err)
			}
			continue
		}
		want, foreign := asJSON(fromXML)
		if foreign {
			others++
			continue
		}
		var b bytes.Buffer
		if err := WriteRequest(&b, fromXML); err != nil {
			t.Errorf("%s: got %v, want the request written", name, err)
			continue
		}
		got, err := ReadRequest(b.Bytes(), Limits{})
		if err != nil {
			t.Errorf("%s: got %v, want the request read: %s", name, err, b.String())
			continue
		}
		if diff := cmp.Diff(want, got, comparers); diff != "" {
			t.Errorf("%s: JSON changes the request (-want +got):\n%s", name, diff)
		}
		equal++
	}
	if equal < 565 || others > 0 {
		t.Errorf("got %d equal requests and %d with values of foreign types, want at least 565 and none", equal, others)
	}
}

func TestCorpus_ConformanceResponses(t *testing.T) {
	schema := responseSchema(t)
	for _, name := range glob(t, 500, sharedFolder(t), "conformance", "oasis-ct", "*", "response.xml") {
		want, err := xacmlxml.ReadResponse(readFile(t, name), xacmlxml.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range want.Results {
			if want.Results[i].Status.Code == "" {
				want.Results[i].Status.Code = xacml.StatusOK
			}
		}
		var b bytes.Buffer
		if err := WriteResponse(&b, want); err != nil {
			t.Errorf("%s: got %v, want the response written", name, err)
			continue
		}
		checkSchema(t, schema, b.Bytes())
		got, err := ReadResponse(b.Bytes(), Limits{})
		if err != nil {
			t.Errorf("%s: got %v, want the response read: %s", name, err, b.String())
			continue
		}
		if diff := cmp.Diff(want, got, comparers); diff != "" {
			t.Errorf("%s: JSON changes the response (-want +got):\n%s", name, diff)
		}
	}
}

// The requests of a real platform. Its own reader takes what the profile does not
// allow.
func TestCorpus_AltinnRequests(t *testing.T) {
	refused := map[string]string{
		// Written by a serializer that gives every absent member as null.
		"decision-internal-AltinnResourceRegistry0004": "/Request/XPathVersion: must be a string, not null",
	}
	requests := 0
	for _, name := range glob(t, 80, sharedFolder(t), "altinn", "cases", "*", "request.json") {
		id := filepath.Base(filepath.Dir(name))
		data := readFile(t, name)
		var document map[string]json.RawMessage
		if err := json.Unmarshal(data, &document); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if document["Request"] == nil {
			continue // a question of another interface
		}
		requests++
		_, err := ReadRequest(data, Limits{})
		reason, listed := refused[id]
		delete(refused, id)
		switch {
		case listed && (err == nil || !strings.Contains(err.Error(), reason)):
			t.Errorf("%s: got %v, want it refused: %s", id, err, reason)
		case !listed && err != nil:
			t.Errorf("%s: got %v, want a request", id, err)
		}
	}
	for id := range refused {
		t.Errorf("%s: got no such case, want it refused", id)
	}
	if requests < 51 {
		t.Errorf("got %d requests, want at least 51", requests)
	}
}
