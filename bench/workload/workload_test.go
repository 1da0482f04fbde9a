package workload

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// agree checks the right answers against a PDP.
func agree(t *testing.T, w Workload, cases []Case) {
	t.Helper()
	p, problems := pdp.New(pdp.Config{}, slices.Collect(w.Documents()))
	if p == nil {
		t.Fatalf("the policies are refused:\n%v", problems)
	}
	for i, c := range cases {
		if err := c.Check(p.Evaluate(context.Background(), c.Request, nil)); err != nil {
			t.Fatalf("case %d: %v; request %+v", i, err, c.Request)
		}
	}
}

func TestApps_AgreeWithPDP(t *testing.T) {
	for _, w := range []*Apps{W1(), W5(), NewApps("W2 small", 30, 0)} {
		t.Run(w.Name(), func(t *testing.T) { agree(t, w, w.Cases()[:200]) })
	}
}

func TestConditions_AgreeWithPDP(t *testing.T) {
	small := NewConditions("W4 small", 50)
	agree(t, small, small.Cases()[:200])
	agree(t, small, small.CheckCases())
	w := W4()
	agree(t, w, w.Cases()[:50])
	agree(t, w, w.CheckCases()[:50])
}

func TestCorpus_AgreesWithPDP(t *testing.T) {
	w, err := W6(sharedFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(slices.Collect(w.Documents())); n != 182 {
		t.Errorf("got %d policies, want 182", n)
	}
	again, err := W6(sharedFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(requests(w), requests(again)); diff != "" {
		t.Errorf("the requests differ from one call to the next:\n%s", diff)
	}
	agree(t, w, w.Cases()[:200])
	permit, withLevels := 0, 0
	for _, c := range w.Cases() {
		if c.Expected == xacml.Permit {
			permit++
		}
		if len(c.Levels) > 0 {
			withLevels++
		}
	}
	if share := float64(permit) / float64(len(w.Cases())); share < 0.6 || share > 0.9 {
		t.Errorf("got %.2f Permit, want 0.6 to 0.9", share)
	}
	if share := float64(withLevels) / float64(len(w.Cases())); share < 0.1 {
		t.Errorf("got %.2f with obligations, want at least 0.1", share)
	}
}

func requests(w Workload) []*xacml.Request {
	var all []*xacml.Request
	for _, c := range w.Cases() {
		all = append(all, c.Request)
	}
	return all
}

// sharedFolder is the folder with the data of third parties. Without it the
// test is skipped, though not where everything must be tested.
func sharedFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("FORSETI_SHARED")
	switch {
	case folder != "":
	case os.Getenv("CI") == "true":
		t.Fatal("FORSETI_SHARED is not set: the policies of Altinn are missing")
	default:
		t.Skip("FORSETI_SHARED is not set: it names the folder with the policies of Altinn")
	}
	return folder
}
