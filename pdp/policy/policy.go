package policy

import (
	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Document is one source of policies: a file with one Policy or PolicySet.
type Document struct {
	// Name is the place of the document, such as the path of its file below
	// the policy folder. It appears in problems.
	Name string
	// Root is a *Policy or a *PolicySet, or nil if the document could not be
	// read.
	Root Child
	// ReferenceOnly tells that the document decides only where another one
	// refers to it; every other document is a child of the root (§7.17).
	ReferenceOnly bool
}

// Child is what a policy set holds (§5.1): a *PolicySet, a *Policy or a
// *Reference. A checked set may hold *Invalid as well.
type Child interface {
	// Place is where the child starts in its document.
	Place() Position
	child()
}

// PolicySet combines policies, policy sets and references to them (§5.1).
type PolicySet struct {
	Position
	ID          string
	Version     string
	Algorithm   string // PolicyCombiningAlgId
	Description string
	// XPathVersion is that of PolicySetDefaults; empty if there are none.
	XPathVersion string
	// Issuer is nil if the policy set has no PolicyIssuer and so is trusted (§5.3).
	Issuer *PolicyIssuer
	// MaxDelegationDepth is how many policies may be delegated at most below
	// this one, or nil for any number (administration profile). A number beyond
	// those of int is the nearest of them.
	MaxDelegationDepth *int

	Target      Target
	Children    []Child // in document order
	Parameters  []CombinerParameters
	Obligations []ObligationExpression
	Advice      []ObligationExpression
}

// Policy combines rules (§5.14).
type Policy struct {
	Position
	ID           string
	Version      string
	Algorithm    string // RuleCombiningAlgId
	Description  string
	XPathVersion string // that of PolicyDefaults; empty if there are none
	// Issuer and MaxDelegationDepth are as those of a PolicySet.
	Issuer             *PolicyIssuer
	MaxDelegationDepth *int

	Target      Target
	Variables   []VariableDefinition // in document order
	Rules       []Rule               // in document order
	Parameters  []CombinerParameters
	Obligations []ObligationExpression
	Advice      []ObligationExpression
}

// PolicyIssuer is who issued a policy that is not trusted by itself (§5.3).
type PolicyIssuer struct {
	Position
	// Content is the single element inside Content, or nil.
	Content    *etree.Element
	Attributes []xacml.Attribute
}

// Reference names a policy or policy set by id and version (§5.10, 5.11).
type Reference struct {
	Position
	PolicySet bool // a PolicySetIdReference, not a PolicyIdReference
	ID        string
	// Version, Earliest and Latest are version match patterns (§5.13); empty
	// if not given. All that are given must match.
	Version, Earliest, Latest string
}

// Invalid takes the place of a policy that is not valid: it is Indeterminate
// wherever it is evaluated (§7.19.1).
type Invalid struct {
	Position
	Status xacml.Status
}

func (*Invalid) child()   {}
func (*PolicySet) child() {}
func (*Policy) child()    {}
func (*Reference) child() {}

// CombinerParameters are parameters for the combining algorithm (§5.16 to
// 5.20). The algorithms of the standard take none.
type CombinerParameters struct {
	Position
	// Kind is what the parameters are for.
	Kind ParametersKind
	// For is the RuleIdRef, PolicyIdRef or PolicySetIdRef; empty for the
	// parameters of the whole policy or policy set.
	For        string
	Parameters []CombinerParameter
}

// ParametersKind is what combiner parameters are for.
type ParametersKind uint8

// The kinds of combiner parameters.
const (
	ParametersOfWhole     ParametersKind = iota // CombinerParameters (§5.16)
	ParametersOfRule                            // RuleCombinerParameters (§5.18)
	ParametersOfPolicy                          // PolicyCombinerParameters (§5.19)
	ParametersOfPolicySet                       // PolicySetCombinerParameters (§5.20)
)

// CombinerParameter is one named parameter (§5.17).
type CombinerParameter struct {
	Name  string
	Value value.Value
}

// Rule is the smallest unit that decides (§5.21).
type Rule struct {
	Position
	ID          string
	Effect      xacml.Effect
	Description string
	// Target is nil if the rule has none: it then applies where its policy does.
	Target *Target
	// Condition is nil if the rule has none.
	Condition   Expression
	Obligations []ObligationExpression
	Advice      []ObligationExpression
}

// Target is a conjunction of AnyOf; an empty one matches every request (§5.6).
type Target struct {
	Position
	AnyOf []AnyOf
}

// AnyOf is a disjunction of AllOf (§5.7).
type AnyOf struct {
	AllOf []AllOf
}

// AllOf is a conjunction of matches (§5.8).
type AllOf struct {
	Matches []Match
}

// Match compares a literal with each value of a bag (§5.9).
type Match struct {
	Position
	Function string // MatchId
	Literal  value.Value
	// Bag is a *Designator or a *Selector.
	Bag Expression
}

// VariableDefinition names an expression of a policy (§5.23).
type VariableDefinition struct {
	Position
	ID         string
	Expression Expression
}

// ObligationExpression yields an obligation or an advice (§5.39, 5.40).
type ObligationExpression struct {
	Position
	ID string
	// On is the decision that calls for it: FulfillOn or AppliesTo.
	On          xacml.Effect
	Assignments []AssignmentExpression
}

// AssignmentExpression yields the values of one argument of an obligation or
// advice (§5.41).
type AssignmentExpression struct {
	Position
	AttributeID string
	Category    string // may be empty
	Issuer      string // may be empty
	Expression  Expression
}
