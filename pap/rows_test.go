package pap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// The rows of docs/robustness.md about policies, seen from the folder: whatever
// is wrong with a file, the last good snapshot stays, and log and metrics say
// what it is.

// here marks the place of the problem in a broken file.
const here = "¦"

// bad is a policy with this inside, after its target.
func bad(inside string) string {
	return `<Policy xmlns="` + xacml.Namespace + `" PolicyId="bad" Version="1.0" RuleCombiningAlgId="` +
		xacml.RuleAlgorithm3 + `deny-overrides"><Target/>` + inside + `</Policy>`
}

// condition is a rule with this condition.
func condition(expression string) string {
	return "\n" + `<Rule RuleId="r" Effect="Permit"><Condition>` + expression + `</Condition></Rule>`
}

// literal is a value of a data type of XML Schema.
func literal(dataType, text string) string {
	return `<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#` + dataType + `">` + text + `</AttributeValue>`
}

// function1 applies a function of XACML 1.0.
func function1(name string, arguments ...string) string {
	return `<Apply FunctionId="` + xacml.Function1 + name + `">` + strings.Join(arguments, "") + `</Apply>`
}

// set is a policy set with this inside, after its target.
func set(id, inside string) string {
	return `<PolicySet xmlns="` + xacml.Namespace + `" PolicySetId="` + id + `" Version="1.0" PolicyCombiningAlgId="` +
		xacml.PolicyAlgorithm3 + `deny-overrides"><Target/>` + inside + `</PolicySet>`
}

// manyAttributes is n attributes, each with a name of its own.
func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d=""`, i)
	}
	return b.String()
}

// doubling is policy sets that refer to the next one twice, as files by name.
func doubling(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		next := fmt.Sprintf(`<PolicySetIdReference>s%02d</PolicySetIdReference>`, i+1)
		files[fmt.Sprintf("library/s%02d.xml", i)] = set(fmt.Sprintf("s%02d", i), next+next)
	}
	files[fmt.Sprintf("library/s%02d.xml", n)] = set(fmt.Sprintf("s%02d", n), "")
	files["bad.xml"] = here + set("bomb", `<PolicySetIdReference>s00</PolicySetIdReference>`)
	return files
}

// brokenPolicies are the rows. A file that has no mark has no problem of its own.
func brokenPolicies() []brokenPolicy {
	const parse, doctype, depth, size = policy.ReasonParse, policy.ReasonDoctype, policy.ReasonDepth, policy.ReasonSize
	one := func(row int, name, content string, reason policy.Reason) brokenPolicy {
		return brokenPolicy{row, name, map[string]string{"bad.xml": content}, reason}
	}
	regexp := func(pattern string) string {
		return bad(condition(here + function1("string-regexp-match", literal("string", pattern), literal("string", "text"))))
	}
	return []brokenPolicy{
		one(1, "empty file", here, parse),
		one(1, "truncated", strings.TrimSuffix(bad("\n"), "</Policy>")+here, parse),
		one(1, "truncated in a tag", "<Policy\n PolicyId="+here, parse),
		one(1, "tags that do not match", bad("\n<Rule>"+here+"</Target>"), parse),
		one(1, "UTF-16", here+"\xFE\xFF\x00<\x00P\x00/\x00>", parse),
		one(1, "declared as Latin 1", here+`<?xml version="1.0" encoding="ISO-8859-1"?>`+bad(""), parse),

		one(3, "DOCTYPE", here+"<!DOCTYPE Policy>"+bad(""), doctype),
		one(3, "entity expansion", here+`<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>`+bad(condition(literal("string", "&b;"))), doctype),
		one(3, "external entity", "\n"+here+`<!DOCTYPE p SYSTEM "file:///etc/passwd">`+bad(""), doctype),
		one(3, "processing instruction", bad("\n"+here+"<?include other.xml?>"), doctype),

		one(4, "attribute twice", strings.Replace(bad(""), " Version", "\n "+here+`PolicyId="bad" Version`, 1), parse),
		one(4, "attribute of a foreign namespace", strings.Replace(bad(""), " Version", ` xmlns:x="u"`+"\n "+here+`x:PolicyId="other" Version`, 1), parse),
		one(4, "prefix that is not bound", bad("\n"+here+"<x:Rule/>"), parse),
		one(4, "two roots", bad("")+"\n"+here+bad(""), parse),
		one(4, "text after the root", bad("")+here+"\nx", parse),
		one(4, "surrogate by reference", bad("\n<Description>"+here+"&#xD800;</Description>"), parse),
		one(4, "no namespace", here+`<Policy PolicyId="bad"/>`, parse),

		one(5, "deep", strings.Repeat("<a>", 64)+here+strings.Repeat("<a>", 100_000), depth),
		one(5, "deep expression", bad(strings.Replace(condition(strings.Repeat(`<Apply FunctionId="f">`, 61)+here+`<Apply FunctionId="f">`), "\n", "", 1)), depth),

		one(6, "long attribute", strings.Replace(bad(""), " Version", "\n "+here+`x="`+strings.Repeat("x", 64<<10+1)+`" Version`, 1), size),
		one(6, "many attributes", strings.Replace(bad(""), " Version", manyAttributes(62)+"\n "+here+`b="" Version`, 1), size),
		one(6, "long text", bad("\n<Description>"+here+strings.Repeat("x", 1<<20+1)+"</Description>"), size),
		one(6, "large file", bad(strings.Repeat(" ", 16<<20)), size),

		{8, "policy twice", map[string]string{"a.xml": bad(""), "bad.xml": "\n" + here + bad("")}, policy.ReasonDuplicate},
		one(8, "variable twice", bad(`<VariableDefinition VariableId="v">`+literal("string", "")+`</VariableDefinition>`+
			"\n"+here+`<VariableDefinition VariableId="v">`+literal("string", "")+`</VariableDefinition>`), policy.ReasonDuplicate),

		one(9, "reference to itself", set("bad", "\n"+here+"<PolicySetIdReference>bad</PolicySetIdReference>"), policy.ReasonCycle),
		{9, "references in a ring", map[string]string{
			"a.xml":   set("a", "<PolicySetIdReference>b</PolicySetIdReference>"),
			"bad.xml": set("b", "\n"+here+"<PolicySetIdReference>a</PolicySetIdReference>"),
		}, policy.ReasonCycle},
		one(9, "variable of itself", bad(`<VariableDefinition VariableId="v">`+"\n"+here+`<VariableReference VariableId="v"/></VariableDefinition>`), policy.ReasonCycle),

		{10, "2^30 policies by reference", doubling(30), size},

		one(11, "reference to nothing", set("bad", "\n"+here+"<PolicyIdReference>none</PolicyIdReference>"), policy.ReasonUnresolved),
		one(11, "reference to another version", set("bad", "\n"+here+`<PolicyIdReference EarliestVersion="2.0">good</PolicyIdReference>`), policy.ReasonUnresolved),
		one(11, "variable that is not defined", bad(condition(here+`<VariableReference VariableId="v"/>`)), policy.ReasonUnresolved),

		one(12, "unknown function", bad(condition(here+function1("string-equals", literal("string", ""), literal("string", "")))), policy.ReasonType),
		one(12, "unknown data type", bad(condition(here+literal("text", ""))), policy.ReasonType),
		one(12, "unknown algorithm", here+strings.Replace(bad(""), ":deny-overrides", ":deny-override", 1), policy.ReasonType),
		one(12, "wrong number of arguments", bad(condition(here+function1("not"))), policy.ReasonType),
		one(12, "wrong type of argument", bad(condition(here+function1("not", literal("string", "true")))), policy.ReasonType),
		one(12, "condition that is no boolean", bad(condition(here+literal("string", "true"))), policy.ReasonType),

		one(13, "integer", bad(condition(here+literal("integer", "1e3"))), policy.ReasonType),
		one(13, "day that does not exist", bad(condition(here+literal("date", "2026-02-30"))), policy.ReasonType),
		one(13, "time zone", bad(condition(here+literal("dateTime", "2026-02-28T00:00:00+15:00"))), policy.ReasonType),

		one(16, "long expression", regexp(strings.Repeat("a", 1<<10+1)), policy.ReasonRegex),
		one(16, "expression that grows", regexp("((a{100}){100}){100}"), policy.ReasonRegex),

		one(17, "look ahead", regexp("a(?=b)"), policy.ReasonRegex),
		one(17, "back-reference", regexp(`(a)\1`), policy.ReasonRegex),
		one(17, "block that does not exist", regexp(`\p{IsNowhere}`), policy.ReasonRegex),
		one(17, "word boundary", regexp(`\bword\b`), policy.ReasonRegex),

		one(19, "NUL", bad("\n<Description>"+here+"\x00</Description>"), parse),
		one(19, "invalid UTF-8", bad("\n<Description>"+here+"\xFF</Description>"), parse),
		one(19, "surrogate in UTF-8", bad("\n<Description>"+here+"\xED\xA0\x80</Description>"), parse),
		one(19, "control character in an id", bad("\n<Rule "+here+`RuleId="r&#10;deny" Effect="Permit"/>`), parse),
	}
}

type brokenPolicy struct {
	row    int
	name   string
	files  map[string]string // added to the folder; the mark is the place of the problem
	reason policy.Reason
}

// place takes the mark out of a file.
func place(content string) (clean string, at policy.Position) {
	before, after, marked := strings.Cut(content, here)
	if !marked {
		return content, policy.Position{}
	}
	lines := strings.Split(before, "\n")
	return before + after, policy.Position{Line: len(lines), Column: len(lines[len(lines)-1]) + 1}
}

func TestRows_BrokenPolicyKeepsTheLastGood(t *testing.T) {
	for _, test := range brokenPolicies() {
		t.Run(fmt.Sprintf("row %d %s", test.row, test.name), func(t *testing.T) {
			r := newRowFixture(t, pdp.Config{})
			before := r.store.Current()
			names := slices.Sorted(maps.Keys(test.files))
			var at policy.Position
			for _, name := range names {
				content := test.files[name]
				if name == "bad.xml" {
					content, at = place(content)
				}
				r.write(name, content)
			}
			began := time.Now()
			if err := r.store.Reload(t.Context()); err == nil {
				t.Fatal("Reload: got no error")
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("Reload: got %v, want at most a few seconds", took)
			}
			r.wantsKept(before, "bad.xml", at, test.reason)
			for _, name := range names {
				r.remove(name)
			}
			if err := r.store.Reload(t.Context()); err != nil {
				t.Errorf("Reload after the repair: got %v, want no error", err)
			}
			if got := gather(t, r.registry)["forseti_policy_last_reload_success"]; got != 1 {
				t.Errorf("last_reload_success after the repair: got %v, want 1", got)
			}
		})
	}
}

// Contract 5: at start there is no last good snapshot, and nothing takes its
// place.
func TestContract5_NothingIsInForceWithoutAValidFolder(t *testing.T) {
	for _, test := range brokenPolicies() {
		if test.row > 4 {
			continue // one of each stage will do
		}
		f := newFixture(t, "good.xml", onePolicy("good"))
		for name, content := range test.files {
			content, _ = place(content)
			f.write(name, content)
		}
		f.config.Compile = CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "library")
		f.open()
		if got := f.store.Current(); got != nil {
			t.Errorf("%s: got %+v in force, want nothing", test.name, got)
		}
	}
}

// Contract 3: permit-unless-deny is accepted with a warning, which snapshot and
// log have with its place, and is refused where the configuration says so.
func TestContract3_PermitUnlessDeny(t *testing.T) {
	hides := strings.Replace(bad(""), "deny-overrides", "permit-unless-deny", 1)
	r := newRowFixture(t, pdp.Config{})
	r.write("bad.xml", "\n"+hides)
	if err := r.store.Reload(t.Context()); err != nil {
		t.Fatalf("Reload: got %v, want no error", err)
	}
	const warning = `bad.xml:2:1: Policy "bad": permit-unless-deny turns errors into Permit (C.7)`
	if got := r.store.Current().Warnings.Error(); got != warning {
		t.Errorf("warnings: got %q, want %q", got, warning)
	}
	if line := `level=WARN msg="policy problem" file=bad.xml line=2 column=1`; !strings.Contains(r.log.String(), line) {
		t.Errorf("log: got no %q in\n%s", line, r.log)
	}

	r = newRowFixture(t, pdp.Config{RefuseHiddenErrors: true})
	before := r.store.Current()
	r.write("bad.xml", "\n"+hides)
	if err := r.store.Reload(t.Context()); err == nil {
		t.Error("Reload with the refusal configured: got no error")
	}
	r.wantsKept(before, "bad.xml", policy.Position{Line: 2, Column: 1}, policy.ReasonForbidden)
}

// Row 8: another version of a policy is no duplicate, and a reference chooses
// the most recent one that it accepts.
func TestRow8_AnotherVersionIsKept(t *testing.T) {
	r := newRowFixture(t, pdp.Config{})
	version := func(v, effect string) string {
		p := strings.Replace(bad(`<Rule RuleId="r" Effect="`+effect+`"/>`), `Version="1.0"`, `Version="`+v+`"`, 1)
		return p
	}
	r.write("library/a.xml", version("1.9", "Permit"))
	r.write("library/b.xml", version("1.10", "Deny"))
	r.write("set.xml", set("set", "<PolicyIdReference>bad</PolicyIdReference>"))
	if err := r.store.Reload(t.Context()); err != nil {
		t.Fatalf("Reload: got %v, want no error", err)
	}
	if got := r.decision(); got != xacml.Deny {
		t.Errorf("without a constraint: got %s, want the Deny of 1.10", got)
	}
	r.write("set.xml", set("set", `<PolicyIdReference LatestVersion="1.9">bad</PolicyIdReference>`))
	if err := r.store.Reload(t.Context()); err != nil {
		t.Fatalf("Reload: got %v, want no error", err)
	}
	if got := r.decision(); got != xacml.Permit {
		t.Errorf("with a constraint: got %s, want the Permit of 1.9", got)
	}
}

// rowFixture is a store of real policies with metrics; good.xml permits.
type rowFixture struct {
	*fixture
	registry *prometheus.Registry
}

func newRowFixture(t *testing.T, config pdp.Config) rowFixture {
	t.Helper()
	r := rowFixture{newFixture(t, "good.xml", onePolicy("good")), prometheus.NewRegistry()}
	metrics, err := NewMetrics(r.registry)
	r.must(err)
	r.config.Metrics = metrics
	r.config.Settle = time.Millisecond
	r.config.Compile = CompileXACML(config, xacmlxml.DefaultLimits(), "library")
	r.open()
	if got := r.decision(); got != xacml.Permit {
		t.Fatalf("decision of the good policy: got %s, want Permit", got)
	}
	return r
}

// decision is that of the snapshot in force on an empty request.
func (r rowFixture) decision() xacml.Decision {
	return r.store.Current().PDP.Evaluate(r.t.Context(), &xacml.Request{}, nil).Decision
}

// wantsKept checks that the folder was refused for problems of one reason, and
// that everything that is to be told of it is: status, log and metrics.
func (r rowFixture) wantsKept(before *Snapshot, file string, at policy.Position, reason policy.Reason) {
	r.t.Helper()
	if got := r.store.Current(); got != before || r.decision() != xacml.Permit {
		r.t.Errorf("in force: got %+v, want the last good snapshot", got)
	}
	status := r.store.Status()
	first := status.Problems.Errors()[0]
	if status.State != StateRefused || first.File != file || first.Position != at || first.Reason != reason {
		r.t.Errorf("status: got %s with %s problem %v, want refused with %s at %v", status.State, first.Reason, first, reason, at)
	}
	line := fmt.Sprintf(`level=ERROR msg="policy problem" file=%s line=%d column=%d `, file, at.Line, at.Column)
	if log := r.log.String(); !strings.Contains(log, line) || !strings.Contains(log, fmt.Sprintf(" reason=%s ", reason)) {
		r.t.Errorf("log: got no %q for reason %s in\n%.2000s", line, reason, log)
	}
	metrics := gather(r.t, r.registry)
	for name, want := range map[string]float64{
		"reloads_total{result=accepted}": 1, "reloads_total{result=rejected}": 1, "last_reload_success": 0,
		"reload_failures_total{reason=" + string(reason) + "}": 1, "snapshot_info{snapshot=" + before.ID + "}": 1,
	} {
		if got, ok := metrics["forseti_policy_"+name]; !ok || got != want {
			r.t.Errorf("%s: got %v (present %t), want %v", name, got, ok, want)
		}
	}
	for _, other := range policy.Reasons() {
		if n := metrics["forseti_policy_reload_failures_total{reason="+string(other)+"}"]; other != reason && n != 0 {
			r.t.Errorf("failures for %s: got %v, want none", other, n)
		}
	}
	if age := metrics["forseti_policy_snapshot_age_seconds"]; age < time.Since(before.LoadedAt).Seconds()-1 {
		r.t.Errorf("snapshot age: got %v s, want it to go on from %v", age, before.LoadedAt)
	}
}
