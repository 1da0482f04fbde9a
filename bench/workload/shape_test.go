package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// The workloads are the same on every machine and in every release: figures
// that were measured on others could not be compared.
func TestWorkloads_NeverChange(t *testing.T) {
	conditions := W4()
	for _, tt := range []struct {
		name string
		what any
		want string
	}{
		{"W1 policy", slices.Collect(W1().All()), "62408e03eff9c52e"},
		{"W1 requests", W1().Requests, "3d043ee27eced258"},
		{"W2 policies", slices.Collect(W2().All()), "fa21ae9552516d32"},
		{"W2 requests", W2().Requests, "f057badeefa21002"},
		{"W3 requests", W3().Requests, "43d7f756caacb779"},
		{"W4 rules", conditions.Rules, "b40dcc53b11fb471"},
		{"W4 requests", conditions.Requests, "8153e44bdbdb921c"},
		{"W4 checks", conditions.Checks, "d978ef0d748149b6"},
		{"W5 requests", W5().Requests, "573a86e1ff9211f1"},
	} {
		text, err := json.Marshal(tt.what)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		if got := hex.EncodeToString(sum[:8]); got != tt.want {
			t.Errorf("%s: got a hash of %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestApps_Shape(t *testing.T) {
	type pair struct{ org, app string }
	for _, tt := range []struct {
		w          *Apps
		apps, orgs int
	}{
		{W1(), 1, 1}, {NewApps("10", 10, 0), 10, 1}, {NewApps("100", 100, 0), 100, 10}, {W2(), 1_000, 100}, {W3(), 100_000, 1_000},
	} {
		pairs, orgs, names := make(map[pair]bool), make(map[string]bool), make(map[string]int)
		for i := range tt.w.Len() {
			if i < 1_000 { // the first ones stand for all
				a := tt.w.App(i)
				checkApp(t, a)
				if a.Org != tt.w.org(i) || a.App != appName(i) {
					t.Fatalf("got app %s/%s, want %s/%s", a.Org, a.App, tt.w.org(i), appName(i))
				}
			}
			pairs[pair{tt.w.org(i), appName(i)}] = true
			orgs[tt.w.org(i)] = true
			names[appName(i)]++
		}
		if len(pairs) != tt.apps || len(orgs) != tt.orgs {
			t.Errorf("%s: got %d apps of %d orgs, want %d of %d", tt.w.Name(), len(pairs), len(orgs), tt.apps, tt.orgs)
		}
		if tt.apps < 1_000 {
			continue
		}
		shared := 0
		for _, n := range names {
			if n > 1 {
				shared++
			}
			if n > 3 {
				t.Errorf("%s: got an app name of %d orgs, want at most 3", tt.w.Name(), n)
			}
		}
		if share := float64(shared) / float64(len(names)); share < 0.04 || share > 0.06 {
			t.Errorf("%s: got %.3f of the app names shared, want one in twenty", tt.w.Name(), share)
		}
	}
}

func checkApp(t *testing.T, a App) {
	t.Helper()
	deny := 0
	for _, rule := range a.Rules {
		roles, tasks, actions := len(rule.Roles), len(rule.Tasks), len(rule.Actions)
		if rule.Effect == xacml.EffectDeny {
			deny++
			if roles != 2 || tasks != 0 || actions != 5 {
				t.Errorf("got Deny rule %+v, want 2 roles and 5 actions", rule)
			}
		} else if roles < 2 || roles > 4 || tasks > 2 || actions < 1 || actions > 4 {
			t.Errorf("got Permit rule %+v, want 2 to 4 roles, at most 2 tasks, 1 to 4 actions", rule)
		}
	}
	if len(a.Rules) != 8 || deny != 1 || a.Level < 1 || a.Level > 4 {
		t.Errorf("got %+v, want 7 Permit rules, a Deny rule and a level from 1 to 4", a)
	}
}

// Six of ten requests are aimed at a Permit rule and one at the Deny rule; some
// meet another one.
func TestApps_Decisions(t *testing.T) {
	for _, w := range []*Apps{W1(), W2(), W3(), W5()} {
		counts := make(map[xacml.Decision]float64)
		for _, q := range w.Requests {
			counts[q.Expected] += 1 / float64(len(w.Requests))
			if q.Expected != xacml.Permit && q.Level != 0 {
				t.Fatalf("%s: got level %d with %s, want none", w.Name(), q.Level, q.Expected)
			}
			if got := len(slices.Compact(slices.Sorted(slices.Values(q.Roles)))); got != len(q.Roles) || w.Name() == "W5" && got != 200 {
				t.Fatalf("%s: got %d different roles of %d", w.Name(), got, len(q.Roles))
			}
		}
		t.Logf("%s: %v", w.Name(), counts)
		for decision, want := range map[xacml.Decision][2]float64{
			xacml.Permit: {0.52, 0.65}, xacml.Deny: {0.1, 0.2}, xacml.NotApplicable: {0.22, 0.32},
		} {
			if got := counts[decision]; got < want[0] || got > want[1] {
				t.Errorf("%s: got %.3f %s, want %.2f to %.2f", w.Name(), got, decision, want[0], want[1])
			}
		}
	}
}

// App.Decide on the one policy that a request is for is what all policies decide.
func TestApps_OnePolicyDecides(t *testing.T) {
	w := W2()
	apps := slices.Collect(w.All())
	for _, q := range w.Requests {
		decision, level := xacml.NotApplicable, 0
		for _, a := range apps {
			switch d, l := a.Decide(q); {
			case d == xacml.Deny || decision == xacml.Deny:
				decision, level = xacml.Deny, 0
			case d == xacml.Permit:
				decision, level = d, level+l
			}
		}
		if decision != q.Expected || level != q.Level {
			t.Errorf("got %s with level %d, want %s with %d; request %+v", q.Expected, q.Level, decision, level, q)
		}
	}
}

// The last rule is the only one that applies to the requests to measure with, and
// the checks have all decisions.
func TestConditions_Shape(t *testing.T) {
	w := W4()
	if len(w.Rules) != 1_000 {
		t.Fatalf("got %d rules, want 1,000", len(w.Rules))
	}
	for _, q := range w.Requests {
		for i, rule := range w.Rules {
			if last := i == len(w.Rules)-1; rule.applies(q) != last {
				t.Fatalf("rule %d: got applies %v, want %v; request %+v", i, !last, last, q)
			}
		}
	}
	kinds, decisions := make(map[ConditionKind]int), make(map[xacml.Decision]int)
	for _, q := range w.Checks {
		decisions[q.Expected]++
		for _, rule := range w.Rules {
			if rule.applies(q) {
				kinds[rule.Kind]++
				break
			}
		}
	}
	if len(decisions) != 3 || len(kinds) != int(conditionKinds) {
		t.Errorf("got decisions %v by rules of the kinds %v, want three and all", decisions, kinds)
	}
	for d, n := range decisions {
		if n < 30 {
			t.Errorf("got %d checks with %s, want at least 30", n, d)
		}
	}
}

func TestConditions_Pattern(t *testing.T) {
	rule := W4().Rules[4]
	pattern := regexp.MustCompile(rule.Pattern)
	for _, text := range []string{"case-0004-1", "case-0004-0123", "case-0004-", "case-0004-1x", "xcase-0004-1", "case-0009-1", ""} {
		if got, want := rule.applies(ConditionRequest{Case: text}), pattern.MatchString(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// What is written is read as what it was, in files of the size of real ones.
func TestWriteXML(t *testing.T) {
	w, dir := NewApps("W2 small", 20, 0), t.TempDir()
	if err := WriteXML(dir, w); err != nil {
		t.Fatal(err)
	}
	size, matches := 0, 0
	for d := range w.Documents() {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(d.Name)))
		if err != nil {
			t.Fatal(err)
		}
		size += len(data)
		got, problems := xacmlxml.ReadPolicy(d.Name, data, xacmlxml.DefaultLimits())
		if len(problems) > 0 {
			t.Fatalf("got problems, want none:\n%v", problems)
		}
		if diff := cmp.Diff(d, got, cmp.Comparer(func(_, _ policy.Position) bool { return true }),
			cmp.AllowUnexported(value.Integer{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d.Name, diff)
		}
		for _, rule := range d.Root.(*policy.Policy).Rules {
			for _, anyOf := range rule.Target.AnyOf {
				for _, allOf := range anyOf.AllOf {
					matches += len(allOf.Matches)
				}
			}
		}
	}
	if size, matches := size/w.Len(), matches/w.Len(); size < 25_000 || size > 40_000 || matches < 60 || matches > 80 {
		t.Errorf("got %d bytes and %d matches a policy, want about 33,000 and 70", size, matches)
	}
}
