package contexthandler

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/multiple"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// DefaultMaxDecisions bounds the individual decisions of one request.
const DefaultMaxDecisions = multiple.DefaultLimit

// Config is what a Handler works with.
type Config struct {
	// Snapshot gives the policies in force, or nil if there are none yet.
	Snapshot func() *pap.Snapshot
	// Dictionary may be nil.
	Dictionary *Dictionary
	// Sources are asked for attributes; their names are unique.
	Sources []pip.Source
	// Supplies lists what callers may supply of the attributes that sources and the clock own.
	Supplies []Supply
	// Delegation tells that policies may have issuers ([pdp.Config].Delegation). Then a
	// caller may supply a category of administrative requests (delegate, delegation-info,
	// and delegated ones), and attributes in it, only where Supplies lists them in that
	// category, whoever owns them.
	Delegation bool
	// MaxDecisions bounds the individual decisions of one request; zero stands
	// for DefaultMaxDecisions.
	MaxDecisions int
	// MaxAnswer bounds what the results of a request for several decisions take together
	// in an answer, in octets; zero stands for DefaultMaxAnswer. It is that of the
	// protocol: what is larger could not be sent. Such a request is refused as one for
	// too many decisions.
	MaxAnswer int
	// Identify checks the token of a subject and tells who that is. An error is an
	// *Error with ReasonInvalidToken or ReasonTokenNotChecked. Nil: there are no tokens.
	Identify func(ctx context.Context, token string) (Identity, error)
	// Enforce says which obligations ask for a level of authentication.
	Enforce EnforcementRules
	// MaxReuse bounds the time for which answers may be used again ([Freshness]).
	// Zero: not at all.
	MaxReuse time.Duration
	// Hierarchy tells what is below a resource, for requests with a scope. It may
	// be nil: then only the scope Immediate can be decided.
	Hierarchy multiple.Hierarchy
	// ShadowRate is the share of decisions, 0 to 1, that the reference evaluator
	// makes too, see [pdp.PDP.EvaluateReference]: with the same attributes and the
	// same reading of the clock. A decision on which the two disagree is nothing to
	// act on: it is answered by Indeterminate. The PDP must keep its model.
	ShadowRate float64
	// Logger gets a warning for each such decision, without attribute values. It
	// may be nil.
	Logger *slog.Logger
	// Metrics may be nil.
	Metrics *Metrics
	// Tracer makes spans, "enrich" and "evaluate", of each individual decision of a call
	// whose context has a span that is recorded, and tells that span what was decided:
	// nothing of the request or of what sources said. Times name the trace. Nil: there
	// are no spans.
	Tracer oteltrace.Tracer
	// Observe, if not nil, is called for each individual decision with the
	// translated request and the attributes that the sources added to it. It
	// must not change them.
	Observe func(request *xacml.Request, found []xacml.Attributes)
	// Audit records every call that is decided or refused, before it is answered. A
	// call that it cannot record is not answered. Nil: nothing is recorded.
	Audit Auditor
}

// Handler completes requests and has them decided. It is safe for concurrent
// use.
type Handler struct {
	config     Config
	dictionary *Dictionary
	owners     ownership
	plan       plan
	plain      plainNames
	shadow     shadow
}

// New makes a Handler.
func New(config Config) *Handler {
	if config.MaxDecisions == 0 {
		config.MaxDecisions = DefaultMaxDecisions
	}
	if config.MaxAnswer == 0 {
		config.MaxAnswer = DefaultMaxAnswer
	}
	if config.Dictionary == nil {
		config.Dictionary = &Dictionary{}
	}
	if config.Metrics == nil {
		config.Metrics, _ = NewMetrics(prometheus.NewRegistry()) // an empty registry has no conflicts
	}
	h := &Handler{
		config:     config,
		dictionary: config.Dictionary,
		owners:     newOwnership(config.Sources, config.Supplies, config.Delegation),
		plan:       newPlan(config.Sources),
	}
	h.plain.fill(&h.config, h.owners)
	h.shadow = newShadow(&h.config)
	return h
}

// Dictionary is the names and forms that the handler translates.
func (h *Handler) Dictionary() *Dictionary { return h.dictionary }

// Audits reports whether calls are recorded.
func (h *Handler) Audits() bool { return h.config.Audit != nil }

// Snapshot gives the policies in force. Decisions that belong together are made
// on one snapshot.
func (h *Handler) Snapshot() (*pap.Snapshot, error) {
	if s := h.config.Snapshot(); s != nil {
		return s, nil
	}
	return nil, errorf(ReasonNoSnapshot, "no valid set of policies is loaded yet")
}

// Call is what somebody asks.
type Call struct {
	// ID is what the caller or the log calls the request; may be empty.
	ID string
	// Caller is who asks, empty if nobody knows.
	Caller string
	// Request is what the caller wrote.
	Request *xacml.Request
	// Token, if not empty, proves who the subject is. Then the caller may not say
	// anything of its own about the subject, unless the configuration allows it that.
	Token string
	// Enforce asks for [Answer.Enforcement].
	Enforce bool
	// Explain asks for [Answer.Explanations]. It takes many times the time of a
	// decision, and tells what is in the policies: ask who may first.
	Explain bool
}

// Answer is what comes of a Call.
type Answer struct {
	// Results are the individual decisions, or the combined one. There is one at least.
	Results []xacml.Result
	// Freshness is that of all results together.
	Freshness
	// Enforcement is nil unless the call asked for it.
	Enforcement *Enforcement
	// Explanations tell how the individual decisions came about; nil unless the
	// call asked for them.
	Explanations []*explanation.Decision
}

// Decide is the way of a decision: translate what the caller wrote, refuse what
// it may not say, split a multiple request, and for each part look up what the
// policies need, evaluate, and answer. All parts are decided on the snapshot.
//
// An error, always an *Error, tells that nothing
// was evaluated; whatever goes wrong in an evaluation is an Indeterminate
// result instead. What cannot be recorded ([Config].Audit) was evaluated and is not
// answered: that is an error, too.
func (h *Handler) Decide(ctx context.Context, snapshot *pap.Snapshot, call Call) (Answer, error) {
	event := h.newEvent(snapshot, &call)
	panicked := true
	defer func() {
		if panicked { // whoever contains it answers with an error
			_, _ = h.audited(ctx, event, Answer{}, errorf(ReasonInternal, "internal error"))
		}
	}()
	answer, err := h.decideCall(ctx, snapshot, call, event)
	panicked = false
	return h.audited(ctx, event, answer, err)
}

// decideCall is Decide, but for the record, for which event takes the individual
// decisions; it may be nil.
func (h *Handler) decideCall(ctx context.Context, snapshot *pap.Snapshot, call Call, event *Event) (Answer, error) {
	started := time.Now()
	asked, err := h.prepare(ctx, &call)
	if err != nil {
		return Answer{}, err
	}
	request, parts := asked.request, asked.parts
	decider, fresh := snapshot.PDP.Frozen(), h.fresh()
	results := make([]xacml.Result, len(parts))
	var explanations []*explanation.Decision
	room := meter{left: h.config.MaxAnswer}
	for i, part := range parts {
		var explained *explanation.Decision
		began := time.Now()
		partial, span := ctx, oteltrace.Span(nil)
		if len(parts) > 1 {
			partial, span = h.Part(ctx, i)
		}
		switch {
		case part.Err != nil:
			results[i], fresh.Reuse = part.Failure(), 0
			explained = unexplained(results[i])
			event.add(part.Request, nil, &results[i])
		case call.Explain:
			results[i], explained = h.explain(partial, snapshot, decider, part.Request, asked.identity.token, len(parts), &fresh, event)
		default:
			results[i] = h.decide(partial, decider, part.Request, asked.identity.token, &fresh, event)
		}
		if span != nil {
			h.describeResult(partial, &results[i])
			span.End()
		}
		if i > 0 {
			fresh.passed(time.Since(began)) // since the decisions before
		}
		if call.Explain {
			explanations = append(explanations, explained)
		}
		if err := over(ctx); err != nil {
			return Answer{}, err // what was decided under an expired deadline is not complete
		}
		if len(parts) > 1 {
			room.result(&results[i])
		}
		if room.left < 0 {
			return Answer{}, errorf(ReasonTooManyDecisions, "the results of the request are larger than %d octets together", h.config.MaxAnswer)
		}
	}
	fresh.atAnyTime(decider.Timeless() && !asked.hierarchical)
	fresh.until(asked.identity.Until, time.Now())
	if request.CombinedDecision {
		results = []xacml.Result{multiple.Combine(results)}
		event.combine(&results[0])
	}
	h.Describe(ctx, snapshot, len(parts))
	if len(results) == 1 {
		h.describeResult(ctx, &results[0])
	}
	h.config.Metrics.decided(results, time.Since(started), h.exemplar(ctx))
	answer := Answer{Results: results, Freshness: fresh, Explanations: explanations}
	if call.Enforce {
		if len(parts) == 1 {
			request = parts[0].Request // which may be about one of several subjects
		}
		answer.Enforcement = h.config.Enforce.check(results, request)
	}
	return answer, nil
}

// demand is what a call asks for, in the terms of the policies.
type demand struct {
	request      *xacml.Request // as a whole, with what is known of its subject
	identity     Identity
	parts        []multiple.Part
	hierarchical bool // the hierarchy was asked for them
}

// prepare translates what the caller wrote, refuses what it may not say, and splits the
// request into individual ones.
func (h *Handler) prepare(ctx context.Context, call *Call) (demand, error) {
	request, err := h.dictionary.Translate(call.Request)
	if err != nil {
		return demand{}, err
	}
	if err := h.owners.check(call.Caller, request, call.Token != ""); err != nil {
		return demand{}, err
	}
	identity, err := h.identify(ctx, call.Token)
	if err != nil {
		return demand{}, err
	}
	request = identity.describe(request)
	if err := h.dictionary.checkSingle(request); err != nil {
		return demand{}, err
	}
	tree, hierarchical := watch(h.config.Hierarchy)
	parts, ok := multiple.Split(ctx, request, multiple.Options{Limit: h.config.MaxDecisions, Hierarchy: tree})
	if err := ctx.Err(); err != nil {
		return demand{}, gaveUp(err) // the hierarchy may have been cut short
	}
	if !ok {
		return demand{}, errorf(ReasonTooManyDecisions, "the request asks for more than %d decisions, or they have too many categories together", h.config.MaxDecisions)
	}
	return demand{request, identity, parts, hierarchical()}, nil
}

// Refused counts a request that was answered before it could be evaluated, as a
// value that is not of its data type is (§7.19), and gives the answer. An error is as that of Decide.
func (h *Handler) Refused(ctx context.Context, snapshot *pap.Snapshot, call Call, status xacml.Status) (Answer, error) {
	event := h.newEvent(snapshot, &call)
	answer := Answer{Results: []xacml.Result{{Decision: xacml.IndeterminateDP, Status: status}}}
	h.Describe(ctx, snapshot, 1)
	h.describeResult(ctx, &answer.Results[0])
	h.config.Metrics.decided(answer.Results, 0, h.exemplar(ctx))
	if call.Explain {
		answer.Explanations = []*explanation.Decision{unexplained(answer.Results[0])}
	}
	if call.Enforce {
		answer.Enforcement = &Enforcement{}
	}
	event.add(call.Request, nil, &answer.Results[0])
	return h.audited(ctx, event, answer, nil)
}

// decide makes one individual decision.
func (h *Handler) decide(ctx context.Context, decider *pdp.PDP, request *xacml.Request, token string, fresh *Freshness, event *Event) (result xacml.Result) {
	started := time.Now()
	var k knowledge
	defer func() {
		fresh.limit(&result, &k)
		h.config.Metrics.lookups(&k)
		event.add(request, &k, &result)
	}()
	k.begin(h, request, nil)
	k.token, k.trace, k.spans = token, event.trace(), h.spansOf(ctx)
	if k.shadowed = h.shadow.chosen(); h.plain.possible && !k.shadowed {
		result = decider.Evaluate(k.lookAhead(ctx), request, k.finder())
		if !k.ahead.lost {
			ended := time.Now()
			h.config.Metrics.stages(k.ahead.spent, ended.Sub(started)-k.ahead.spent, h.exemplar(ctx))
			k.spans.evaluated(started, ended, &result)
			return result
		}
	}
	return h.decideInRounds(ctx, decider, &k, started)
}

// decideInRounds makes one individual decision when all that the policies need to
// know was looked up.
func (h *Handler) decideInRounds(ctx context.Context, decider *pdp.PDP, k *knowledge, started time.Time) xacml.Result {
	k.ahead = ahead{}
	if k.plan.circular {
		clear(k.sources) // what was asked ahead must not depend on how quick it was
	}
	completed := h.complete(k.spans.enriching(ctx, started), decider, k)
	enriched := time.Now()
	k.spans.enriched(enriched)
	if !completed {
		return xacml.Result{} // nobody gets it, see over
	}
	result := decider.Evaluate(ctx, k.request, k.finder())
	if k.shadowed {
		result = h.shadow.compared(ctx, decider, k, result)
	}
	k.giveBack(&result)
	if h.config.Observe != nil {
		h.config.Observe(k.request, k.attributes(func(pip.Provided) bool { return true }))
	}
	ended := time.Now()
	h.config.Metrics.stages(enriched.Sub(started), ended.Sub(enriched), h.exemplar(ctx))
	k.spans.evaluated(enriched, ended, &result)
	return result
}
