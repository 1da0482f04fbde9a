package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// brokenFinder panics about the attribute that it is asked for.
type brokenFinder struct{}

func (brokenFinder) Find(context.Context, xacml.AttributeKey) (value.Bag, error) {
	panic("the roles of ann")
}

// TestPanics_OfAPolicy: each panic of an evaluation is told of with the policy and
// without values; a policy that panics three times is an alarm, and goes on to count.
func TestPanics_OfAPolicy(t *testing.T) {
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	panics, err := newPanicLog(slog.New(slog.NewJSONHandler(&log, nil)), registry)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{registry: registry}
	folder := t.TempDir()
	policy := fmt.Sprintf(`<Policy xmlns=%q PolicyId="the-policy" Version="1.2" RuleCombiningAlgId="%sdeny-overrides"><Target/>
  <Rule RuleId="r" Effect="Permit"><Condition><Apply FunctionId="urn:oasis:names:tc:xacml:1.0:function:string-is-in">
    <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">x</AttributeValue>
    <AttributeDesignator Category="c" AttributeId="a" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/>
  </Apply></Condition></Rule></Policy>`, xacml.Namespace, xacml.RuleAlgorithm3)
	if err := os.WriteFile(filepath.Join(folder, "policy.xml"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := pap.Open(t.Context(), policyFolder(config.Policies{Folder: folder, RootAlgorithm: pdp.DefaultRootAlgorithm}, panics.policy))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(user string) {
		request := &xacml.Request{Attributes: []xacml.Attributes{
			{Category: xacml.CategoryAccessSubject, Attributes: []xacml.Attribute{{ID: "urn:altinn:userid", Values: []value.Value{value.String(user)}}}},
		}}
		if got := store.Current().PDP.Evaluate(t.Context(), request, brokenFinder{}); !got.Decision.Indeterminate() {
			t.Errorf("got %v, want Indeterminate", got.Decision)
		}
	}
	ask("user-1337")
	ask("user-1337")
	if got := gauge(t, s, "forseti_panicking_policies"); got != 0 {
		t.Errorf("got %v policies after two panics", got)
	}
	if strings.Contains(log.String(), "again and again") {
		t.Error("two panics are told of as many")
	}
	ask("user-1338")
	ask("user-1338")
	if got := gauge(t, s, "forseti_panicking_policies"); got != 1 {
		t.Errorf("got %v policies after four panics, want 1", got)
	}
	text := log.String()
	if strings.Count(text, "again and again") != 1 || !strings.Contains(text, `"policy":"the-policy","version":"1.2"`) {
		t.Errorf("the log does not tell of the policy once:\n%s", text)
	}
	if strings.Contains(text, "user-") || strings.Contains(text, "of ann") {
		t.Errorf("the log holds values:\n%s", text)
	}
	for _, family := range gather(t, registry) {
		for _, m := range family.GetMetric() {
			if family.GetName() == "forseti_panics_total" && m.GetLabel()[0].GetValue() == panickedEvaluation && m.GetCounter().GetValue() != 4 {
				t.Errorf("counted %v panics, want 4", m.GetCounter().GetValue())
			}
		}
	}
}

// TestPanics_Fingerprint: equal requests have equal fingerprints in one process, others
// have others, and in another process all are different.
func TestPanics_Fingerprint(t *testing.T) {
	fresh := func() *panicLog {
		l, err := newPanicLog(slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	request := func(ids ...string) *xacml.Request {
		r := &xacml.Request{Attributes: []xacml.Attributes{{Category: "c"}}}
		for _, id := range ids {
			name, v, _ := strings.Cut(id, "=")
			r.Attributes[0].Attributes = append(r.Attributes[0].Attributes, xacml.Attribute{ID: name, Values: []value.Value{value.String(v)}})
		}
		return r
	}
	one, other := fresh(), fresh()
	same := one.fingerprint(request("a=1", "b=2"))
	if got := one.fingerprint(request("b=2", "a=1")); got != same {
		t.Error("the order of attributes makes another fingerprint")
	}
	for _, r := range []*xacml.Request{request("a=1"), request("a=1", "b=3"), request("a=1b=2"), request("a=", "1b=2")} {
		if one.fingerprint(r) == same {
			t.Errorf("%v has the fingerprint of another request", r)
		}
	}
	if other.fingerprint(request("a=1", "b=2")) == same {
		t.Error("two processes make the same fingerprint")
	}
}
