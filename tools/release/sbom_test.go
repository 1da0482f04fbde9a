package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestBOM describes forseti as this machine builds it, and compares with what the
// go command says is in it.
func TestBOM(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "forseti")
	p := platform{"linux", "amd64"}
	if err := build(t.Context(), "../..", binary, "1.2.3", p); err != nil {
		t.Fatal(err)
	}
	m, err := loadModules(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	bom, err := describe(binary, "1.2.3", time.Unix(1_700_000_000, 0).UTC(), m)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bom.json")
	if err := writeBOM(file, bom); err != nil {
		t.Fatal(err)
	}
	if err := validBOM(t, file); err != nil {
		t.Errorf("the list breaks the schema of CycloneDX: %v", err)
	}

	var got []string
	for _, c := range *bom.Components {
		got = append(got, c.Name+" "+c.Version)
		if c.Licenses == nil || len(*c.Licenses) == 0 {
			t.Errorf("%s has no license", c.Name)
		}
	}
	slices.Sort(got)
	if want := linked(t, binary); !slices.Equal(got, want) {
		t.Errorf("the components differ (-want +got):\n%s", cmp.Diff(want, got))
	}
	known := map[string]bool{bom.Metadata.Component.BOMRef: true}
	for _, c := range *bom.Components {
		known[c.BOMRef] = true
	}
	reached := map[string]bool{bom.Metadata.Component.BOMRef: true}
	for _, d := range *bom.Dependencies {
		for _, on := range *d.Dependencies {
			if !known[d.Ref] || !known[on] {
				t.Errorf("%s depends on %s, which are not both in the list", d.Ref, on)
			}
			reached[on] = true
		}
	}
	if len(reached) != len(known) {
		t.Errorf("%d of %d components are needed by something", len(reached), len(known))
	}

	notices, err := m.notices(bom)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"google.golang.org/grpc", "modernc.org/sqlite", "The standard library of Go", "Redistribution and use"} {
		if !strings.Contains(string(notices), text) {
			t.Errorf("the notices do not have %q", text)
		}
	}
	if bom.Metadata.Component.Hashes == nil || (*bom.Metadata.Component.Hashes)[0].Value == "" {
		t.Error("the list does not tell of which binary it is")
	}
}

// linked are the modules that the go command says are in a binary.
func linked(t *testing.T, binary string) []string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "go", "version", "-m", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, binary+": go"):
			all = append(all, stdlib+" "+strings.TrimPrefix(words[1], "go"))
		case words[0] == "dep":
			all = append(all, words[1]+" "+words[2])
		}
	}
	slices.Sort(all)
	return all
}

// validBOM compares with the schema of CycloneDX 1.6.
func validBOM(t *testing.T, file string) error {
	t.Helper()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	const at = "http://cyclonedx.org/schema/"
	for url, name := range map[string]string{
		"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		if err := compiler.AddResource(at+url, readJSON(t, filepath.Join(strings.TrimSpace(string(folder)), "schema", name))); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile(at + "bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(readJSON(t, file))
}

func readJSON(t *testing.T, file string) any {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close() //nolint:errcheck // it was only read
	value, err := jsonschema.UnmarshalJSON(in)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestBOM_Schema: a list that breaks the schema is found.
func TestBOM_Schema(t *testing.T) {
	for name, breaks := range map[string]func(*cdx.BOM){
		"license that is none":     func(b *cdx.BOM) { (*(*b.Components)[0].Licenses)[0].License.ID = "Beerware-or-so" },
		"serial number of no form": func(b *cdx.BOM) { b.SerialNumber = "urn:uuid:1" },
		"hash of no form":          func(b *cdx.BOM) { (*b.Components)[0].Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: "x"}} },
	} {
		bom := cdx.NewBOM()
		bom.SerialNumber = serial("0")
		bom.Components = &[]cdx.Component{{Type: cdx.ComponentTypeLibrary, Name: "x", Licenses: &cdx.Licenses{{License: &cdx.License{ID: "MIT"}}}}}
		file := filepath.Join(t.TempDir(), "bom.json")
		if err := writeBOM(file, bom); err != nil {
			t.Fatal(err)
		}
		if err := validBOM(t, file); err != nil {
			t.Fatalf("%s: it breaks the schema before: %v", name, err)
		}
		breaks(bom)
		if err := writeBOM(file, bom); err != nil {
			t.Fatal(err)
		}
		if err := validBOM(t, file); err == nil {
			t.Errorf("%s is not found", name)
		}
	}
}
