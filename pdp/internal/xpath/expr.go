package xpath

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Limits of what is compiled.
const (
	MaxLength = 4096 // bytes of an expression
	MaxDepth  = 64   // parentheses, predicates and arguments inside each other
)

// Type is one of the four types of section 1.
type Type uint8

// The types of results.
const (
	TypeNodeSet Type = iota + 1
	TypeBoolean
	TypeNumber
	TypeString
)

// String is the name that the Recommendation has for the type.
func (t Type) String() string {
	switch t {
	case TypeNodeSet:
		return "node-set"
	case TypeBoolean:
		return "boolean"
	case TypeNumber:
		return "number"
	case TypeString:
		return "string"
	default:
		return "no type"
	}
}

// Expr is a compiled expression. It is immutable.
type Expr struct {
	source string
	root   expr
	// differs is the first place that XPath 2.0 would read in another way.
	differs *SyntaxError
}

// Compile checks an expression and makes it ready for evaluation. The
// namespaces are those in scope where the expression stands (§7.3.7, E01); the
// prefix xml is bound always, and a default namespace does not apply to an
// expression (2.3). Errors are of type [*SyntaxError].
func Compile(source string, namespaces value.Namespaces) (*Expr, error) {
	if len(source) > MaxLength {
		return nil, &SyntaxError{utf8.RuneCountInString(source[:MaxLength]), fmt.Sprintf("the expression is longer than %d bytes", MaxLength)}
	}
	if !utf8.ValidString(source) {
		valid := strings.IndexFunc(strings.ToValidUTF8(source, "\x00"), func(r rune) bool { return r == 0 })
		return nil, &SyntaxError{utf8.RuneCountInString(source[:valid]) + 1, "the expression is not UTF-8"}
	}
	tokens, err := tokenize(source)
	if err != nil {
		return nil, err
	}
	p := parser{tokens: tokens, namespaces: namespaces, functions: coreFunctions()}
	root, err := p.whole()
	if err != nil {
		return nil, err
	}
	return &Expr{source: source, root: root, differs: p.differs}, nil
}

// Under is an error of type [*SyntaxError] if the XPathVersion (§5.5) is that of
// XPath 2.0, or one that is not known, and something has another meaning there:
// what is read as XPath 1.0 all the same would then silently give other nodes.
// Without a version it is XPath 1.0.
func (x *Expr) Under(version string) error {
	if x.differs == nil || version == "" || strings.EqualFold(version, xacml.XPath10) {
		return nil
	}
	return x.differs
}

// String is the source of the expression.
func (x *Expr) String() string { return x.source }

// Type is the type of every result of the expression. An AttributeSelector
// needs a node-set (§7.3.7).
func (x *Expr) Type() Type { return x.root.static() }

// Evaluate is the value of the expression with a node as context, which is at
// position 1 of 1 (section 1). A nil budget stands for one of [DefaultSteps].
// The error is a [*BudgetError], unless there is no context node.
func (x *Expr) Evaluate(context Node, budget *Budget) (Result, error) {
	if context.IsZero() {
		return Result{}, errors.New("there is no context node")
	}
	if budget == nil {
		budget = NewBudget(DefaultSteps)
	}
	return x.root.eval(budget, focus{node: context, position: 1, size: 1})
}

// expr is a node of the syntax tree.
type expr interface {
	static() Type
	eval(*Budget, focus) (Result, error)
}

// focus is the part of the context (section 1) that changes within an
// expression.
type focus struct {
	node     Node
	position int
	size     int
}
