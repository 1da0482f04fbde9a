package policy

// Quantified is a quantified expression (Related and Nested Entities profile): it
// evaluates the iterant with each value of the domain in turn as its variable.
type Quantified struct {
	Position
	Quantifier Quantifier
	// Variable is the VariableId by which references in the iterant, and only
	// there, name the value.
	Variable string
	// Domain is a bag.
	Domain Expression
	// Iterant is a single value, a boolean one except in a Map.
	Iterant Expression
}

func (*Quantified) expression() {}

// Quantifier is what a quantified expression makes of the values of its iterant.
type Quantifier uint8

// The quantifiers.
const (
	ForAny Quantifier = iota // True if the iterant is for some value of the domain
	ForAll                   // True if the iterant is for each value of the domain
	Map                      // the bag of the values of the iterant
	Select                   // the bag of the values of the domain for which the iterant is True
)

// Quantifiers lists every quantifier.
func Quantifiers() []Quantifier { return []Quantifier{ForAny, ForAll, Map, Select} }

// String is the name of the element.
func (q Quantifier) String() string {
	switch q {
	case ForAny:
		return "ForAny"
	case ForAll:
		return "ForAll"
	case Map:
		return "Map"
	default:
		return "Select"
	}
}
