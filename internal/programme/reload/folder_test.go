package reload

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// stamps is how many policies stamp their version into an answer.
const stamps = 3

// folder is a policy folder as Kubernetes makes one of a volume: what is in it are links
// through ..data, which leads to the content in force and is replaced in one step.
type folder struct {
	t    *testing.T
	path string

	mu       sync.Mutex
	versions map[string]int // by the id of the snapshot
}

func newFolder(t *testing.T) *folder {
	t.Helper()
	f := &folder{t: t, path: filepath.Join(t.TempDir(), "policies"), versions: make(map[string]int)}
	must(t, os.Mkdir(f.path, 0o755))
	for _, name := range []string{"set.xml", "nested", "library"} {
		must(t, os.Symlink("..data/"+name, filepath.Join(f.path, name)))
	}
	return f
}

// content names the folder of a version, apart from the policy folder.
func content(version int) string { return "..v" + strconv.Itoa(version) }

// put brings a version into the folder, and gives the id of its snapshot. A broken one
// has none, and changes nothing.
func (f *folder) put(version int, broken bool) string {
	f.t.Helper()
	files := policies(version)
	id := ""
	if !broken {
		id = pap.ID(pdp.DefaultRootAlgorithm, files)
		f.mu.Lock()
		f.versions[id] = version
		f.mu.Unlock()
	}
	for i, file := range files {
		if broken && i == version/10%len(files) { // one after the other
			file.Data = file.Data[:len(file.Data)/2]
		}
		name := filepath.Join(f.path, content(version), filepath.FromSlash(file.Name))
		must(f.t, os.MkdirAll(filepath.Dir(name), 0o755))
		must(f.t, os.WriteFile(name, file.Data, 0o600))
	}
	next := filepath.Join(f.path, "..data_next")
	must(f.t, os.Symlink(content(version), next))
	must(f.t, os.Rename(next, filepath.Join(f.path, "..data")))
	return id
}

// remove takes away the content of a version that is not in force any more.
func (f *folder) remove(version int) {
	f.t.Helper()
	must(f.t, os.RemoveAll(filepath.Join(f.path, content(version))))
}

// check finds out whether an answer is that of one version as a whole.
func (f *folder) check(_ int, r *v1.AuthorizeResponse) error {
	f.mu.Lock()
	version, known := f.versions[r.GetSnapshot()]
	f.mu.Unlock()
	if !known {
		return fmt.Errorf("the snapshot %s is none that was put into the folder", r.GetSnapshot())
	}
	if r.GetDecision() != v1.Decision_DECISION_PERMIT || len(r.GetObligations()) != stamps {
		return fmt.Errorf("got %v with %d obligations, want Permit with %d", r.GetDecision(), len(r.GetObligations()), stamps)
	}
	for _, o := range r.GetObligations() {
		if got := o.GetAssignments()[0].GetValue().GetValue(); got != strconv.Itoa(version) {
			return fmt.Errorf("the snapshot of version %d has a stamp of version %s", version, got)
		}
	}
	return nil
}

// policies are those of a version: a set that refers to policies, each of which stamps
// its version into the answer, and some that never apply, in folders that come and go.
func policies(version int) []pap.File {
	var references strings.Builder
	var files []pap.File
	for i := range stamps {
		files = append(files, pap.File{Name: fmt.Sprintf("library/%s/p%d.xml", []string{"a", "a/b", "c"}[i], i), Data: fmt.Appendf(nil,
			`<Policy xmlns=%q PolicyId="p%d" Version="%d" RuleCombiningAlgId="%sdeny-overrides"><Target/><Rule RuleId="r" Effect="Permit"/>
  <ObligationExpressions><ObligationExpression ObligationId="stamp%d" FulfillOn="Permit"><AttributeAssignmentExpression AttributeId="version">
    <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">%d</AttributeValue>
  </AttributeAssignmentExpression></ObligationExpression></ObligationExpressions></Policy>`,
			xacml.Namespace, i, version, xacml.RuleAlgorithm3, i, version)})
		fmt.Fprintf(&references, `<PolicyIdReference Version="%d">p%d</PolicyIdReference>`, version, i)
	}
	files = append(files, pap.File{Name: "set.xml", Data: fmt.Appendf(nil,
		`<PolicySet xmlns=%q PolicySetId="set" Version="%d" PolicyCombiningAlgId="%sdeny-overrides"><Target/>%s</PolicySet>`,
		xacml.Namespace, version, xacml.PolicyAlgorithm3, references.String())})
	for i := range 1 + version%3 {
		files = append(files, pap.File{Name: fmt.Sprintf("nested/%d/%d/other.xml", version%7, i), Data: fmt.Appendf(nil,
			`<Policy xmlns=%q PolicyId="other%d" Version="1" RuleCombiningAlgId="%sdeny-overrides"><Target><AnyOf><AllOf>
  <Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">never-%d</AttributeValue>
    <AttributeDesignator Category=%q AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Match>
</AllOf></AnyOf></Target><Rule RuleId="r" Effect="Deny"/></Policy>`, xacml.Namespace, i, xacml.RuleAlgorithm3, version, xacml.CategoryAction)})
	}
	return files
}
