package xpath

import (
	"math"
	"strconv"
)

// function is a function of the core library (section 4).
type function struct {
	name     string
	min, max int // arguments
	result   Type
	nodes    bool // arguments must be node-sets
	implicit bool // no argument stands for the context node
	focused  bool // depends on the position or size of the context
	apply    func(*Budget, focus, []Result) (Result, error)
}

// arity is the number of arguments in words.
func (f function) arity() string {
	switch {
	case f.min == f.max:
		return strconv.Itoa(f.min)
	case f.max == many:
		return "at least " + strconv.Itoa(f.min)
	default:
		return strconv.Itoa(f.min) + " to " + strconv.Itoa(f.max)
	}
}

// many is more arguments than fit into an expression.
const many = MaxLength

// coreFunctions is the core function library in the order of section 4.
func coreFunctions() []function {
	return []function{
		// 4.1 node sets
		{name: "last", result: TypeNumber, focused: true, apply: last},
		{name: "position", result: TypeNumber, focused: true, apply: position},
		{name: "count", min: 1, max: 1, result: TypeNumber, nodes: true, apply: count},
		{name: "id", min: 1, max: 1, result: TypeNodeSet, apply: id},
		{name: "local-name", max: 1, result: TypeString, nodes: true, implicit: true, apply: localName},
		{name: "namespace-uri", max: 1, result: TypeString, nodes: true, implicit: true, apply: namespaceURI},
		{name: "name", max: 1, result: TypeString, nodes: true, implicit: true, apply: qualifiedName},
		// 4.2 strings
		{name: "string", max: 1, result: TypeString, implicit: true, apply: toString},
		{name: "concat", min: 2, max: many, result: TypeString, apply: concat},
		{name: "starts-with", min: 2, max: 2, result: TypeBoolean, apply: startsWith},
		{name: "contains", min: 2, max: 2, result: TypeBoolean, apply: contains},
		{name: "substring-before", min: 2, max: 2, result: TypeString, apply: substringBefore},
		{name: "substring-after", min: 2, max: 2, result: TypeString, apply: substringAfter},
		{name: "substring", min: 2, max: 3, result: TypeString, apply: substring},
		{name: "string-length", max: 1, result: TypeNumber, implicit: true, apply: stringLength},
		{name: "normalize-space", max: 1, result: TypeString, implicit: true, apply: normalizedSpace},
		{name: "translate", min: 3, max: 3, result: TypeString, apply: translate},
		// 4.3 booleans
		{name: "boolean", min: 1, max: 1, result: TypeBoolean, apply: toBoolean},
		{name: "not", min: 1, max: 1, result: TypeBoolean, apply: not},
		{name: "true", result: TypeBoolean, apply: constant(booleanOf(true))},
		{name: "false", result: TypeBoolean, apply: constant(booleanOf(false))},
		{name: "lang", min: 1, max: 1, result: TypeBoolean, apply: lang},
		// 4.4 numbers
		{name: "number", max: 1, result: TypeNumber, implicit: true, apply: onNumber(func(f float64) float64 { return f })},
		{name: "sum", min: 1, max: 1, result: TypeNumber, nodes: true, apply: sum},
		{name: "floor", min: 1, max: 1, result: TypeNumber, apply: onNumber(math.Floor)},
		{name: "ceiling", min: 1, max: 1, result: TypeNumber, apply: onNumber(math.Ceil)},
		{name: "round", min: 1, max: 1, result: TypeNumber, apply: onNumber(round)},
	}
}

// call is a FunctionCall (3.2).
type call struct {
	function function
	args     []expr
}

func (x call) static() Type { return x.function.result }

func (x call) eval(budget *Budget, f focus) (Result, error) {
	if err := budget.spend(1 + len(x.args)); err != nil {
		return Result{}, err
	}
	var few [3]Result
	args := few[:0]
	for _, arg := range x.args {
		r, err := arg.eval(budget, f)
		if err != nil {
			return Result{}, err
		}
		args = append(args, r)
	}
	return x.function.apply(budget, f, args)
}

// constant is the apply of a function without arguments.
func constant(r Result) func(*Budget, focus, []Result) (Result, error) {
	return func(*Budget, focus, []Result) (Result, error) { return r, nil }
}

// onNumber is the apply of a function from number to number.
func onNumber(do func(float64) float64) func(*Budget, focus, []Result) (Result, error) {
	return func(budget *Budget, _ focus, args []Result) (Result, error) {
		number, err := args[0].paidNumber(budget)
		return numberOf(do(number)), err
	}
}

// sum is the sum of the numbers of the string-values (4.4).
func sum(budget *Budget, _ focus, args []Result) (Result, error) {
	total := 0.0
	for _, n := range args[0].nodes {
		number, err := stringOf(n.StringValue()).paidNumber(budget)
		if err != nil {
			return Result{}, err
		}
		total += number
	}
	return numberOf(total), nil
}

func toBoolean(_ *Budget, _ focus, args []Result) (Result, error) {
	return booleanOf(args[0].Boolean()), nil
}

func not(_ *Budget, _ focus, args []Result) (Result, error) {
	return booleanOf(!args[0].Boolean()), nil
}
