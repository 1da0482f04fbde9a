package client_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// goBlock is a block of Go in a guide.
var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// The code of the guide is that of the examples, indentation aside, and so it
// compiles and does what it says.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/client.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	compiled := flat(string(examples))
	blocks := goBlock.FindAllStringSubmatch(string(guide), -1)
	if len(blocks) < 4 {
		t.Errorf("the guide has %d blocks of Go", len(blocks))
	}
	for _, block := range blocks {
		for part := range strings.SplitSeq(flat(block[1]), "// ...\n") { // dots are lines that are left out
			if !strings.Contains(compiled, part) {
				t.Errorf("not in the examples:\n%s", part)
			}
		}
	}
}

// flat is code without indentation.
func flat(code string) string {
	var out strings.Builder
	for line := range strings.Lines(code) {
		out.WriteString(strings.TrimSpace(line) + "\n")
	}
	return out.String()
}
