// Package compile turns policy documents into a checked [Set]: references are
// resolved to versions, every expression is type-checked, functions, data types
// and combining algorithms are known, nothing runs in a circle (core 5.10 to
// 5.13, 7.15, A.3). All problems are found at once, each with its place, so
// that evaluation cannot meet a static error.
package compile

import (
	"fmt"
	"math"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
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

// Options is how documents become a Set.
type Options struct {
	// RootAlgorithm is the identifier of the policy-combining algorithm over
	// the documents (§7.17).
	RootAlgorithm string
	// RefuseHiddenErrors refuses permit-unless-deny, which turns errors into
	// Permit by definition (C.7).
	RefuseHiddenErrors bool
	// Lenient accepts documents that are not valid: see Build.
	Lenient bool
	// Delegation accepts policies with an issuer, which need reduction
	// (Administration and Delegation profile).
	Delegation bool
	Functions  *function.Library
	Algorithms *combine.Table
}

// Set is a checked set of policies. It is immutable.
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

// Build checks the documents and makes a set of them. The set is nil if a
// problem is more than a warning. If the options are lenient no problem of a
// document is: the document is then Indeterminate wherever it is evaluated.
func Build(o Options, documents []policy.Document) (*Set, policy.Problems) {
	s := &Set{
		Root:       &policy.PolicySet{Algorithm: o.RootAlgorithm},
		Functions:  o.Functions,
		algorithms: o.Algorithms,
		references: make(map[*policy.Reference]policy.Child),
		paths:      make(map[*policy.Selector]*xpath.Expr),
		mapped:     make(map[*policy.Quantified]value.Type),
	}
	c := &checker{set: s, options: o, files: make(map[policy.Child]string)}
	configured := c.root(o.RootAlgorithm)
	catalogue := c.catalogue(documents)
	for _, d := range documents {
		c.file = d.Name
		if d.Root == nil {
			c.errorf(policy.Position{}, policy.ReasonParse, "the document holds no policy")
			c.unreadable = d.Name
			continue
		}
		c.child(d.Root, catalogue)
	}
	c.checkGraph(documents)
	c.problems.Sort()
	invalid := c.invalid()
	if !configured || len(invalid) > 0 && !o.Lenient {
		return nil, c.problems
	}
	for _, d := range documents {
		switch status := invalid[d.Name]; {
		case d.ReferenceOnly:
		case status != nil:
			s.Root.Children = append(s.Root.Children, status)
		default:
			s.Root.Children = append(s.Root.Children, d.Root)
		}
	}
	if len(invalid) > 0 {
		c.cut(catalogue, invalid)
	}
	return s, c.problems
}

// invalid gives what takes the place of each document with an error, by name,
// with the status of its first one (§7.19).
func (c *checker) invalid() map[string]*policy.Invalid {
	out := make(map[string]*policy.Invalid)
	for _, p := range c.problems.Errors() {
		if out[p.File] != nil {
			continue
		}
		code := xacml.StatusProcessingError
		if p.Reason == policy.ReasonParse || p.Reason == policy.ReasonFeature || p.Reason == policy.ReasonXPath {
			code = xacml.StatusSyntaxError
		}
		out[p.File] = &policy.Invalid{Position: p.Position, Status: xacml.Status{Code: code, Message: "a policy is not valid: " + p.Error()}}
	}
	return out
}

// cut puts what is not valid in the place of its policies, where references
// mean them or mean nothing, and makes warnings of the errors.
func (c *checker) cut(cat catalogue, invalid map[string]*policy.Invalid) {
	for _, entries := range cat {
		for _, e := range entries {
			if status := invalid[e.file]; status != nil {
				for r, referent := range c.set.references {
					if referent == e.child {
						c.set.references[r] = status
					}
				}
			}
		}
	}
	if c.unreadable != "" { // it may hold a newer version of anything
		for r, referent := range c.set.references {
			if _, known := referent.(*policy.Invalid); known {
				continue
			}
			if r.Version == "" || strings.ContainsAny(r.Version, "*+") {
				c.set.references[r] = invalid[c.unreadable]
			}
		}
	}
	for i := range c.problems {
		c.problems[i].Warning = true
	}
}

// checker collects problems on the way through the documents.
type checker struct {
	set      *Set
	options  Options
	problems policy.Problems
	file     string
	files    map[policy.Child]string // of each policy and policy set
	path     []string
	depth    int    // of the expression that is checked
	version  string // the XPathVersion in force
	// unreadable is the name of a document that holds no policy; empty if each does.
	unreadable string
	elements   []element // of the quantified expressions around, outermost first
}

// root checks the algorithm over the documents, which is configuration (§7.17),
// and reports whether it may be used.
func (c *checker) root(algorithm string) bool {
	c.file = "configuration"
	if a := c.set.algorithms.ForPolicies(algorithm); a == nil {
		c.errorf(policy.Position{}, policy.ReasonType, "root algorithm %q is not a policy-combining algorithm", algorithm)
	} else {
		c.in("root algorithm", func() { c.hiddenErrors(policy.Position{}, a) })
	}
	return len(c.problems.Errors()) == 0
}

// in works on one part of the document, which the path of problems names.
func (c *checker) in(part string, work func()) {
	c.path = append(c.path, part)
	work()
	c.path = c.path[:len(c.path)-1]
}

func (c *checker) report(at policy.Position, warning bool, reason policy.Reason, format string, args ...any) {
	c.problems = append(c.problems, policy.Problem{
		File: c.file, Position: at, Path: strings.Join(c.path, " / "), Reason: reason, Message: fmt.Sprintf(format, args...), Warning: warning,
	})
}

func (c *checker) errorf(at policy.Position, reason policy.Reason, format string, args ...any) {
	c.report(at, false, reason, format, args...)
}

func (c *checker) warnf(at policy.Position, reason policy.Reason, format string, args ...any) {
	c.report(at, true, reason, format, args...)
}

// saturatingAdd adds without wrapping around.
func saturatingAdd(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// boolean is the kind that conditions and matches must have.
var boolean = value.One(value.TypeBoolean)
