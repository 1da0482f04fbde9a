// Package pdp is an embeddable policy decision point for XACML 3.0.
//
// Read policies with package xacmlxml, make a [PDP] of them with [New], and ask
// it with [PDP.Evaluate]:
//
//	document, problems := xacmlxml.ReadPolicy("policy.xml", data, xacmlxml.DefaultLimits())
//	p, problems := pdp.New(pdp.Config{}, []policy.Document{document})
//	result := p.Evaluate(ctx, request, nil)
//
// A request is an [xacml.Request], made by hand or read by xacmlxml or xacmljson.
// A PDP is immutable: to change policies, make a new one, from documents or with
// a [Builder] from the PDP that there is. It reads no files,
// opens no connections and starts no goroutines; attributes that a request does
// not hold come from the caller's [Finder]. Evaluation never fails and never
// panics: whatever goes wrong is an Indeterminate result with a status
// (§7.17, 7.19). Only Permit means yes.
package pdp

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/forseti-pdp/forseti/pdp/internal/compile"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/reference"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// DefaultRootAlgorithm combines the documents if nothing else is configured.
const DefaultRootAlgorithm = xacml.PolicyAlgorithm3 + "deny-overrides"

// DefaultBudget is how many steps an evaluation may take if nothing else is
// configured. A step is about one match, function application or comparison.
const DefaultBudget = 20_000_000

// DefaultMaxNested is how often access-permitted may evaluate for one decision
// if nothing else is configured.
const DefaultMaxNested = 100

// Config is what a PDP needs to know beside its policies. The zero Config is
// usable.
type Config struct {
	// RootAlgorithm is the policy-combining algorithm over the documents
	// (§7.17). Empty stands for DefaultRootAlgorithm.
	RootAlgorithm string
	// RefuseHiddenErrors refuses policies with permit-unless-deny, which turns
	// errors into Permit by definition (C.7).
	RefuseHiddenErrors bool
	// Lenient accepts documents that are not valid, with warnings: such a
	// document, and a reference that cannot be resolved, is Indeterminate
	// wherever it is evaluated (§7.15, 7.19.1) and does no harm where it is not.
	// Otherwise one problem refuses all documents.
	Lenient bool
	// Delegation turns on the Administration and Delegation profile. A policy
	// with a PolicyIssuer is then issued and not trusted: its value counts only
	// if its siblings, policies of the same policy set (or documents of the
	// same PDP), allow its issuer that decision, and so on up to one that has
	// no issuer. Every policy whose target does not speak of the delegate may
	// be such a sibling, so policies need targets that an administrative
	// request does not match by mistake. Attributes of an issuer are those of
	// its PolicyIssuer: a Finder answers for the request that the delegation is
	// about, and is not asked for those of a delegate. Off, a policy with an
	// issuer is refused (§5.3).
	Delegation bool
	// Budget is how many steps an evaluation may take; more is Indeterminate
	// with processing-error. Zero stands for DefaultBudget.
	Budget int
	// Now is the clock; nil stands for that of the machine, in UTC. It is read once a
	// request. Its zone is that of current-time, current-date and current-dateTime;
	// values of policies without a zone are UTC whatever it is.
	Now func() time.Time
	// ReadAttributes reads the XML content of an Attributes element, which
	// access-permitted needs (A.3.16): xacmlxml.ReadAttributes does. Nil makes
	// access-permitted Indeterminate.
	ReadAttributes func(category, content string) (xacml.Attributes, error)
	// MaxNested bounds how often access-permitted evaluates for one decision.
	// Zero stands for DefaultMaxNested.
	MaxNested int
	// KeepModel keeps the policy model, which EvaluateReference needs. It takes
	// many times the memory of what Evaluate needs.
	KeepModel bool
	// OnPanic, if not nil, is told of a panic during evaluation, which is
	// answered by Indeterminate. It is called on the goroutine of the evaluation,
	// with its context. Whoever reads policies may tell it of panics, too.
	OnPanic func(context.Context, Panic)
}

// Panic is a fault during an evaluation.
type Panic struct {
	// Recovered is what recover gave, and Stack where it was. What was recovered may
	// hold attribute values.
	Recovered any
	Stack     []byte
	// Policy is the one that was evaluated; zero if that is not known.
	Policy xacml.PolicyIdentifier
	// Request is what was evaluated, attribute values included; nil if policies were
	// read, and not evaluated. It must not be changed.
	Request *xacml.Request
}

// Finder supplies attribute values that the request does not hold (§7.3.5). A
// bag that is empty says that there are none; an error says that nobody knows,
// and makes the designator Indeterminate even where MustBePresent is false. The
// error may be an *xacml.Error to choose the status; its text must not hold
// attribute values.
type Finder interface {
	Find(ctx context.Context, key xacml.AttributeKey) (value.Bag, error)
}

// PDP decides on one immutable set of policies. It is safe for concurrent use.
type PDP struct {
	config   Config
	policies *compile.Policies
	frozen   *reading // nil if the clock runs
}

// reading is the one reading of a clock that was stopped.
type reading struct {
	now  time.Time
	used atomic.Bool
}

func (r *reading) take() time.Time {
	r.used.Store(true)
	return r.now
}

// New checks the documents, makes one policy set of them in the order given and
// gives a PDP that decides on it. The problems are everything that is wrong,
// warnings included; the PDP is nil if a problem is more than a warning. The
// documents must not be changed afterwards.
func New(config Config, documents []policy.Document) (*PDP, policy.Problems) {
	b := NewBuilder(config)
	b.builder.Append(documents)
	return b.Build()
}

// Frozen gives the same PDP with its clock stopped now. Decisions that belong
// together, and what [PDP.Needs] says of a decision and the decision itself, are
// made on one reading of the clock (§7.3.6).
func (p *PDP) Frozen() *PDP {
	r := &reading{now: p.config.Now()}
	config := p.config
	config.Now = r.take
	return &PDP{config, p.policies, r}
}

// Timeless reports whether nothing that this PDP, which must be [PDP.Frozen], did so
// far depended on the time: with the same policies and attributes its decisions would
// be the same at any time.
func (p *PDP) Timeless() bool { return p.frozen != nil && !p.frozen.used.Load() }

// Documents is how many documents the PDP has, those for references only included.
func (p *PDP) Documents() int { return p.policies.Count() }

// MayAsk reports whether a policy may ask for an attribute of this name, of any data type
// and issuer, in this category or its delegated form. It is for finding names that
// nobody uses: where policies compute names it is true of all, and what former policies
// asked for, that this PDP was built from, may count still.
func (p *PDP) MayAsk(category, id string) bool {
	attributes := p.policies.Program.Attributes
	return attributes.MayAsk(category, id) || attributes.MayAsk(xacml.CategoryDelegatedPrefix+category, id)
}

// Evaluate decides one individual request (§7.17). finder may be nil. A request
// that is not individual, because it repeats a category, refers to several or asks
// for a combined decision (Multiple Decision profile), is Indeterminate: package
// multiple splits such a request and combines the results. When ctx ends, the result
// is Indeterminate.
//
// What the result holds may be shared with other results and with the policies: it
// is read-only.
func (p *PDP) Evaluate(ctx context.Context, request *xacml.Request, finder Finder) (result xacml.Result) {
	if request == nil {
		request = &xacml.Request{}
	}
	defer p.guard(ctx, request, &result)
	if err := request.CheckIndividual(); err != nil {
		return indeterminate(request, err)
	}
	if p.policies.Issued { // the program knows nothing of reduction
		return reference.Evaluate(ctx, p.policies.Model, p.referenceInput(request, finder))
	}
	return eval.Evaluate(ctx, p.policies.Program, p.input(request, finder))
}

// EvaluateReference decides as Evaluate does, but slowly: it walks the policy
// model as the text of the standard says, without an index and without short
// cuts. It is there to compare with. Without Config.KeepModel every decision is
// Indeterminate.
func (p *PDP) EvaluateReference(ctx context.Context, request *xacml.Request, finder Finder) (result xacml.Result) {
	if request == nil {
		request = &xacml.Request{}
	}
	defer p.guard(ctx, request, &result)
	if err := request.CheckIndividual(); err != nil {
		return indeterminate(request, err)
	}
	if p.policies.Model == nil {
		return indeterminate(request, xacml.ProcessingErrorf("the policy model is not kept"))
	}
	return reference.Evaluate(ctx, p.policies.Model, p.referenceInput(request, finder))
}

// guard makes Indeterminate of a panic.
func (p *PDP) guard(ctx context.Context, request *xacml.Request, result *xacml.Result) {
	if r := recover(); r != nil {
		*result = indeterminate(request, xacml.ProcessingErrorf("internal error"))
		p.panicked(ctx, r, func() *xacml.Request { return request })
	}
}

// panicked tells OnPanic, whose own panic is nobody's, nor is that of request.
func (p *PDP) panicked(ctx context.Context, r any, request func() *xacml.Request) {
	if p.config.OnPanic == nil {
		return
	}
	defer func() { _ = recover() }()
	told := Panic{Recovered: r, Stack: debug.Stack()}
	if e, ok := r.(*eval.Panic); ok {
		told.Recovered, told.Stack = e.Recovered, e.Stack
		told.Policy = xacml.PolicyIdentifier{ID: e.ID, Version: e.Version}
	}
	told.Request = request()
	p.config.OnPanic(ctx, told)
}

// Needs gives the attributes that may still matter to the decision on the
// request, among those that are pending: obtainable but not known yet. It is
// how a context handler fetches what policies need and nothing else: fetch,
// put the values into the request or the finder, ask again until nothing is
// needed; on one reading of the clock, see [PDP.Frozen]. Attributes of policies
// and rules whose targets are certain not to match are left out. finder answers
// for attributes that are not pending; it may be nil. What access-permitted
// looks at on a request of its own is not among the needs: with a finder such a
// look-up is an error, so that fetched values belong into the finder and not into
// the request where policies use that function.
//
// Without ok it cannot be told what may matter, because of a fault in the finder,
// say, or for want of steps (Config.Budget): then everything pending is to be
// fetched, since Evaluate might do without what stopped Needs.
func (p *PDP) Needs(ctx context.Context, request *xacml.Request, finder Finder, pending func(xacml.AttributeKey) bool) (needed []xacml.AttributeKey, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			needed, ok = nil, false
			p.panicked(ctx, r, func() *xacml.Request { return request })
		}
	}()
	if p.policies.Issued {
		return reference.Needs(ctx, p.policies.Model, p.referenceInput(request, finder), pending)
	}
	return eval.Needs(ctx, p.policies.Program, p.input(request, finder), pending)
}

func (p *PDP) input(request *xacml.Request, finder Finder) eval.Input {
	in := eval.Input{
		Request: request, Now: p.config.Now, Budget: p.config.Budget,
		MaxNested: p.config.MaxNested, ReadAttributes: p.config.ReadAttributes,
	}
	if finder != nil {
		in.Finder = finder
	}
	return in
}

func (p *PDP) referenceInput(request *xacml.Request, finder Finder) reference.Input {
	in := reference.Input{
		Request: request, Now: p.config.Now(), Budget: p.config.Budget,
		MaxNested: p.config.MaxNested, ReadAttributes: p.config.ReadAttributes,
	}
	if finder != nil {
		in.Finder = finder
	}
	return in
}

func indeterminate(request *xacml.Request, err *xacml.Error) xacml.Result {
	return xacml.Result{Decision: xacml.IndeterminateDP, Status: err.Status, Attributes: request.IncludedInResult()}
}
