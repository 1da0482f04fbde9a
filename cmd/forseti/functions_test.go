package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// TestFunctionsDocument compares docs/functions.md with the tables.
func TestFunctionsDocument(t *testing.T) {
	got, err := os.ReadFile(filepath.FromSlash("../../docs/functions.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	if err := printFunctionsPage(&want, catalogue()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(want.String(), "\n")); diff != "" {
		t.Errorf("docs/functions.md (-) and the tables (+) differ; run\n"+
			"\tgo run ./cmd/forseti functions --markdown > docs/functions.md\n%s", diff)
	}
}

// TestA3_Catalogue checks what the catalogue adds to the table of functions.
func TestA3_Catalogue(t *testing.T) {
	entries := catalogue()
	for _, e := range entries {
		if e.Family == "" && !strings.HasSuffix(e.Section, " profile") {
			t.Errorf("got no family of functions, want one for each section of the core, input: %s of section %s", e.ID, e.Section)
		}
		if e.Doc == "" || strings.ContainsAny(e.Doc, "\n|`<") {
			t.Errorf("got %q, want a line that needs no quotation in Markdown, input: Doc of %s", e.Doc, e.ID)
		}
		for _, text := range []string{e.ID, e.short(), strings.TrimPrefix(e.ID, standardPrefix)} {
			found, _ := find(entries, text)
			if len(found) != 1 || found[0].ID != e.ID {
				t.Errorf("got %d functions, want %s alone, input: %q", len(found), e.ID, text)
			}
		}
		if found, _ := find(entries, e.Name); !slices.ContainsFunc(found, func(f entry) bool { return f.ID == e.ID }) {
			t.Errorf("got functions without %s, want it among them, input: %q", e.ID, e.Name)
		}
	}
}

func TestA3_CatalogueEntry(t *testing.T) {
	tests := []struct {
		id   string
		want entry
	}{
		{xacml.Function1 + "n-of", entry{
			Name: "n-of", Signature: "integer, boolean* -> boolean", Lazy: true,
			Parameters: []kind{{value.TypeInteger.ID(), false}},
			Rest:       &kind{value.TypeBoolean.ID(), false},
			Result:     &kind{value.TypeBoolean.ID(), false},
			Section:    "A.3.5", Family: "Logical functions",
		}},
		{xacml.Function1 + "string-is-in", entry{
			Name: "string-is-in", Signature: "string, bag of string -> boolean",
			Parameters: []kind{{value.TypeString.ID(), false}, {value.TypeString.ID(), true}},
			Result:     &kind{value.TypeBoolean.ID(), false},
			Section:    "A.3.10", Family: "Bag functions",
		}},
		{xacml.Function1 + "map", entry{
			Name: "map", Signature: "function, ... -> bag of ...", HigherOrder: true,
			Parameters: []kind{},
			Result:     &kind{Bag: true},
			Section:    "10.2.9", Family: "Identifiers planned for future deprecation",
			Deprecated: true, Replacement: xacml.Function3 + "map",
		}},
		{xacml.Function2 + "uri-string-concatenate", entry{
			Name: "uri-string-concatenate", Signature: "anyURI, string, string* -> anyURI",
			Parameters: []kind{{value.TypeAnyURI.ID(), false}, {value.TypeString.ID(), false}},
			Rest:       &kind{value.TypeString.ID(), false},
			Result:     &kind{value.TypeAnyURI.ID(), false},
			Section:    "10.2.9", Family: "Identifiers planned for future deprecation",
			Deprecated: true,
		}},
		{xacml.Function3 + "attribute-designator", entry{
			Name:       "attribute-designator",
			Signature:  "anyURI or entity, anyURI, anyURI[, boolean[, string]] -> bag of ...",
			Typed:      true,
			Parameters: []kind{},
			Section:    "Related and Nested Entities profile",
		}},
	}
	for _, test := range tests {
		found, _ := find(catalogue(), test.id)
		if len(found) != 1 {
			t.Errorf("got %d functions, want 1, input: %q", len(found), test.id)
			continue
		}
		got := found[0]
		test.want.ID, test.want.Doc = test.id, got.Doc
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("want (-), got (+), input %q:\n%s", test.id, diff)
		}
	}
}
