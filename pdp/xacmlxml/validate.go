package xacmlxml

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// report collects the problems of one document.
type report struct {
	file             string
	limit            int // of errors, and of warnings
	errors, warnings int
	problems         policy.Problems
}

// add reports a problem of e at a place in it. Beyond the limit, one more
// problem stands for all others.
func (r *report) add(e *element, at policy.Position, reason policy.Reason, message string) {
	switch r.errors++; {
	case r.errors <= r.limit:
		r.problems = append(r.problems, r.problem(e, at, reason, message))
	case r.errors == r.limit+1:
		r.problems = append(r.problems, policy.Problem{
			File: r.file, Position: at, Reason: reason, Message: "there are more problems than are reported",
		})
	}
}

// warn reports what does not refuse the document.
func (r *report) warn(e *element, at policy.Position, reason policy.Reason, message string) {
	if r.warnings++; r.warnings <= r.limit {
		p := r.problem(e, at, reason, message)
		p.Warning = true
		r.problems = append(r.problems, p)
	}
}

func (r *report) problem(e *element, at policy.Position, reason policy.Reason, message string) policy.Problem {
	return policy.Problem{File: r.file, Position: at, Path: path(e), Reason: reason, Message: message}
}

// fault reports that the document is not well-formed or beyond a limit.
func (r *report) fault(f *fault) {
	r.errors++
	r.problems = append(r.problems, policy.Problem{File: r.file, Position: f.Position, Reason: f.reason, Message: f.message})
}

// landmarks are the elements that a path names, with the attribute that
// identifies them.
var landmarks = map[string]string{
	"PolicySet": "PolicySetId", "Policy": "PolicyId", "Rule": "RuleId", "VariableDefinition": "VariableId",
	"Target": "", "Condition": "", "ObligationExpression": "ObligationId", "AdviceExpression": "AdviceId",
	"PolicyIssuer": "", "Attributes": "Category", "Attribute": "AttributeId", "Content": "", "MultiRequests": "",
	"Obligation": "ObligationId", "Advice": "AdviceId", "Result": "",
}

// path leads to e by ids: Policy "a" / Rule "b" / Condition.
func path(e *element) string {
	var steps []string
	for ; e != nil; e = e.parent {
		id, known := landmarks[e.local]
		if !known || e.space != xacml.Namespace {
			continue
		}
		step := e.local
		if id != "" {
			if v := e.uri(id); v != "" {
				step += " " + quote(v)
			}
		}
		steps = append(steps, step)
	}
	slices.Reverse(steps)
	return strings.Join(steps, " / ")
}

// validate checks e, an element of the schema, and everything in it.
func (r *report) validate(e *element) {
	decl := schema[e.local]
	r.validateAttributes(e, decl)
	switch decl.content.kind {
	case nothing:
		if len(e.elements()) > 0 || e.text() != "" {
			r.add(e, e.Position, policy.ReasonParse, e.local+" must be empty, without white space")
		}
	case particles:
		r.refuseText(e)
		r.validateChildren(e, decl.content.particles)
	case simpleText:
		for _, c := range e.elements() {
			r.add(e, c.Position, policy.ReasonParse, unexpected(c, e))
		}
		if wrong := decl.content.text.check(e.text()); wrong != "" {
			r.add(e, e.Position, policy.ReasonParse, e.local+" "+wrong)
		}
	case openValue:
		r.validateInside(e) // the data type may ask for more; see value
	case oneElement:
		if n := len(e.elements()); n != 1 {
			r.add(e, e.Position, policy.ReasonParse, e.local+" must hold exactly one element")
		}
		r.validateInside(e)
	case anyElements:
		r.refuseText(e)
		r.validateInside(e)
	}
}

// validateInside checks those elements of the schema that occur in content of
// any kind (processContents="lax").
func (r *report) validateInside(e *element) {
	for _, c := range e.elements() {
		if _, known := schema[c.local]; known && c.space == xacml.Namespace {
			r.validate(c)
		} else {
			r.validateInside(c)
		}
	}
}

// refuseSameIDs reports each xml:id of the document that was there before; lines
// are those of the ids so far.
func (r *report) refuseSameIDs(e *element, lines map[string]int) {
	if a, ok := e.lookup(xacml.XMLNamespace, "id"); ok {
		id := collapse(a.value)
		if line, ok := lines[id]; ok {
			r.add(e, a.Position, policy.ReasonDuplicate, fmt.Sprintf("xml:id %s is used twice, first in line %d", quote(id), line))
		} else {
			lines[id] = a.Line
		}
	}
	for _, c := range e.elements() {
		r.refuseSameIDs(c, lines)
	}
}

// refuseText reports text in an element that has none.
func (r *report) refuseText(e *element) {
	if strings.Trim(e.text(), " \t\r\n") != "" {
		r.add(e, e.Position, policy.ReasonParse, "text is not allowed in "+e.local)
	}
}

// validateChildren assigns the children of e to the particles of a sequence.
func (r *report) validateChildren(e *element, sequence []particle) {
	counts := make([]int, len(sequence))
	current := 0
	for _, c := range e.elements() {
		at := slices.IndexFunc(sequence, func(p particle) bool {
			return c.space == xacml.Namespace && slices.Contains(p.names, c.local)
		})
		if at < 0 {
			r.add(e, c.Position, policy.ReasonParse, unexpected(c, e))
			continue
		}
		counts[at]++
		switch p := sequence[at]; {
		case p.max == 1 && counts[at] > 1:
			r.add(e, c.Position, policy.ReasonParse, e.local+" has more than one "+p.String())
		case p.max >= 0 && counts[at] > p.max:
			r.add(e, c.Position, policy.ReasonParse, fmt.Sprintf("%s must hold %s at most %d times", e.local, p, p.max))
		case at < current:
			r.add(e, c.Position, policy.ReasonParse, c.local+" is out of order in "+e.local)
		}
		current = max(current, at)
		r.validate(c)
	}
	for i, p := range sequence {
		switch {
		case counts[i] >= p.min:
		case counts[i] == 0:
			r.add(e, e.Position, policy.ReasonParse, e.local+" has no "+p.String())
		default:
			r.add(e, e.Position, policy.ReasonParse, fmt.Sprintf("%s must hold %s at least %d times", e.local, p, p.min))
		}
	}
}

// unexpected is the message for a child that e must not have.
func unexpected(c, e *element) string {
	switch _, known := schema[c.local]; {
	case c.space == xacml.Namespace && known:
		return "element " + c.local + " is not allowed in " + e.local
	case c.space == xacml.Namespace:
		return "unknown element " + quote(c.local)
	default:
		return "element " + quote(c.local) + " of namespace " + quote(c.space) + " is not allowed in " + e.local
	}
}

// validateAttributes checks that e has the attributes that it must have, and no
// others.
func (r *report) validateAttributes(e *element, decl elementDecl) {
	for _, a := range e.attributes {
		at := slices.IndexFunc(decl.attributes, func(d attributeDecl) bool {
			return d.space == a.space && d.local == a.local
		})
		switch {
		case at >= 0:
			if wrong := decl.attributes[at].typ.check(a.value); wrong != "" {
				r.add(e, a.Position, policy.ReasonParse, "attribute "+a.local+" "+wrong)
			}
		case isHint(a):
		case decl.content.kind == openValue && !isInstance(a):
			// The schema allows any attribute; see refuseAttributes for those without namespace.
		case a.space == "":
			r.add(e, a.Position, policy.ReasonParse, "unknown attribute "+quote(a.local)+" of "+e.local)
		default:
			r.add(e, a.Position, policy.ReasonParse,
				"attribute "+quote(a.local)+" of namespace "+quote(a.space)+" is not allowed on "+e.local)
		}
	}
	for _, d := range decl.attributes {
		if _, ok := e.lookup(d.space, d.local); !ok && !d.optional {
			r.add(e, e.Position, policy.ReasonParse, e.local+" has no attribute "+d.local)
		}
	}
}

// isInstance reports whether a is of the namespace that XML Schema reserves for
// attributes of documents.
func isInstance(a attribute) bool { return a.space == "http://www.w3.org/2001/XMLSchema-instance" }

// isHint reports whether a tells where a schema is to be found, which is ignored.
func isHint(a attribute) bool {
	return isInstance(a) && (a.local == "schemaLocation" || a.local == "noNamespaceSchemaLocation")
}
