package cases

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// accessListQuestion is what access management asks before somebody gives a right away:
// whether an organisation may have it, for all that the access lists say.
type accessListQuestion struct {
	Subject, Resource, Action struct{ Type, Value string }
	Result                    string // of the expected answer
}

// TestAltinnAccessList asks the gate alone. The organisation is a party here and no
// subject, and access management may name it itself.
func TestAltinnAccessList(t *testing.T) {
	for _, dir := range caseFolders(t, "accesslist", 2) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var request, want accessListQuestion
			readJSON(t, filepath.Join(dir, "request.json"), &request)
			readJSON(t, filepath.Join(dir, "expected.json"), &want)
			var data pipData
			readJSON(t, filepath.Join(dir, "pip.json"), &data)
			if request.Subject.Type != attrOrgNumber || request.Resource.Type != attrResource || request.Action.Type != xacml.AttributeActionID {
				t.Fatalf("the question is about something else: %+v", request)
			}

			p, q := theProfile(t), &questions{asked: make(map[string]bool)}
			client := serve(t, contexthandler.New(contexthandler.Config{
				Snapshot:   snapshotOf(t, []policy.Document{profileDocument(t, filepath.Join("library", "access-list-members"))}),
				Dictionary: p.dictionary(t),
				Sources:    p.sources(t, &data, q),
				Supplies: append(p.supplies(), contexthandler.Supply{
					Caller: contexthandler.Everybody, Category: resource, Attributes: []string{attrOrganization},
				}),
			}))
			response, err := client.Authorize(t.Context(), &v1.AuthorizeRequest{
				Resource: map[string]string{attrOrganization: request.Subject.Value, attrResource: request.Resource.Value},
				Action:   request.Action.Value,
				Enforce:  true,
			})
			if err != nil {
				t.Fatalf("Authorize: %v", err)
			}
			got := map[bool]string{true: "Authorized", false: "NotAuthorized"}[response.GetEnforcement().GetGranted()]
			if got != want.Result {
				t.Errorf("got %s, want %s", got, want.Result)
			}
			decision := map[string]v1.Decision{"Authorized": v1.Decision_DECISION_PERMIT, "NotAuthorized": v1.Decision_DECISION_DENY}[want.Result]
			if response.GetDecision() != decision {
				t.Errorf("got %s (%s), want %s", response.GetDecision(), response.GetStatus().GetMessage(), decision)
			}
			if diff := cmp.Diff(data.recorded(), q.asked); diff != "" {
				t.Errorf("lookups (-want +got):\n%s", diff)
			}
		})
	}
}
