package compile

import (
	"fmt"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// resolveAll resolves references, and reports those that mean nothing among
// the other problems of their documents.
func (l *linker) resolveAll() {
	l.in(union(l.flawed, l.linking), func(n uint32) {
		u := l.units.at(n)
		told := 0
		for _, r := range u.references {
			message := l.resolve(r)
			if message == "" {
				continue
			}
			l.problems = append(l.problems, u.problems[told:r.reference.before]...)
			told = r.reference.before
			l.problems = append(l.problems, policy.Problem{
				File: u.name, Position: r.position(), Path: u.pathOf(r), Reason: policy.ReasonUnresolved, Message: message,
			})
		}
		l.problems = append(l.problems, u.problems[told:]...)
	})
}

// resolve finds the most recent version that the reference accepts (§5.10), or
// says why there is none.
func (l *linker) resolve(o *outline) (problem string) {
	r := &o.reference.Reference
	k := key{r.PolicySet, r.ID}
	known := l.versions(k)
	best := -1
	for i, e := range known {
		if r.Accepts(e.outline.version) && (best < 0 || policy.CompareVersions(e.outline.version, known[best].outline.version) > 0) {
			best = i
		}
	}
	switch {
	case best >= 0:
		l.referents[o] = known[best]
		return ""
	case len(known) == 0:
		return fmt.Sprintf("there is no %s", k)
	default:
		var there []string
		for _, e := range known {
			there = append(there, e.outline.version)
		}
		return fmt.Sprintf("no version of %s is accepted; there is %s", k, strings.Join(there, ", "))
	}
}

// versions gives what a reference by this name can mean, one of each version.
func (l *linker) versions(k key) []entry {
	known, asked := l.known[k]
	if !asked {
		known, _ = versions(l.entries(k))
		l.known[k] = known
	}
	return known
}

// referent gives what the reference means where documents with errors are
// accepted: the entry, or what takes its place.
func (l *linker) referent(o *outline) (to entry, instead *policy.Invalid) {
	to, resolved := l.referents[o]
	switch {
	case !resolved:
		return entry{}, unresolved()
	case l.invalid[to.unit.name] != nil:
		return entry{}, l.invalid[to.unit.name]
	case l.unreadable != nil && o.reference.open():
		return entry{}, l.unreadable // it may hold a newer version of anything
	default:
		return to, nil
	}
}

// open tells that the reference may mean a version that nobody has seen yet.
func (r *reference) open() bool {
	return r.Version == "" || strings.ContainsAny(r.Version, "*+")
}

// unresolved is §7.15.
func unresolved() *policy.Invalid {
	return &policy.Invalid{Status: xacml.ProcessingErrorf("a policy reference cannot be resolved").Status}
}
