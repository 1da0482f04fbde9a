package pdp_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

var update = flag.Bool("update", false, "rewrite the expected output of the scenarios")

// now is the clock of all scenarios.
var now = time.Date(2026, time.November, 21, 12, 30, 0, 0, time.UTC)

// TestScenarios runs testdata/*.txtar. A scenario is
//
//   - policy documents *.xml, those whose name starts with "library" only for
//     references; short forms of the standard's URNs may be used: see expand,
//     and of its longest elements: see shorten,
//   - a config with lines such as "root: permit-overrides",
//   - requests NAME.request, one attribute a line:
//     category id datatype[!][@issuer] = value   (! asks for it in the result)
//   - datatype = value                adds a value to the attribute above
//     content category = <xml/>         the Content of the category, on one line
//     ? category id datatype = value    a value that the finder has
//     ! category id                     makes that attribute unavailable
//     policies                          asks for the policy identifiers,
//     or a Request in XML, with the short forms of the policies,
//   - what comes out: NAME.result for each request, or "problems" if the
//     policies have any.
//
// Run with -update to rewrite what comes out, and read the difference.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runScenario(t, file) })
	}
}

func runScenario(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]string)
	got := make(map[string]string)
	config := pdp.Config{Now: func() time.Time { return now }, KeepModel: true}
	var documents []policy.Document
	var problems policy.Problems
	requests := make(map[string]string)
	for _, f := range archive.Files {
		switch data := string(f.Data); {
		case strings.HasSuffix(f.Name, ".xml"):
			d, ps := xacmlxml.ReadPolicy(f.Name, []byte(expand(data)), xacmlxml.DefaultLimits())
			d.ReferenceOnly = strings.HasPrefix(f.Name, "library")
			documents, problems = append(documents, d), append(problems, ps...)
		case f.Name == "config":
			readConfig(t, &config, data)
		case strings.HasSuffix(f.Name, ".request"):
			requests[strings.TrimSuffix(f.Name, ".request")] = data
		default:
			want[f.Name] = data
		}
	}
	var p *pdp.PDP
	if config.Lenient || len(problems.Errors()) == 0 {
		var more policy.Problems
		p, more = pdp.New(config, documents)
		problems = append(problems, more...)
	}
	if len(problems) > 0 {
		got["problems"] = describeProblems(problems)
	}
	if p != nil {
		for name, text := range requests {
			request, finder := readRequest(t, text)
			result := p.Evaluate(t.Context(), request, finder)
			got[name+".result"] = describe(&result)
			reference := p.EvaluateReference(t.Context(), request, finder)
			if of := describe(&reference); of != got[name+".result"] {
				t.Errorf("%s: the reference says\n%s\nand not\n%s", name, of, got[name+".result"])
			}
		}
	}
	if *update {
		rewrite(t, file, archive, got)
		return
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s: nothing came out", name)
		}
	}
	for name, g := range got {
		if g != want[name] {
			t.Errorf("%s: got\n%s\nwant\n%s", name, g, want[name])
		}
	}
}

// expand writes out the URNs that scenarios abbreviate in attribute values:
// f1: f2: f3: functions, r1: r3: p1: p3: algorithms, xs: data types, cat: and so on.
func expand(s string) string {
	pairs := []string{
		`"f1:`, `"` + xacml.Function1, `"f2:`, `"` + xacml.Function2, `"f3:`, `"` + xacml.Function3,
		`"r1:`, `"` + xacml.RuleAlgorithm1, `"r11:`, `"` + xacml.RuleAlgorithm11, `"r3:`, `"` + xacml.RuleAlgorithm3,
		`"p1:`, `"` + xacml.PolicyAlgorithm1, `"p11:`, `"` + xacml.PolicyAlgorithm11, `"p3:`, `"` + xacml.PolicyAlgorithm3,
		`"xs:`, `"http://www.w3.org/2001/XMLSchema#`,
		`"subject"`, `"` + xacml.CategoryAccessSubject + `"`, `"resource"`, `"` + xacml.CategoryResource + `"`,
		`"action"`, `"` + xacml.CategoryAction + `"`, `"environment"`, `"` + xacml.CategoryEnvironment + `"`,
		`<Policy `, `<Policy xmlns="` + xacml.Namespace + `" `, `<PolicySet `, `<PolicySet xmlns="` + xacml.Namespace + `" `,
		`<Request>`, `<Request xmlns="` + xacml.Namespace + `" ReturnPolicyIdList="false" CombinedDecision="false">`,
	}
	return strings.NewReplacer(pairs...).Replace(shorten(s))
}

func readConfig(t *testing.T, c *pdp.Config, text string) {
	for line := range strings.Lines(text) {
		key, val, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "root":
			c.RootAlgorithm = strings.NewReplacer("p1:", xacml.PolicyAlgorithm1, "p3:", xacml.PolicyAlgorithm3).Replace(val)
		case "budget":
			if _, err := fmt.Sscan(val, &c.Budget); err != nil {
				t.Fatal(err)
			}
		case "refuse":
			c.RefuseHiddenErrors = true
		case "lenient":
			c.Lenient = true
		case "delegation":
			c.Delegation = true
		default:
			t.Fatalf("config: unknown key %q", key)
		}
	}
}

func readRequest(t testing.TB, text string) (*xacml.Request, pdp.Finder) {
	t.Helper()
	if strings.HasPrefix(text, "<") {
		request, err := xacmlxml.ReadRequest([]byte(expand(text)), xacmlxml.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return request, nil
	}
	request := &xacml.Request{}
	finder := fakeFinder{fails: make(map[[2]string]bool)}
	var latest *xacml.Attribute
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if line == "policies" {
			request.ReturnPolicyIDList = true
			continue
		}
		if rest, ok := strings.CutPrefix(line, "! "); ok {
			var category, id string
			if _, err := fmt.Sscan(rest, &category, &id); err != nil {
				t.Fatalf("request line %q: %v", line, err)
			}
			finder.fails[[2]string{longCategory(category), id}] = true
			continue
		}
		head, text, ok := strings.Cut(line, " = ")
		fields := strings.Fields(head)
		if ok && len(fields) == 2 && fields[0] == "content" {
			content, err := xacmlxml.ReadContent([]byte(text), xacmlxml.DefaultLimits())
			if err != nil {
				t.Fatalf("request line %q: %v", line, err)
			}
			attributesOf(request, longCategory(fields[1])).Content = content
			continue
		}
		if ok && len(fields) == 2 && fields[0] == "+" && latest != nil {
			latest.Values = append(latest.Values, parseValue(t, fields[1], text))
			continue
		}
		found := ok && len(fields) == 4 && fields[0] == "?"
		if found {
			fields = fields[1:]
		}
		if !ok || len(fields) != 3 {
			t.Fatalf("request line %q: want category id datatype = value", line)
		}
		datatype, issuer, _ := strings.Cut(fields[2], "@")
		datatype, include := strings.CutSuffix(datatype, "!")
		category := longCategory(fields[0])
		v := parseValue(t, datatype, text)
		if found {
			key := xacml.AttributeKey{Category: category, ID: fields[1], Type: v.Type(), Issuer: issuer}
			finder.has = append(finder.has, foundValue{key, v})
			continue
		}
		attrs := attributesOf(request, category)
		attrs.Attributes = append(attrs.Attributes, xacml.Attribute{
			ID: fields[1], Issuer: issuer, IncludeInResult: include, Values: []value.Value{v},
		})
		latest = &attrs.Attributes[len(attrs.Attributes)-1]
	}
	return request, finder
}

// attributesOf are the attributes of the category, which it adds if there are none.
func attributesOf(request *xacml.Request, category string) *xacml.Attributes {
	for i := range request.Attributes {
		if request.Attributes[i].Category == category {
			return &request.Attributes[i]
		}
	}
	request.Attributes = append(request.Attributes, xacml.Attributes{Category: category})
	return &request.Attributes[len(request.Attributes)-1]
}

// longCategory writes out the categories that scenarios abbreviate.
func longCategory(short string) string {
	if rest, ok := strings.CutPrefix(short, "delegated:"); ok {
		return xacml.CategoryDelegatedPrefix + longCategory(rest)
	}
	switch short {
	case "delegate":
		return xacml.CategoryDelegate
	case "delegation-info":
		return xacml.CategoryDelegationInfo
	case "subject":
		return xacml.CategoryAccessSubject
	case "resource":
		return xacml.CategoryResource
	case "action":
		return xacml.CategoryAction
	case "environment":
		return xacml.CategoryEnvironment
	default:
		return short
	}
}

// parseValue is a value of the data type with this name or identifier. An
// xpathExpression is a category and an XPath.
func parseValue(t testing.TB, datatype, text string) value.Value {
	t.Helper()
	for _, typ := range value.Types() {
		if typ.String() == datatype || typ.ID() == datatype {
			if typ == value.TypeXPathExpression {
				category, path, _ := strings.Cut(text, " ")
				return value.NewXPathExpression(path, longCategory(category), nil, xacml.XPath10)
			}
			v, err := value.Parse(typ, text)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("no data type %q", datatype)
	return nil
}

func describe(r *xacml.Result) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Decision.Extended())
	if r.Decision.Indeterminate() || r.Status.Code != xacml.StatusOK || r.Status.Message != "" {
		fmt.Fprintf(&b, "status %s: %s\n", last(r.Status.Code), r.Status.Message)
	}
	for _, m := range r.Status.Missing {
		fmt.Fprintf(&b, "missing %s %s %s%s\n", last(m.Category), m.ID, m.Type, by(m.Issuer))
	}
	list := func(what string, os []xacml.Obligation) {
		for _, o := range os {
			fmt.Fprintf(&b, "%s %s\n", what, o.ID)
			for _, a := range o.Assignments {
				fmt.Fprintf(&b, "  %s%s", a.AttributeID, by(a.Issuer))
				if a.Category != "" {
					fmt.Fprintf(&b, " in %s", last(a.Category))
				}
				fmt.Fprintf(&b, " = %s %q\n", a.Value.Type(), a.Value)
			}
		}
	}
	list("obligation", r.Obligations)
	list("advice", r.Advice)
	for _, as := range r.Attributes {
		for _, a := range as.Attributes {
			fmt.Fprintf(&b, "attribute %s %s%s = %v\n", last(as.Category), a.ID, by(a.Issuer), a.Values)
		}
	}
	for _, p := range r.PolicyIDs {
		fmt.Fprintf(&b, "policy %s %s set=%t\n", p.ID, p.Version, p.PolicySet)
	}
	return b.String()
}

func describeProblems(ps policy.Problems) string {
	var lines []string
	for _, p := range ps {
		kind := "error"
		if p.Warning {
			kind = "warning"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s\n", kind, p.Reason, p.Error()))
	}
	sort.Strings(lines)
	return strings.Join(lines, "")
}

// by is the issuer of an attribute, if there is one.
func by(issuer string) string {
	if issuer == "" {
		return ""
	}
	return "@" + issuer
}

func last(urn string) string { return urn[strings.LastIndexAny(urn, ":#")+1:] }

func rewrite(t *testing.T, file string, a *txtar.Archive, got map[string]string) {
	t.Helper()
	var files []txtar.File
	put := func(name string) {
		if g, ok := got[name]; ok {
			files = append(files, txtar.File{Name: name, Data: []byte(g)})
		}
	}
	for _, f := range a.Files {
		if strings.HasSuffix(f.Name, ".result") || f.Name == "problems" {
			continue
		}
		files = append(files, f)
		if name, ok := strings.CutSuffix(f.Name, ".request"); ok {
			put(name + ".result")
		}
	}
	put("problems")
	if err := os.WriteFile(file, txtar.Format(&txtar.Archive{Comment: a.Comment, Files: files}), 0o644); err != nil {
		t.Fatal(err)
	}
}
