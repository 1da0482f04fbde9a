package pdp_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/internal/generate"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// A request that is written and read again is decided the same.
func TestLaw_WrittenRequests(t *testing.T) {
	checkTextLaw(t, func(tr *trial, c *generate.Case, rng *rand.Rand) string {
		failure := ""
		unlike := keeps(change{request: func(c *generate.Case, _ *rand.Rand) bool {
			if len(c.Request.Attributes) == 0 {
				return false // the schema wants one category
			}
			var text bytes.Buffer
			if err := xacmlxml.WriteRequest(&text, c.Request); err != nil {
				failure = err.Error()
				return false
			}
			again, err := xacmlxml.ReadRequest(text.Bytes(), xacmlxml.DefaultLimits())
			if err != nil {
				failure = err.Error()
				return false
			}
			c.Request = again
			return true
		}}, nil)(tr, c, rng)
		return failure + unlike
	})
}

// A case that is written as a scenario says the same as a scenario: what breaks
// a law can be kept.
func TestLaw_Scenarios(t *testing.T) {
	checkLawOn(t, lawCases()/20, 1, generate.Options{}, func(tr *trial, c *generate.Case, _ *rand.Rand) string {
		want, ok := tr.decided(c)
		if !ok {
			return ""
		}
		text, err := generate.Txtar(c, "A case.", generate.Codec{Policy: xacmlxml.WritePolicy, Content: xacmlxml.WriteContent})
		if err != nil {
			return err.Error()
		}
		config := pdp.Config{Now: generate.Now}
		var documents []policy.Document
		var request *xacml.Request
		var finder pdp.Finder
		for _, f := range txtar.Parse(text).Files {
			switch {
			case f.Name == "config":
				readConfig(tr.T, &config, string(f.Data))
			case strings.HasSuffix(f.Name, ".request"):
				request, finder = readRequest(tr.T, string(f.Data))
			default:
				d, problems := xacmlxml.ReadPolicy(f.Name, []byte(expand(string(f.Data))), xacmlxml.DefaultLimits())
				if len(problems.Errors()) > 0 {
					return problems.Error()
				}
				d.ReferenceOnly = strings.HasPrefix(f.Name, "library")
				documents = append(documents, d)
			}
		}
		p, problems := pdp.New(config, documents)
		if p == nil {
			return problems.Error()
		}
		got := p.Evaluate(tr.Context(), request, finder)
		want.Attributes, got.Attributes = nil, nil // a scenario may group them otherwise
		return difference(want, got)
	})
}

// Values of one attribute may stand in one Attribute or in several, and the
// categories in any order (§7.3.3).
func TestLaw_7_3_3_GroupsOfValues(t *testing.T) {
	checkLaw(t, generate.Options{}, keeps(change{request: func(c *generate.Case, rng *rand.Rand) bool {
		shuffle(rng, c.Request.Attributes)
		for i := range c.Request.Attributes {
			var split []xacml.Attribute
			for _, a := range c.Request.Attributes[i].Attributes {
				for _, v := range a.Values {
					b := a
					b.Values = []value.Value{v}
					split = append(split, b)
				}
			}
			c.Request.Attributes[i].Attributes = split
		}
		return true
	}}, func(r *xacml.Result) { r.Attributes = nil }))
}

// What was decided within a budget is decided the same within a larger one.
func TestLaw_LooserBudget(t *testing.T) {
	ran := func(r xacml.Result) bool { return strings.Contains(r.Status.Message, "takes more than") }
	checkLaw(t, generate.Options{}, func(tr *trial, c *generate.Case, _ *rand.Rand) string {
		rng := tr.choices()
		budget := 1 + rng.IntN(100)
		tight, loose, usual := tr.loaded(c, budget), tr.loaded(c, budget+rng.IntN(50)), tr.loaded(c, 0)
		if tight == nil {
			return ""
		}
		results := make([]xacml.Result, 0, 3)
		for _, p := range []*pdp.PDP{tight, loose, usual} {
			results = append(results, p.Evaluate(tr.Context(), c.Request, c))
		}
		for _, r := range results[:2] {
			if ran(r) && r.Decision != xacml.IndeterminateDP {
				return "the budget ran out, and the decision is " + r.Decision.Extended()
			}
			if !ran(r) {
				return difference(results[2], r)
			}
		}
		if !ran(results[0]) && ran(results[1]) {
			return "a larger budget ran out"
		}
		return ""
	})
}
