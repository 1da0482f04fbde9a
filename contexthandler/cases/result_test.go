package cases

import (
	"cmp"
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// expected is expected.json: results, or the attributes after enrichment.
type expected struct {
	Results  []resultJSON     `json:"results"`
	Enriched []attributesJSON `json:"enriched"`
}

// resultJSON is a result in the form of the cases. What is absent there, the
// case says nothing about.
type resultJSON struct {
	Decision    string           `json:"decision"`
	StatusCode  string           `json:"statusCode"`
	Obligations []obligationJSON `json:"obligations"`
	Advice      []obligationJSON `json:"advice"`
	Attributes  []attributesJSON `json:"attributes"`
}

type obligationJSON struct {
	ID          string           `json:"id"`
	Assignments []assignmentJSON `json:"attributeAssignments"`
}

type assignmentJSON struct {
	AttributeID string `json:"attributeId"`
	Category    string `json:"category"`
	DataType    string `json:"dataType"`
	Value       string `json:"value"`
}

type attributesJSON struct {
	Category   string          `json:"category"`
	Attributes []attributeJSON `json:"attributes"`
}

// attributeJSON has one value in results, and several after enrichment.
type attributeJSON struct {
	AttributeID string `json:"attributeId"`
	DataType    string `json:"dataType"`
	Value       string `json:"value"`
	Values      []struct {
		DataType string `json:"dataType"`
		Value    string `json:"value"`
	} `json:"values"`
}

// fact is an attribute value with what names it.
type fact struct {
	Category, ID, DataType, Value string
}

// resultForm is a result such that equal results are deeply equal: sets are
// sorted.
type resultForm struct {
	Decision    string
	Status      string
	Obligations []string
	Advice      []string
	Attributes  []fact
}

func (r resultJSON) form() resultForm {
	return resultForm{r.Decision, r.StatusCode, obligationForms(r.Obligations), obligationForms(r.Advice), facts(r.Attributes)}
}

func obligationForms(obligations []obligationJSON) []string {
	var out []string
	for _, o := range obligations {
		var assignments []string
		for _, a := range o.Assignments {
			assignments = append(assignments, strings.Join([]string{a.AttributeID, a.Category, a.DataType, a.Value}, " "))
		}
		slices.Sort(assignments)
		out = append(out, o.ID+": "+strings.Join(assignments, "; "))
	}
	slices.Sort(out)
	return out
}

// facts are the single values, as a set.
func facts(attributes []attributesJSON) []fact {
	var out []fact
	for _, c := range attributes {
		for _, a := range c.Attributes {
			if a.Values == nil {
				out = append(out, fact{c.Category, a.AttributeID, a.DataType, a.Value})
			}
			for _, v := range a.Values {
				out = append(out, fact{c.Category, a.AttributeID, v.DataType, v.Value})
			}
		}
	}
	return sortFacts(out)
}

func sortFacts(facts []fact) []fact {
	slices.SortFunc(facts, func(a, b fact) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), strings.Compare(a.ID, b.ID),
			strings.Compare(a.DataType, b.DataType), strings.Compare(a.Value, b.Value))
	})
	return slices.Compact(facts)
}

// form is a result of the PDP in the form of the cases.
func form(r xacml.Result) resultForm {
	status := r.Status.Code
	if status == "" {
		status = xacml.StatusOK
	}
	return resultForm{
		r.Decision.String(), status, obligationForms(obligationsJSON(r.Obligations)), obligationForms(obligationsJSON(r.Advice)),
		factsOf(r.Attributes),
	}
}

func obligationsJSON(obligations []xacml.Obligation) []obligationJSON {
	var out []obligationJSON
	for _, o := range obligations {
		made := obligationJSON{ID: o.ID}
		for _, a := range o.Assignments {
			made.Assignments = append(made.Assignments, assignmentJSON{a.AttributeID, a.Category, value.TypeID(a.Value), a.Value.String()})
		}
		out = append(out, made)
	}
	return out
}

// factsOf are the values of attributes, as a set. The cases do not state issuers.
func factsOf(attributes []xacml.Attributes) []fact {
	var out []fact
	for _, c := range attributes {
		for _, a := range c.Attributes {
			for _, v := range a.Values {
				out = append(out, fact{c.Category, a.ID, value.TypeID(v), v.String()})
			}
		}
	}
	return sortFacts(out)
}

// differences tells how the results differ from what the case expects, or
// nothing. Results are a set, and of each only what the case states counts.
func (c *altinnCase) differences(got []xacml.Result) string {
	var want []resultForm
	var stated []resultJSON
	for i, r := range c.want.Results {
		if i < len(c.meta.StandardDecisions) && c.meta.StandardDecisions[i] != r.Decision {
			// The platform decides against the standard: nothing else is known.
			r = resultJSON{Decision: c.meta.StandardDecisions[i], Attributes: r.Attributes}
		}
		if r.Decision == "Indeterminate" {
			// For the platform every error of a decision is the same, and what it
			// echoes then is nothing. The standard's status says more (§7.19).
			r = resultJSON{Decision: r.Decision}
		}
		want, stated = append(want, r.form()), append(stated, r)
	}
	if len(want) == 1 && want[0].Decision == "Indeterminate" {
		// The platform gives up a request as a whole, the standard each part of it.
		for len(want) < len(got) {
			want, stated = append(want, want[0]), append(stated, stated[0])
		}
	}
	if len(got) != len(want) {
		return gocmp.Diff(want, forms(got))
	}
	taken := make([]bool, len(got))
	for i := range want {
		found, best := -1, ""
		for j := range got {
			if taken[j] {
				continue
			}
			diff := gocmp.Diff(want[i], restrict(form(got[j]), stated[i]))
			if diff == "" {
				found = j
				break
			}
			if best == "" || len(diff) < len(best) {
				best = diff + "status message: " + got[j].Status.Message
			}
		}
		if found < 0 {
			return best
		}
		taken[found] = true
	}
	return ""
}

// restrict leaves out what the case says nothing about.
func restrict(f resultForm, stated resultJSON) resultForm {
	if stated.StatusCode == "" {
		f.Status = ""
	}
	if stated.Obligations == nil {
		f.Obligations = nil
	}
	if stated.Advice == nil {
		f.Advice = nil
	}
	if stated.Attributes == nil {
		f.Attributes = nil
	}
	return f
}

func forms(results []xacml.Result) []resultForm {
	var out []resultForm
	for _, r := range results {
		out = append(out, form(r))
	}
	return out
}
