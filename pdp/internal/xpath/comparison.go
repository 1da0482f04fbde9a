package xpath

import "math"

// relation is an operator of 3.4.
type relation uint8

const (
	equal relation = iota
	unequal
	less
	lessOrEqual
	greater
	greaterOrEqual
)

func relationOf(operator string) relation {
	switch operator {
	case "=":
		return equal
	case "!=":
		return unequal
	case "<":
		return less
	case "<=":
		return lessOrEqual
	case ">":
		return greater
	default:
		return greaterOrEqual
	}
}

// mirrored is the relation with its operands the other way round.
func (r relation) mirrored() relation {
	switch r {
	case less:
		return greater
	case lessOrEqual:
		return greaterOrEqual
	case greater:
		return less
	case greaterOrEqual:
		return lessOrEqual
	default:
		return r
	}
}

// ordering reports whether the relation is about order, and so about numbers.
func (r relation) ordering() bool { return r != equal && r != unequal }

// numbers compares as IEEE 754 does.
func (r relation) numbers(a, b float64) bool {
	switch r {
	case equal:
		return a == b
	case unequal:
		return a != b
	case less:
		return a < b
	case lessOrEqual:
		return a <= b
	case greater:
		return a > b
	default:
		return a >= b
	}
}

// comparison is an EqualityExpr or a RelationalExpr (3.4).
type comparison struct {
	relation    relation
	left, right expr
}

func (comparison) static() Type { return TypeBoolean }

func (x comparison) eval(budget *Budget, f focus) (Result, error) {
	l, r, err := both(budget, f, x.left, x.right)
	if err != nil {
		return Result{}, err
	}
	holds, err := compare(budget, x.relation, l, r)
	return booleanOf(holds), err
}

// compare is the comparison of 3.4. A node-set stands for each of its nodes:
// the comparison is true if it is true of one of them.
func compare(budget *Budget, relation relation, l, r Result) (bool, error) {
	switch {
	case l.either(r, TypeNodeSet) && l.either(r, TypeBoolean):
		return compareSingle(budget, relation, booleanOf(l.Boolean()), booleanOf(r.Boolean()))
	case l.typ == TypeNodeSet && r.typ == TypeNodeSet && relation.ordering():
		return compareRanges(budget, relation, l.nodes, r.nodes)
	case l.typ == TypeNodeSet && r.typ == TypeNodeSet && relation == equal:
		return intersect(budget, l.nodes, r.nodes)
	case l.typ == TypeNodeSet && r.typ == TypeNodeSet:
		return differ(budget, l.nodes, r.nodes)
	case l.typ == TypeNodeSet:
		return compareEach(budget, relation, l.nodes, r)
	case r.typ == TypeNodeSet:
		return compareEach(budget, relation.mirrored(), r.nodes, l)
	default:
		return compareSingle(budget, relation, l, r)
	}
}

// compareSingle compares what is no node-set: for equality as booleans if one
// is a boolean, else as numbers if one is a number, else as strings; for order
// as numbers.
func compareSingle(budget *Budget, relation relation, l, r Result) (bool, error) {
	switch {
	case !relation.ordering() && l.either(r, TypeBoolean):
		return (l.Boolean() == r.Boolean()) == (relation == equal), nil
	case !relation.ordering() && !l.either(r, TypeNumber):
		err := budget.spendText(l.text)
		return (l.text == r.text) == (relation == equal), err
	}
	left, err := l.paidNumber(budget)
	if err != nil {
		return false, err
	}
	right, err := r.paidNumber(budget)
	return relation.numbers(left, right), err
}

// compareEach compares the string-values of nodes with a string or number.
func compareEach(budget *Budget, relation relation, nodes []Node, with Result) (bool, error) {
	for _, n := range nodes {
		holds, err := compareSingle(budget, relation, stringOf(n.StringValue()), with)
		if holds || err != nil {
			return holds, err
		}
	}
	return false, nil
}

// intersect reports whether a string-value occurs on both sides.
func intersect(budget *Budget, a, b []Node) (bool, error) {
	if len(a) > len(b) {
		a, b = b, a
	}
	values := make(map[string]struct{}, len(a))
	for _, n := range a {
		if err := budget.spendText(n.StringValue()); err != nil {
			return false, err
		}
		values[n.StringValue()] = struct{}{}
	}
	for _, n := range b {
		if err := budget.spendText(n.StringValue()); err != nil {
			return false, err
		}
		if _, ok := values[n.StringValue()]; ok {
			return true, nil
		}
	}
	return false, nil
}

// differ reports whether some string-value on one side is not equal to some
// string-value on the other: unless a side is empty or all are the same.
func differ(budget *Budget, a, b []Node) (bool, error) {
	if len(a) == 0 || len(b) == 0 {
		return false, nil
	}
	first := a[0].StringValue()
	for _, side := range [][]Node{a, b} {
		for _, n := range side {
			if err := budget.spendText(first); err != nil {
				return false, err
			}
			if n.StringValue() != first {
				return true, nil
			}
		}
	}
	return false, nil
}

// compareRanges reports whether the relation holds between some number on the
// left and some number on the right. If so, it holds between extremes.
func compareRanges(budget *Budget, relation relation, left, right []Node) (bool, error) {
	leftLow, leftHigh, err := extremes(budget, left)
	if err != nil {
		return false, err
	}
	rightLow, rightHigh, err := extremes(budget, right)
	if relation == less || relation == lessOrEqual {
		return relation.numbers(leftLow, rightHigh), err
	}
	return relation.numbers(leftHigh, rightLow), err
}

// extremes are the least and the greatest number of the string-values, NaN if
// there is none.
func extremes(budget *Budget, nodes []Node) (low, high float64, err error) {
	low, high = math.NaN(), math.NaN()
	for _, n := range nodes {
		number, err := stringOf(n.StringValue()).paidNumber(budget)
		if err != nil {
			return 0, 0, err
		}
		if math.IsNaN(number) {
			continue
		}
		if math.IsNaN(low) || number < low {
			low = number
		}
		if math.IsNaN(high) || number > high {
			high = number
		}
	}
	return low, high, nil
}
