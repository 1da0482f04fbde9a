package contexthandler

import (
	"errors"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// Contract 1 and 4: an evaluation that comes to an attribute which was not found to
// matter gets an error. Whatever made that happen, a fault of Needs or a second
// reading of the clock, a Deny on the attribute must not vanish.
func TestFind_WhatNobodyLookedUpIsNotAbsent(t *testing.T) {
	f := &fake{answers: map[string]string{"1": "blocked"}}
	h := New(Config{Sources: []pip.Source{source("roles", "s.user", "s.role", f)}})
	s := snapshot(t, rule("blocked", "Deny", "s.role=blocked"), rule("all", "Permit"))
	var k knowledge
	r := request("s.user=1")
	k.begin(h, r, nil)
	bag, err := k.Find(t.Context(), key("s.role"))
	if e, ok := errors.AsType[*xacml.Error](err); !ok || e.Status.Code != xacml.StatusProcessingError {
		t.Errorf("got %v and %v, want a processing error", bag, err)
	}
	if got := s.PDP.Evaluate(t.Context(), r, &k).Decision; got != xacml.IndeterminateDP {
		t.Errorf("got %s, want Indeterminate{DP}", got.Extended())
	}
	if bag, err := k.Find(t.Context(), key("s.nobody-provides-it")); err != nil || bag.Len() != 0 {
		t.Errorf("without a source: got %v and %v, want an empty bag", bag, err)
	}
}
