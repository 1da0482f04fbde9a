package pap

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

const policyXML = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId=%q Version="1.0"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">
  <Target/>
  <Rule RuleId="r" Effect="Permit"/>
</Policy>`

// setXML holds two policies and a reference to the policy "one".
const setXML = `<PolicySet xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicySetId="set" Version="1.0"
  PolicyCombiningAlgId="urn:oasis:names:tc:xacml:3.0:policy-combining-algorithm:deny-overrides">
  <Target/>
  %s
  %s
  <PolicyIdReference>one</PolicyIdReference>
</PolicySet>`

func onePolicy(id string) string { return fmt.Sprintf(policyXML, id) }

func compileXACML(files ...string) (Compiled, policy.Problems) {
	var list []File
	for i := 0; i < len(files); i += 2 {
		list = append(list, File{Name: files[i], Data: []byte(files[i+1])})
	}
	return compileFiles(CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "library"), list)
}

// compileFiles has a candidate of files, which are sorted by name.
func compileFiles(compile Compile, files []File) (Compiled, policy.Problems) {
	candidate := compile(nil)
	var outcomes []Outcome
	for _, f := range files {
		data := bytes.Clone(f.Data)
		outcomes = append(outcomes, candidate.Set(File{f.Name, data}))
		clear(data) // as a store does, which reads the next file into it
	}
	return candidate.Build(slices.Values(outcomes))
}

func TestCompileXACML(t *testing.T) {
	set := fmt.Sprintf(setXML, onePolicy("two"), onePolicy("three"))
	got, problems := compileXACML("one.xml", onePolicy("one"), "set.xml", set)
	if len(problems.Errors()) > 0 || got.PDP == nil || got.Policies != 3 {
		t.Errorf("two files: got %+v, %v, want 3 policies", got, problems)
	}
	got, problems = compileXACML()
	if len(problems.Errors()) > 0 || got.PDP == nil || got.Policies != 0 {
		t.Errorf("no file: got %+v, %v, want no policy", got, problems)
	}
}

func TestCompileXACMLFindsAllProblems(t *testing.T) {
	set := fmt.Sprintf(setXML, onePolicy("two"), onePolicy("three"))
	got, problems := compileXACML(
		"bad.xml", "<Policy>", "empty.xml", "", "one.xml", onePolicy("one")+"<", "set.xml", set)
	if got.PDP != nil {
		t.Errorf("broken files: got a PDP")
	}
	var files []string
	for _, p := range problems.Errors() {
		if p.Reason == policy.ReasonUnresolved {
			t.Errorf("got %v, which follows from a file that is broken", p)
		}
		if p.Line == 0 {
			t.Errorf("got %v, want it with its place", p)
		}
		files = append(files, p.File)
	}
	for _, name := range []string{"bad.xml", "empty.xml", "one.xml"} {
		if !slices.Contains(files, name) {
			t.Errorf("problems: got %v, want some of %q", problems, name)
		}
	}
}

// A candidate that does not hold the files that it is told of is refused: what it
// lacks may be what denies.
func TestCompileXACMLCountsDocuments(t *testing.T) {
	build := func(change func(Candidate)) (Compiled, policy.Problems) {
		candidate := CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "library")(nil)
		outcomes := []Outcome{
			candidate.Set(File{"one.xml", []byte(onePolicy("one"))}),
			candidate.Set(File{"library/two.xml", []byte(onePolicy("two"))}),
		}
		change(candidate)
		return candidate.Build(slices.Values(outcomes))
	}
	if got, problems := build(func(Candidate) {}); got.PDP == nil {
		t.Errorf("as told: got %v, want a PDP", problems)
	}
	for name, change := range map[string]func(Candidate){
		"one less": func(c Candidate) { c.Remove("library/two.xml") },
		"one more": func(c Candidate) { c.Set(File{"three.xml", []byte(onePolicy("three"))}) },
	} {
		if got, problems := build(change); got.PDP != nil || len(problems.Errors()) != 1 {
			t.Errorf("%s: got a PDP or %v, want one error", name, problems)
		}
	}
}

// TestStoreOfXACML has everything together, from the folder to the PDP.
func TestStoreOfXACML(t *testing.T) {
	f := newFixture(t, "one.xml", onePolicy("one"))
	f.config.Compile = CompileXACML(pdp.Config{RootAlgorithm: ""}, xacmlxml.DefaultLimits(), "library")
	told := make(chan *Snapshot, 10)
	f.config.OnSnapshot = func(now *Snapshot) { told <- now }
	f.run()
	f.wants("one.xml", onePolicy("one"))
	broken := strings.Replace(onePolicy("two"), "<Target/>", "<Target>", 1)
	f.write("two.xml", broken)
	f.wantsRefused("two.xml", policy.ReasonParse, "one.xml", onePolicy("one"))
	f.write("two.xml", onePolicy("two"))
	f.wants("one.xml", onePolicy("one"), "two.xml", onePolicy("two"))
	if got := f.store.Current(); got.Policies != 2 || got.PDP == nil {
		t.Errorf("snapshot: got %+v, want 2 policies", got)
	}
	if first, second := <-told, <-told; first.Policies != 1 || second.Policies != 2 || len(told) > 0 {
		t.Errorf("told of %+v, %+v and %d more, want of each snapshot once", first, second, len(told))
	}
}

// A fault of whoever is told of a snapshot is told, and the snapshot is in force.
func TestStore_OnSnapshotPanics(t *testing.T) {
	f := newFixture(t, "one.xml", onePolicy("one"))
	var faults []any
	f.config.OnPanic = func(_ context.Context, p pdp.Panic) { faults = append(faults, p.Recovered) }
	f.config.OnSnapshot = func(*Snapshot) { panic("a fault") }
	f.open()
	f.wants("one.xml", onePolicy("one"))
	if len(faults) != 1 || faults[0] != "a fault" {
		t.Errorf("got the faults %v, want the one of OnSnapshot", faults)
	}
}

// TestCompileXACMLLibrary: what is below the library decides only where another
// policy refers to it.
func TestCompileXACMLLibrary(t *testing.T) {
	set := `<PolicySet xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicySetId="set" Version="1"
  PolicyCombiningAlgId="urn:oasis:names:tc:xacml:3.0:policy-combining-algorithm:deny-overrides"><Target/>%s</PolicySet>`
	permit := `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="one" Version="1"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"><Target/><Rule RuleId="r" Effect="Permit"/></Policy>`
	for _, tt := range []struct {
		name  string
		files []string
		want  xacml.Decision
	}{
		{"not referred to", []string{"library/one.xml", permit, "set.xml", fmt.Sprintf(set, "")}, xacml.NotApplicable},
		{"referred to", []string{"library/one.xml", permit, "set.xml", fmt.Sprintf(set, "<PolicyIdReference>one</PolicyIdReference>")}, xacml.Permit},
		{"of another name", []string{"library2/one.xml", permit, "set.xml", fmt.Sprintf(set, "")}, xacml.Permit},
	} {
		compiled, problems := compileXACML(tt.files...)
		if compiled.PDP == nil {
			t.Fatalf("%s: %v", tt.name, problems)
		}
		if got := compiled.PDP.Evaluate(t.Context(), &xacml.Request{}, nil).Decision; got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	for _, library := range []string{"library", "library/", "./library"} {
		candidate := CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), library)(nil)
		if o := candidate.Set(File{"library/one.xml", []byte(permit)}); o.Decides {
			t.Errorf("folder %q: got a policy that decides, want it for references only", library)
		}
	}
	if _, problems := compileXACML("library/one.xml", permit); len(problems.Errors()) != 1 || problems.Errors()[0].Reason != policy.ReasonEmpty {
		t.Errorf("nothing but a library: got %v, want the reason empty", problems)
	}
}

// TestCompileXACMLLenient: a broken file is Indeterminate where it decides, and
// harmless where it does not.
func TestCompileXACMLLenient(t *testing.T) {
	permit := fmt.Sprintf(`<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="one" Version="1"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:%s"><Target/><Rule RuleId="r" Effect="Permit"/></Policy>`, "deny-overrides")
	unknown := strings.Replace(permit, "deny-overrides", "no-such", 1)
	for _, tt := range []struct {
		name  string
		files []File
		want  xacml.Decision
	}{
		{"not XML", []File{{"bad.xml", []byte("<")}, {"one.xml", []byte(permit)}}, xacml.IndeterminateDP},
		{"not valid", []File{{"bad.xml", []byte(strings.Replace(unknown, `"one"`, `"two"`, 1))}, {"one.xml", []byte(permit)}}, xacml.IndeterminateDP},
		{"in the library", []File{{"library/bad.xml", []byte("<")}, {"one.xml", []byte(permit)}}, xacml.Permit},
	} {
		compiled, problems := compileFiles(CompileXACML(pdp.Config{Lenient: true}, xacmlxml.DefaultLimits(), "library"), tt.files)
		if compiled.PDP == nil || len(problems) == 0 || len(problems.Errors()) > 0 {
			t.Fatalf("%s: got %v, want warnings only", tt.name, problems)
		}
		if got := compiled.PDP.Evaluate(t.Context(), &xacml.Request{}, nil).Decision; got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got.Extended(), tt.want.Extended())
		}
	}
}
