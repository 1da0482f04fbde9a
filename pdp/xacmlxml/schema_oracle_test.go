package xacmlxml

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/beevik/etree"
)

// TestOracle_Schema checks that what is written is valid by the schema.
func TestOracle_Schema(t *testing.T) {
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed: no oracle for validity")
	}
	schema := schemaFile(t, sharedFolder(t))
	request, err := ReadRequest([]byte(fullRequest), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	request.References[0][1] = "i2" // a dangling IDREF is not valid
	documents := map[string]*bytes.Buffer{"request": {}, "response": {}, "policy": bytes.NewBufferString(everything)}
	if err := errors.Join(WriteRequest(documents["request"], request), WriteResponse(documents["response"], fullResponse())); err != nil {
		t.Fatal(err)
	}
	for name, document := range documents {
		command := exec.Command(program, "--noout", "--nonet", "--schema", schema, "-")
		command.Stdin = bytes.NewReader(document.Bytes())
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("got %s invalid, want valid: %s\n%s", name, output, document)
		}
	}
}

// schemaFile copies the schema of the standard, with the import made local.
func schemaFile(t *testing.T, shared string) string {
	t.Helper()
	folder := t.TempDir()
	core := bytes.Replace(readFile(t, filepath.Join(shared, "spec", "xacml-core-v3-schema-wd-17.xsd")),
		[]byte("http://www.w3.org/2001/xml.xsd"), []byte("xml.xsd"), 1)
	writeFile(t, filepath.Join(folder, "core.xsd"), core)
	writeFile(t, filepath.Join(folder, "xml.xsd"), readFile(t, filepath.Join(shared, "spec", "xml.xsd")))
	return filepath.Join(folder, "core.xsd")
}

// allElements are the elements of a document, the root first.
func allElements(e *etree.Element) []*etree.Element {
	out := []*etree.Element{e}
	for _, c := range e.ChildElements() {
		out = append(out, allElements(c)...)
	}
	return out
}

// attributeValues are what the mutations set attributes to.
var attributeValues = []string{
	"", " ", "x", "urn:x", "true", "1", " 0 ", "TRUE", "1.0", "1.", "1.*", "+", "*.1", "1.+", " 1", "-1", "+5", "1e1",
	"Permit", "Deny", "permit", "i1", "1i", "http://www.w3.org/2001/XMLSchema#string", "http://www.w3.org/2001/XMLSchema#integer",
}

// restructure changes the elements and attributes of a document.
func restructure(rng *rand.Rand, source string) (string, error) {
	document := etree.NewDocument()
	if err := document.ReadFromString(source); err != nil {
		return "", err
	}
	elements := allElements(document.Root())
	pick := func() *etree.Element { return elements[1+rng.IntN(len(elements)-1)] }
	e := pick()
	switch rng.IntN(9) {
	case 0: // delete
		e.Parent().RemoveChildAt(e.Index())
	case 1: // repeat
		e.Parent().InsertChildAt(e.Index(), e.Copy())
	case 2: // copy elsewhere
		target := pick()
		target.InsertChildAt(rng.IntN(len(target.Child)+1), e.Copy())
	case 3: // exchange with a neighbour
		if next := e.NextSibling(); next != nil {
			next.Parent().InsertChildAt(e.Index(), next)
		}
	case 4: // rename
		e.Tag = pick().Tag
	case 5: // move to another namespace
		e.CreateAttr("xmlns", "urn:other")
		e.Space = ""
	case 6: // insert text
		e.InsertChildAt(rng.IntN(len(e.Child)+1), etree.NewText([]string{"x", " ", "1"}[rng.IntN(3)]))
	case 7: // change an attribute
		if n := len(e.Attr); n > 0 {
			e.Attr[rng.IntN(n)].Value = attributeValues[rng.IntN(len(attributeValues))]
		}
	case 8: // take or give an attribute
		if n := len(e.Attr); n > 0 && rng.IntN(2) == 0 {
			e.RemoveAttr(e.Attr[rng.IntN(n)].FullKey())
		} else if from := pick(); len(from.Attr) > 0 {
			a := from.Attr[rng.IntN(len(from.Attr))]
			e.CreateAttr(a.FullKey(), a.Value)
		}
	}
	return document.WriteToString()
}

// TestOracle_SchemaOfMutants checks that nothing is accepted that libxml2 finds
// invalid by the schema, and that policies and requests survive writing and
// reading. FORSETI_LONG=1 makes it a hundred thousand documents.
func TestOracle_SchemaOfMutants(t *testing.T) {
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed: no oracle for validity")
	}
	oracle := schemaOracle{program, schemaFile(t, sharedFolder(t)), t.TempDir()}
	var response bytes.Buffer
	if err := WriteResponse(&response, fullResponse()); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []struct {
		name, seed string
		read       func(*testing.T, []byte) error
	}{
		{"policy", everything, func(t *testing.T, data []byte) error {
			document, problems := ReadPolicy("d", data, Limits{})
			if len(problems.Errors()) > 0 {
				return problems
			}
			checkPolicyRoundTrip(t, document)
			return nil
		}},
		{"request", fullRequest, func(t *testing.T, data []byte) error {
			_, err := ReadRequest(data, Limits{})
			if err == nil {
				checkRequestRoundTrip(t, data)
			}
			return err
		}},
		{"response", response.String(), func(_ *testing.T, data []byte) error {
			_, err := ReadResponse(data, Limits{})
			return err
		}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			const batch, shown = 500, 20
			documents := oracleSize(1000, 34_000)
			rng := rand.New(rand.NewPCG(3, 4))
			seen := map[uint64]bool{}
			valid, stricter := 0, 0
			for range documents / batch {
				mutants := different(seen, batch, func() string {
					mutant := kind.seed
					for range 1 + rng.IntN(2) {
						if mutant, err = restructure(rng, mutant); err != nil {
							t.Fatal(err)
						}
					}
					return mutant
				})
				for i, verdict := range oracle.verdicts(t, mutants) {
					err := kind.read(t, []byte(mutants[i]))
					if verdict == "" {
						valid++
					}
					switch {
					case err == nil && strings.Contains(verdict, aboutURI):
					case err == nil && verdict != "":
						t.Errorf("got accepted, want refused as by xmllint: %s\n%s", verdict, mutants[i])
					case err != nil && verdict == "":
						if stricter++; stricter <= shown {
							t.Logf("stricter than xmllint: %v", err)
						}
					}
				}
			}
			t.Logf("%d documents, %d valid, of which %d refused", documents, valid, stricter)
		})
	}
}

// schemaOracle is xmllint with a schema, and a folder to write documents to.
type schemaOracle struct{ program, schema, folder string }

// aboutURI is in what libxml2 says of anyURIs: it knows an older grammar of
// them, and identifiers are compared, never resolved.
const aboutURI = "is not a valid value of the atomic type 'xs:anyURI'"

// verdicts gives what xmllint finds wrong first in each document, about an
// anyURI only if there is nothing else: nothing in those that are valid.
func (o schemaOracle) verdicts(t *testing.T, documents []string) []string {
	t.Helper()
	args := []string{"--noout", "--nonet", "--schema", o.schema}
	for i, d := range documents {
		name := fmt.Sprintf("%d.xml", i)
		writeFile(t, filepath.Join(o.folder, name), []byte(d))
		args = append(args, name)
	}
	command := exec.Command(o.program, args...)
	command.Dir = o.folder
	output, _ := command.CombinedOutput() // fails if one document does
	verdicts := make([]string, len(documents))
	for i := range verdicts {
		verdicts[i] = "no verdict"
	}
	for _, m := range regexp.MustCompile(`(?m)^(\d+)\.xml(?: validates$|:.*$)`).FindAllSubmatch(output, -1) {
		var i int
		if _, err := fmt.Sscan(string(m[1]), &i); err != nil {
			t.Fatal(err)
		}
		switch {
		case bytes.HasSuffix(m[0], []byte(" validates")):
			verdicts[i] = ""
		case verdicts[i] == "no verdict", strings.Contains(verdicts[i], aboutURI):
			verdicts[i] = string(m[0])
		}
	}
	return verdicts
}
