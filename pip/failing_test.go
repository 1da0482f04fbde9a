package pip

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// TestAssemble_TellsThatASourceFails: at its first failure, each minute that it goes on, and
// when it answers again; and nothing of what only its callers did.
func TestAssemble_TellsThatASourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type line struct {
			Detail    string
			Questions int
			For       time.Duration
		}
		var told []line
		var failure error
		s, err := Assemble(Source{
			Name: "register", Provides: []Provided{{Key: xacml.AttributeKey{Category: "c", ID: "a", Type: value.TypeString}}},
			Provider: ProviderFunc(func(context.Context, Question) (Answer, error) {
				return Answer{Bags: []value.Bag{value.NewBag(value.TypeString)}}, failure
			}),
		}, Config{
			Breaker: BreakerConfig{Enabled: true, Failures: 2, OpenFor: time.Second},
			OnFailing: func(f Failing) {
				l := line{Questions: f.Questions, For: time.Since(f.Since)}
				if f.Err != nil {
					l.Detail = f.Err.Detail
				}
				told = append(told, l)
			},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		down := &Error{Outcome: OutcomeUnavailable, Detail: "no connection", Err: errors.New("about ann")}
		steps := []struct {
			name    string
			wait    time.Duration
			failure error
			want    []line
		}{
			{name: "it answers"},
			{name: "a caller went away", failure: &Error{Outcome: OutcomeCanceled}},
			{name: "it fails", failure: down, want: []line{{Detail: "no connection", Questions: 1}}},
			{name: "again", wait: 30 * time.Second, failure: down},
			{name: "the breaker is open", failure: down},
			{name: "a minute later", wait: 31 * time.Second, failure: down, want: []line{{"no connection", 4, 61 * time.Second}}},
			{name: "it is back", wait: 2 * time.Second, want: []line{{Questions: 4, For: 63 * time.Second}}},
			{name: "and stays"},
			{name: "it comes", wait: time.Second, failure: down},
			{name: "and goes", wait: time.Second},
			{name: "long after", wait: time.Minute, failure: down, want: []line{{Detail: "no connection", Questions: 1}}},
		}
		for _, step := range steps {
			time.Sleep(step.wait)
			told, failure = nil, step.failure
			_, _ = s.Provider.Fetch(t.Context(), Question{}) // what is told counts here
			if diff := cmp.Diff(step.want, told); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
	})
}
