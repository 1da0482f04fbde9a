package contexthandler

import (
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// What is counted before an answer is written is no more than what is in it.
func TestMeter_CountsNoMoreThanThereIs(t *testing.T) {
	values := []value.Value{value.String("text"), value.NewInteger(-12), value.Foreign{DataType: "urn:own", Text: "x"}}
	assignment := xacml.AttributeAssignment{AttributeID: "a", Category: "c", Issuer: "i", Value: values[0]}
	results := []xacml.Result{
		{
			Decision: xacml.Permit, Status: xacml.Status{Code: xacml.StatusOK},
			Obligations: []xacml.Obligation{{ID: "o", Assignments: []xacml.AttributeAssignment{assignment}}},
			Advice:      []xacml.Advice{{ID: "o", Assignments: []xacml.AttributeAssignment{assignment}}},
			Attributes:  []xacml.Attributes{{Category: "c", Attributes: []xacml.Attribute{{ID: "a", Issuer: "i", Values: values}}}},
			PolicyIDs:   []xacml.PolicyIdentifier{{ID: "p", Version: "1.0"}},
		},
		{Status: xacml.Status{Code: xacml.StatusMissingAttribute, Message: "m", Missing: []xacml.MissingAttribute{
			{AttributeKey: xacml.AttributeKey{Category: "c", ID: "a", Issuer: "i", Type: value.TypeString}, Values: values},
		}}},
		{Status: xacml.Status{Code: xacml.StatusOK, Missing: []xacml.MissingAttribute{{AttributeKey: xacml.AttributeKey{ID: strings.Repeat("x", 1000)}}}}},
	}
	for i := range results {
		m := meter{}
		m.result(&results[i])
		var document strings.Builder
		if err := xacmlxml.WriteResponse(&document, &xacml.Response{Results: results[i : i+1]}); err != nil {
			t.Fatal(err)
		}
		size := document.Len()
		if counted := -m.left; counted > size || counted < size/8 {
			t.Errorf("result %d: counted %d octets of %d", i, counted, size)
		}
	}
}
