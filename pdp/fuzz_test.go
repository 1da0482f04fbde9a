package pdp_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// FuzzEvaluate evaluates any policy on any request, starting from those of the
// scenarios. Nothing panics, not even behind the recovery; a decision has the
// status and the obligations that it may have (§5.48, 7.18), and is the same
// when it is made again.
func FuzzEvaluate(f *testing.F) {
	addScenarios(f)
	f.Fuzz(func(t *testing.T, policyXML, requestXML []byte) {
		defer bounds.Check(t)()
		document, _ := xacmlxml.ReadPolicy("d", policyXML, xacmlxml.DefaultLimits())
		request, err := xacmlxml.ReadRequest(requestXML, xacmlxml.DefaultLimits())
		if err != nil {
			return
		}
		config := pdp.Config{
			Lenient: true,
			Budget:  100_000,
			Now:     func() time.Time { return now },
			ReadAttributes: func(category, content string) (xacml.Attributes, error) {
				return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
			},
			OnPanic: func(_ context.Context, p pdp.Panic) { t.Errorf("got panic %v\n%s", p.Recovered, p.Stack) },
		}
		p, problems := pdp.New(config, []policy.Document{document})
		if p == nil {
			t.Fatalf("got no PDP, want one in the lenient mode: %v", problems)
		}
		result := p.Evaluate(t.Context(), request, nil)
		if result.Decision.Indeterminate() == (result.Status.Code == xacml.StatusOK) {
			t.Errorf("got %s with %s", result.Decision.Extended(), result.Status.Code)
		}
		if decided := result.Decision == xacml.Permit || result.Decision == xacml.Deny; !decided && len(result.Obligations)+len(result.Advice) > 0 {
			t.Errorf("got %s with obligations or advice: %s", result.Decision.Extended(), describe(&result))
		}
		again := p.Evaluate(t.Context(), request, nil)
		if diff := cmp.Diff(describe(&result), describe(&again)); diff != "" {
			t.Errorf("second evaluation (-first +second):\n%s", diff)
		}
		p.Needs(t.Context(), request, nil, func(xacml.AttributeKey) bool { return true })
	})
}

// addScenarios makes seeds of the first policy and request of each scenario.
func addScenarios(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var document, request []byte
		for _, part := range archive.Files {
			switch {
			case strings.HasSuffix(part.Name, ".xml") && document == nil:
				document = []byte(expand(string(part.Data)))
			case strings.HasSuffix(part.Name, ".request") && request == nil:
				request = requestXML(f, string(part.Data))
			}
		}
		if document != nil && request != nil {
			f.Add(document, request)
		}
	}
}

// requestXML is the request of a scenario as a document; nil if it is none that
// a document can hold.
func requestXML(f *testing.F, text string) []byte {
	f.Helper()
	request, _ := readRequest(f, text)
	var b bytes.Buffer
	if err := xacmlxml.WriteRequest(&b, request); err != nil {
		return nil
	}
	return b.Bytes()
}
