package function

import (
	"errors"
	"fmt"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Context is what a function may use of the evaluation it is part of.
type Context interface {
	// Spend takes steps from the cost budget of the decision. A step is about
	// one comparison of values, one application of a function by a higher-order
	// one, 64 bytes of text that is read, or 8 of text that is made; the evaluator
	// counts the call itself. A function spends before it works. The error, once the
	// budget is used up, makes the function Indeterminate, and must come for all
	// later steps too.
	Spend(steps int) error
	// Select gives the nodes that an expression selects in the Content of its
	// category (A.3.15): none if there is no Content. The error is an *xacml.Error.
	Select(x value.XPathExpression) ([]xpath.Node, error)
	// AccessPermitted evaluates all policies on the request with other
	// attributes of the category, given as the content of an Attributes element,
	// and reports whether the decision is Permit (A.3.16). The error is an *xacml.Error.
	AccessPermitted(category value.AnyURI, attributes value.String) (bool, error)
	// Attribute gives the values of an attribute of the request as a designator
	// finds them (§7.3.5): none if it is missing. The error is an *xacml.Error.
	Attribute(key xacml.AttributeKey) (value.Bag, error)
	// SelectPath gives the nodes that the path of a selector selects (§7.3.7):
	// none if there is no Content. The error is an *xacml.Error.
	SelectPath(s Selection) ([]xpath.Node, error)
}

// Selection is a selector that is made by a function (Related and Nested
// Entities profile). It selects in the Content of the entity, or in that of the
// category if there is no entity.
type Selection struct {
	Category string
	Entity   *xacml.Entity
	// Path is what it selects; the category of the expression does not matter.
	Path value.XPathExpression
	// ContextSelectorID is the attribute that selects where the path starts;
	// empty for the document.
	ContextSelectorID string
}

// Argument evaluates one argument. It may be called at most once.
type Argument func() (value.Datum, error)

// Function is one function of the library. Exactly one of Strict, Lazy and
// Higher is set. Evaluation trusts that Check accepted the kinds of the
// arguments. Errors are *xacml.Error.
type Function struct {
	ID string
	// Section is the section of the standard, such as A.3.1.
	Section string
	// Doc is one sentence for the catalogue: what it gives and when it fails.
	Doc string

	// Parameters are the kinds of the fixed parameters. For a higher-order
	// function those after the function, if they do not depend on it.
	Parameters []value.Kind
	// Rest is the kind of any further arguments; nil if there may be none.
	Rest *value.Kind
	// Result is the kind of the result; for map it depends on the function.
	Result value.Kind

	// Strict gets all arguments evaluated: one that is Indeterminate makes the
	// result Indeterminate (A.3). It must not keep or change args.
	Strict func(c Context, args []value.Datum) (value.Datum, error)
	// Lazy evaluates its arguments itself (and, or, n-of: A.3.5).
	Lazy func(c Context, args []Argument) (value.Datum, error)
	// Higher gets the function it applies, and its other arguments (A.3.12).
	Higher *HigherOrder
	// Typed takes the place of Parameters, Rest and Result where they cannot tell
	// the types of calls. May be nil.
	Typed *Typed
	// Prepare does what depends on the literals alone, such as to compile a regular
	// expression, and gives what is left of Strict: the same results, errors and
	// steps. An argument that is not a literal is nil. It gives nil if there is
	// nothing to prepare; Prepare itself may be nil.
	Prepare func(literals []value.Value) func(c Context, args []value.Datum) (value.Datum, error)
	// CheckLiterals looks for errors that show before evaluation, such as a
	// regular expression that is not one. An argument that is not a literal is
	// nil. May be nil.
	CheckLiterals func(args []value.Value) error
	// Paths are the arguments that, if they are strings, are XPath in the version in
	// force where the call stands, which the function does not learn: it reads them
	// as XPath 1.0.
	Paths []int
}

// HigherOrder is the part of a higher-order function that depends on the
// function that it applies.
type HigherOrder struct {
	// Check gives the kind of the result for these arguments.
	Check func(f *Function, args []value.Kind) (value.Kind, error)
	// Apply evaluates.
	Apply func(c Context, f *Function, args []value.Datum) (value.Datum, error)
}

// Typed is the types of a function with alternatives among its parameters, with
// parameters that may be left out, or with a result that depends on a literal.
type Typed struct {
	// Signature is the signature as text: see [Function.Signature].
	Signature string
	// Check gives the kind of the result for these arguments. literals is as long
	// as args; an argument that is not a literal is nil in it.
	Check func(args []value.Kind, literals []value.Value) (value.Kind, error)
}

// Check type-checks a call with arguments of these kinds and gives the kind of
// the result. f is the function argument of a higher-order function, and nil
// for every other function. literals are the values of those arguments that are
// literals, with nil for the others, or nil if no argument is one.
func (fn *Function) Check(f *Function, args []value.Kind, literals []value.Value) (value.Kind, error) {
	if fn.Higher != nil {
		if f == nil {
			return value.Kind{}, errors.New("the first argument must be a Function")
		}
		return fn.Higher.Check(f, args)
	}
	if f != nil {
		return value.Kind{}, errors.New("a Function is no argument of this function")
	}
	if fn.Typed != nil {
		if literals == nil {
			literals = make([]value.Value, len(args))
		}
		return fn.Typed.Check(args, literals)
	}
	if len(args) < len(fn.Parameters) || len(args) > len(fn.Parameters) && fn.Rest == nil {
		return value.Kind{}, fmt.Errorf("wants %s, got %s", count(len(fn.Parameters), fn.Rest != nil), count(len(args), false))
	}
	for i, got := range args {
		want := fn.parameter(i)
		if got.Canonical() != want {
			return value.Kind{}, fmt.Errorf("argument %d: wants %s, got %s", i+1, want, got)
		}
	}
	return fn.Result, nil
}

// parameter is the kind of the i-th parameter.
func (fn *Function) parameter(i int) value.Kind {
	if i < len(fn.Parameters) {
		return fn.Parameters[i]
	}
	return *fn.Rest
}

func count(n int, more bool) string {
	s := fmt.Sprintf("%d arguments", n)
	if n == 1 {
		s = "1 argument"
	}
	if more {
		s += " or more"
	}
	return s
}

// Call evaluates a function that is not higher-order with evaluated arguments.
func (fn *Function) Call(c Context, args []value.Datum) (value.Datum, error) {
	if fn.Lazy == nil {
		return fn.Strict(c, args)
	}
	lazy := make([]Argument, len(args))
	for i, a := range args {
		lazy[i] = func() (value.Datum, error) { return a, nil }
	}
	return fn.Lazy(c, lazy)
}

// Signature is the signature as text, such as `string, string -> boolean`. An
// asterisk marks what may come any number of times, dots what depends on the
// function that is applied. Alternatives stand with "or", and what may be left
// out in brackets.
func (fn *Function) Signature() string {
	if fn.Typed != nil {
		return fn.Typed.Signature
	}
	var parts []string
	if fn.Higher != nil {
		parts = append(parts, "function", "...")
	}
	for _, p := range fn.Parameters {
		parts = append(parts, p.String())
	}
	if fn.Rest != nil {
		parts = append(parts, fn.Rest.String()+"*")
	}
	result := fn.Result.String()
	if fn.Result == value.BagOf(value.TypeUnknown) {
		result = "bag of ..."
	}
	return strings.TrimSpace(strings.Join(parts, ", ") + " -> " + result)
}

// Library is an immutable set of functions by identifier.
type Library struct {
	functions []*Function
	byID      map[string]*Function
}

// NewLibrary makes a library of the functions of several families. It panics
// if two functions have the same identifier: the tables are part of the program.
func NewLibrary(families ...[]*Function) *Library {
	l := &Library{byID: make(map[string]*Function)}
	for _, family := range families {
		for _, f := range family {
			if _, dup := l.byID[f.ID]; dup {
				panic("function: duplicate identifier " + f.ID)
			}
			l.byID[f.ID] = f
			l.functions = append(l.functions, f)
		}
	}
	return l
}

// Lookup gives the function with this identifier, compared code point by code
// point (§7.20), or nil.
func (l *Library) Lookup(id string) *Function { return l.byID[id] }

// Functions lists the functions in the order of the standard. The caller must
// not change them.
func (l *Library) Functions() []*Function { return l.functions }
