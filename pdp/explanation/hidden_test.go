package explanation_test

import (
	"testing"

	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// What sources say of a private value is hidden in the form in which they are asked about
// it, too: normalization form C.
func TestHidden_NormalForm(t *testing.T) {
	hidden := make(explanation.Hidden)
	hidden.Add(value.String("Jose\u0301"))
	d := &explanation.Decision{Notes: []string{"mailto:Jos\u00e9@example.org", "Jose"}}
	hidden.Apply(d)
	if d.Notes[0] != "mailto:"+explanation.Masked+"@example.org" || d.Notes[1] != "Jose" {
		t.Errorf("got %q, want that the name is hidden", d.Notes)
	}
}
