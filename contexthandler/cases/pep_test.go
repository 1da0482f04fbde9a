package cases

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// pepCase is a case of a policy enforcement point: the claims of a user, and either a
// response that it must enforce, or the subject that the claims must become.
type pepCase struct {
	Claims   map[string]any `json:"claims"`
	Response struct {
		Results []pepResult `json:"response"`
	} `json:"response"`
}

type pepResult struct {
	Decision    string `json:"decision"`
	Obligations []struct {
		Assignments []struct{ Category, Value string } `json:"attributeAssignment"`
	} `json:"obligations"`
}

// serveIdentified starts a server that decides on the policies about whom tokens prove.
func serveIdentified(t *testing.T, by issuer, policies []policy.Document) v1.AuthorizationServiceClient {
	t.Helper()
	p := theProfile(t)
	return serve(t, contexthandler.New(contexthandler.Config{
		Snapshot:   snapshotOf(t, policies),
		Dictionary: p.dictionary(t),
		Supplies:   p.supplies(),
		Identify:   by.identify(t),
		Enforce:    p.Enforcement,
	}))
}

// TestAltinnEnforce has the service compare the level in the token with what the
// obligations ask for (§7.2), on policies that give the results of the case.
func TestAltinnEnforce(t *testing.T) {
	by := newIssuer(t)
	for _, dir := range caseFolders(t, "pep-enforce", 7) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var c pepCase
			var want struct {
				Authorized bool
				Failed     struct{ RequiredAuthenticationLevel string } `json:"failedObligations"`
			}
			readJSON(t, filepath.Join(dir, "request.json"), &c)
			readJSON(t, filepath.Join(dir, "expected.json"), &want)
			request, policies := c.results(t)
			request.SubjectToken, request.Enforce = by.sign(c.Claims), true
			response, err := serveIdentified(t, by, policies).Evaluate(t.Context(), request)
			if err != nil {
				t.Fatalf("Evaluate: %v", err)
			}
			if diff := cmp.Diff(c.Response.Results, pepResults(t, response)); diff != "" {
				t.Fatalf("results to enforce (-want +got):\n%s", diff)
			}
			level := 0 // of no other level
			if text := want.Failed.RequiredAuthenticationLevel; text != "" {
				if level, err = strconv.Atoi(text); err != nil {
					t.Fatal(err)
				}
			}
			got := response.GetEnforcement()
			if got.GetGranted() != want.Authorized || int(got.GetRequiredLevel()) != level || len(got.GetOpen()) > 0 {
				t.Errorf("got granted %t, level %d and open obligations %v, want granted %t, level %d and none",
					got.GetGranted(), got.GetRequiredLevel(), got.GetOpen(), want.Authorized, level)
			}
		})
	}
}

// results is a request, and policies that answer it by the results of the case.
func (c *pepCase) results(t *testing.T) (*v1.EvaluateRequest, []policy.Document) {
	t.Helper()
	const number = "urn:forseti:test:result"
	request := &v1.EvaluateRequest{}
	var policies []policy.Document
	for i, r := range c.Response.Results {
		if r.Decision != xacml.Permit.String() {
			t.Fatalf("got the result %s to enforce, and only Permit is known", r.Decision)
		}
		id, n := fmt.Sprintf("result-%d", i), strconv.Itoa(i)
		request.Attributes = append(request.Attributes, &v1.AttributeCategory{
			Category: resource, Id: id, Attributes: []*v1.Attribute{{
				AttributeId: number, Values: []*v1.AttributeValue{{DataType: value.TypeString.ID(), Value: n}},
			}},
		})
		if len(c.Response.Results) > 1 {
			request.MultiRequests = append(request.MultiRequests, &v1.RequestReference{Ids: []string{id}})
		}
		made := policyOf(id, rule(matchOf(xacml.AttributeKey{Category: resource, ID: number, Type: value.TypeString}, n)))
		for j, o := range r.Obligations {
			expression := policy.ObligationExpression{ID: fmt.Sprintf("urn:forseti:test:obligation:%d", j), On: xacml.EffectPermit}
			for _, a := range o.Assignments {
				expression.Assignments = append(expression.Assignments, policy.AssignmentExpression{
					AttributeID: "urn:forseti:test:level", Category: a.Category, Expression: &policy.Literal{Value: value.String(a.Value)},
				})
			}
			made.Obligations = append(made.Obligations, expression)
		}
		policies = append(policies, policy.Document{Name: id, Root: made})
	}
	return request, policies
}

// pepResults are results as the cases write them.
func pepResults(t *testing.T, m *v1.EvaluateResponse) []pepResult {
	t.Helper()
	var out []pepResult
	for _, r := range m.GetResults() {
		result := resultOf(t, r)
		made := pepResult{Decision: result.Decision.String()}
		for _, o := range result.Obligations {
			made.Obligations = append(made.Obligations, struct {
				Assignments []struct{ Category, Value string } `json:"attributeAssignment"`
			}{})
			last := &made.Obligations[len(made.Obligations)-1]
			for _, a := range o.Assignments {
				last.Assignments = append(last.Assignments, struct{ Category, Value string }{a.Category, a.Value.String()})
			}
		}
		out = append(out, made)
	}
	return out
}

// TestAltinnClaims shows what claims become by policies: one that permits the subject
// that the case expects, and one for each attribute that must not be there.
func TestAltinnClaims(t *testing.T) {
	by := newIssuer(t)
	for _, dir := range caseFolders(t, "pep-claims", 6) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var c pepCase
			var want struct {
				Contains map[string]string `json:"subjectContains"`
				Lacks    []string          `json:"subjectLacks"`
			}
			readJSON(t, filepath.Join(dir, "request.json"), &c)
			readJSON(t, filepath.Join(dir, "expected.json"), &want)
			if len(want.Contains) == 0 {
				t.Fatal("the case expects nothing")
			}
			permitted := func(claims map[string]any, rules ...policy.Rule) v1.Decision {
				t.Helper()
				client := serveIdentified(t, by, []policy.Document{{Name: "subject", Root: policyOf("subject", rules...)}})
				response, err := client.Authorize(t.Context(), &v1.AuthorizeRequest{SubjectToken: by.sign(claims)})
				if err != nil {
					t.Fatalf("Authorize: %v", err)
				}
				return response.GetDecision()
			}
			var matches []policy.Match
			for _, id := range slices.Sorted(maps.Keys(want.Contains)) {
				matches = append(matches, matchOf(subjectKey(id), want.Contains[id]))
			}
			if got := permitted(c.Claims, rule(matches...)); got != v1.Decision_DECISION_PERMIT {
				t.Errorf("got %s for a subject with %v, want Permit", got, want.Contains)
			}
			if got := permitted(map[string]any{"urn:altinn:authlevel": "2"}, rule(matches...)); got != v1.Decision_DECISION_NOT_APPLICABLE {
				t.Errorf("got %s without the claims, want NotApplicable", got)
			}
			for _, id := range want.Lacks {
				if got := permitted(c.Claims, hasRule(id)); got != v1.Decision_DECISION_NOT_APPLICABLE {
					t.Errorf("got %s for a subject with the attribute %q, want NotApplicable", got, id)
				}
			}
		})
	}
}

// A token that somebody else signed is of nobody.
func TestAltinnClaims_Forged(t *testing.T) {
	by, other := newIssuer(t), newIssuer(t)
	client := serveIdentified(t, by, []policy.Document{{Name: "all", Root: policyOf("all", policy.Rule{ID: "all", Effect: xacml.EffectPermit})}})
	for _, tt := range []struct {
		by   issuer
		want codes.Code
	}{{by, codes.OK}, {other, codes.Unauthenticated}} {
		_, err := client.Authorize(t.Context(), &v1.AuthorizeRequest{SubjectToken: tt.by.sign(map[string]any{attrUser: 1337})})
		if got := status.Code(err); got != tt.want {
			t.Errorf("got %s (%v), want %s", got, err, tt.want)
		}
	}
}

func subjectKey(id string) xacml.AttributeKey {
	return xacml.AttributeKey{Category: subject, ID: id, Type: value.TypeString}
}

func policyOf(id string, rules ...policy.Rule) *policy.Policy {
	return &policy.Policy{
		ID: "urn:forseti:test:" + id, Version: "1.0", Algorithm: xacml.RuleAlgorithm3 + "deny-overrides", Rules: rules,
	}
}

// rule permits where all of this matches.
func rule(matches ...policy.Match) policy.Rule {
	return policy.Rule{ID: "rule", Effect: xacml.EffectPermit, Target: &policy.Target{
		AnyOf: []policy.AnyOf{{AllOf: []policy.AllOf{{Matches: matches}}}},
	}}
}

func matchOf(key xacml.AttributeKey, text string) policy.Match {
	return policy.Match{
		Function: xacml.Function1 + "string-equal", Literal: value.String(text), Bag: &policy.Designator{AttributeKey: key},
	}
}

// hasRule permits who has the attribute, with any value.
func hasRule(id string) policy.Rule {
	return policy.Rule{ID: "rule", Effect: xacml.EffectPermit, Condition: &policy.Apply{
		Function: xacml.Function1 + "integer-greater-than",
		Arguments: []policy.Expression{
			&policy.Apply{Function: xacml.Function1 + "string-bag-size", Arguments: []policy.Expression{&policy.Designator{AttributeKey: subjectKey(id)}}},
			&policy.Literal{Value: value.NewInteger(0)},
		},
	}}
}
