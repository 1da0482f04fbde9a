package cases

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/conformance"
	"github.com/forseti-pdp/forseti/pdp/multiple"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// TestConformanceOverGRPC asks a server what TestConformance asks in its own
// process: both must fare alike on every case.
func TestConformanceOverGRPC(t *testing.T) {
	dir := thirdPartyFolder(t)
	all, err := conformance.Load(filepath.Join(dir, "conformance", "oasis-ct"))
	if err != nil {
		t.Fatal(err)
	}
	var snapshot *pap.Snapshot
	var sources []conformance.SourceAttribute
	var hierarchy multiple.Hierarchy
	handler := func() *contexthandler.Handler {
		return contexthandler.New(contexthandler.Config{
			Snapshot:  func() *pap.Snapshot { return snapshot },
			Sources:   conformanceSources(sources),
			Supplies:  everything(),
			Hierarchy: hierarchy,
		})
	}
	client := serve(t, handler())
	passed := 0
	for _, c := range all {
		want := c.Run(t.Context())
		decider, _ := c.PDP(false)
		if decider == nil && c.Expect.Kind == "response" {
			decider, _ = c.PDP(true)
		}
		request, err := xacmlxml.ReadRequest(c.Request, xacmlxml.DefaultLimits())
		if decider == nil || err != nil {
			if want.Pass {
				passed++ // refused before a server could be asked
			}
			continue
		}
		snapshot = &pap.Snapshot{ID: c.ID, PDP: decider}
		asked := client
		if c.Sources != nil || c.Hierarchy != nil {
			sources, hierarchy = c.Sources, c.Hierarchy
			asked = serve(t, handler())
		}
		for form, message := range map[string]*v1.EvaluateRequest{
			"fields": requestMessage(t, request),
			"XML":    {Document: &v1.EvaluateRequest_Xml{Xml: c.Request}},
		} {
			response, err := asked.Evaluate(t.Context(), message)
			if err != nil {
				t.Errorf("%s in %s: %v", c.ID, form, err)
				continue
			}
			got := c.Judge(responseOf(t, response))
			if got.Pass != want.Pass {
				t.Errorf("%s in %s: over gRPC pass is %t (%s), in process %t (%s)", c.ID, form, got.Pass, got.Why, want.Pass, want.Why)
			}
			if document := response.GetDocument(); len(document) > 0 {
				back, err := xacmlxml.ReadResponse(document, xacmlxml.DefaultLimits())
				if err != nil {
					t.Errorf("%s: the document that came back: %v", c.ID, err)
				} else if again := c.Judge(back); again.Pass != want.Pass {
					t.Errorf("%s: the document that came back: pass is %t (%s), want %t", c.ID, again.Pass, again.Why, want.Pass)
				}
			}
		}
		if want.Pass {
			passed++
		}
	}
	t.Logf("%d of %d cases pass over gRPC", passed, len(all))
}

func responseOf(t *testing.T, m *v1.EvaluateResponse) *xacml.Response {
	t.Helper()
	var out xacml.Response
	for _, r := range m.GetResults() {
		out.Results = append(out.Results, resultOf(t, r))
	}
	return &out
}

// everything lets callers supply the attributes of the clock, as some cases do.
func everything() []contexthandler.Supply {
	return []contexthandler.Supply{{
		Caller: contexthandler.Everybody, Category: xacml.CategoryEnvironment,
		Attributes: []string{xacml.AttributeCurrentTime, xacml.AttributeCurrentDate, xacml.AttributeCurrentDateTime},
	}}
}

// conformanceSources makes a source of each attribute of the case: its needs
// are the request attributes that it depends on.
func conformanceSources(attributes []conformance.SourceAttribute) []pip.Source {
	var out []pip.Source
	for _, a := range attributes {
		t, _ := value.TypeByID(a.DataType)
		s := pip.Source{Name: a.AttributeID, Provides: []pip.Provided{{
			Key: xacml.AttributeKey{Category: a.Category, ID: a.AttributeID, Type: t, Issuer: a.Issuer}, From: []string{"values"},
		}}}
		for _, w := range a.When {
			s.Needs = append(s.Needs, pip.Need{
				Name: "n" + string(rune('a'+len(s.Needs))),
				Key:  xacml.AttributeKey{Category: w.Category, ID: w.AttributeID, Type: value.TypeString},
			})
		}
		s.Provider = pip.ProviderFunc(func(_ context.Context, q pip.Question) (pip.Answer, error) {
			for i, w := range a.When {
				if q[i].String() != w.Value {
					return pip.Answer{Bags: []value.Bag{value.NewBag(t)}}, nil
				}
			}
			var values []value.Value
			for _, text := range a.Values {
				v, err := value.Parse(t, text)
				if err != nil {
					return pip.Answer{}, err
				}
				values = append(values, v)
			}
			return pip.Answer{Bags: []value.Bag{value.NewBag(t, values...)}}, nil
		})
		out = append(out, s)
	}
	return out
}

// thirdPartyFolder is the folder of third-party cases.
func thirdPartyFolder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("FORSETI_SHARED")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("FORSETI_SHARED is not set: it names the folder of third-party cases")
		}
		t.Skip("set FORSETI_SHARED to the folder of third-party cases to run them")
	}
	return dir
}
