// Package faults breaks sources while decisions depend on them, and compares every
// decision with what the reference evaluator says of the same fault. It holds
// nothing but tests.
//
// What must be true of every cell of the matrix: a failure is never taken for an
// empty bag, so no Deny vanishes and no Permit appears that the policies do not
// give; no call ends later than its deadline; what was broken is back soon after
// it was mended; and nothing is left behind, neither goroutines nor files.
//
// What takes how long is measured, so that the tests run only where FORSETI_ALONE is
// set, which tells that nothing else runs: make test runs them after all others.
// FORSETI_LONG=1 makes a hundred calls a cell, and faults that last.
package faults

import (
	"fmt"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain has every name resolved by the tests themselves: there is no other way to
// break DNS below the clients of all kinds.
func TestMain(m *testing.M) {
	if os.Getenv("FORSETI_ALONE") == "" {
		fmt.Fprintln(os.Stderr, "skipped: FORSETI_ALONE is not set, which tells that nothing else runs")
		os.Exit(0)
	}
	net.DefaultResolver = names.resolver()
	goleak.VerifyTestMain(m)
}

// long tells that there is time.
func long() bool { return os.Getenv("FORSETI_LONG") != "" }

// must is for what fails only if the test is wrong.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
