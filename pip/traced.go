package pip

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// spanLookup is the name of the spans of questions that go to a source.
const spanLookup = "pip.lookup"

// The attributes of such a span. None of them holds anything of a question or an answer.
const (
	keySource    = attribute.Key("forseti.source")    // the name of the source
	keyOutcome   = attribute.Key("forseti.outcome")   // one of Outcomes
	keyAttempt   = attribute.Key("forseti.attempt")   // from 1; of a question that goes out by itself
	keyQuestions = attribute.Key("forseti.questions") // of the call
)

// maxLinks bounds the traces that a call for several questions is tied to.
const maxLinks = 32

// traced makes a span of each call, below that of who asks, if that is recorded. It
// is closest to the provider, so that what it makes a span of was really asked, and
// so that the provider can hand on the trace. t may be nil.
func (c calls) traced(t trace.Tracer, source string) calls {
	if t == nil {
		return c
	}
	return func(ctx context.Context, qs []Question) (replies []Reply) {
		if !trace.SpanFromContext(ctx).IsRecording() {
			return c(ctx, qs)
		}
		about := []attribute.KeyValue{keySource.String(source), keyQuestions.Int(len(qs))}
		if len(qs) == 1 {
			about = append(about, keyAttempt.Int(attemptOf(ctx)))
		}
		ctx, span := t.Start(ctx, spanLookup,
			trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(about...), trace.WithLinks(linksOf(ctx)...))
		outcome := OutcomeError // of a panic
		defer func() {
			span.SetAttributes(keyOutcome.String(string(outcome)))
			if outcome != OutcomeOK && outcome != OutcomeEmpty {
				span.SetStatus(codes.Error, string(outcome)) // an error could quote what nobody may see
			}
			span.End()
		}()
		replies = c(ctx, qs)
		outcome = outcomeOfCall(replies)
		return replies
	}
}

// outcomeOfCall is the outcome of all replies together: the first error, or else
// whether there are values.
func outcomeOfCall(replies []Reply) Outcome {
	outcome := OutcomeEmpty
	for i := range replies {
		switch {
		case replies[i].Err != nil:
			return name(replies[i].Err, "").Outcome
		case !replies[i].Answer.Empty():
			outcome = OutcomeOK
		}
	}
	return outcome
}

type attemptKey struct{}

// attempt is the context of an attempt at a question, which counts from 1.
func attempt(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, attemptKey{}, n)
}

func attemptOf(ctx context.Context) int {
	if n, ok := ctx.Value(attemptKey{}).(int); ok {
		return n
	}
	return 1
}

type linksKey struct{}

// leading is the context by which the call for these waiters goes on: that of the
// first whose trace is recorded, which is tied to those of the others.
func leading(waiters []*waiter) context.Context {
	ctx := waiters[0].ctx
	var links []trace.Link
	led := false
	for _, w := range waiters {
		span := trace.SpanFromContext(w.ctx)
		switch {
		case !span.IsRecording():
		case !led:
			ctx, led = w.ctx, true
		case len(links) < maxLinks:
			links = append(links, trace.Link{SpanContext: span.SpanContext()})
		}
	}
	if links == nil {
		return ctx
	}
	return context.WithValue(ctx, linksKey{}, links)
}

func linksOf(ctx context.Context) []trace.Link {
	links, _ := ctx.Value(linksKey{}).([]trace.Link)
	return links
}
