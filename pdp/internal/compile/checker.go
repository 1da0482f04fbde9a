package compile

import (
	"fmt"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// checker collects the problems of one document on the way through it. What
// other documents have to do with it is left to the linker.
type checker struct {
	options  *Options
	problems policy.Problems
	file     string
	path     []part
	depth    int       // of the expression that is checked
	version  string    // the XPathVersion in force
	elements []element // of the quantified expressions around, outermost first
	// before is how many problems come before each reference.
	before []int
	paths  map[*policy.Selector]*xpath.Expr
	mapped map[*policy.Quantified]value.Type
	// suggested is for how many unknown identifiers a similar one was looked for.
	suggested int
	// The arguments of the match that is checked. Most of a document is matches.
	matchKinds    [2]value.Kind
	matchLiterals [2]value.Value
}

// root checks the algorithm over the documents, which is configuration (§7.17).
func (c *checker) root() {
	c.file = "configuration"
	if a := c.options.Algorithms.ForPolicies(c.options.RootAlgorithm); a == nil {
		c.errorf(policy.Position{}, policy.ReasonType, "root algorithm %q is not a policy-combining algorithm", c.options.RootAlgorithm)
	} else {
		c.in("root algorithm", func() { c.hiddenErrors(policy.Position{}, a) })
	}
}

// in works on one part of the document, which the path of problems names.
func (c *checker) in(element string, work func()) { c.inPart(part{element: element}, work) }

// within works on a part that has an id.
func (c *checker) within(element, id string, work func()) { c.inPart(part{element, id, true}, work) }

func (c *checker) inPart(p part, work func()) {
	c.path = append(c.path, p)
	work()
	c.path = c.path[:len(c.path)-1]
}

// part is one step of the path of a problem.
type part struct {
	element, id string
	named       bool
}

func (p part) String() string {
	if !p.named {
		return p.element
	}
	return fmt.Sprintf("%s %q", p.element, p.id)
}

func pathText(path []part) string {
	var b strings.Builder
	for i, p := range path {
		if i > 0 {
			b.WriteString(" / ")
		}
		b.WriteString(p.String())
	}
	return b.String()
}

func (c *checker) report(at policy.Position, warning bool, reason policy.Reason, format string, args ...any) {
	c.problems = append(c.problems, policy.Problem{
		File: c.file, Position: at, Path: pathText(c.path), Reason: reason, Message: fmt.Sprintf(format, args...), Warning: warning,
	})
}

func (c *checker) errorf(at policy.Position, reason policy.Reason, format string, args ...any) {
	c.report(at, false, reason, format, args...)
}

func (c *checker) warnf(at policy.Position, reason policy.Reason, format string, args ...any) {
	c.report(at, true, reason, format, args...)
}

// The elements that references name.
const (
	policyElement    = "Policy"
	policySetElement = "PolicySet"
)

// boolean is the kind that conditions and matches must have.
var boolean = value.One(value.TypeBoolean)
