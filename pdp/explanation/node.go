package explanation

// Node is one step of an evaluation with those inside of it, in the order in
// which they were made. What was not evaluated, because the result was clear, is
// not there.
type Node struct {
	Kind Kind `json:"kind"`
	// ID is the identifier of the element: of a policy, rule, function, variable,
	// obligation or argument.
	ID string `json:"id,omitempty"`
	// Version is that of a policy or policy set.
	Version string `json:"version,omitempty"`
	// Algorithm is the combining algorithm of a policy or policy set.
	Algorithm string `json:"algorithm,omitempty"`
	// Effect is that of a rule, or the decision that calls for an obligation or
	// advice.
	Effect string `json:"effect,omitempty"`
	// File is the document that the element is in, given where it is not that of
	// the node around it. Line and Column count from 1; 0 is unknown.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Result is one of the results below; empty for an expression with a Value.
	Result string `json:"result,omitempty"`
	// Status is why the result is Indeterminate.
	Status *Status `json:"status,omitempty"`
	// Reason says in words why a rule, policy or policy set is NotApplicable.
	Reason string `json:"reason,omitempty"`
	// Note is what else there is to say.
	Note string `json:"note,omitempty"`
	// Attribute is what a designator, or where a selector starts.
	Attribute *Attribute `json:"attribute,omitempty"`
	// Path is the XPath expression of a selector.
	Path string `json:"path,omitempty"`
	// Value is that of an expression.
	Value *Value `json:"value,omitempty"`
	// Omitted is how many nodes inside are left out, because the tree would be
	// too large.
	Omitted  int     `json:"omitted,omitempty"`
	Children []*Node `json:"children,omitempty"`
}

// Kind is what a node is the evaluation of: the name of the element.
type Kind string

// The kinds.
const (
	Documents  Kind = "Documents" // the policy set over all documents (§7.17)
	PolicySet  Kind = "PolicySet"
	Policy     Kind = "Policy"
	Invalid    Kind = "Invalid" // what takes the place of a policy that is not valid (§7.19.1)
	Rule       Kind = "Rule"
	Target     Kind = "Target"
	AnyOf      Kind = "AnyOf"
	AllOf      Kind = "AllOf"
	Match      Kind = "Match"
	Condition  Kind = "Condition"
	Literal    Kind = "AttributeValue"
	Designator Kind = "AttributeDesignator"
	Selector   Kind = "AttributeSelector"
	Variable   Kind = "VariableReference"
	Apply      Kind = "Apply"
	Function   Kind = "Function"
	Quantified Kind = "Quantified" // ForAny, ForAll, Map or Select, which is its ID
	Obligation Kind = "ObligationExpression"
	Advice     Kind = "AdviceExpression"
	Assignment Kind = "AttributeAssignmentExpression"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		Documents, PolicySet, Policy, Invalid, Rule, Target, AnyOf, AllOf, Match, Condition, Literal,
		Designator, Selector, Variable, Apply, Function, Quantified, Obligation, Advice, Assignment,
	}
}

// The results, beside the extended decisions of rules, policies and policy sets.
const (
	ResultMatch         = "Match"    // of targets and their parts (§7.6, 7.7)
	ResultNoMatch       = "No match" //
	ResultTrue          = "True"     // of matches and conditions
	ResultFalse         = "False"    //
	ResultIndeterminate = "Indeterminate"
	ResultDone          = "Done" // of obligations, advice and their arguments
	// The decisions that this package knows, as xacml.Decision spells them.
	resultNotApplicable = "NotApplicable"
	resultPermit        = "Permit"
	resultDeny          = "Deny"
)

// decides tells that the node is a rule, policy, policy set or what takes its place.
func (n *Node) decides() bool {
	switch n.Kind {
	case Documents, PolicySet, Policy, Invalid, Rule:
		return true
	default:
		return false
	}
}

// count is the number of nodes inside.
func (n *Node) count() int {
	total := n.Omitted
	for _, c := range n.Children {
		total += 1 + c.count()
	}
	return total
}
