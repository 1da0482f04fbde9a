package compile

import (
	"fmt"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// key names policies of all versions: policies and policy sets are separate
// name spaces (§5.10, 5.11).
type key struct {
	policySet bool
	id        string
}

func (k key) String() string {
	if k.policySet {
		return fmt.Sprintf("PolicySet %q", k.id)
	}
	return fmt.Sprintf("Policy %q", k.id)
}

type entry struct {
	version string
	child   policy.Child
	file    string
}

// catalogue holds every policy and policy set of the documents, nested ones too.
type catalogue map[key][]entry

// catalogue collects what references can mean and reports what is there twice:
// id and version must be unique (§5.1, 5.14).
func (c *checker) catalogue(documents []policy.Document) catalogue {
	cat := make(catalogue)
	add := func(k key, version string, child policy.Child) {
		for _, e := range cat[k] {
			if policy.CompareVersions(e.version, version) == 0 {
				if c.options.Lenient { // nobody can tell which of them is meant
					second := c.file
					c.file = e.file
					c.errorf(e.child.Place(), policy.ReasonDuplicate, "%s version %q is defined twice, again at %s:%s", k, version, second, child.Place())
					c.file = second
				}
				c.errorf(child.Place(), policy.ReasonDuplicate, "%s version %q is defined twice, first at %s:%s", k, version, e.file, e.child.Place())
				return
			}
		}
		cat[k] = append(cat[k], entry{version, child, c.file})
	}
	var walk func(policy.Child)
	walk = func(child policy.Child) {
		c.files[child] = c.file
		switch p := child.(type) {
		case *policy.Policy:
			add(key{false, p.ID}, p.Version, p)
		case *policy.PolicySet:
			add(key{true, p.ID}, p.Version, p)
			for _, inner := range p.Children {
				walk(inner)
			}
		case *policy.Reference, *policy.Invalid:
		}
	}
	for _, d := range documents {
		c.file = d.Name
		if d.Root != nil {
			walk(d.Root)
		}
	}
	return cat
}

// resolve finds the most recent version that the reference accepts (§5.10).
func (c *checker) resolve(r *policy.Reference, cat catalogue) {
	k := key{r.PolicySet, r.ID}
	var best *entry
	for i, e := range cat[k] {
		if r.Accepts(e.version) && (best == nil || policy.CompareVersions(e.version, best.version) > 0) {
			best = &cat[k][i]
		}
	}
	switch {
	case best != nil:
		c.set.references[r] = best.child
	case len(cat[k]) == 0:
		c.errorf(r.Position, policy.ReasonUnresolved, "there is no %s", k)
	default:
		var versions []string
		for _, e := range cat[k] {
			versions = append(versions, e.version)
		}
		c.errorf(r.Position, policy.ReasonUnresolved, "no version of %s is accepted; there is %s", k, strings.Join(versions, ", "))
	}
}

// extent is how deep and how large a policy set is with references followed.
type extent struct {
	depth, nodes int
}

// checkGraph finds circles of references, and policy sets that are too deep or
// too large once references are followed (§5.10, 7.15).
func (c *checker) checkGraph(documents []policy.Document) {
	done := make(map[policy.Child]extent)
	var open []*policy.PolicySet // the policy sets on the way to here

	var visit func(child policy.Child) extent
	visit = func(child policy.Child) extent {
		switch p := child.(type) {
		case *policy.Reference:
			referent := c.set.references[p]
			if set, ok := referent.(*policy.PolicySet); ok {
				for i, s := range open {
					if s == set {
						// The reference is in the innermost one.
						c.file = c.files[open[len(open)-1]]
						c.errorf(p.Position, policy.ReasonCycle, "references run in a circle: %s", circle(open[i:]))
						return extent{}
					}
				}
			}
			if referent == nil {
				return extent{}
			}
			return visit(referent)
		case *policy.PolicySet:
			if e, ok := done[p]; ok {
				return e
			}
			open = append(open, p)
			e := extent{depth: 1, nodes: 1}
			for _, inner := range p.Children {
				x := visit(inner)
				e.depth = max(e.depth, saturatingAdd(x.depth, 1))
				e.nodes = saturatingAdd(e.nodes, x.nodes)
			}
			open = open[:len(open)-1]
			done[p] = e
			return e
		default:
			return extent{depth: 1, nodes: 1}
		}
	}

	for _, d := range documents {
		if d.Root == nil {
			continue
		}
		e := visit(d.Root)
		c.file = d.Name
		if e.depth > maxDepth {
			c.errorf(d.Root.Place(), policy.ReasonDepth, "policies are nested %d deep with references followed, more than %d", e.depth, maxDepth)
		}
		if e.nodes > maxNodes {
			c.errorf(d.Root.Place(), policy.ReasonSize, "more than %d policies with references followed", maxNodes)
		}
	}
}

func circle(open []*policy.PolicySet) string {
	var b strings.Builder
	for _, s := range open {
		fmt.Fprintf(&b, "%q -> ", s.ID)
	}
	fmt.Fprintf(&b, "%q", open[0].ID)
	return b.String()
}
