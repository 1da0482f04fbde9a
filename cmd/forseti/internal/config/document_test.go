package config

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestSourcesDocument loads every configuration of docs/sources.md, which has one of
// each kind of source.
func TestSourcesDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash("../../../../docs/sources.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		c, err := load("docs/sources.md", []byte(block[1]), nil)
		if err != nil {
			t.Errorf("%v\nfor\n%s", err, block[1])
			continue
		}
		for _, s := range c.Sources {
			if at := c.place("sources[0]"); at.File == "docs/sources.md" {
				seen[s.Kind] = true
			}
		}
	}
	for _, kind := range kinds() {
		if !seen[kind] {
			t.Errorf("docs/sources.md has no source of the kind %s", kind)
		}
	}
}
