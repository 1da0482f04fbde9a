package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/multiple"
)

// Case is one conformance case.
type Case struct {
	// Dir is the folder of the case.
	Dir string
	Meta
	// Policies are the policy documents, by file name.
	Policies map[string][]byte
	// Roots are the ids of the root policies; empty if there is one document.
	Roots []string
	// Request and Response are the documents; Response is nil if there is none.
	Request, Response []byte
	// Sources are the attributes that the request does not hold.
	Sources []SourceAttribute
	// Hierarchy tells what is below a resource; it is nil if the case has none.
	Hierarchy multiple.Hierarchy
}

// Meta is the part of meta.json that matters for running the case.
type Meta struct {
	ID       string `json:"id"`
	Category string `json:"category"`
	Trust    string `json:"trust"`
	Expect   struct {
		Kind       string `json:"kind"`
		OrResponse bool   `json:"or_response"`
		OrRefused  bool   `json:"or_refused"`
		Normative  *bool  `json:"normative"`
	} `json:"expect"`
	Requires []string `json:"requires"`
	Compare  Compare  `json:"compare"`
}

// Compare are exceptions to the rules of comparison.
type Compare struct {
	DecisionOnly          bool     `json:"decisionOnly"`
	IgnoreStatus          bool     `json:"ignoreStatus"`
	DecisionAnyOf         []string `json:"decisionAnyOf"`
	StatusCodeAnyOf       []string `json:"statusCodeAnyOf"`
	IgnoreAttributeValues []string `json:"ignoreAttributeValues"`
	PolicyIdentifierList  any      `json:"policyIdentifierList"`
}

// SourceAttribute is what a source says of one attribute, under conditions.
type SourceAttribute struct {
	Category    string   `json:"category"`
	AttributeID string   `json:"attributeId"`
	DataType    string   `json:"dataType"`
	Issuer      string   `json:"issuer"`
	Values      []string `json:"values"`
	// When lists request attributes that must have a value for this to hold.
	When []struct {
		Category    string `json:"category"`
		AttributeID string `json:"attributeId"`
		Value       string `json:"value"`
	} `json:"when"`
}

// Section is the part of the suite that the case belongs to, such as IIC: the
// letters in front of the number.
func (c *Case) Section() string {
	return strings.TrimRight(c.ID[:strings.IndexAny(c.ID+"0", "0123456789")], "_")
}

// Load reads all cases of a folder, in the order of their ids.
func Load(dir string) ([]*Case, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var cases []*Case
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		c, err := load(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("case %q: %w", e.Name(), err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func load(dir string) (*Case, error) {
	c := &Case{Dir: dir, Policies: make(map[string][]byte)}
	if err := readJSON(filepath.Join(dir, "meta.json"), &c.Meta); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "policies", "*.xml"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		c.Policies[filepath.Base(f)] = data
	}
	if c.Request, err = os.ReadFile(filepath.Join(dir, "request.xml")); err != nil {
		return nil, err
	}
	if c.Response, err = optional(filepath.Join(dir, "response.xml")); err != nil {
		return nil, err
	}
	roots, err := optional(filepath.Join(dir, "root.txt"))
	if err != nil {
		return nil, err
	}
	c.Roots = strings.Fields(string(roots))
	if slices.Contains(c.Requires, "pip:pip.json") {
		var pip struct {
			Attributes []SourceAttribute `json:"attributes"`
		}
		if err := readJSON(filepath.Join(dir, "pip.json"), &pip); err != nil {
			return nil, err
		}
		c.Sources = pip.Attributes
	}
	if slices.Contains(c.Requires, "pip:hierarchy.json") {
		var hierarchy struct {
			Children multiple.Tree `json:"children"`
		}
		if err := readJSON(filepath.Join(dir, "hierarchy.json"), &hierarchy); err != nil {
			return nil, err
		}
		c.Hierarchy = hierarchy.Children
	}
	return c, nil
}

func readJSON(name string, into any) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}

// optional reads a file that need not be there.
func optional(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}
