package contexthandler

import (
	"errors"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Section 4, §7.3.6: no caller sets the clock, whichever of its three attributes it
// tries, and whichever way the request takes; unless the configuration lets it.
func TestOwnership_TheClock(t *testing.T) {
	s := snapshot(t, rule("all", "Permit"))
	for _, id := range []string{xacml.AttributeCurrentTime, xacml.AttributeCurrentDate, xacml.AttributeCurrentDateTime} {
		h := New(Config{})
		results, err := decided(h.Decide(t.Context(), s, Call{Request: request("e." + id + "=2000-01-01")}))
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonAttributeNotAllowed {
			t.Errorf("%s: got %v and %v, want ReasonAttributeNotAllowed", id, results, err)
		}
		q, ok := h.NewQuery(s)
		if !ok {
			t.Fatal("there is no short way")
		}
		if _, plain := q.Attribute(xacml.CategoryEnvironment, id); plain {
			t.Errorf("%s: got taken on the short way, want it left to the general one", id)
		}
		q.Close()
		h = New(Config{Supplies: []Supply{{"clock", xacml.CategoryEnvironment, []string{id}}}})
		if _, err := h.Decide(t.Context(), s, Call{Caller: "clock", Request: request("e." + id + "=2000-01-01")}); err != nil {
			t.Errorf("%s: got %v for the caller that may, want none", id, err)
		}
	}
}
