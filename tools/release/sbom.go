package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// stdlib is how lists of components and of flaws name the standard library of Go.
const stdlib = "stdlib"

// describe lists what is in a binary, as the linker has noted it there: each
// module with its version, checksum and licenses, and the standard library.
func describe(binary, version string, at time.Time, m *modules) (*cdx.BOM, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	sum, err := sumOf(binary)
	if err != nil {
		return nil, err
	}
	program := cdx.Component{
		Type: cdx.ComponentTypeApplication, Name: "forseti", Version: version,
		BOMRef: purl(info.Main.Path, version), PackageURL: purl(info.Main.Path, version),
		Description: "A XACML 3.0 policy decision point",
		Licenses:    &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}},
		Hashes:      &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum}},
		Properties:  settings(info),
	}
	goVersion := strings.TrimPrefix(info.GoVersion, "go")
	standard := cdx.Component{
		Type: cdx.ComponentTypeLibrary, Name: stdlib, Version: goVersion, BOMRef: purl(stdlib, goVersion), PackageURL: purl(stdlib, goVersion),
		Licenses: &cdx.Licenses{{License: &cdx.License{ID: "BSD-3-Clause"}}},
	}
	components := []cdx.Component{standard}
	for _, module := range info.Deps {
		component, err := library(module, m)
		if err != nil {
			return nil, err
		}
		components = append(components, component)
	}
	slices.SortFunc(components, func(a, b cdx.Component) int { return strings.Compare(a.BOMRef, b.BOMRef) })

	bom := cdx.NewBOM()
	bom.JSONSchema, bom.SpecVersion = "http://cyclonedx.org/schema/bom-1.6.schema.json", cdx.SpecVersion1_6
	bom.SerialNumber = serial(sum)
	bom.Metadata = &cdx.Metadata{Timestamp: at.Format(time.RFC3339), Component: &program}
	bom.Components = &components
	bom.Dependencies = dependencies(info, program.BOMRef, standard.BOMRef, m)
	return bom, nil
}

// settings are those of the build.
func settings(info *debug.BuildInfo) *[]cdx.Property {
	properties := []cdx.Property{{Name: "forseti:go", Value: info.GoVersion}}
	for _, s := range info.Settings {
		properties = append(properties, cdx.Property{Name: "forseti:build:" + s.Key, Value: s.Value})
	}
	return &properties
}

// library is a module that is in the binary.
func library(module *debug.Module, m *modules) (cdx.Component, error) {
	if module.Replace != nil {
		return cdx.Component{}, fmt.Errorf("the module %s is replaced, so its version says nothing", module.Path)
	}
	terms, err := m.terms(module.Path + "@" + module.Version)
	if err != nil {
		return cdx.Component{}, err
	}
	ids := licenses(terms)
	if len(ids) == 0 {
		return cdx.Component{}, fmt.Errorf("the license of the module %s is not known", module.Path)
	}
	var all cdx.Licenses
	for _, id := range ids {
		all = append(all, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	id := purl(module.Path, module.Version)
	return cdx.Component{
		Type: cdx.ComponentTypeLibrary, Name: module.Path, Version: module.Version, BOMRef: id, PackageURL: id, Licenses: &all,
		Properties: &[]cdx.Property{{Name: "forseti:go.sum", Value: module.Sum}},
	}, nil
}

// dependencies is the graph of the modules in the binary.
func dependencies(info *debug.BuildInfo, program, standard string, m *modules) *[]cdx.Dependency {
	versions := make(map[string]string)
	for _, module := range info.Deps {
		versions[module.Path] = module.Version
	}
	of := func(ref, node string) cdx.Dependency {
		on := []string{standard}
		for path := range m.needs[node] {
			if version, in := versions[path]; in {
				on = append(on, purl(path, version))
			}
		}
		slices.Sort(on)
		return cdx.Dependency{Ref: ref, Dependencies: &on}
	}
	graph := []cdx.Dependency{of(program, info.Main.Path)}
	for _, module := range info.Deps {
		graph = append(graph, of(purl(module.Path, module.Version), module.Path+"@"+module.Version))
	}
	slices.SortFunc(graph, func(a, b cdx.Dependency) int { return strings.Compare(a.Ref, b.Ref) })
	return &graph
}

// purl is the package URL of a module.
func purl(path, version string) string {
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// serial is a serial number that is the same for the same binary: a UUID of
// version 8 of its checksum.
func serial(sum string) string {
	h := sha256.Sum256([]byte("forseti sbom " + sum))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	x := hex.EncodeToString(h[:16])
	return "urn:uuid:" + x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

func writeBOM(path string, bom *cdx.BOM) error {
	var out bytes.Buffer
	if err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
