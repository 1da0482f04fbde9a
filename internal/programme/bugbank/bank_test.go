// Package bugbank seeds faults into Forseti, one at a time, and sees whether the
// tests find them. It holds nothing but tests and the faults, which are patches in
// testdata. Each begins with a header:
//
//	What:        the fault, in a sentence
//	Stands for:  the row of the catalogue, the sentence of the contract or the
//	             incident of another product for which it stands
//	Packages:    whose tests have to find it
//	Found by:    the tests that have to fail, each of them
//	Environment: variables that these tests need; may be left out
//
// They are of the kind that lets a wrong Permit or a loss through, and that
// compiles. Files are patched in an overlay of the go command: the tree stays as it
// is.
//
// Each run of the tests sees to it that the patches still fit the tree. With
// FORSETI_LONG=1 (make bugbank) the faults are tried: one that no test finds is a
// failure of the tests, and so is a test that does not find what it is said to.
package bugbank

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// least is how many faults there are at least: whoever takes one out takes out a test.
const least = 36

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return path
}

// bank is all faults.
func bank(t testing.TB) []fault {
	t.Helper()
	names, err := filepath.Glob("testdata/*.patch")
	if err != nil {
		t.Fatal(err)
	}
	var faults []fault
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parseFault(strings.TrimSuffix(filepath.Base(name), ".patch"), string(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		faults = append(faults, f)
	}
	if len(faults) < least {
		t.Errorf("got %d faults, want at least %d", len(faults), least)
	}
	return faults
}

// TestEachFaultFitsTheTree keeps the patches in step with the code: a fault that
// does not apply any more, or names tests that are gone, shows nothing.
func TestEachFaultFitsTheTree(t *testing.T) {
	top := root(t)
	for _, f := range bank(t) {
		t.Run(f.name, func(t *testing.T) {
			patched, err := f.patch.apply(os.DirFS(top))
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range patched {
				if _, err := parser.ParseFile(token.NewFileSet(), name, text, 0); err != nil {
					t.Errorf("the patched file is not Go: %v", err)
				}
			}
			known := testsOf(t, top, f.packages)
			for _, test := range f.foundBy {
				if name, _, _ := strings.Cut(test, "/"); !slices.Contains(known, name) {
					t.Errorf("there is no test %s in %q", name, f.packages)
				}
			}
		})
	}
}

// testsOf are the tests, fuzz targets and examples of packages.
func testsOf(t *testing.T, top string, packages []string) []string {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(`)
	var tests []string
	for _, p := range packages {
		files, err := filepath.Glob(filepath.Join(top, filepath.FromSlash(p), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
				tests = append(tests, found[1])
			}
		}
	}
	return tests
}

// TestFaultsOfTheMatrix keeps in the bank what only the matrix of faults finds.
func TestFaultsOfTheMatrix(t *testing.T) {
	count := 0
	for _, f := range bank(t) {
		if slices.Equal(f.packages, []string{"./contexthandler/faults"}) {
			count++
			if !slices.Contains(f.environment, "FORSETI_ALONE=1") {
				t.Errorf("%s: the matrix runs with FORSETI_ALONE=1 only", f.name)
			}
		}
	}
	if count < 5 {
		t.Errorf("got %d faults that the matrix has to find, want at least 5", count)
	}
}
