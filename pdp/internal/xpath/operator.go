package xpath

import "math"

// operation is a binary operator (3.4, 3.5) with its operands.
func operation(operator string, left, right expr) expr {
	switch operator {
	case "or", "and":
		return logical{or: operator == "or", left: left, right: right}
	case "+", "-", "*", "div", "mod":
		return arithmetic{operator: operator, left: left, right: right}
	default:
		return comparison{relation: relationOf(operator), left: left, right: right}
	}
}

// both evaluates two operands.
func both(budget *Budget, f focus, left, right expr) (l, r Result, err error) {
	if err := budget.spend(1); err != nil {
		return Result{}, Result{}, err
	}
	if l, err = left.eval(budget, f); err != nil {
		return Result{}, Result{}, err
	}
	r, err = right.eval(budget, f)
	return l, r, err
}

// logical is "or" or "and" (3.4); the right operand is evaluated only if it
// matters.
type logical struct {
	or          bool
	left, right expr
}

func (logical) static() Type { return TypeBoolean }

func (x logical) eval(budget *Budget, f focus) (Result, error) {
	if err := budget.spend(1); err != nil {
		return Result{}, err
	}
	r, err := x.left.eval(budget, f)
	if err != nil {
		return Result{}, err
	}
	if r.Boolean() == x.or {
		return booleanOf(x.or), nil
	}
	r, err = x.right.eval(budget, f)
	return booleanOf(r.Boolean()), err
}

// arithmetic is an operator on numbers (3.5): IEEE 754 without traps.
type arithmetic struct {
	operator    string
	left, right expr
}

func (arithmetic) static() Type { return TypeNumber }

func (x arithmetic) eval(budget *Budget, f focus) (Result, error) {
	l, r, err := both(budget, f, x.left, x.right)
	if err != nil {
		return Result{}, err
	}
	left, err := l.paidNumber(budget)
	if err != nil {
		return Result{}, err
	}
	right, err := r.paidNumber(budget)
	if err != nil {
		return Result{}, err
	}
	switch x.operator {
	case "+":
		return numberOf(left + right), nil
	case "-":
		return numberOf(left - right), nil
	case "*":
		return numberOf(left * right), nil
	case "div":
		return numberOf(left / right), nil
	default:
		return numberOf(math.Mod(left, right)), nil // with the sign of the left operand
	}
}

// negation is one or more minus signs (3.5).
type negation struct {
	operand  expr
	negative bool // the number of signs is odd
}

func (negation) static() Type { return TypeNumber }

func (x negation) eval(budget *Budget, f focus) (Result, error) {
	r, err := x.operand.eval(budget, f)
	if err != nil {
		return Result{}, err
	}
	if err := budget.spend(1); err != nil {
		return Result{}, err
	}
	number, err := r.paidNumber(budget)
	if x.negative {
		number = -number
	}
	return numberOf(number), err
}
