package forseti_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/forseti-pdp/forseti"

// lattice says which packages of this module a package may import: those that
// stand to its left in some rule, and what those may import. Packages between
// two signs do not know each other. A package that is not here fails the test,
// so that nobody adds one without giving it a place.
//
// A rule ends with a semicolon. A package may be here before it exists.
const lattice = `
	# What may be said of a panic.
	internal/panics < token/jwks, pip, contexthandler/rpc, cmd/forseti;

	# The context: values, requests, decisions.
	pdp/value < pdp/xacml;

	# The standard's nouns, and the languages inside of it.
	pdp/xacml < pdp/policy, pdp/combine, pdp/internal/xpath;
	pdp/xacml, pdp/internal/regex, pdp/internal/xpath < pdp/function;

	# The engine. It knows no syntax: the codecs are not to its left.
	pdp/internal/symbol < pdp/internal/index;
	pdp/function, pdp/internal/xpath < pdp/internal/content;
	pdp/policy, pdp/combine, pdp/internal/content, pdp/internal/index
	< pdp/internal/eval
	< pdp/internal/compile
	< pdp/internal/reference
	< pdp;
	pdp/policy < pdp/explanation < pdp/internal/reference;
	pdp/explanation < pdp/explanation/render < cmd/forseti;

	# What a request asks for, if it asks for several decisions.
	pdp/internal/xpath < pdp/multiple < pdp/conformance, contexthandler;

	# Policies and requests for tests: nothing but tests may import it.
	pdp/policy, pdp/function, pdp/combine < pdp/internal/generate;

	# The codecs. They know the model, and nothing of how it is evaluated.
	pdp/policy < pdp/xacmlxml < pdp/xacmljson;
	pdp, pdp/xacmljson < pdp/conformance;

	# Where attributes and policies come from.
	pdp < pip < pip/derive, pip/http, pip/ldap, pip/sql, pip/static;
	pip < pip/internal/reload < pip/grpc, pip/http, pip/ldap, pip/sql;
	pip, proto/forseti/attribute/v1 < pip/grpc;
	pip, token < pip/jwt;
	pdp, pdp/xacmlxml < pap;

	# For those who write a source behind gRPC. It knows values, and not Forseti.
	pdp/xacml, proto/forseti/attribute/v1 < pip/grpc/attributeserver < pip/grpc/attributeserver/example;

	# Who a subject is. Tokens know nothing of XACML; what their claims mean does.
	token/internal/strictjson < token/jwks < token;
	pdp/xacml, token < contexthandler/claims;

	# The service. Protocols know the context handler, it knows none of them.
	pip, pap < contexthandler;
	contexthandler, pdp/xacmljson, proto/forseti/authorization/v1
	< contexthandler/rpc;

	# What becomes of decisions. It knows no protocol.
	contexthandler < contexthandler/audit;

	# Who calls, and how connections are secured.
	contexthandler, token < contexthandler/caller < contexthandler/rpc;
	contexthandler/rpc/tlsfile < cmd/forseti/internal/config;

	# For those who ask. It knows the protocol, and nothing behind it.
	proto/forseti/authorization/v1 < contexthandler/client;

	# Measurements, and the traces that they belong to.
	internal/exemplar < pip;
	cmd/forseti/internal/tracing < cmd/forseti;

	# The program.
	contexthandler/rpc, contexthandler/claims, contexthandler/audit,
	pip/derive, pip/grpc, pip/http, pip/jwt, pip/ldap, pip/sql, pip/static
	< cmd/forseti/internal/config
	< cmd/forseti/internal/demo
	< cmd/forseti;
	cmd/forseti/internal/memory < cmd/forseti;

	# For tests.
	internal/bounds, internal/certtest, internal/faultproxy, internal/otlptest, internal/pgtest, internal/secrettest, token/tokentest;

	# The service as a whole, run by its tests.
	proto/forseti/authorization/v1, internal/secrettest < internal/programme/harness;

	# What speed is measured with.
	pap < bench/workload < bench/floor < bench < bench/report;
	contexthandler/rpc, bench < bench/rpc;
`

// gates says who may import what is not of this module. Each import path
// stands for everything below it, unless a longer one says otherwise; "..."
// stands for everything below a folder. All modules are here, and of the
// standard library what reaches outside of the process or around the rules: a
// package of pdp has no files, no network, no environment and no global log.
const gates = `
	# The standard library.
	encoding/xml: pdp/xacmlxml;
	database/sql: pip/sql;
	flag:         bench/..., pip/grpc/attributeserver/example;
	log:          cmd/forseti;
	log/slog:     ...;
	net:          internal/otlptest, pip/grpc, pip/grpc/attributeserver/example, pip/http, pip/ldap, token/jwks, contexthandler/rpc, contexthandler/client,
	              cmd/..., bench/rpc, internal/certtest, internal/faultproxy, internal/pgtest, internal/programme/...;
	net/netip:    ...;
	net/url:      ...;
	os:           pap, pip/grpc/attributeserver/example, pip/internal/reload, pip/sql, pip/static, token/jwks, pdp/conformance,
	              contexthandler/audit, contexthandler/rpc/tlsfile, cmd/..., bench/..., internal/pgtest, internal/programme/...;
	os/exec:      bench/rpc, internal/pgtest, internal/programme/...;
	plugin:       nobody;
	syscall:      pap, contexthandler/audit, pip/grpc/attributeserver/example, cmd/forseti, internal/pgtest, internal/programme/...;
	unsafe:       proto/...;

	# The core: no RPC, no metrics.
	github.com/beevik/etree: pdp/xacml, pdp/policy, pdp/xacmlxml, pdp/internal/xpath, pdp/internal/generate;
	golang.org/x/text:       pdp/value, pdp/function, pdp/internal/eval;

	# Sources of attributes and policies.
	github.com/fsnotify/fsnotify: pap;
	github.com/maypok86/otter/v2: pip, token;
	github.com/go-asn1-ber/asn1-ber: pip/ldap;
	github.com/go-ldap/ldap/v3:   pip/ldap;
	github.com/golang-jwt/jwt/v5: token, token/tokentest;
	github.com/jackc/pgx/v5:      pip/sql, internal/pgtest;
	github.com/sony/gobreaker/v2: pip;
	golang.org/x/oauth2:          pip/http;
	golang.org/x/sync:            pip, contexthandler;
	modernc.org/sqlite:           pip/sql;

	# The service.
	github.com/prometheus/client_golang: internal/exemplar, pip, token, pap, contexthandler, contexthandler/..., cmd/...;
	google.golang.org/genproto/googleapis/rpc: pip/grpc, contexthandler/rpc, contexthandler/client, cmd/forseti;
	google.golang.org/grpc: internal/otlptest, proto/..., pip/grpc/..., contexthandler/rpc, contexthandler/client, cmd/..., bench/rpc, internal/programme/...;
	google.golang.org/protobuf: internal/otlptest, proto/..., pip/grpc/..., contexthandler/rpc, contexthandler/client, cmd/..., bench/rpc;
	golang.org/x/net: bench/rpc;
	golang.org/x/sys: bench/rpc, internal/programme/harness;
	github.com/prometheus/client_model: internal/programme/harness;
	github.com/prometheus/common: internal/programme/harness;
	go.uber.org/goleak: internal/programme/harness;

	# Traces: the API everywhere, what exports them in the program alone.
	go.opentelemetry.io/otel:             cmd/forseti/internal/tracing;
	go.opentelemetry.io/otel/attribute:   pip, contexthandler, contexthandler/rpc, cmd/forseti/internal/tracing;
	go.opentelemetry.io/otel/codes:       pip, contexthandler, contexthandler/rpc;
	go.opentelemetry.io/otel/propagation: pip/grpc, pip/http, contexthandler/rpc;
	go.opentelemetry.io/otel/trace:       pip, pip/grpc, contexthandler, contexthandler/rpc, internal/exemplar, cmd/...;
	go.opentelemetry.io/proto/otlp:       internal/otlptest;
	github.com/go-logr/logr:              cmd/forseti/internal/tracing;

	# The program.
	github.com/goccy/go-yaml: pip/static, cmd/forseti/internal/config, cmd/forseti;
	github.com/spf13/cobra:   cmd/forseti;
`

// TestDependencies checks every import of every package, test files aside.
func TestDependencies(t *testing.T) {
	rules := parseRules(t, lattice, gates)
	files := sourceFiles(t)
	if len(files) == 0 {
		t.Fatal("no source files found")
	}
	for _, file := range files {
		if _, listed := rules.below[file.pkg]; !listed {
			t.Errorf("%s: package %s has no place in the lattice of deps_test.go", file.name, file.pkg)
			continue
		}
		for _, path := range file.imports {
			if problem := rules.check(file.pkg, path); problem != "" {
				t.Errorf("%s: %s", file.name, problem)
			}
		}
	}
}

// TestDependencies_Lattice keeps the lattice free of circles.
func TestDependencies_Lattice(t *testing.T) {
	rules := parseRules(t, lattice, gates)
	for pkg := range rules.below {
		if rules.reaches(pkg, pkg) {
			t.Errorf("package %s stands to the left of itself", pkg)
		}
	}
	for prefix, importers := range rules.gates {
		for _, importer := range importers {
			if _, listed := rules.below[importer]; !listed && !strings.HasSuffix(importer, "...") && importer != "nobody" {
				t.Errorf("gate %s: package %s is not in the lattice", prefix, importer)
			}
		}
	}
}

// TestDependencies_Rules shows the rules at work on imports that must and must
// not be.
func TestDependencies_Rules(t *testing.T) {
	rules := parseRules(t, lattice, gates)
	tests := []struct {
		pkg, path string
		allowed   bool
	}{
		{"pdp/xacml", module + "/pdp/value", true},
		{"pdp", module + "/pdp/value", true},
		{"cmd/forseti", module + "/pdp", true},
		{"contexthandler/rpc", module + "/proto/forseti/authorization/v1", true},
		{"pdp/value", "net/netip", true},
		{"pdp/value", "strings", true},
		{"pap", "os", true},
		{"contexthandler/rpc", "google.golang.org/grpc/codes", true},

		{"pdp/value", module + "/pdp/xacml", false},    // reversed
		{"pdp/policy", module + "/pdp/combine", false}, // side by side
		{"pdp", module + "/pdp/xacmlxml", false},       // the core knows no syntax
		{"pdp", module + "/pip", false},
		{"contexthandler", module + "/proto/forseti/authorization/v1", false},
		{"pip", module + "/pap", false},
		{"pdp", module + "/pdp/helpers", false},   // not in the lattice
		{"pdp/helpers", module + "/pdp", false},   // nor this
		{"pdp", "google.golang.org/grpc", false},  // gate
		{"pdp", "google.golang.org/grpcx", false}, // a module without a gate
		{"pdp", "github.com/prometheus/client_golang/prometheus", false},
		{"pdp", "net", false},
		{"pdp/function", "net/http", false},
		{"pdp/internal/eval", "os", false},
		{"pip", "encoding/xml", false},
		{"cmd/forseti", "os/exec", false},
		{"pdp", "C", false},
	}
	for _, test := range tests {
		problem := rules.check(test.pkg, test.path)
		if got := problem == ""; got != test.allowed {
			t.Errorf("got allowed %v, want %v, input: %s imports %s (%s)", got, test.allowed, test.pkg, test.path, problem)
		}
	}
}

// rules are the parsed lattice and gates.
type rules struct {
	below map[string][]string // package -> packages directly to its left
	gates map[string][]string // import path -> packages and patterns
}

func parseRules(t *testing.T, lattice, gates string) rules {
	t.Helper()
	r := rules{below: make(map[string][]string), gates: make(map[string][]string)}
	for _, rule := range statements(lattice) {
		var left []string
		for group := range strings.SplitSeq(rule, "<") {
			right := names(group)
			for _, pkg := range right {
				r.below[pkg] = append(r.below[pkg], left...)
			}
			left = right
		}
	}
	for _, gate := range statements(gates) {
		prefix, importers, ok := strings.Cut(gate, ":")
		if !ok {
			t.Fatalf("gate without a colon: %q", gate)
		}
		r.gates[strings.TrimSpace(prefix)] = names(importers)
	}
	return r
}

// statements are the parts of text that end with a semicolon, without comments.
func statements(text string) []string {
	var code strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		code.WriteString(line + "\n")
	}
	all := strings.Split(code.String(), ";")
	return all[:len(all)-1]
}

func names(list string) []string {
	var all []string
	for name := range strings.SplitSeq(list, ",") {
		all = append(all, strings.TrimSpace(name))
	}
	return all
}

// check says what is wrong with the import of path by the package pkg of this
// module, and nothing if it is allowed.
func (r rules) check(pkg, path string) string {
	if own, ok := strings.CutPrefix(path, module+"/"); ok {
		if !r.reaches(pkg, own) {
			return fmt.Sprintf("package %s may not import %s (lattice of deps_test.go)", pkg, own)
		}
		return ""
	}
	importers, gated := r.gate(path)
	switch first, _, _ := strings.Cut(path, "/"); {
	case !gated && (strings.Contains(first, ".") || path == "C"):
		return fmt.Sprintf("package %s imports %s, which has no gate in deps_test.go", pkg, path)
	case gated && !slices.ContainsFunc(importers, func(pattern string) bool { return matches(pattern, pkg) }):
		return fmt.Sprintf("package %s may not import %s (gates of deps_test.go)", pkg, path)
	default:
		return ""
	}
}

// reaches reports whether pkg may import other.
func (r rules) reaches(pkg, other string) bool {
	seen := make(map[string]bool)
	var search func(string) bool
	search = func(at string) bool {
		if seen[at] {
			return false
		}
		seen[at] = true
		return slices.ContainsFunc(r.below[at], func(left string) bool { return left == other || search(left) })
	}
	return search(pkg)
}

// gate is the gate with the longest path that the import is at or below.
func (r rules) gate(path string) (importers []string, found bool) {
	longest := -1
	for prefix, list := range r.gates {
		if (path == prefix || strings.HasPrefix(path, prefix+"/")) && len(prefix) > longest {
			importers, longest = list, len(prefix)
		}
	}
	return importers, longest >= 0
}

// matches reports whether the pattern of a gate covers the package.
func matches(pattern, pkg string) bool {
	if folder, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(pkg+"/", folder)
	}
	return pkg == pattern
}

// A sourceFile is a Go file that is not a test.
type sourceFile struct {
	name    string
	pkg     string // folder below the root of the module
	imports []string
}

// sourceFiles reads the imports of all Go files of the module, whatever their
// build constraints, and not those of the modules inside of it.
func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipFolder(name)
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		file := sourceFile{name: name, pkg: path.Dir(filepath.ToSlash(name))}
		for _, spec := range syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			file.imports = append(file.imports, imported)
		}
		files = append(files, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// skipFolder tells WalkDir to leave out what the go command leaves out.
func skipFolder(name string) error {
	if name == "." {
		return nil
	}
	base := filepath.Base(name)
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}
