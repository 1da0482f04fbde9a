package overload

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// world is a server and what to ask it. All of it is permitted.
type world struct {
	server  *harness.Server
	request func(n int) *v1.AuthorizeRequest
	// callers are how many have to ask at the same time for the server to do all it can.
	callers int
}

const header = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="urn:overload" Version="1"
  RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"><Target/>`

const (
	text    = `DataType="http://www.w3.org/2001/XMLSchema#string"`
	subject = `Category="urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"`
)

// expensive is a policy that permits, after it has matched an attribute of the subject
// with regular expressions that do not match.
func expensive(attribute string, rules int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range rules {
		fmt.Fprintf(&b, `<Rule RuleId="no%d" Effect="Deny"><Condition>
  <Apply FunctionId="urn:oasis:names:tc:xacml:3.0:function:any-of">
    <Function FunctionId="urn:oasis:names:tc:xacml:1.0:function:string-regexp-match"/>
    <AttributeValue %s>(a|b|ab)*c[0-9]{2}%d$</AttributeValue>
    <AttributeDesignator %s AttributeId=%q %s MustBePresent="true"/>
  </Apply></Condition></Rule>`, i, text, i, subject, attribute, text)
	}
	b.WriteString(`<Rule RuleId="yes" Effect="Permit"/></Policy>`)
	return b.String()
}

// value is what the expressions are matched with.
func value() string { return strings.Repeat("ab", 150) }

// computing is a server each of whose decisions takes the processor a while.
func computing(t *testing.T) *world {
	return &world{
		server: serve(t, expensive("urn:overload:text", 100), "sources: []\n"),
		request: func(int) *v1.AuthorizeRequest {
			return &v1.AuthorizeRequest{Subject: map[string]string{"urn:overload:text": value()}, Action: "read"}
		},
	}
}

// sourceTime is how long the slow source takes.
const sourceTime = 50 * time.Millisecond

// waiting is a server each of whose decisions waits for a source, and takes the
// processor only then: what is let in comes back all the same.
func waiting(t *testing.T) *world {
	answer, err := json.Marshal(map[string]string{"text": value()})
	if err != nil {
		t.Fatal(err)
	}
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(sourceTime)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer) // to a server that gave up, perhaps
	}))
	t.Cleanup(source.Close)
	config := fmt.Sprintf(`sources:
  - name: slow
    kind: http
    needs: [{name: user, attribute: urn:overload:user}]
    http: {url: '%s/{user}', plaintext: true, connection: {max: 1024}}
    timeout: 1s
    max_in_flight: 4096
    provides: [{attribute: urn:overload:text, from: [$.text]}]
`, source.URL)
	return &world{
		server: serve(t, expensive("urn:overload:text", 50), config),
		request: func(n int) *v1.AuthorizeRequest {
			return &v1.AuthorizeRequest{Subject: map[string]string{"urn:overload:user": strconv.Itoa(n)}, Action: "read"}
		},
	}
}

// serve runs the program with one policy on one processor.
func serve(t *testing.T, policy, sources string) *harness.Server {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "policy.xml"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	config := `attributes:
  - {id: urn:overload:user, category: subject}
  - {id: urn:overload:text, category: subject}
demo: {seed: false}
enforcement: {level: "", levels: []}
` + sources
	return harness.Start(t, harness.Options{Config: config, Policies: folder, Core: 1, Env: []string{"GOMAXPROCS=1"}})
}
