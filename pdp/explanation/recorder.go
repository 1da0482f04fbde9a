package explanation

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Limits bound a tree. A field that is zero stands for its default.
type Limits struct {
	Nodes  int // altogether; 10,000
	Depth  int // of nodes inside each other; 80, which readers of messages can take
	Values int // that are shown of a bag; 20
}

// shownValues is how many values of a bag are shown if nothing else is configured.
const shownValues = 20

// orDefault fills in the defaults.
func (l Limits) orDefault() Limits {
	if l.Nodes == 0 {
		l.Nodes = 10_000
	}
	if l.Depth == 0 {
		l.Depth = 80
	}
	if l.Values == 0 {
		l.Values = shownValues
	}
	return l
}

// Recorder makes a tree of an evaluation. Begin and one of the methods that end
// go together; in between are the steps inside. A Recorder belongs to one
// goroutine and one evaluation.
type Recorder struct {
	limits  Limits
	private func(category, id string) bool
	top     *frame
	root    *Node
	nodes   int
	origins map[xacml.AttributeKey]string
	hidden  Hidden
}

// NewRecorder makes a Recorder. private tells which attributes nobody may see the
// values of; nil stands for none.
func NewRecorder(limits Limits, private func(category, id string) bool) *Recorder {
	if private == nil {
		private = func(string, string) bool { return false }
	}
	return &Recorder{limits: limits.orDefault(), private: private, origins: make(map[xacml.AttributeKey]string), hidden: make(Hidden)}
}

// Root is the outermost node, nil if nothing was recorded.
func (r *Recorder) Root() *Node { return r.root }

// Hidden is what must not be shown of what the evaluation saw.
func (r *Recorder) Hidden() Hidden { return r.hidden }

// secrecy tells how far something rests on private values.
type secrecy uint8

const (
	public    secrecy = iota
	concluded         // a truth that was concluded from private values: it is shown
	secret            // private values, or what was computed from them
)

// frame is a step that has begun.
type frame struct {
	node  *Node
	kept  bool // it is in the tree
	outer *frame
	depth int
	// variables is the secrecy of the variables of the policy around, and of those
	// of quantified expressions.
	variables map[string]secrecy
	// bound is the variable of a quantified expression.
	bound   string
	secrecy secrecy
	first   bool   // no step inside has ended yet
	inside  []step // of an Apply or Match
	dropped int    // rules, policies and policy sets inside that are left out
}

// step is an expression inside of another one that has ended.
type step struct {
	node    *Node
	secrecy secrecy
	// truth tells that its value is a single truth, and not a private one.
	truth bool
}

// Begin begins a step. The node must not be used again by the caller.
func (r *Recorder) Begin(n *Node) { r.begin(n, "") }

// BeginQuantified begins a quantified expression that binds a variable.
func (r *Recorder) BeginQuantified(n *Node, variable string) { r.begin(n, variable) }

func (r *Recorder) begin(n *Node, bound string) {
	n.ID, n.Path, n.Version, n.Algorithm = cut(n.ID), cut(n.Path), cut(n.Version), cut(n.Algorithm)
	f := &frame{node: n, outer: r.top, bound: cut(bound), first: true}
	if f.outer == nil {
		f.kept = true
		r.root, r.nodes = n, 1
	} else {
		f.depth = f.outer.depth + 1
		f.kept = f.outer.kept && r.nodes < r.limits.Nodes && f.depth < r.limits.Depth
		f.variables = f.outer.variables
	}
	if f.variables == nil || n.Kind == Policy {
		f.variables = make(map[string]secrecy)
	}
	if f.outer != nil {
		if f.kept {
			r.nodes++
			f.outer.node.Children = append(f.outer.node.Children, n)
		} else {
			f.nearest().Omitted++
		}
	}
	r.top = f
}

// nearest is the innermost node around that is in the tree.
func (f *frame) nearest() *Node {
	for !f.kept {
		f = f.outer
	}
	return f.node
}

// end ends the step.
func (r *Recorder) end() *frame {
	f := r.top
	r.top = f.outer
	return f
}

// From tells where the values of an attribute come from.
func (r *Recorder) From(key xacml.AttributeKey, origin string) { r.origins[key] = origin }

// Read tells that the step uses an attribute.
func (r *Recorder) Read(key xacml.AttributeKey, bag value.Bag) {
	if n := r.top.node; n.Attribute != nil && bag.Len() > 0 && n.Kind == Designator {
		if origin := r.origins[key]; origin != "" {
			n.Attribute.Origin = []string{origin}
		}
	}
	if r.private(key.Category, key.ID) {
		r.top.secrecy = secret
		r.hidden.Add(bag.Values()...)
	}
}

// ReadNested tells that the step uses an attribute of an entity, which is private
// if one of that name is in a category of the standard.
func (r *Recorder) ReadNested(id string) {
	for _, category := range []string{xacml.CategoryAccessSubject, xacml.CategoryResource, xacml.CategoryAction, xacml.CategoryEnvironment} {
		if r.private(category, id) {
			r.top.secrecy = secret
		}
	}
}

// Reduced tells that the step inside that ended last counts as another decision,
// because of its issuer.
func (r *Recorder) Reduced(d xacml.Decision) {
	children := r.top.node.Children
	if len(children) == 0 {
		return
	}
	n := children[len(children)-1]
	if !n.decides() {
		return
	}
	n.Note = "it has an issuer, and is authorised"
	if counts := d.Extended(); counts != n.Result {
		n.Note = "it has an issuer; by itself it is " + n.Result + ", and reduction makes it " + counts
		n.Result = counts
		if d == xacml.NotApplicable && n.Reason == "" {
			n.Reason = "its issuer is not authorised"
		}
	}
}

// EndDecision ends a rule, policy or policy set.
func (r *Recorder) EndDecision(d xacml.Decision, err *xacml.Error) {
	f := r.end()
	n := f.node
	n.Result = d.Extended()
	if d.Indeterminate() {
		n.Status = statusOf(err)
	}
	if d == xacml.NotApplicable {
		n.Reason = n.reason(f.dropped)
		r.shorten(f)
	}
}

// shorten leaves out the inside of a node that does not apply, once half of the
// nodes are used, and the node itself when there are few left, so that there is room
// for what decides.
func (r *Recorder) shorten(f *frame) {
	if f.outer == nil || r.nodes <= r.limits.Nodes/2 {
		return
	}
	n, around := f.node, f.outer.node
	if !f.kept {
		f.outer.dropped++
		return
	}
	inside := n.count()
	r.nodes -= inside - n.omitted()
	n.Omitted, n.Children = inside, nil
	if r.nodes > r.limits.Nodes*3/4 {
		r.nodes--
		around.Children = around.Children[:len(around.Children)-1]
		around.Omitted += 1 + inside
		f.outer.dropped++
	}
}

// omitted is how many nodes inside are left out already.
func (n *Node) omitted() int {
	total := n.Omitted
	for _, c := range n.Children {
		total += c.omitted()
	}
	return total
}

// EndResult ends what matches, holds or was done, or is Indeterminate.
func (r *Recorder) EndResult(result string, err *xacml.Error) {
	f := r.end()
	f.node.Result = result
	if err != nil {
		f.node.Result, f.node.Status = ResultIndeterminate, statusOf(err)
	}
	if f.node.Kind == Match {
		r.guard(f)
	}
}

// Literal records a literal, as a step of its own.
func (r *Recorder) Literal(at policy.Position, v value.Value) {
	r.Begin(&Node{Kind: Literal, Line: at.Line, Column: at.Column})
	r.EndValue(v, nil)
}

// EndValue ends an expression. A datum may come without an error only.
func (r *Recorder) EndValue(d value.Datum, err *xacml.Error) {
	f := r.end()
	n := f.node
	if err != nil {
		n.Result, n.Status = ResultIndeterminate, statusOf(err)
	} else if d != nil {
		n.Value = r.value(d)
	}
	truth := d != nil && d.Kind() == value.One(value.TypeBoolean)
	r.settle(f, truth)
	if f.secrecy == secret && n.Value != nil {
		n.Value.hide()
	}
	o := f.outer
	if o == nil {
		return
	}
	if f.secrecy != public {
		o.secrecy = max(o.secrecy, concluded)
		if o.bound != "" && o.first { // the domain
			o.variables[o.bound] = secret
		}
	}
	o.first = false
	if o.node.Kind == Apply || o.node.Kind == Match {
		o.inside = append(o.inside, step{n, f.secrecy, truth && f.secrecy != secret})
	}
}

// settle finds how secret an expression is.
func (r *Recorder) settle(f *frame, truth bool) {
	n := f.node
	switch n.Kind {
	default: // it is as secret as what it read
	case Variable:
		// What is known of a variable was found where it was evaluated first.
		if f.secrecy != public {
			s := secret
			if truth && !f.passes() {
				s = concluded
			}
			f.variables[n.ID] = max(f.variables[n.ID], s)
		}
		f.secrecy = max(f.secrecy, f.variables[n.ID])
	case Apply, Quantified:
		if f.secrecy == public {
			return
		}
		if !truth || strings.HasSuffix(n.ID, "-one-and-only") {
			f.secrecy = secret
		}
		r.guard(f)
	}
}

// passes tells that the definition of a variable is a private value itself.
func (f *frame) passes() bool {
	return len(f.node.Children) == 0 || f.node.Children[0].Value != nil && f.node.Children[0].Value.Private
}

// guard hides the literals that a private value is compared with.
func (r *Recorder) guard(f *frame) {
	compared := false
	for _, s := range f.inside {
		compared = compared || s.secrecy != public && !s.truth
	}
	if !compared {
		return
	}
	for _, s := range f.inside {
		if s.secrecy == public {
			r.hideAll(s.node)
		}
	}
}

// hideAll hides the values of an expression, but for those of attributes. Literals
// are then hidden everywhere: with a private value they have become one.
func (r *Recorder) hideAll(n *Node) {
	if v := n.Value; v != nil && n.Kind != Designator && n.Kind != Selector {
		if n.Kind == Literal && v.DataType != value.TypeBoolean.ID() {
			r.hidden.add(v.Texts...)
		}
		v.hide()
	}
	for _, c := range n.Children {
		r.hideAll(c)
	}
}

// value shows a datum.
func (r *Recorder) value(d value.Datum) *Value {
	switch d := d.(type) {
	case value.Bag:
		return ValueOf(d.Type().ID(), true, d.Values(), r.limits.Values)
	case value.Value:
		return ValueOf(value.TypeID(d), false, []value.Value{d}, 1)
	default:
		return nil
	}
}
