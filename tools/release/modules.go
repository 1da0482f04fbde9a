package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/licensecheck"
)

// modules is what the go command knows of the modules that the sources need.
type modules struct {
	source  string
	folders map[string]string          // of each module, by path@version
	needs   map[string]map[string]bool // paths of modules that a path@version names
}

// loadModules fetches all modules, if they are not here, and reads their graph.
func loadModules(ctx context.Context, source string) (*modules, error) {
	m := &modules{source: source, folders: make(map[string]string), needs: make(map[string]map[string]bool)}
	out, err := goCommand(ctx, source, "mod", "download", "-json")
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var module struct{ Path, Version, Dir string }
		if err := decoder.Decode(&module); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		m.folders[module.Path+"@"+module.Version] = module.Dir
	}
	graph, err := goCommand(ctx, source, "mod", "graph")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(graph)) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		path, _, _ := strings.Cut(to, "@")
		if m.needs[from] == nil {
			m.needs[from] = make(map[string]bool)
		}
		m.needs[from][path] = true
	}
	return m, nil
}

// goCommand runs the go command on the sources and gives what it prints.
func goCommand(ctx context.Context, source string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = source
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}

// licenseFile is what files with the terms of a module are named.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright)([._-].*)?$`)

// terms are the files with the terms of a module, in order of their names.
func (m *modules) terms(id string) (map[string][]byte, error) {
	folder := m.folders[id]
	if folder == "" {
		return nil, fmt.Errorf("the module %s is not here", id)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := make(map[string][]byte)
	for _, file := range files {
		if file.Type().IsRegular() && licenseFile.MatchString(file.Name()) && filepath.Ext(file.Name()) != ".go" {
			if found[file.Name()], err = os.ReadFile(filepath.Join(folder, file.Name())); err != nil {
				return nil, err
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("the module %s has no license", id)
	}
	return found, nil
}

// licenses are the licenses of terms, by their SPDX identifiers. A text counts
// where three quarters of it are a license: the rest may be a copyright.
func licenses(terms map[string][]byte) []string {
	const enough = 75 // percent
	found := make(map[string]bool)
	for _, text := range terms {
		if c := licensecheck.Scan(text); c.Percent >= enough {
			for _, match := range c.Match {
				found[match.ID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// notices are the terms of everything in a binary, which have to go with it.
func (m *modules) notices(bom *cdx.BOM) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("Forseti is under the Apache License 2.0, see LICENSE. The program is made with what\nfollows, under the terms that are given for each.\n")
	for _, component := range *bom.Components {
		if component.Name == stdlib {
			continue // its terms are those of Go, below
		}
		terms, err := m.terms(component.Name + "@" + component.Version)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(terms)) {
			notice(&out, component.Name+" "+component.Version+", "+name, terms[name])
		}
	}
	text, err := goTerms()
	if err != nil {
		return nil, err
	}
	notice(&out, "The standard library of Go, LICENSE", text)
	return out.Bytes(), nil
}

func notice(out *bytes.Buffer, title string, text []byte) {
	fmt.Fprintf(out, "\n%s\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), title, strings.Repeat("-", 80), bytes.TrimSpace(text))
}

// goTerms is the license of the standard library.
func goTerms() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	folder := strings.TrimSpace(string(root))
	for _, path := range []string{filepath.Join(folder, "LICENSE"), "/usr/share/doc/golang-go/copyright"} {
		if text, err := os.ReadFile(path); err == nil {
			return text, nil
		}
	}
	return nil, errors.New("the license of Go is not where it is installed")
}
