package eval

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
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
	Finder  Finder           // may be nil
	Now     func() time.Time // read once, when it is first needed
	Budget  int              // in steps
	// MaxNested bounds how often access-permitted may evaluate.
	MaxNested int
	// ReadAttributes reads the XML content of an Attributes element for
	// access-permitted; nil if that function is not supported. The error may be
	// an *xacml.Error.
	ReadAttributes func(category, content string) (xacml.Attributes, error)
	// NoIndex evaluates every child, for tests of the index.
	NoIndex bool
}

// Evaluate decides one individual request (§7.17). Obligations, advice and the
// status of the result may be shared with other results: they are read-only.
func Evaluate(ctx context.Context, p *Program, in Input) (result xacml.Result) {
	e := begin(ctx, p, in)
	defer e.blame()
	included := e.load(in.Request)
	e.decide(&result)
	if included {
		result.Attributes = in.Request.IncludedInResult()
	}
	e.end()
	return result
}

// decide puts the decision on the request that was loaded into the result.
func (e *evaluation) decide(result *xacml.Result) {
	loaded := 0
	for _, s := range e.touched {
		loaded += int(e.slots[s].size)
	}
	_ = e.spend(loaded) // if that was too much, it shows below
	e.poll()
	decision, err := e.policySet(e.program.Root)
	e.poll()
	result.Decision, result.Status.Code = decision, xacml.StatusOK
	switch {
	case e.meter.stopped != nil:
		// Functions such as or go on after an error: what they found without
		// the steps that were missing is not the decision.
		result.Decision, result.Status = xacml.IndeterminateDP, e.meter.stopped.Status
		return
	case decision.Indeterminate():
		result.Status = err.Status
	case decision == xacml.Permit || decision == xacml.Deny:
		result.Obligations, result.Advice = e.called()
	}
	if len(e.applicable) > 0 {
		result.PolicyIDs = withoutDuplicates(e.applicable)
	}
}

// evaluation is the evaluation of one individual request, in memory that is used
// again: what it holds between two evaluations has no meaning.
type evaluation struct {
	run
	stacks

	slots []bag // by slot

	// query is kept to be used again.
	query *Query
	sets  []*setChildren

	// shape is the attributes of the last request to shapeOf, in order.
	shape   []place
	shapeOf *Attributes
}

// run is what an evaluation begins anew.
type run struct {
	ctx     context.Context
	program *Program
	in      Input
	meter   *meter
	own     meter
	now     time.Time // zero until it is read
	asked   *Query    // what is evaluated, if it is a query
	depth   int       // of policy sets
	rules   ruleChildren

	// pending tells of attributes that can be had later: for Needs.
	pending func(xacml.AttributeKey) bool
	// others are the attributes that only functions name.
	others map[xacml.AttributeKey]otherBag
	// documents holds each Content that was needed as a document of its own.
	documents xpath.Documents
}

// stacks are stacks, and memory for what the slots hold.
type stacks struct {
	touched    []Slot               // of which something is known
	awaited    []Slot               // that are pending and were asked for
	computed   []xacml.AttributeKey // of pending attributes whose names were computed
	done       []done
	calls      []call
	applicable []xacml.PolicyIdentifier
	candidates []uint32
	arguments  []value.Datum
	bound      []value.Value // the variables of the quantified expressions around
	memos      []memo        // of the policy that is evaluated
	texts      []string
	symbols    []symbol.Symbol
}

type otherBag struct {
	bag value.Bag
	err *xacml.Error
}

// meter is what an evaluation and those inside of it have used together (A.3.16).
type meter struct {
	left   int // steps
	poll   int // how many are left when the context is to be looked at
	budget int
	// stopped is why the evaluation was given up, and nil if it was not.
	stopped *xacml.Error
	nested  int // evaluations inside of evaluations
}

// pollEvery is how many steps go by between two looks at the context.
const pollEvery = 1024

// pool holds evaluations that are not in use.
var pool = sync.Pool{New: func() any { return new(evaluation) }}

// begin takes an evaluation for a request about which nothing is known yet.
func begin(ctx context.Context, p *Program, in Input) *evaluation {
	e := pool.Get().(*evaluation)
	e.program = p
	e.restart(ctx, in)
	if e.shapeOf != p.Attributes {
		empty(&e.shape)
		e.shapeOf = p.Attributes
	}
	if n := p.Attributes.Len(); len(e.slots) < n {
		e.slots = make([]bag, n)
	}
	return e
}

// restart begins to count.
func (e *evaluation) restart(ctx context.Context, in Input) {
	e.ctx, e.in = ctx, in
	e.own = meter{left: in.Budget, poll: max(in.Budget-pollEvery, 0), budget: in.Budget}
	e.meter = &e.own
}

// request is the whole request.
func (e *evaluation) request() *xacml.Request {
	if e.asked != nil {
		return e.asked.Request()
	}
	return e.in.Request
}

// Memory of one evaluation that is larger than this is given back.
const (
	keepValues = 1 << 12
	keepSlots  = 1 << 16
	keepShape  = 1 << 7
)

// end gives the evaluation back. It keeps nothing of the request alive.
func (e *evaluation) end() {
	for _, s := range e.touched {
		e.slots[s] = bag{}
	}
	e.run = run{}
	empty(&e.touched)
	empty(&e.awaited)
	empty(&e.computed)
	empty(&e.done)
	empty(&e.calls)
	empty(&e.applicable)
	empty(&e.candidates)
	empty(&e.arguments)
	empty(&e.bound)
	empty(&e.memos)
	empty(&e.symbols)
	empty(&e.texts)
	if len(e.shape) > keepShape {
		e.shape = nil
	}
	if cap(e.slots) > keepSlots {
		e.slots = nil
	}
	pool.Put(e)
}

// empty leaves a stack without elements, that refers to nothing, and not too
// large. Stacks that are cut in the meantime are to be cleared beyond their end.
func empty[T any](s *[]T) {
	if cap(*s) > keepValues {
		*s = nil
		return
	}
	if len(*s) > 0 {
		clear(*s)
		*s = (*s)[:0]
	}
}

// Spend takes steps from the budget; it makes an evaluation a function.Context.
func (e *evaluation) Spend(steps int) error {
	if err := e.spend(max(steps, 0)); err != nil {
		return err
	}
	return nil
}

// spend is Spend for steps that are not negative.
func (e *evaluation) spend(steps int) *xacml.Error {
	m := e.meter
	if m.left -= steps; m.left < m.poll {
		return e.account()
	}
	return m.stopped
}

// account looks at the budget and at the context.
func (e *evaluation) account() *xacml.Error {
	m := e.meter
	if m.left < 0 && m.stopped == nil {
		m.stopped = xacml.ProcessingErrorf("the evaluation takes more than %d steps", m.budget)
	}
	if m.stopped != nil {
		m.left, m.poll = 0, math.MinInt
		return m.stopped
	}
	m.poll = max(m.left-pollEvery, 0)
	e.poll()
	return m.stopped
}

// poll gives the evaluation up if its context has ended.
func (e *evaluation) poll() {
	if err := e.ctx.Err(); err != nil && e.meter.stopped == nil {
		e.meter.stopped = xacml.ProcessingErrorf("the evaluation was given up: %v", err)
	}
}

func withoutDuplicates(ids []xacml.PolicyIdentifier) []xacml.PolicyIdentifier {
	out := make([]xacml.PolicyIdentifier, 0, len(ids))
	seen := make(map[xacml.PolicyIdentifier]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
