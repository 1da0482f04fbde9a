package function

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// allRows is the rows of all tables.
func allRows(t *testing.T) [][]row {
	t.Helper()
	return [][]row{
		rowsEquality(), rowsArithmetic(), rowsNormalization(), rowsNumericConversion(), rowsLogical(),
		rowsNumericComparison(), rowsDateArithmetic(), rowsNonNumericComparison(), rowsStrings(), rowsConversion(),
		rowsBag(t), rowsSet(t), rowsHigherOrder(), rowsRegexp(), rowsMatch(), rowsXPath(), rowsOther(), rowsDeprecated(),
	}
}

// Every function is tested with a row that succeeds; those with an old
// identifier are by Test10_2_9_OldIdentifiersGiveTheSame.
func TestEveryFunctionHasARow(t *testing.T) {
	lib := Standard()
	tested := map[*Function]bool{}
	for _, r := range slices.Concat(allRows(t)...) {
		if strings.Contains(r.want, ":") {
			tested[lookup(t, lib, r.id)] = true
		}
	}
	for _, fn := range lib.Functions() {
		if name, ok := strings.CutPrefix(fn.ID, xacml.Function1); ok && fn.Section == "10.2.9" && !strings.HasPrefix(name, "xpath-") {
			fn = lib.Lookup(xacml.Function3 + name)
		}
		if !tested[fn] {
			t.Errorf("got no row that succeeds, want one, for %s", fn.ID)
		}
	}
}

// Every function has what the catalogue shows, and one way to evaluate it.
func TestEveryFunctionIsComplete(t *testing.T) {
	for _, fn := range All().Functions() {
		ways := 0
		for _, set := range []bool{fn.Strict != nil, fn.Lazy != nil, fn.Higher != nil} {
			if set {
				ways++
			}
		}
		if ways != 1 {
			t.Errorf("got %d ways to evaluate, want 1, for %s", ways, fn.ID)
		}
		if fn.Section == "" || !strings.HasSuffix(fn.Doc, ".") {
			t.Errorf("got section %q and doc %q, want both, for %s", fn.Section, fn.Doc, fn.ID)
		}
		for _, k := range fn.Parameters {
			if k != k.Canonical() || k.Type == value.TypeUnknown {
				t.Errorf("got parameter %v, want a canonical type, for %s", k, fn.ID)
			}
		}
	}
}

// The library has the identifiers of 10.2.8 and 10.2.9, all of them.
func Test10_2_8_Identifiers(t *testing.T) {
	want := standardIdentifiers(t)
	if len(want) != 287 {
		t.Fatalf("got %d identifiers in the list, want 287", len(want))
	}
	var got []string
	for _, fn := range Standard().Functions() {
		got = append(got, fn.ID)
	}
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); diff != "" {
		t.Errorf("identifiers differ (-standard +library):\n%s", diff)
	}
}

// standardIdentifiers reads section 6 of the list of identifiers.
func standardIdentifiers(t *testing.T) map[string]bool {
	t.Helper()
	shared := os.Getenv("FORSETI_SHARED")
	if shared == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("FORSETI_SHARED is not set: the list of identifiers is missing")
		}
		t.Skip("FORSETI_SHARED is not set: it names the folder with spec/identifiers.md")
	}
	text, err := os.ReadFile(filepath.Join(shared, "spec", "identifiers.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## 6 ")
	section, _, _ = strings.Cut(section, "\nProfile functions")
	prefixes := map[string]string{"F1": xacml.Function1, "F2": xacml.Function2, "F3": xacml.Function3}
	ids := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^\* (F\d): (.*)$`).FindAllStringSubmatch(section, -1) {
		for name := range strings.SplitSeq(line[2], ", ") {
			ids[prefixes[line[1]]+strings.TrimSuffix(name, " (O)")] = true
		}
	}
	return ids
}
