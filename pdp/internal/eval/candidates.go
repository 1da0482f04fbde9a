package eval

import (
	"context"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Candidates gives the numbers of the documents that may not be NotApplicable, in
// document order: those that Evaluate would look at.
func Candidates(ctx context.Context, p *Program, in Input) []uint32 {
	e := begin(ctx, p, in)
	e.load(in.Request)
	n := &needs{e: e}
	numbers := slices.Clone(n.candidates(p.Root))
	e.end()
	return numbers
}

// Nested is what came of an evaluation inside of one that another evaluator makes.
type Nested struct {
	Permitted bool
	Steps     int // that it took
	Nested    int // evaluations inside of evaluations by now
	// Stopped is why it was given up, and so is the one around it; nil if it was not.
	Stopped *xacml.Error
}

// EvaluateNested tells whether all policies permit another request (A.3.16). The
// budget of the input is what is left of the evaluation around it, which had that
// many evaluations inside of it.
func EvaluateNested(ctx context.Context, p *Program, in Input, nested int) Nested {
	in.NoIndex = in.Finder != nil // an index may ask it for more than the decision takes
	e := begin(ctx, p, in)
	defer e.blame()
	e.own.nested = nested
	e.load(in.Request)
	decision, _ := e.policySet(p.Root)
	out := Nested{decision == xacml.Permit, in.Budget - max(e.own.left, 0), e.own.nested, e.own.stopped}
	e.end()
	return out
}
