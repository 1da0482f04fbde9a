package rpc

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// An explanation survives the wire.
func TestExplanation_RoundTrip(t *testing.T) {
	attribute := explanation.Attribute{
		Category: "c", ID: "a", DataType: "t", Issuer: "i", MustBePresent: true, Origin: []string{"x", "y"},
		Values: &explanation.Value{DataType: "t", Bag: true, Count: 3, Private: true, Texts: []string{"1", "2"}},
	}
	status := &explanation.Status{Code: "code", Message: "message", Missing: []explanation.Attribute{{Category: "c", ID: "m", DataType: "t", Issuer: "i"}}}
	for _, agreement := range []explanation.Agreement{explanation.Agrees, explanation.Differs, explanation.Unknown} {
		want := &explanation.Decision{
			Decision: "Indeterminate{D}", Status: status, Agreement: agreement, Notes: []string{"n"},
			Policies: explanation.Policies{Documents: 3, Possible: 2, Unavailable: []string{"f"}},
			Request:  []explanation.Attribute{attribute},
			Lookups: []explanation.Lookup{{
				Source: "s", Round: 2, Took: 3 * time.Microsecond, Questions: 4, Cached: true, Age: time.Second, Stale: true,
				Outcome: "ok", Error: "e", Provided: []explanation.Attribute{attribute},
			}},
			Root: &explanation.Node{
				Kind: explanation.Policy, ID: "id", Version: "1.0", Algorithm: "alg", Effect: "Permit", File: "f", Line: 1, Column: 2,
				Result: "Indeterminate{D}", Status: status, Reason: "r", Note: "n", Attribute: &attribute, Path: "p",
				Value: attribute.Values, Omitted: 5, Children: []*explanation.Node{{Kind: explanation.Rule}},
			},
		}
		data, err := proto.Marshal(explanationMessage(want))
		if err != nil {
			t.Fatal(err)
		}
		m := new(v1.Explanation)
		if err := proto.Unmarshal(data, m); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ReadExplanation(m)); diff != "" {
			t.Errorf("explanation (-want +got):\n%s", diff)
		}
	}
}

// explainable keeps its model.
func explainable(t *testing.T) *pap.Snapshot {
	t.Helper()
	document, _ := xacmlxml.ReadPolicy("policy.xml", []byte(policyText("s")), xacmlxml.DefaultLimits())
	p, problems := pdp.New(pdp.Config{KeepModel: true}, []policy.Document{document})
	if p == nil {
		t.Fatal(problems)
	}
	return &pap.Snapshot{ID: "s", PDP: p}
}

// Explanations are for those who may have them, on every way to ask.
func TestExplain_WhoMay(t *testing.T) {
	for _, may := range []bool{false, true} {
		r := start(t, func(c *Config) {
			if may {
				c.MayExplain = func(caller string) bool { return caller == nobody }
			}
		})
		r.snapshot.Store(explainable(t))
		ask := &v1.AuthorizeRequest{Action: "read", Explain: true}
		evaluate := &v1.EvaluateRequest{Explain: true, Attributes: []*v1.AttributeCategory{{
			Category: "action", Attributes: []*v1.Attribute{{AttributeId: xacml.AttributeActionID, Values: []*v1.AttributeValue{{Value: "read"}}}},
		}}}
		answer, err := r.client.Authorize(t.Context(), ask)
		all, evaluateErr := r.client.Evaluate(t.Context(), evaluate)
		batch, batchErr := r.client.AuthorizeBatch(t.Context(), &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{ask, {Action: "read"}}})
		if batchErr != nil {
			t.Fatal(batchErr)
		}
		first, second := batch.GetItems()[0], batch.GetItems()[1]
		if second.GetResponse().GetDecision() != v1.Decision_DECISION_PERMIT || second.GetResponse().GetExplanation() != nil {
			t.Errorf("without explain: got %v", second)
		}
		if !may {
			wantError(t, err, codes.PermissionDenied, "NOT_ALLOWED")
			wantError(t, evaluateErr, codes.PermissionDenied, "NOT_ALLOWED")
			if got := first.GetError().GetReason(); got != v1.ErrorReason_ERROR_REASON_NOT_ALLOWED {
				t.Errorf("an item of a batch: got %v", first)
			}
			continue
		}
		if err != nil || evaluateErr != nil {
			t.Fatal(err, evaluateErr)
		}
		if len(all.GetExplanations()) != 1 {
			t.Fatalf("Evaluate: got %d explanations, want 1", len(all.GetExplanations()))
		}
		for way, e := range map[string]*v1.Explanation{
			"Authorize": answer.GetExplanation(), "AuthorizeBatch": first.GetResponse().GetExplanation(), "Evaluate": all.GetExplanations()[0],
		} {
			if e.GetDecision() != "Permit" || e.GetAgreement() != v1.ExplanationAgreement_EXPLANATION_AGREEMENT_AGREES || e.GetRoot().GetResult() != "Permit" {
				t.Errorf("%s: got %v", way, e)
			}
		}
	}
}
