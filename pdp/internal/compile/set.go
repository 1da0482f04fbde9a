// Package compile turns policy documents into what evaluators take. Each
// document is checked and translated by itself, and the documents are then
// linked: functions, data types and combining algorithms are known, every
// expression is type-checked, references are resolved to versions, nothing runs
// in a circle (core 5.10 to 5.13, 7.15, A.3). All problems are found at once,
// each with its place, so that evaluation cannot meet a static error.
//
// A [Builder] makes [Policies] of documents. It keeps little of a document, its
// compiled form and its outline, and it can start with the documents of other
// Policies: what did not change is neither checked nor translated again.
package compile

import (
	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// Bounds of a policy set. They keep evaluation from running away on policies
// that are small on disk (a reference used twice, twice, twice ...).
const (
	maxDepth         = 64         // policy sets and policies inside each other, references followed
	maxNodes         = 10_000_000 // policies and policy sets with every reference followed
	maxVariableDepth = 256        // variables that refer to variables

	// maxExpressionDepth counts Apply elements and quantified expressions inside
	// each other, variables included.
	maxExpressionDepth = 1024
)

// Options is how documents become policies.
type Options struct {
	// RootAlgorithm is the identifier of the policy-combining algorithm over
	// the documents (§7.17).
	RootAlgorithm string
	// RefuseHiddenErrors refuses permit-unless-deny, which turns errors into
	// Permit by definition (C.7).
	RefuseHiddenErrors bool
	// Lenient accepts documents that are not valid: see [Builder.Build].
	Lenient bool
	// Delegation accepts policies with an issuer, which need reduction
	// (Administration and Delegation profile). It keeps the policy model.
	Delegation bool
	// KeepModel keeps the policy model, which a Set needs.
	KeepModel  bool
	Functions  *function.Library
	Algorithms *combine.Table
	// Program is how the program is made: the zero value is the usual way.
	Program eval.Options
}

// Set is a checked set of policies as the policy model. It is immutable.
type Set struct {
	// Root is the policy set of all documents, which §7.17 calls for. It is
	// the PDP's own: it has no identifier that a result could name.
	Root       *policy.PolicySet
	Functions  *function.Library
	algorithms *combine.Table
	references map[*policy.Reference]policy.Child
	paths      map[*policy.Selector]*xpath.Expr
	mapped     map[*policy.Quantified]value.Type
}

// Mapped is the data type of the bag that a Map of the set gives.
func (s *Set) Mapped(q *policy.Quantified) value.Type { return s.mapped[q] }

// Path is the compiled path of a selector of the set.
func (s *Set) Path(selector *policy.Selector) *xpath.Expr { return s.paths[selector] }

// Referent is the policy or policy set that the reference stands for.
func (s *Set) Referent(r *policy.Reference) policy.Child { return s.references[r] }

// RuleAlgorithm is the algorithm of a policy of the set.
func (s *Set) RuleAlgorithm(p *policy.Policy) *combine.Algorithm {
	a, _ := s.algorithms.ForRules(p.Algorithm)
	return a
}

// PolicyAlgorithm is the algorithm of a policy set of the set.
func (s *Set) PolicyAlgorithm(p *policy.PolicySet) *combine.Algorithm {
	return s.algorithms.ForPolicies(p.Algorithm)
}

// Build checks the documents and makes a set of them: see [Builder.Build].
func Build(o Options, documents []policy.Document) (*Set, policy.Problems) {
	o.KeepModel = true
	b := NewBuilder(o)
	b.Append(documents)
	policies, problems := b.Build()
	if policies == nil {
		return nil, problems
	}
	return policies.Model, problems
}
