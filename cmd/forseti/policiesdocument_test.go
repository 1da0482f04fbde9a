package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPoliciesDocument: whatever docs/policies.md shows of a policy or a configuration is
// in the script that runs them.
func TestPoliciesDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/author.txtar")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(?:xml|yaml)\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 5 {
		t.Errorf("got %d blocks, want 5 or more", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(string(script), block[1]) {
			t.Errorf("this is not in testdata/author.txtar:\n%s", block[1])
		}
	}
}
