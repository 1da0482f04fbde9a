package combine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

const (
	permit, deny, na = xacml.Permit, xacml.Deny, xacml.NotApplicable
	ip, id, idp      = xacml.IndeterminateP, xacml.IndeterminateD, xacml.IndeterminateDP
)

var all = []xacml.Decision{permit, deny, na, ip, id, idp}

// fixed are children with given values. A rule's effect follows from its
// value; Indeterminate{DP} and NotApplicable stand for permit rules.
type fixed struct {
	values    []xacml.Decision
	evaluated []int
	// disregarded are those of evaluated whose obligations do not count.
	disregarded []int
	targets     []xacml.Decision // for Applicable: permit = matches, na = does not, idp = fails
}

func (f *fixed) Len() int { return len(f.values) }

func (f *fixed) Evaluate(i int) xacml.Decision {
	f.evaluated = append(f.evaluated, i)
	return f.values[i]
}

func (f *fixed) Effect(i int) xacml.Effect {
	if f.values[i] == deny || f.values[i] == id {
		return xacml.EffectDeny
	}
	return xacml.EffectPermit
}

func (f *fixed) Disregard() { f.disregarded = append(f.disregarded, f.evaluated[len(f.evaluated)-1]) }

func (f *fixed) Applicable(i int) (bool, *xacml.Error) {
	switch f.targets[i] {
	case permit:
		return true, nil
	case na:
		return false, nil
	default:
		return false, xacml.ProcessingErrorf("target")
	}
}

// sequences gives every sequence of up to n values.
func sequences(n int) [][]xacml.Decision {
	out := [][]xacml.Decision{{}}
	last := out
	for range n {
		var next [][]xacml.Decision
		for _, s := range last {
			for _, d := range all {
				next = append(next, append(append([]xacml.Decision(nil), s...), d))
			}
		}
		out, last = append(out, next...), next
	}
	return out
}

func has(s []xacml.Decision, ds ...xacml.Decision) bool {
	return slices.ContainsFunc(s, func(d xacml.Decision) bool { return slices.Contains(ds, d) })
}

// The laws are written from appendix C as declarations over the whole
// sequence, independently of the loops of the implementation.
var laws = map[string]func(s []xacml.Decision) xacml.Decision{
	"rule 3.0 deny-overrides":   func(s []xacml.Decision) xacml.Decision { return foldTable(denyTable, s) },
	"rule 3.0 permit-overrides": func(s []xacml.Decision) xacml.Decision { return foldTable(permitTable, s) },
	"rule 3.0 deny-unless-permit": func(s []xacml.Decision) xacml.Decision {
		if has(s, permit) {
			return permit
		}
		return deny
	},
	"rule 3.0 permit-unless-deny": func(s []xacml.Decision) xacml.Decision {
		if has(s, deny) {
			return deny
		}
		return permit
	},
	"rule 1.0 first-applicable": func(s []xacml.Decision) xacml.Decision {
		for _, d := range s {
			switch {
			case d.Indeterminate():
				return idp
			case d != na:
				return d
			}
		}
		return na
	},
	"rule 1.0 deny-overrides": func(s []xacml.Decision) xacml.Decision {
		return firstOf(s, row{deny, []xacml.Decision{deny}}, row{idp, []xacml.Decision{id}}, row{permit, []xacml.Decision{permit}}, row{idp, []xacml.Decision{ip, idp}})
	},
	"rule 1.0 permit-overrides": func(s []xacml.Decision) xacml.Decision {
		return firstOf(s, row{permit, []xacml.Decision{permit}}, row{idp, []xacml.Decision{ip, idp}}, row{deny, []xacml.Decision{deny}}, row{idp, []xacml.Decision{id}})
	},
	"policy 1.0 deny-overrides": func(s []xacml.Decision) xacml.Decision {
		return firstOf(s, row{deny, []xacml.Decision{deny, ip, id, idp}}, row{permit, []xacml.Decision{permit}})
	},
	"policy 1.0 permit-overrides": func(s []xacml.Decision) xacml.Decision {
		return firstOf(s, row{permit, []xacml.Decision{permit}}, row{deny, []xacml.Decision{deny}}, row{idp, []xacml.Decision{ip, id, idp}})
	},
}

type row struct {
	value xacml.Decision
	any   []xacml.Decision
}

func firstOf(s []xacml.Decision, rows ...row) xacml.Decision {
	for _, r := range rows {
		if has(s, r.any...) {
			return r.value
		}
	}
	return na
}

// The pair tables of C.2 and C.4; rows and columns in the order of all.
var (
	denyTable = [][]xacml.Decision{
		{permit, deny, permit, permit, idp, idp},
		{deny, deny, deny, deny, deny, deny},
		{permit, deny, na, ip, id, idp},
		{permit, deny, ip, ip, idp, idp},
		{idp, deny, id, idp, id, idp},
		{idp, deny, idp, idp, idp, idp},
	}
	permitTable = [][]xacml.Decision{
		{permit, permit, permit, permit, permit, permit},
		{permit, deny, deny, idp, deny, idp},
		{permit, deny, na, ip, id, idp},
		{permit, idp, ip, ip, idp, idp},
		{permit, deny, id, idp, id, idp},
		{permit, idp, idp, idp, idp, idp},
	}
)

func foldTable(table [][]xacml.Decision, s []xacml.Decision) xacml.Decision {
	at := func(d xacml.Decision) int {
		for i, v := range all {
			if v == d {
				return i
			}
		}
		panic("no such decision")
	}
	acc := na
	for _, d := range s {
		acc = table[at(acc)][at(d)]
	}
	return acc
}

func TestC_AllSequencesOfUpToFourChildren(t *testing.T) {
	same := map[string]string{
		"rule 3.0 ordered-deny-overrides": "rule 3.0 deny-overrides", "rule 3.0 ordered-permit-overrides": "rule 3.0 permit-overrides",
		"policy 3.0 deny-overrides": "rule 3.0 deny-overrides", "policy 3.0 ordered-deny-overrides": "rule 3.0 deny-overrides",
		"policy 3.0 permit-overrides": "rule 3.0 permit-overrides", "policy 3.0 ordered-permit-overrides": "rule 3.0 permit-overrides",
		"policy 3.0 deny-unless-permit": "rule 3.0 deny-unless-permit", "policy 3.0 permit-unless-deny": "rule 3.0 permit-unless-deny",
		"policy 1.0 first-applicable":     "rule 1.0 first-applicable",
		"rule 1.1 ordered-deny-overrides": "rule 1.0 deny-overrides", "rule 1.1 ordered-permit-overrides": "rule 1.0 permit-overrides",
		"policy 1.1 ordered-deny-overrides": "policy 1.0 deny-overrides", "policy 1.1 ordered-permit-overrides": "policy 1.0 permit-overrides",
	}
	table := Standard()
	checked := 0
	check := func(name string, a *Algorithm) {
		law := laws[name]
		if law == nil {
			law = laws[same[name]]
		}
		if law == nil {
			if strings.HasSuffix(name, "only-one-applicable") || strings.HasSuffix(name, "on-permit-apply-second") {
				return // these look at more than the values: tests of their own
			}
			t.Fatalf("no law for %q", name)
		}
		checked++
		for _, s := range sequences(4) {
			got, err := a.Combine(&fixed{values: s})
			if want := law(s); got != want || err != nil {
				t.Fatalf("%s%v = %v, %v, want %v", name, extended(s), got.Extended(), err, want.Extended())
			}
		}
	}
	short := func(kind, urn string) string {
		parts := strings.Split(urn, ":")
		return fmt.Sprintf("%s %s %s", kind, parts[5], parts[len(parts)-1])
	}
	for urn, a := range table.rule {
		check(short("rule", urn), a)
	}
	for urn, a := range table.policy {
		check(short("policy", urn), a)
	}
	if want := 11 + 11; checked != want {
		t.Errorf("checked %d algorithms against a law, want %d", checked, want)
	}
}

func extended(s []xacml.Decision) []string {
	var out []string
	for _, d := range s {
		out = append(out, d.Extended())
	}
	return out
}

func TestC9_OnlyOneApplicable(t *testing.T) {
	for _, tt := range []struct {
		targets, values []xacml.Decision
		want            xacml.Decision
		wantErr         bool
		wantEvaluated   string
	}{
		{nil, nil, na, false, "[]"},
		{[]xacml.Decision{na, na}, []xacml.Decision{permit, deny}, na, false, "[]"},
		{[]xacml.Decision{na, permit}, []xacml.Decision{permit, deny}, deny, false, "[1]"},
		{[]xacml.Decision{permit, na}, []xacml.Decision{ip, deny}, ip, false, "[0]"},
		{[]xacml.Decision{permit, permit}, []xacml.Decision{na, deny}, idp, true, "[]"},
		{[]xacml.Decision{permit, idp}, []xacml.Decision{permit, deny}, idp, true, "[]"},
		{[]xacml.Decision{idp, permit}, []xacml.Decision{permit, deny}, idp, true, "[]"},
	} {
		cs := &fixed{values: tt.values, targets: tt.targets}
		got, err := onlyOneApplicable(cs)
		if got != tt.want || (err != nil) != tt.wantErr || fmt.Sprint(cs.evaluated) != tt.wantEvaluated {
			t.Errorf("got %v, %v, evaluated %v; want %v, error %v, evaluated %v; targets %v", got.Extended(), err, cs.evaluated,
				tt.want.Extended(), tt.wantErr, tt.wantEvaluated, extended(tt.targets))
		}
	}
}

func TestProfile_OnPermitApplySecond(t *testing.T) {
	for _, s := range sequences(4) {
		cs := &fixed{values: s}
		got, err := onPermitApplySecond(cs)
		want := idp
		switch {
		case len(s) != 2 && len(s) != 3:
			if err == nil {
				t.Errorf("%v: no error for %d children", extended(s), len(s))
			}
		case s[0] == permit:
			want = s[1]
		case s[0] == ip || s[0] == idp:
		case len(s) == 3:
			want = s[2]
		default:
			want = na
		}
		if got != want {
			t.Errorf("%v = %v, want %v", extended(s), got.Extended(), want.Extended())
		}
		if guarded := twoOrThree(len(s)) && s[0] != permit; (len(cs.disregarded) == 1 && cs.disregarded[0] == 0) != guarded {
			t.Errorf("%v: disregarded %v, want the guard: %t", extended(s), cs.disregarded, guarded)
		}
	}
}

func TestC_OverridesStopAtTheFirstStrongChild(t *testing.T) {
	cs := &fixed{values: []xacml.Decision{permit, deny, deny}}
	if _, err := denyOverrides(cs); err != nil || fmt.Sprint(cs.evaluated) != "[0 1]" {
		t.Errorf("evaluated %v, want [0 1]", cs.evaluated)
	}
}

func TestTable_PolicyIdentifiersOnAPolicyAreAliases(t *testing.T) {
	table := Standard()
	for _, tt := range []struct {
		id          string
		known, alas bool
	}{
		{xacml.RuleAlgorithm3 + "deny-overrides", true, false},
		{xacml.PolicyAlgorithm3 + "deny-overrides", true, true},
		{xacml.PolicyAlgorithm1 + "first-applicable", true, true},
		{xacml.PolicyAlgorithm1 + "only-one-applicable", false, false},
		{xacml.RuleAlgorithm3 + "first-applicable", false, false}, // pitfall 55: only 1.0 exists
	} {
		a, alias := table.ForRules(tt.id)
		if (a != nil) != tt.known || alias != tt.alas {
			t.Errorf("ForRules(%q) = %v, alias %v, want known %v, alias %v", tt.id, a != nil, alias, tt.known, tt.alas)
		}
	}
	if table.ForPolicies(xacml.RuleAlgorithm3+"deny-overrides") != nil {
		t.Error("a rule-combining identifier is accepted on a policy set")
	}
}
