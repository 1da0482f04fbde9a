package xpath

// Result is the value of an expression. The methods Text, Number and Boolean
// convert it as the functions string, number and boolean do (4.2 to 4.4). The
// zero Result is none.
type Result struct {
	typ     Type
	nodes   []Node // INVARIANT: in document order, without duplicates
	text    string
	number  float64
	boolean bool
}

func nodeSet(nodes []Node) Result { return Result{typ: TypeNodeSet, nodes: nodes} }
func stringOf(s string) Result    { return Result{typ: TypeString, text: s} }
func numberOf(f float64) Result   { return Result{typ: TypeNumber, number: f} }
func booleanOf(b bool) Result     { return Result{typ: TypeBoolean, boolean: b} }
func (r Result) static() Type     { return r.typ }

// either reports whether one of two values is of a type.
func (r Result) either(o Result, t Type) bool { return r.typ == t || o.typ == t }

// eval makes a constant an expression.
func (r Result) eval(*Budget, focus) (Result, error) { return r, nil }

// Type is the type of the value.
func (r Result) Type() Type { return r.typ }

// Nodes are the nodes of a node-set in document order, each once; other values
// have none. The slice must not be changed.
func (r Result) Nodes() []Node { return r.nodes }

// Text is the value as a string (4.2, string). A node-set gives the
// string-value of its first node, or the empty string.
func (r Result) Text() string {
	switch r.typ {
	case TypeNodeSet:
		if len(r.nodes) == 0 {
			return ""
		}
		return r.nodes[0].StringValue()
	case TypeBoolean:
		if r.boolean {
			return "true"
		}
		return "false"
	case TypeNumber:
		return formatNumber(r.number)
	default:
		return r.text
	}
}

// Number is the value as a number (4.4, number).
func (r Result) Number() float64 {
	switch {
	case r.typ == TypeNumber:
		return r.number
	case r.typ != TypeBoolean:
		return parseNumber(r.Text())
	case r.boolean:
		return 1
	default:
		return 0
	}
}

// Boolean is the value as a boolean (4.3, boolean).
func (r Result) Boolean() bool {
	switch r.typ {
	case TypeNodeSet:
		return len(r.nodes) > 0
	case TypeNumber:
		return r.number < 0 || r.number > 0 // not NaN
	case TypeBoolean:
		return r.boolean
	default:
		return r.text != ""
	}
}

// paidNumber is the value as a number, with what it takes to read the text.
func (r Result) paidNumber(budget *Budget) (float64, error) {
	if r.typ == TypeNodeSet || r.typ == TypeString {
		if err := budget.spendText(r.Text()); err != nil {
			return 0, err
		}
	}
	return r.Number(), nil
}
