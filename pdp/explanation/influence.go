package explanation

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Decisive tells for each child whether the result of the node rests on it. The
// others could be left out of the story: a rule that does not apply below a
// policy that permits, a part of a target that matches where another one does
// not.
func (n *Node) Decisive() []bool {
	out := make([]bool, len(n.Children))
	for i, c := range n.Children {
		out[i] = n.restsOn(c)
	}
	return out
}

func (n *Node) restsOn(c *Node) bool {
	switch n.Kind {
	case Documents, PolicySet, Policy, Rule:
		return n.decisionRestsOn(c)
	case Target, AllOf: // tables 1 and 3
		return failed(c) == (n.Result == ResultIndeterminate) && (n.Result != ResultNoMatch || refuted(c))
	case AnyOf: // table 2
		return failed(c) == (n.Result == ResultIndeterminate) && (n.Result != ResultMatch || !refuted(c))
	case Apply:
		if truth, ok := n.truth(); ok {
			switch {
			case strings.HasSuffix(n.ID, ":and") && !truth, strings.HasSuffix(n.ID, ":or") && truth:
				other, ok := c.truth()
				return ok && other == truth
			}
		}
		return true
	default:
		return true
	}
}

// decisionRestsOn is for what has a decision.
func (n *Node) decisionRestsOn(c *Node) bool {
	switch {
	case c.Kind == Target && n.Result == resultNotApplicable:
		return c.Result == ResultNoMatch
	case c.Kind == Condition && n.Result == resultNotApplicable:
		return refuted(c)
	case !c.decides():
		return !indeterminate(n) || indeterminate(c)
	case c.Result == ResultMatch || c.Result == ResultNoMatch: // looked at by only-one-applicable (C.9)
		return indeterminate(n) && c.Result == ResultMatch
	case n.Result == resultNotApplicable:
		return c.cameClose()
	case indeterminate(n):
		return indeterminate(c)
	default:
		return c.Result == n.Result
	}
}

// cameClose tells that a policy or policy set does not apply although its own
// target does not keep it from that.
func (n *Node) cameClose() bool {
	if n.Kind == Rule || n.Omitted > 0 {
		return false
	}
	for _, c := range n.Children {
		if c.Kind == Target && c.Result == ResultNoMatch {
			return false
		}
	}
	return true
}

func failed(n *Node) bool { return n.Result == ResultIndeterminate }

func indeterminate(n *Node) bool { return strings.HasPrefix(n.Result, ResultIndeterminate) }

func refuted(n *Node) bool { return n.Result == ResultNoMatch || n.Result == ResultFalse }

// truth is the value of an expression that is a single boolean and not private.
func (n *Node) truth() (truth, ok bool) {
	v := n.Value
	if v == nil || v.Bag || v.Private || len(v.Texts) != 1 || v.DataType != value.TypeBoolean.ID() {
		return false, false
	}
	return v.Texts[0] == "true", true
}
