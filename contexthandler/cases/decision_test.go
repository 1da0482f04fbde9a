package cases

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// TestAltinnPDP decides enriched requests on one policy, without sources.
func TestAltinnPDP(t *testing.T) {
	for _, c := range loadCases(t, "pdp", 3) {
		t.Run(c.id, func(t *testing.T) { c.judge(t, ask(t, c, c.policies, false).results) })
	}
}

// TestAltinnCombining decides on rules of all outcomes under the combining
// algorithms (C.2 to C.9), those of policies on a Policy included.
func TestAltinnCombining(t *testing.T) {
	for _, c := range loadCases(t, "combining", 137) {
		t.Run(c.id, func(t *testing.T) { c.judge(t, ask(t, c, c.policies, false).results) })
	}
}

// TestAltinnDecision decides what callers of the platform ask: the policies of
// the case, the policy on the form of requests beside them, and the sources of
// the profile behind them.
func TestAltinnDecision(t *testing.T) {
	passed := 0
	for _, c := range loadCases(t, "decision", 55) {
		t.Run(c.id, func(t *testing.T) {
			c.correct(t)
			if c.judge(t, ask(t, c, append(slices.Clone(c.policies), requestForm(t)), true).results) {
				passed++
			}
		})
	}
	t.Logf("%d cases pass", passed)
}

// requestForm is what the platform checks of a request before it looks for
// policies, as a policy.
func requestForm(t *testing.T) policy.Document {
	t.Helper()
	return readPolicy(t, filepath.Join("testdata", "request-form.xml"))
}
