package cases

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// profilePolicies are the policies of the profile, as operators get them.
const profilePolicies = "../../docs/altinn/policies"

// guarded are policies as the profile decides on them: behind the check of the form
// of the request, and before the gate of the access lists.
func guarded(t *testing.T, policies []policy.Document) []policy.Document {
	t.Helper()
	all := &policy.PolicySet{
		ID: "urn:forseti:altinn:policies", Version: "1.0", Algorithm: xacml.PolicyAlgorithm3 + "deny-overrides",
		Children: []policy.Child{&policy.Reference{ID: "urn:forseti:altinn:request-form"}},
	}
	for _, d := range policies {
		all.Children = append(all.Children, d.Root)
	}
	out := []policy.Document{profileDocument(t, "altinn"), {Name: "policies", Root: all, ReferenceOnly: true}}
	for _, name := range []string{"access-list-gate", "access-list-members", "request-form"} {
		d := profileDocument(t, filepath.Join("library", name))
		d.ReferenceOnly = true
		out = append(out, d)
	}
	return out
}

// profileDocument reads a document of the profile.
func profileDocument(t *testing.T, name string) policy.Document {
	t.Helper()
	name = filepath.Join(profilePolicies, name+".xml")
	document, problems := xacmlxml.ReadPolicy(name, readFile(t, name), xacmlxml.DefaultLimits())
	if err := problems.Errors(); len(err) > 0 {
		t.Fatalf("%s: the policy cannot be read: %v", name, err)
	}
	return document
}

// All policies of the profile are valid as they are, and the gate is behind all of
// them, whatever is added to the list of them.
func TestAltinnPolicies(t *testing.T) {
	roots, err := filepath.Glob(filepath.Join(profilePolicies, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{filepath.Join(profilePolicies, "altinn.xml")}; !slices.Equal(roots, want) {
		t.Errorf("got the documents %q beside the library, want %q alone: others would decide without the gate", roots, want)
	}
	library, err := filepath.Glob(filepath.Join(profilePolicies, "library", "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	documents := []policy.Document{profileDocument(t, "altinn")}
	for _, name := range library {
		d := profileDocument(t, filepath.Join("library", strings.TrimSuffix(filepath.Base(name), ".xml")))
		d.ReferenceOnly = true
		documents = append(documents, d)
	}
	if _, problems := pdp.New(pdp.Config{}, documents); len(problems) > 0 {
		t.Errorf("got problems, want none: %v", problems)
	}
}
