package reference

import (
	"context"
	"time"

	"github.com/forseti-pdp/forseti/pdp/internal/compile"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Finder supplies attribute values that the request does not hold; pdp.Finder
// describes it.
type Finder interface {
	Find(ctx context.Context, key xacml.AttributeKey) (value.Bag, error)
}

// Input is one individual request with what its evaluation may use.
type Input struct {
	Request *xacml.Request
	Finder  Finder    // may be nil
	Now     time.Time // the one clock reading of this request (§7.3.6)
	// Budget is how many steps the evaluation may take: a step is about one
	// policy, rule, obligation, match, function application or value comparison.
	Budget int
	// MaxNested bounds how often access-permitted evaluates (A.3.16).
	MaxNested int
	// ReadAttributes reads the content of an Attributes element; nil if that is
	// not supported. The error is an *xacml.Error.
	ReadAttributes func(category, content string) (xacml.Attributes, error)
	// Nested evaluates another request for access-permitted where the set is not
	// all policies: in is that of the other request with the budget that is left,
	// and nested how many evaluations were inside of this one. Nil evaluates the set.
	Nested func(ctx context.Context, in Input, nested int) eval.Nested
	// Trace records the evaluation; it may be nil.
	Trace *Trace
}

// Evaluate decides one individual request (§7.17).
func Evaluate(ctx context.Context, set *compile.Set, in Input) xacml.Result {
	e := newEvaluation(ctx, set, in)
	e.trace = in.Trace
	e.poll()
	out := e.child(set.Root)
	e.poll()
	result := xacml.Result{
		Decision:   out.decision,
		Status:     xacml.Status{Code: xacml.StatusOK},
		Attributes: in.Request.IncludedInResult(),
	}
	switch {
	case e.stopped != nil:
		// Functions such as or go on after an error: what they found without
		// the steps that were missing is not the decision.
		result.Decision, result.Status = xacml.IndeterminateDP, e.stopped.Status
	case out.decision.Indeterminate():
		result.Status = out.err.Status
	case out.decision == xacml.Permit || out.decision == xacml.Deny:
		result.Obligations, result.Advice = out.obligations, out.advice
	}
	if e.stopped == nil {
		result.PolicyIDs = withoutDuplicates(out.applicable)
	}
	return result
}

// evaluation is the evaluation of one individual request.
type evaluation struct {
	ctx context.Context
	set *compile.Set
	in  Input
	*meter
	trace *Trace // nil in evaluations inside of this one

	// bags holds every bag that was read: it keeps its value for the whole
	// evaluation, an error too (§7.3.5).
	bags map[xacml.AttributeKey]bagResult
	// documents holds each Content that was needed as a document of its own.
	documents xpath.Documents

	// about is the evaluation of the request that this one, of an
	// administrative request, is about; nil in every other evaluation.
	about *evaluation
	// administrative holds the administrative requests about this one.
	administrative map[administrativeKey]*administrative
}

// meter is what an evaluation and those inside of it have used together (A.3.16).
type meter struct {
	used int // steps
	// stopped is why the evaluation was given up, and nil if it was not.
	stopped *xacml.Error
	nested  int // evaluations inside of evaluations
}

func newEvaluation(ctx context.Context, set *compile.Set, in Input) *evaluation {
	return &evaluation{
		ctx: ctx, set: set, in: in, meter: &meter{},
		bags: make(map[xacml.AttributeKey]bagResult), documents: make(xpath.Documents),
	}
}

type bagResult struct {
	bag value.Bag
	err *xacml.Error
}

// outcome is the value of a rule, policy or policy set.
type outcome struct {
	decision xacml.Decision
	// err is why the decision is Indeterminate, and nil otherwise.
	err                 *xacml.Error
	obligations, advice []xacml.Obligation
	// applicable are the policies and policy sets from here down that are not
	// NotApplicable (§5.48), if the request asks for them.
	applicable []xacml.PolicyIdentifier
}

// pollEvery is how many steps go by between two looks at the context.
const pollEvery = 1024

// Spend takes steps from the budget; it makes an evaluation a function.Context.
func (e *evaluation) Spend(steps int) error {
	if err := e.spend(steps); err != nil {
		return err
	}
	return nil
}

func (e *evaluation) spend(steps int) *xacml.Error {
	if e.stopped != nil {
		return e.stopped
	}
	before := e.used / pollEvery
	if steps > e.in.Budget-e.used {
		e.stopped = xacml.ProcessingErrorf("the evaluation takes more than %d steps", e.in.Budget)
		return e.stopped
	}
	e.used += steps
	if e.used/pollEvery != before {
		e.poll()
	}
	return e.stopped
}

// poll gives the evaluation up if its context has ended.
func (e *evaluation) poll() {
	if err := e.ctx.Err(); err != nil && e.stopped == nil {
		e.stopped = xacml.ProcessingErrorf("the evaluation was given up: %v", err)
	}
}

func withoutDuplicates(ids []xacml.PolicyIdentifier) []xacml.PolicyIdentifier {
	var out []xacml.PolicyIdentifier
	seen := make(map[xacml.PolicyIdentifier]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// variables holds the variables of one policy that were evaluated (§7.8).
type variables struct {
	definitions map[string]*policy.VariableDefinition
	results     map[string]datumResult
	// bindings are the variables of the quantified expressions around.
	bindings *binding
}

type datumResult struct {
	datum value.Datum
	err   *xacml.Error
}
