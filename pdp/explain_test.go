package pdp_test

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/explanation/render"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// readAgain gives documents by name, as a folder of policies does.
func readAgain(documents []policy.Document) func(string) (policy.Document, bool) {
	byName := make(map[string]policy.Document, len(documents))
	for _, d := range documents {
		byName[d.Name] = d
	}
	return func(name string) (policy.Document, bool) {
		d, ok := byName[name]
		return d, ok
	}
}

// TestExplain_Agrees: for generated policies and requests the result is that of
// Evaluate, and the tree comes to the same, whether the model was kept or is read
// again.
func TestExplain_Agrees(t *testing.T) {
	pairs, perSet := 20_000, 20
	if testing.Short() || raceEnabled {
		pairs = 2_000
	}
	sameValue := cmp.Comparer(func(a, b value.Value) bool {
		return value.TypeID(a) == value.TypeID(b) && value.Lexical(a) == value.Lexical(b)
	})
	for name, o := range map[string]generate.Options{"Usual": {}, "Indexed": {Indexed: true}} {
		t.Run(name, func(t *testing.T) {
			g := generate.New(lawSeed(t), o)
			left := 0
			for n := range uint64(pairs / 2 / perSet) {
				cases := g.Cases(n, perSet)
				config := pdp.Config{
					RootAlgorithm: cases[0].RootAlgorithm, Now: generate.Now, KeepModel: n%4 == 0,
					ReadAttributes: func(category, content string) (xacml.Attributes, error) {
						return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
					},
				}
				p, problems := pdp.New(config, cases[0].Documents)
				if p == nil {
					t.Fatalf("case %d: %v", n, problems)
				}
				for i, c := range cases {
					want := p.Evaluate(t.Context(), c.Request, c)
					got, d := p.Explain(t.Context(), c.Request, c, pdp.ExplainOptions{Read: readAgain(c.Documents)})
					if diff := cmp.Diff(want, got, sameValue, cmpopts.EquateEmpty()); diff != "" {
						t.Fatalf("case %d, request %d (-want +got):\n%s", n, i, diff)
					}
					if d.Agreement != explanation.Agrees || d.Root == nil || d.Root.Result != got.Decision.Extended() {
						t.Fatalf("case %d, request %d: got agreement %q, tree %+v, decision %s, notes %q",
							n, i, d.Agreement, d.Root, got.Decision.Extended(), d.Notes)
					}
					if d.Policies.Possible < d.Policies.Documents {
						left++
					}
				}
			}
			if name == "Indexed" && left == 0 {
				t.Error("no explanation left out a policy that cannot apply")
			}
		})
	}
}

// TestExplain_Scenarios runs testdata/explain/*.txtar. A scenario is as those of
// TestScenarios, with a file "private" of attributes, category and id a line, whose
// values are private. What comes out is the text of the explanation, NAME.result for
// each request.
func TestExplain_Scenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/explain/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { explainScenario(t, file) })
	}
}

func explainScenario(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config := pdp.Config{Now: func() time.Time { return now }}
	var documents []policy.Document
	requests, want, got := make(map[string]string), make(map[string]string), make(map[string]string)
	private := make(map[[2]string]bool)
	for _, f := range archive.Files {
		switch data := string(f.Data); {
		case strings.HasSuffix(f.Name, ".xml"):
			d, problems := xacmlxml.ReadPolicy(f.Name, []byte(expand(data)), xacmlxml.DefaultLimits())
			if len(problems) > 0 && !config.Lenient {
				t.Fatal(problems)
			}
			d.ReferenceOnly = strings.HasPrefix(f.Name, "library")
			documents = append(documents, d)
		case f.Name == "config":
			readConfig(t, &config, data)
		case f.Name == "private":
			for line := range strings.Lines(data) {
				category, id, _ := strings.Cut(strings.TrimSpace(line), " ")
				private[[2]string{longCategory(category), id}] = true
			}
		case strings.HasSuffix(f.Name, ".request"):
			requests[strings.TrimSuffix(f.Name, ".request")] = data
		default:
			want[f.Name] = data
		}
	}
	p, problems := pdp.New(config, documents)
	if p == nil {
		t.Fatal(problems)
	}
	for name, text := range requests {
		request, finder := readRequest(t, text)
		_, d := p.Explain(t.Context(), request, finder, pdp.ExplainOptions{
			Read:    readAgain(documents),
			Private: func(category, id string) bool { return private[[2]string{category, id}] },
		})
		var b strings.Builder
		e := &explanation.Explanation{Decisions: []*explanation.Decision{d}}
		if err := render.Text(&b, e, render.TextOptions{All: strings.HasSuffix(name, "-all")}); err != nil {
			t.Fatal(err)
		}
		got[name+".result"] = b.String()
	}
	if *update {
		rewrite(t, file, archive, got)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("explanations (-want +got):\n%s", diff)
	}
}

// Private values are in no form of an explanation, and neither is what policies
// compare them with.
func TestExplain_Private(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/explain/private.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var p *pdp.PDP
	var d *explanation.Decision
	for _, f := range archive.Files {
		switch f.Name {
		case "policy.xml":
			document, _ := xacmlxml.ReadPolicy(f.Name, []byte(expand(string(f.Data))), xacmlxml.DefaultLimits())
			p, _ = pdp.New(pdp.Config{KeepModel: true}, []policy.Document{document})
		case "permit-all.request":
			request, finder := readRequest(t, string(f.Data))
			_, d = p.Explain(t.Context(), request, finder, pdp.ExplainOptions{Private: func(category, id string) bool {
				return category == xacml.CategoryAccessSubject && id == "person"
			}})
		}
	}
	secrets := []string{"13052099999", "01019912345", "02029912345", "13052000000"}
	for _, s := range secrets {
		if !strings.Contains(string(archive.Files[1].Data)+string(archive.Files[2].Data), s) {
			t.Errorf("the scenario does not hold %s", s)
		}
	}
	for name, text := range renderings(t, &explanation.Explanation{Decisions: []*explanation.Decision{d}}) {
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s shows %s", name, s)
			}
		}
		if !strings.Contains(text, "urn:private") {
			t.Errorf("%s does not show the policy", name)
		}
	}
}

// renderings are all forms of an explanation.
func renderings(t *testing.T, e *explanation.Explanation) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for name, show := range map[string]func(io.Writer, *explanation.Explanation) error{
		"text": func(w io.Writer, e *explanation.Explanation) error { return render.Text(w, e, render.TextOptions{}) },
		"all": func(w io.Writer, e *explanation.Explanation) error {
			return render.Text(w, e, render.TextOptions{All: true})
		},
		"json": render.JSON,
		"html": render.HTML,
	} {
		var b strings.Builder
		if err := show(&b, e); err != nil {
			t.Fatal(err)
		}
		out[name] = b.String()
	}
	return out
}

// A tree that would be too large is cut, which it says, and what decides stays.
func TestExplain_Large(t *testing.T) {
	const limit = 500
	var b strings.Builder
	b.WriteString(`<Policy PolicyId="urn:large" Version="1.0" RuleCombiningAlgId="r3:permit-overrides"><Target/>`)
	for i := range 5000 {
		fmt.Fprintf(&b, `<Rule RuleId="r%d" Effect="Permit"><Target><AnyOf><AllOf><Match MatchId="f1:string-equal"><string>v%d</string>`+
			`<get>resource id string</get></Match></AllOf></AnyOf></Target></Rule>`, i, i)
	}
	b.WriteString(`</Policy>`)
	document, problems := xacmlxml.ReadPolicy("large.xml", []byte(expand(b.String())), xacmlxml.DefaultLimits())
	p, more := pdp.New(pdp.Config{}, []policy.Document{document})
	if p == nil {
		t.Fatal(problems, more)
	}
	request, _ := readRequest(t, "resource id string = v4000\n")
	_, d := p.Explain(t.Context(), request, nil, pdp.ExplainOptions{
		Read: readAgain([]policy.Document{document}), Limits: explanation.Limits{Nodes: limit},
	})
	if d.Agreement != explanation.Agrees || d.Decision != "Permit" {
		t.Errorf("got %s, agreement %q, notes %q", d.Decision, d.Agreement, d.Notes)
	}
	nodes, omitted := 0, 0
	var count func(n *explanation.Node)
	count = func(n *explanation.Node) {
		nodes++
		omitted += n.Omitted
		for _, c := range n.Children {
			count(c)
		}
	}
	count(d.Root)
	if nodes > limit || omitted == 0 {
		t.Errorf("got %d nodes and %d omitted, want at most %d and some", nodes, omitted, limit)
	}
	for name, text := range renderings(t, &explanation.Explanation{Decisions: []*explanation.Decision{d}}) {
		if name != "json" && (!strings.Contains(text, "left out") || !strings.Contains(text, "rule r4000")) {
			t.Errorf("%s does not show the rule that decides, or not that something is left out:\n%.2000s", name, text)
		}
	}
}

// A document that is not to be had as it was is named, and nothing claims that the
// tree explains the answer. The answer is the same.
func TestExplain_Changed(t *testing.T) {
	read := func(name, rule string) policy.Document {
		d, problems := xacmlxml.ReadPolicy(name, []byte(expand(`<Policy PolicyId="urn:`+name+`" Version="1.0" RuleCombiningAlgId="r3:deny-overrides">
<Target/><Rule RuleId="`+rule+`" Effect="Permit"/></Policy>`)), xacmlxml.DefaultLimits())
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return d
	}
	documents := []policy.Document{read("a.xml", "r"), read("b.xml", "r")}
	p, problems := pdp.New(pdp.Config{}, documents)
	if p == nil {
		t.Fatal(problems)
	}
	renamed := documents[1]
	renamed.Root = &policy.Policy{ID: "urn:other", Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides"}
	for name, again := range map[string]func(string) (policy.Document, bool){
		"nothing is kept": nil,
		"one is gone":     readAgain(documents[:1]),
		"another policy":  readAgain([]policy.Document{documents[0], renamed, {Name: "b.xml", Root: renamed.Root}}),
		"no policy":       readAgain([]policy.Document{documents[0], {Name: "b.xml"}}),
	} {
		result, d := p.Explain(t.Context(), &xacml.Request{}, nil, pdp.ExplainOptions{Read: again})
		if result.Decision != xacml.Permit || d.Decision != "Permit" || d.Agreement != explanation.Unknown || d.Root == nil {
			t.Errorf("%s: got %v, %s, agreement %q", name, result.Decision, d.Decision, d.Agreement)
		}
		want := []string{"b.xml"}
		if again == nil {
			want = []string{"a.xml", "b.xml"}
		}
		if diff := cmp.Diff(want, d.Policies.Unavailable); diff != "" {
			t.Errorf("%s: unavailable (-want +got):\n%s", name, diff)
		}
		if text := renderings(t, &explanation.Explanation{Decisions: []*explanation.Decision{d}})["text"]; !strings.Contains(text, "b.xml is not there any more as it was") {
			t.Errorf("%s: the text does not say so:\n%s", name, text)
		}
	}
	if _, d := p.Explain(t.Context(), &xacml.Request{}, nil, pdp.ExplainOptions{Read: readAgain(documents), MaxDocuments: 1}); d.Root != nil || len(d.Notes) != 1 {
		t.Errorf("more documents than may be read: got tree %v, notes %q", d.Root, d.Notes)
	}
}
