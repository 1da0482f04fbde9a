package explanation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// reason says why a rule, policy or policy set is NotApplicable. It held that many
// that are left out.
func (n *Node) reason(dropped int) string {
	inside := dropped
	var only *Node
	for _, c := range n.Children {
		switch {
		case c.Kind == Target && c.Result == ResultNoMatch:
			return c.mismatch()
		case c.Kind == Condition && c.Result == ResultFalse:
			return "the condition is False"
		case c.decides():
			inside++
			only = c
		}
	}
	what := "policies"
	if n.Kind == Policy {
		what = "rules"
	}
	switch {
	case n.Kind == Rule:
		return ""
	case inside == 0:
		return "it holds no " + what
	case inside == 1 && only != nil && only.Reason != "":
		return only.Reason
	default:
		return fmt.Sprintf("none of its %d %s applies", inside, what)
	}
}

// mismatch says why a target does not match: what the attributes of the AnyOf
// that does not are, and what it wants.
func (t *Node) mismatch() string {
	var wants []*want
	for _, anyOf := range t.Children {
		if anyOf.Result != ResultNoMatch {
			continue
		}
		for _, allOf := range anyOf.Children {
			for _, m := range allOf.Children {
				if m.Result == ResultFalse {
					wants = appendWant(wants, m)
				}
			}
		}
	}
	if len(wants) == 0 {
		return "the target does not match"
	}
	const most = 3
	var texts []string
	for _, w := range wants[:min(len(wants), most)] {
		texts = append(texts, w.text())
	}
	if len(wants) > most {
		texts = append(texts, fmt.Sprintf("and %d more", len(wants)-most))
	}
	return strings.Join(texts, "; ")
}

// want is what matches ask of one attribute in one way.
type want struct {
	bag      *Node
	how      string // the function, empty for equality
	literals []string
	private  bool
}

func appendWant(wants []*want, match *Node) []*want {
	if len(match.Children) != 2 {
		return wants
	}
	literal, bag := match.Children[0], match.Children[1]
	how := ""
	if name := ShortName(match.ID); !strings.HasSuffix(name, "-equal") && !strings.HasSuffix(name, "-equal-ignore-case") {
		how = name
	}
	at := slices.IndexFunc(wants, func(w *want) bool {
		return w.how == how && w.bag.Name() == bag.Name() && w.bag.Path == bag.Path
	})
	if at < 0 {
		at = len(wants)
		wants = append(wants, &want{bag: bag, how: how})
	}
	if v := literal.Value; v != nil && !v.Private && len(v.Texts) == 1 {
		wants[at].literals = append(wants[at].literals, v.Text())
	} else {
		wants[at].private = true
	}
	return wants
}

func (w *want) text() string {
	text := w.bag.Name() + " is " + w.bag.Value.Text()
	if v := w.bag.Value; v != nil && v.Count == 0 {
		text = w.bag.Name() + " has no value"
	}
	literals := w.literals
	const most = 5
	if len(literals) > most {
		literals = append(slices.Clone(literals[:most]), fmt.Sprintf("%d more", len(literals)-most))
	}
	if w.private {
		literals = append(slices.Clone(literals), Masked)
	}
	return text + ", wanted " + Wanted(w.how, strings.Join(literals, " or "))
}

// Wanted says what a match with this function, of which the short name is given, wants
// of a value. The literal is the first argument (§7.6): an order has to be read so.
func Wanted(function, literals string) string {
	switch {
	case function == "":
		return literals
	case strings.Contains(function, "-greater-than"), strings.Contains(function, "-less-than"):
		return literals + " " + function + " it"
	default:
		return function + " " + literals
	}
}

// Masked stands for a private value.
const Masked = "‹private›"

// Text is the value for people: quoted, and private values masked.
func (v *Value) Text() string {
	switch {
	case v == nil:
		return "unknown"
	case v.Private && v.Count == 1 && !v.Bag:
		return Masked
	case v.Private:
		return fmt.Sprintf("%s (%d)", Masked, v.Count)
	case v.Bag && v.Count == 0:
		return "empty"
	}
	texts := make([]string, len(v.Texts), len(v.Texts)+1)
	for i, t := range v.Texts {
		texts[i] = t
		if !v.plain() {
			texts[i] = strconv.Quote(t)
		}
	}
	if more := v.Count - len(v.Texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(texts, ", ")
}

// plain tells that the values need no quotes.
func (v *Value) plain() bool {
	switch v.DataType {
	case value.TypeBoolean.ID(), value.TypeInteger.ID(), value.TypeDouble.ID():
		return true
	default:
		return false
	}
}

// Name is the attribute or path for people.
func (n *Node) Name() string {
	if a := n.Attribute; a != nil && n.Kind != Selector {
		return a.Name()
	}
	if n.Path != "" {
		return n.Path
	}
	return ShortName(n.ID)
}

// Name is the category and identifier for people.
func (a *Attribute) Name() string {
	category := a.Category
	if short, ok := strings.CutPrefix(category, "urn:oasis:names:tc:xacml:"); ok {
		category = short[strings.LastIndexByte(short, ':')+1:]
	}
	if category == "access-subject" {
		category = "subject"
	}
	return category + " " + ShortName(a.ID)
}

// ShortName is the last part of an identifier that the standard defines, and
// every other one as it is.
func ShortName(id string) string {
	if rest, ok := strings.CutPrefix(id, "urn:oasis:names:tc:xacml:"); ok {
		return rest[strings.LastIndexByte(rest, ':')+1:]
	}
	if rest, ok := strings.CutPrefix(id, "http://www.w3.org/2001/XMLSchema#"); ok {
		return rest
	}
	return id
}
