package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/forseti-pdp/forseti/pdp/explanation"
)

// tone is how a result is to be taken.
type tone uint8

const (
	neutral tone = iota
	good         // Permit, and what holds
	bad          // Deny
	unclear      // Indeterminate
	idle         // NotApplicable, and what does not hold
)

func toneOf(result string) tone {
	switch {
	case result == "Permit", result == explanation.ResultMatch, result == explanation.ResultTrue:
		return good
	case result == "Deny":
		return bad
	case strings.HasPrefix(result, explanation.ResultIndeterminate):
		return unclear
	case result == "NotApplicable", result == explanation.ResultNoMatch, result == explanation.ResultFalse:
		return idle
	default:
		return neutral
	}
}

// mark is the tone as one character.
func (t tone) mark() string {
	switch t {
	case good:
		return "✓"
	case bad:
		return "✗"
	case unclear:
		return "!"
	case idle:
		return "·"
	default:
		return "–"
	}
}

// decides tells that the result of the node is a decision.
func decides(n *explanation.Node) bool {
	switch n.Kind {
	case explanation.Documents, explanation.PolicySet, explanation.Policy, explanation.Invalid, explanation.Rule:
		return true
	default:
		return false
	}
}

// title says what the node is, without its result.
func title(n *explanation.Node) string {
	switch n.Kind {
	case explanation.Documents:
		return "all policies, " + short(n.Algorithm)
	case explanation.PolicySet:
		return "policy set " + id(n)
	case explanation.Policy:
		return "policy " + id(n)
	case explanation.Invalid:
		return "a policy that is not valid"
	case explanation.Rule:
		return "rule " + id(n) + " (" + printable(n.Effect) + ")"
	case explanation.Target:
		return "target"
	case explanation.AnyOf:
		return "one of these"
	case explanation.AllOf:
		return "all of these"
	case explanation.Condition:
		return "condition"
	case explanation.Match:
		return match(n)
	case explanation.Obligation:
		return "obligation " + id(n)
	case explanation.Advice:
		return "advice " + id(n)
	case explanation.Assignment:
		return id(n)
	case explanation.Literal:
		return "literal"
	case explanation.Designator:
		return printable(n.Attribute.Name())
	case explanation.Selector:
		return "path " + printable(n.Path)
	case explanation.Variable:
		return "variable " + id(n)
	case explanation.Function, explanation.Apply, explanation.Quantified:
		return short(n.ID)
	default:
		return printable(string(n.Kind))
	}
}

// match is a match in one line.
func match(n *explanation.Node) string {
	if len(n.Children) != 2 {
		return short(n.ID)
	}
	literal, bag := n.Children[0], n.Children[1]
	text := expression(bag) + ", wants " + explanation.Wanted(short(n.ID), values(literal.Value))
	if n.Status != nil && inherited(n) { // what is inside is not shown
		text += " — " + status(n.Status)
	}
	return text
}

// expression is an expression with its value in one line.
func expression(n *explanation.Node) string {
	text := title(n)
	switch {
	case n.Kind == explanation.Literal:
		text = values(n.Value)
	case n.Value != nil:
		text += " = " + values(n.Value)
	}
	if n.Attribute != nil && len(n.Attribute.Origin) > 0 {
		text += " (" + printable(strings.Join(n.Attribute.Origin, ", ")) + ")"
	}
	return text
}

// values is a value with few of its texts.
func values(v *explanation.Value) string {
	const most, longest = 6, 80
	if v == nil {
		return "unknown"
	}
	few := *v
	few.Texts = nil
	for _, text := range v.Texts[:min(most, len(v.Texts))] {
		if len(text) > longest {
			text = strings.ToValidUTF8(text[:longest], "") + "…"
		}
		few.Texts = append(few.Texts, text)
	}
	return few.Text()
}

// status is why something is Indeterminate.
func status(s *explanation.Status) string {
	text := printable(s.Code[strings.LastIndexByte(s.Code, ':')+1:])
	if s.Message != "" {
		text += ": " + printable(s.Message)
	}
	return text
}

// remark is what there is to say of the node beside its title and result.
func remark(n *explanation.Node) string {
	var parts []string
	if n.Reason != "" {
		parts = append(parts, printable(n.Reason))
	}
	if n.Note != "" {
		parts = append(parts, printable(n.Note))
	}
	if n.Status != nil && !inherited(n) {
		parts = append(parts, status(n.Status))
	}
	return strings.Join(parts, "; ")
}

// inherited tells that the status of the node is that of one inside, which says it.
func inherited(n *explanation.Node) bool {
	return slices.ContainsFunc(n.Children, func(c *explanation.Node) bool {
		return c.Status != nil && c.Status.Code == n.Status.Code && c.Status.Message == n.Status.Message
	})
}

// id is the identifier and version.
func id(n *explanation.Node) string {
	text := printable(n.ID)
	if n.Version != "" {
		text += " " + printable(n.Version)
	}
	return text
}

// short is an identifier without what the standard puts in front.
func short(id string) string { return printable(explanation.ShortName(id)) }

// printable is the text, quoted if it holds what a terminal might act on.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// milliseconds is a time for people.
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 2, 64) + " ms"
}

// answered says how a source answered.
func answered(l *explanation.Lookup) string {
	text := printable(l.Outcome)
	switch {
	case l.Cached:
		text = "from a cache, " + l.Age.Round(time.Millisecond).String() + " old"
	case l.Questions == 0 && l.Error == "":
		text = "not asked: what it needs has no value"
	}
	if l.Stale {
		text += ", stale"
	}
	return text
}

// provided is one attribute of a source or request with its values.
func provided(a *explanation.Attribute) string { return printable(a.Name()) + " = " + values(a.Values) }

// summary says what the decision was made on, and what the tree is worth.
func summary(d *explanation.Decision) string {
	p := &d.Policies
	text := fmt.Sprintf("%d of %d documents may apply", p.Possible, p.Documents)
	if p.Documents == 0 {
		text = "no documents were looked at"
	}
	return text + ", " + agreement(d.Agreement)
}

// agreement says what the tree is worth.
func agreement(a explanation.Agreement) string {
	switch a {
	case explanation.Agrees:
		return "the explanation agrees with the answer"
	case explanation.Differs:
		return "THE EXPLANATION DOES NOT AGREE WITH THE ANSWER: report this as a fault"
	default:
		return "the explanation is not complete, and could not be compared with the answer"
	}
}

// folded is what is shown of a node: itself, or that inside of a part of a target
// on which alone the part rests.
func folded(n *explanation.Node) *explanation.Node {
	for part(n) && n.Omitted == 0 {
		var only *explanation.Node
		for i, decisive := range n.Decisive() {
			switch {
			case !decisive:
			case only != nil:
				return n
			default:
				only = n.Children[i]
			}
		}
		if only == nil {
			return n
		}
		n = only
	}
	return n
}

// part tells that the node is a target or a part of it that holds others.
func part(n *explanation.Node) bool {
	return n.Kind == explanation.Target || n.Kind == explanation.AnyOf || n.Kind == explanation.AllOf
}
