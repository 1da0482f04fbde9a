package cases

import "testing"

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

// TestAltinnDecision decides what callers of the platform ask: on the policies of
// the case, with the policies and sources of the profile around them.
func TestAltinnDecision(t *testing.T) {
	passed := 0
	for _, c := range loadCases(t, "decision", 55) {
		t.Run(c.id, func(t *testing.T) {
			c.correct(t)
			if c.judge(t, ask(t, c, guarded(t, c.policies), true).results) {
				passed++
			}
		})
	}
	t.Logf("%d cases pass", passed)
}
