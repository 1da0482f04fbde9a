package validate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func operations(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOperations_Limits: every limit of the service is in docs/operations.md, with its
// default, and none is there that does not exist.
func TestOperations_Limits(t *testing.T) {
	text, err := exec.Command(program, "config").Output()
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Server map[string]any `json:"server"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	document := operations(t)
	for key, value := range c.Server {
		limit := strings.HasPrefix(key, "max_") || key == "default_deadline" || key == "connection_timeout"
		row := regexp.MustCompile("(?m)^\\| `" + key + "` \\| ([^|]+) \\|").FindStringSubmatch(document)
		if limit != (row != nil) {
			t.Errorf("server.%s: a limit is %v, in the table is %v", key, limit, row != nil)
		}
		if row == nil {
			continue
		}
		want := fmt.Sprint(value)
		if n, isNumber := value.(float64); isNumber {
			want = fmt.Sprintf("%.0f", n)
		}
		if got := row[1]; got != want && (want != "0" || !strings.HasSuffix(got, "a processor")) {
			t.Errorf("server.%s is %s in the table, and %v by default", key, got, want)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:max|default|connection)_[a-z_]+)` \\|").FindAllStringSubmatch(document, -1) {
		if _, exists := c.Server[row[1]]; !exists {
			t.Errorf("there is no server.%s", row[1])
		}
	}
}

// TestOperations_CommandLines: the command lines of docs/operations.md exist.
func TestOperations_CommandLines(t *testing.T) {
	lines := regexp.MustCompile("(?m)(?:^\\$ |`)forseti ((?:serve|authorize|health|config|check|explain|audit|version)[^`#\n]*)").FindAllStringSubmatch(operations(t), -1)
	if len(lines) < 10 {
		t.Fatalf("found %d command lines", len(lines))
	}
	for _, line := range lines {
		words := strings.Fields(line[1])
		if i := slices.IndexFunc(words, func(w string) bool { return w == "&&" || w == "..." }); i >= 0 {
			words = words[:i]
		}
		if words[0] == "audit" {
			words = words[:1]
		}
		checkCommandLine(t, "docs/operations.md", words)
	}
}

// TestOperations_Exposure: the document gives the exposure that systemd tells.
func TestOperations_Exposure(t *testing.T) {
	if want := fmt.Sprintf("an exposure of %.1f of 10", documentedExposure); !strings.Contains(operations(t), want) {
		t.Errorf("docs/operations.md does not say %q", want)
	}
}

// TestOperations_Links: what the document links to is there.
func TestOperations_Links(t *testing.T) {
	for _, link := range regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`).FindAllStringSubmatch(operations(t), -1) {
		if _, err := os.Stat(filepath.Join(root, "docs", link[1])); err != nil {
			t.Errorf("docs/operations.md links to %s: %v", link[1], err)
		}
	}
}
