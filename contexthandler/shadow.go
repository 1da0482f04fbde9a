package contexthandler

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// shadow has a share of the decisions made by another evaluator too, and
// compares.
type shadow struct {
	rate    float64
	logger  *slog.Logger
	metrics *Metrics
	// other is the other evaluator; tests have one that is wrong.
	other func(p *pdp.PDP, ctx context.Context, request *xacml.Request, finder pdp.Finder) xacml.Result
}

func newShadow(c *Config) shadow {
	s := shadow{rate: c.ShadowRate, logger: c.Logger, metrics: c.Metrics, other: (*pdp.PDP).EvaluateReference}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	return s
}

// chosen chooses decisions.
func (s *shadow) chosen() bool { return s.rate > 0 && rand.Float64() < s.rate }

// compared is the result, or Indeterminate if the other evaluator has another one
// for the same request, attributes and reading of the clock.
func (s *shadow) compared(ctx context.Context, decider *pdp.PDP, k *knowledge, result xacml.Result) xacml.Result {
	other := s.other(decider, ctx, k.request, k.finder())
	if ctx.Err() != nil {
		return result // one of them was given up, and so will the decision be
	}
	differ := differences(&result, &other)
	if len(differ) == 0 {
		s.metrics.match.Inc()
		return result
	}
	s.metrics.mismatch.Inc()
	s.logger.WarnContext(ctx, "the evaluators disagree on a decision, answered by Indeterminate",
		slog.Any("differ", differ),
		slog.String("decision", result.Decision.Extended()), slog.String("status", result.Status.Code),
		slog.String("reference_decision", other.Decision.Extended()), slog.String("reference_status", other.Status.Code),
		slog.Any("policies", result.PolicyIDs))
	status := xacml.ProcessingErrorf("the evaluators disagree on this decision").Status
	return xacml.Result{Decision: xacml.IndeterminateDP, Status: status, Attributes: result.Attributes}
}

// differences names the parts in which the results differ, messages for people
// aside.
func differences(a, b *xacml.Result) []string {
	var differ []string
	compare := func(what string, same bool) {
		if !same {
			differ = append(differ, what)
		}
	}
	compare("decision", a.Decision == b.Decision)
	compare("status", a.Status.Code == b.Status.Code)
	compare("missing attributes", slices.EqualFunc(a.Status.Missing, b.Status.Missing, func(m, n xacml.MissingAttribute) bool {
		return m.AttributeKey == n.AttributeKey && slices.EqualFunc(m.Values, n.Values, sameForm)
	}))
	compare("obligations", slices.EqualFunc(a.Obligations, b.Obligations, sameObligation))
	compare("advice", slices.EqualFunc(a.Advice, b.Advice, sameObligation))
	compare("policies", slices.Equal(a.PolicyIDs, b.PolicyIDs))
	return differ
}

func sameObligation(a, b xacml.Obligation) bool {
	return a.ID == b.ID && slices.EqualFunc(a.Assignments, b.Assignments, func(m, n xacml.AttributeAssignment) bool {
		return m.AttributeID == n.AttributeID && m.Category == n.Category && m.Issuer == n.Issuer && sameForm(m.Value, n.Value)
	})
}

// sameForm reports whether two values are written in the same way.
func sameForm(a, b value.Value) bool {
	return value.TypeID(a) == value.TypeID(b) && value.Lexical(a) == value.Lexical(b)
}
