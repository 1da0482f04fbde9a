package pdp

import (
	"context"

	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Query is an individual request that is put together attribute by attribute, in
// the terms of one PDP: the way for adapters that read requests from the wire,
// without a [xacml.Request] in between and without allocation. A Query belongs
// to one goroutine, is evaluated once, and ends with Close.
//
// Text that is added must not change until then; nothing keeps it after that.
// All attributes of a category are one Attributes element, so that a Query is
// always an individual request.
type Query struct {
	pdp   *PDP
	query *eval.Query
	turn  uint64
}

// NewQuery makes a query without attributes.
func (p *PDP) NewQuery() Query {
	q := eval.NewQuery(p.policies.Program)
	return Query{p, q, q.Turn()}
}

// AddText adds a value of type string to an attribute without an issuer.
func (q Query) AddText(category, id, text string) { q.query.AddText(category, id, text) }

// Add adds an attribute, which is kept by results and must not be changed.
func (q Query) Add(category string, a *xacml.Attribute) { q.query.Add(category, a) }

// ReturnPolicyIDs asks for the policies that were applicable (§5.48).
func (q Query) ReturnPolicyIDs() { q.query.ReturnPolicyIDs() }

// Request is what was added so far as a request, which shares no text with it.
func (q Query) Request() *xacml.Request { return q.query.Request() }

// Evaluate decides as [PDP.Evaluate] does, once: a second time is Indeterminate.
func (q Query) Evaluate(ctx context.Context, finder Finder) (result xacml.Result) {
	if q.pdp.policies.Issued { // decided by reduction
		return q.pdp.Evaluate(ctx, q.Request(), finder)
	}
	defer func() {
		if r := recover(); r != nil {
			result = xacml.Result{Decision: xacml.IndeterminateDP, Status: xacml.ProcessingErrorf("internal error").Status}
			q.query.Abandon()
			q.pdp.panicked(ctx, r, q.Request)
		}
	}()
	return q.query.Evaluate(ctx, q.pdp.input(nil, finder))
}

// Timeless reports whether the decision, once it is made, does not depend on the
// time, as [PDP.Timeless] does.
func (q Query) Timeless() bool { return !q.pdp.policies.Issued && q.query.Timeless() }

// Close ends the query. To close it again does nothing.
func (q Query) Close() { q.query.Close(q.turn) }
