package rpc_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	pb "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// deciding is a snapshot that gives everything one effect.
func deciding(t *testing.T, effect string) *pap.Snapshot {
	t.Helper()
	text := fmt.Sprintf(`<Policy xmlns=%q PolicyId="p" Version="1" RuleCombiningAlgId="%sdeny-overrides"><Target/><Rule RuleId="r" Effect=%q/></Policy>`,
		xacml.Namespace, xacml.RuleAlgorithm3, effect)
	d, problems := xacmlxml.ReadPolicy("p.xml", []byte(text), xacmlxml.DefaultLimits())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	p, problems := pdp.New(pdp.Config{}, []policy.Document{d})
	if p == nil {
		t.Fatal(problems)
	}
	return &pap.Snapshot{ID: effect, PDP: p}
}

// Contract 4: whatever way the items of a batch take, and however often other policies
// come into force meanwhile, they are decided on the snapshot that the answer names.
func TestAuthorizeBatch_OneSnapshot(t *testing.T) {
	snapshots := [...]*pap.Snapshot{deciding(t, "Permit"), deciding(t, "Deny")}
	var looked atomic.Int64
	client := dialServer(t, func() *pap.Snapshot { return snapshots[looked.Add(1)%2] })
	plain := &pb.AuthorizeRequest{Action: "read"}
	typed := &pb.AuthorizeRequest{Action: "read", Attributes: []*pb.RequestAttribute{
		{Category: "subject", AttributeId: "urn:test:age", DataType: "integer", Values: []string{"18"}},
	}}
	enforced := &pb.AuthorizeRequest{Action: "read", Enforce: true}
	want := map[string]pb.Decision{"Permit": pb.Decision_DECISION_PERMIT, "Deny": pb.Decision_DECISION_DENY}
	for range 10 {
		answer, err := client.AuthorizeBatch(t.Context(), &pb.AuthorizeBatchRequest{
			Requests: []*pb.AuthorizeRequest{plain, typed, enforced, plain, typed},
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, item := range answer.GetItems() {
			got := item.GetResponse()
			if got.GetSnapshot() != answer.GetSnapshot() || got.GetDecision() != want[answer.GetSnapshot()] {
				t.Errorf("item %d: got %s on snapshot %q, want %s on %q", i, got.GetDecision(), got.GetSnapshot(), want[answer.GetSnapshot()], answer.GetSnapshot())
			}
		}
	}
	if looked.Load() != 10 {
		t.Errorf("got %d looks at the snapshot for 10 batches, want one for each", looked.Load())
	}
}
