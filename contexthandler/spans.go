package contexthandler

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/forseti-pdp/forseti/internal/exemplar"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The names of spans: the stages of forseti_stage_duration_seconds, and one of
// several decisions that are made for one call.
const (
	spanEnrich   = "enrich"
	spanEvaluate = "evaluate"
	spanDecision = "decision"
)

// eventSource is what enrich has for each source that was asked: what a cache
// answers has no span.
const eventSource = "source"

// The attributes of spans. Their values are from closed sets, numbers, or names of
// the configuration: never anything of a request, a policy or a source's answer.
const (
	keyDecision    = attribute.Key("forseti.decision") // as in forseti_decisions_total
	keyStatus      = attribute.Key("forseti.status")   // as in forseti_decisions_total
	keySnapshot    = attribute.Key("forseti.snapshot")
	keyDecisions   = attribute.Key("forseti.decisions")   // how many were made
	keyObligations = attribute.Key("forseti.obligations") // how many there are
	keyAdvice      = attribute.Key("forseti.advice")      // how much there is
	keyPart        = attribute.Key("forseti.part")        // of several decisions, from 1
	keySource      = attribute.Key("forseti.source")
	keyOutcome     = attribute.Key("forseti.outcome") // one of pip.Outcomes
	keyQuestions   = attribute.Key("forseti.questions")
)

// tracedParts bounds the decisions of one call that have spans: a batch of a
// thousand says no more than its first ones, and would crowd out other calls.
const tracedParts = 32

// recorded is the span in ctx, if there is somebody to whom it is of use, or nil.
func (h *Handler) recorded(ctx context.Context) oteltrace.Span {
	if h.config.Tracer == nil {
		return nil
	}
	if span := oteltrace.SpanFromContext(ctx); span.IsRecording() {
		return span
	}
	return nil
}

// exemplar ties measurements to the trace in ctx. It is nil if there is none.
func (h *Handler) exemplar(ctx context.Context) prometheus.Labels {
	if h.config.Tracer == nil {
		return nil
	}
	return exemplar.Of(ctx)
}

// Part gives the context of one of several decisions that are made for one call,
// whose number counts from 0. If the call is traced, the first decisions have spans of
// their own, which are to be ended; for others the span is nil.
func (h *Handler) Part(ctx context.Context, number int) (part context.Context, span oteltrace.Span) {
	call := h.recorded(ctx)
	switch {
	case call == nil:
		return ctx, nil
	case number >= tracedParts: // its sources are still told of the trace
		return oteltrace.ContextWithSpanContext(ctx, call.SpanContext()), nil
	}
	return h.config.Tracer.Start(ctx, spanDecision, oteltrace.WithAttributes(keyPart.Int(number+1)))
}

// Describe tells the span in ctx, if there is one, how many decisions a call is about
// and which policies they are made on.
func (h *Handler) Describe(ctx context.Context, snapshot *pap.Snapshot, decisions int) {
	if span := h.recorded(ctx); span != nil {
		span.SetAttributes(keySnapshot.String(snapshot.ID), keyDecisions.Int(decisions))
	}
}

// describeResult tells the span in ctx, if there is one, what was decided. The result of
// a call that was given up is none.
func (h *Handler) describeResult(ctx context.Context, r *xacml.Result) {
	if span := h.recorded(ctx); span != nil && ctx.Err() == nil {
		span.SetAttributes(resultAttributes(r)...)
	}
}

func resultAttributes(r *xacml.Result) []attribute.KeyValue {
	label := labels[outcomeOf(r)]
	return []attribute.KeyValue{
		keyDecision.String(label[0]), keyStatus.String(label[1]),
		keyObligations.Int(len(r.Obligations)), keyAdvice.Int(len(r.Advice)),
	}
}

// spans makes the spans of one individual decision, below the span of its call. Nil
// makes none.
type spans struct {
	tracer  oteltrace.Tracer
	call    context.Context
	enrich  oteltrace.Span // nil before anything is looked up
	lookups context.Context
	last    time.Time // when the last look-up of a decision ahead ended
}

// spansOf makes spans if the call is traced.
func (h *Handler) spansOf(ctx context.Context) *spans {
	if h.recorded(ctx) == nil {
		return nil
	}
	return &spans{tracer: h.config.Tracer, call: ctx}
}

// enriching begins the stage, unless it is under way, and gives its context, in
// which sources are asked. ctx is what that is without spans.
func (s *spans) enriching(ctx context.Context, at time.Time) context.Context {
	if s == nil {
		return ctx
	}
	if s.enrich == nil {
		s.lookups, s.enrich = s.tracer.Start(s.call, spanEnrich, oteltrace.WithTimestamp(at))
	}
	return s.lookups
}

// lookedUp tells when a look-up of a decision ahead ended.
func (s *spans) lookedUp(at time.Time) {
	if s != nil {
		s.last = at
	}
}

// replied tells of a source that was asked.
func (s *spans) replied(source string, r *reply) {
	if s == nil || s.enrich == nil {
		return
	}
	s.enrich.AddEvent(eventSource, oteltrace.WithAttributes(
		keySource.String(source), keyOutcome.String(string(outcomeOfReply(r))), keyQuestions.Int(r.questions)))
}

// enriched ends the stage, if it is under way.
func (s *spans) enriched(at time.Time) {
	if s != nil && s.enrich != nil {
		s.enrich.End(oteltrace.WithTimestamp(at))
		s.enrich = nil
	}
}

// evaluated tells what was evaluated, and when. The result of a call that was given
// up is none.
func (s *spans) evaluated(from, to time.Time, r *xacml.Result) {
	if s == nil {
		return
	}
	s.enriched(s.last) // if sources were asked while evaluating
	_, span := s.tracer.Start(s.call, spanEvaluate, oteltrace.WithTimestamp(from))
	switch {
	case s.call.Err() != nil:
		span.SetStatus(codes.Error, "given up")
	case r.Decision.Indeterminate():
		span.SetStatus(codes.Error, labels[outcomeOf(r)][1])
		fallthrough
	default:
		span.SetAttributes(resultAttributes(r)...)
	}
	span.End(oteltrace.WithTimestamp(to))
}
