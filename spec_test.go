package forseti_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The documents that promise tests. Each names at least so many.
var promising = map[string]int{"SPEC.md": 60, "docs/robustness.md": 60}

var (
	// mdLink is the target of a link of Markdown.
	mdLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// mdCode is what stands between backquotes.
	mdCode = regexp.MustCompile("`([^`]+)`")
	// testName is a test, by the path of its package and its name.
	testName = regexp.MustCompile(`^([a-z0-9_/]+)\.((?:Test|Fuzz|Example|Benchmark)\w+)$`)
	// bareName is a test without its package.
	bareName = regexp.MustCompile(`^(?:Test|Fuzz|Example|Benchmark)\w+$`)
	// testFunc is a test in a Go file.
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example|Benchmark)\w+)\(`)
)

// TestSpec checks that the files, tests and scenarios that the documents name
// are there.
func TestSpec(t *testing.T) {
	tests := testsByPackage(t)
	for document, least := range promising {
		data, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mdLink.FindAllStringSubmatch(string(data), -1) {
			checkLink(t, document, m[1])
		}
		named := map[string]bool{}
		for _, m := range mdCode.FindAllStringSubmatch(string(data), -1) {
			code := m[1]
			switch name := testName.FindStringSubmatch(code); {
			case name != nil:
				named[code] = true
				if !tests[name[1]][name[2]] {
					t.Errorf("%s: there is no test %s in package %s", document, name[2], name[1])
				}
			case len(code) > len(".txtar") && strings.HasSuffix(code, ".txtar"):
				named[code] = true
				if !isScenario(code) {
					t.Errorf("%s: there is no scenario %s", document, code)
				}
			case bareName.MatchString(code) && !tests["."][code]:
				t.Errorf("%s: %s is named without its package", document, code)
			}
		}
		if len(named) < least {
			t.Errorf("%s names %d tests and scenarios, want at least %d", document, len(named), least)
		}
	}
}

// checkLink checks a link within the repository, or within the document.
func checkLink(t *testing.T, document, target string) {
	t.Helper()
	if strings.Contains(target, "://") {
		t.Errorf("%s: the link %s leads out of the repository", document, target)
		return
	}
	file, fragment, _ := strings.Cut(target, "#")
	if file == "" {
		data, err := os.ReadFile(document)
		heading := regexp.MustCompile(`(?mi)^#+ ` + regexp.QuoteMeta(strings.ReplaceAll(fragment, "-", " ")) + `$`)
		if err != nil || !heading.Match(data) {
			t.Errorf("%s: there is no heading for the link #%s", document, fragment)
		}
		return
	}
	if _, err := os.Stat(filepath.FromSlash(path.Join(path.Dir(document), file))); err != nil {
		t.Errorf("%s: the link %s leads nowhere", document, target)
	}
}

// isScenario tells whether a file is a scenario of the engine or of the command.
func isScenario(name string) bool {
	for _, dir := range []string{"pdp/testdata", "cmd/forseti/testdata"} {
		if _, err := os.Stat(filepath.Join(filepath.FromSlash(dir), name)); err == nil {
			return true
		}
	}
	return false
}

// testsByPackage finds the tests of all packages; "." is the root.
func testsByPackage(t *testing.T) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(name string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(name))
		if found[pkg] == nil {
			found[pkg] = map[string]bool{}
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(data), -1) {
			found[pkg][m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
