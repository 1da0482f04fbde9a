package forseti_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// panics are the places where code that is not a test panics, by file and function,
// and why no input leads there. What comes from outside is an error.
//
// A panic that is handed on is recovered further out.
func panics() map[string]string {
	return map[string]string{
		"contexthandler/audit/event.go marshal":       "a record is texts, numbers and a reading of the clock",
		"contexthandler/audit/note.go noteRecord":     "a note is texts, numbers and a reading of the clock",
		"contexthandler/audit/scribe.go sizeOf":       "a category is texts and numbers",
		"pdp/function/function.go NewLibrary":         "the tables of functions are part of the program; a test makes them all",
		"pdp/internal/eval/panic.go evaluation.blame": "hands on a panic that was recovered, with the policy it was in; the PDP recovers it",
		"pip/ldap/bulk.go bulkProvider.sideBySide":    "hands on a panic of another goroutine, which the caller recovers",

		"bench/rpc/server.go noop":                     "measures",
		"bench/workload/conditiondocument.go mustTime": "measures, with texts of its own",

		"internal/certtest/certtest.go must":            "for tests",
		"internal/faultproxy/http.go Handler.ServeHTTP": "for tests: it breaks a connection off, and net/http recovers it",
		"pdp/internal/generate/values.go parse":         "for tests, with texts of its own",
		"token/tokentest/tokentest.go NewKey":           "for tests",
		"token/tokentest/tokentest.go Key.JWK":          "for tests",
		"token/tokentest/tokentest.go Key.Signature":    "for tests",
		"token/tokentest/tokentest.go Marshal":          "for tests",
	}
}

// TestHygiene_Panics keeps panics few, each with its reason.
func TestHygiene_Panics(t *testing.T) {
	listed, found := panics(), make(map[string]string)
	for _, file := range sourceFiles(t) {
		for _, declaration := range parsed(t, file.name).Decls {
			ast.Inspect(declaration, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && isNamed(call.Fun, "panic") {
					place := file.name + " " + nameOf(declaration)
					found[place] = listed[place]
					if listed[place] == "" {
						t.Errorf("%s panics: say in hygiene_test.go why no input leads there, or return an error", place)
					}
				}
				return true
			})
		}
	}
	if diff := cmp.Diff(listed, found); diff != "" {
		t.Errorf("(-listed +found)\n%s", diff)
	}
}

// TestHygiene_Goroutines wants the tests of each package that starts goroutines to
// make sure that they end.
func TestHygiene_Goroutines(t *testing.T) {
	starts := make(map[string]string) // by package, where
	for _, file := range sourceFiles(t) {
		ast.Inspect(parsed(t, file.name), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				starts[file.pkg] = file.name
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" { // of a group that waits
					starts[file.pkg] = file.name
				}
			}
			return true
		})
	}
	if len(starts) < 10 {
		t.Fatalf("got %d packages that start goroutines, there are more", len(starts))
	}
	for pkg, where := range starts {
		if strings.HasPrefix(pkg, "bench/") {
			continue // programs that measure and end
		}
		if !watchesGoroutines(t, pkg) {
			t.Errorf("%s starts goroutines, and no test of package %s calls goleak", where, pkg)
		}
	}
}

// watchesGoroutines reports whether a test of the package looks for goroutines that
// are left.
func watchesGoroutines(t *testing.T, pkg string) bool {
	t.Helper()
	names, err := filepath.Glob(filepath.FromSlash(path.Join(pkg, "*_test.go")))
	if err != nil {
		t.Fatal(err)
	}
	watches := false
	for _, name := range names {
		ast.Inspect(parsed(t, name), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				looks := strings.HasPrefix(n.Sel.Name, "Verify") || n.Sel.Name == "Find"
				watches = watches || isNamed(n.X, "goleak") && looks || isNamed(n.X, "harness") && n.Sel.Name == "Main"
			case *ast.CallExpr: // in the harness itself
				watches = watches || isNamed(n.Fun, "Main") && path.Base(pkg) == "harness"
			}
			return true
		})
	}
	return watches
}

func parsed(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func isNamed(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

// nameOf is the name of a function, with the type that it belongs to.
func nameOf(d ast.Decl) string {
	f, ok := d.(*ast.FuncDecl)
	if !ok {
		return "declaration"
	}
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	for {
		switch x := receiver.(type) {
		case *ast.StarExpr:
			receiver = x.X
			continue
		case *ast.IndexExpr:
			receiver = x.X
			continue
		}
		return fmt.Sprintf("%s.%s", receiver, f.Name.Name)
	}
}
