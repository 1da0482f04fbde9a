package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// recorded is how the strings of the attribute "open" are recorded beside one value of
// the private attribute "secret".
func recorded(secret string, open ...string) []string {
	attribute := func(id string, texts ...string) xacml.Attribute {
		a := xacml.Attribute{ID: id}
		for _, text := range texts {
			a.Values = append(a.Values, value.String(text))
		}
		return a
	}
	attrs := xacml.Attributes{
		Category: xacml.CategoryAccessSubject, Attributes: []xacml.Attribute{attribute("secret", secret), attribute("open", open...)},
	}
	m := &Masking{Private: func(_, id string) bool { return id == "secret" }}
	e := &contexthandler.Event{Decisions: []contexthandler.Individual{{Request: &xacml.Request{Attributes: []xacml.Attributes{attrs}}}}}
	c := m.newMasks(e).category(&attrs)
	return c.Attributes[1].Values
}

// A long private value is nowhere, though nobody looks for it; what is shorter cannot
// hold it.
func TestMasking_LongValues(t *testing.T) {
	secret := strings.Repeat("s", longest+1)
	got := recorded(secret, secret, "before "+secret+" after", strings.Repeat("x", longest+1), strings.Repeat("x", longest), "short")
	want := []string{masked, masked, masked, strings.Repeat("x", longest), "short"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	secret = secret[1:]
	if got := recorded(secret, "before "+secret+" after", strings.Repeat("x", longest+1)); got[0] != "before "+masked+" after" || got[1] == masked {
		t.Errorf("got %q beside a value of %d bytes", got, longest)
	}
}

// Sources are asked about a private value in normalization form C, and what they derive
// from it is hidden however the caller had written it.
func TestMasking_NormalForm(t *testing.T) {
	if got := recorded("Jose\u0301", "mailto:Jos\u00e9@example.org", "Jose"); got[0] != "mailto:"+masked+"@example.org" || got[1] != "Jose" {
		t.Errorf("got %q, want that the name is hidden", got)
	}
}

// What a caller chooses makes no record take long: to look for a value of half a megabyte
// in another one takes minutes, and no deadline ends it; so does it to compare each of
// very many data types with all others.
func TestRecords_TakeNoTime(t *testing.T) {
	started := time.Now()
	recorded("b"+strings.Repeat("a", 300_000), strings.Repeat("a", 700_000))
	recorded("b"+strings.Repeat("a", longest-1), strings.Repeat("a", 700_000))
	var a xacml.Attribute
	for i := range 100_000 {
		a.Values = append(a.Values, value.Foreign{DataType: fmt.Sprint("u:", i), Text: "x"})
	}
	if got := (&Masking{}).newMasks(&contexthandler.Event{}).attribute(nil, "c", &a); len(got) != len(a.Values) {
		t.Errorf("got %d attributes, want %d", len(got), len(a.Values))
	}
	if took := time.Since(started); took > 15*time.Second {
		t.Errorf("took %s", took)
	}
}
