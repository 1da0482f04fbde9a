package policy

import (
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Expression is an element of the substitution group of §5.25: *Apply,
// *Literal, *Designator, *Selector, *VariableReference or *FunctionReference. The
// Related and Nested Entities profile adds *Quantified.
type Expression interface {
	// Place is where the expression starts in its document.
	Place() Position
	expression()
}

// Apply applies a function to arguments (§5.27).
type Apply struct {
	Position
	Function    string // FunctionId
	Description string
	Arguments   []Expression
}

// Literal is an AttributeValue in an expression (§5.31).
type Literal struct {
	Position
	Value value.Value
}

// Designator selects attribute values by name (§5.29).
type Designator struct {
	Position
	xacml.AttributeKey
	MustBePresent bool
}

// Selector selects values from the Content of a category by XPath (§5.30).
type Selector struct {
	Position
	Category          string
	ContextSelectorID string // may be empty
	Path              string
	Type              value.Type
	MustBePresent     bool
	// Namespaces are the prefixes in scope at the element (E01).
	Namespaces map[string]string
}

// VariableReference stands for the expression of a variable of the same
// policy (§5.24), or for the variable of a [Quantified] around it.
type VariableReference struct {
	Position
	ID string
}

// FunctionReference names a function as the argument of a higher-order
// function (§5.28).
type FunctionReference struct {
	Position
	Function string
}

func (*Apply) expression()             {}
func (*Literal) expression()           {}
func (*Designator) expression()        {}
func (*Selector) expression()          {}
func (*VariableReference) expression() {}
func (*FunctionReference) expression() {}
