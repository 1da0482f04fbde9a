package contexthandler

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// plan says which sources provide which attribute. It follows from the
// configuration alone, save for the pace of the sources.
type plan struct {
	sources   []pip.Source
	providers map[name][]int // indexes of sources, in configuration order, fallbacks last
	keys      map[xacml.AttributeKey]bool
	pace      []pace // by source
	// circular tells that some source needs what it takes that source to know. In
	// which order such sources are asked makes a difference.
	circular bool
}

func newPlan(sources []pip.Source) plan {
	p := plan{sources: sources, providers: make(map[name][]int), keys: make(map[xacml.AttributeKey]bool), pace: make([]pace, len(sources))}
	for i, s := range sources {
		for _, provided := range s.Provides {
			n := name{provided.Key.Category, provided.Key.ID}
			if l := p.providers[n]; len(l) == 0 || l[len(l)-1] != i {
				p.providers[n] = append(l, i)
			}
			key := provided.Key
			p.keys[key] = true
			key.Issuer = "" // whoever asks for any issuer asks for this one too
			p.keys[key] = true
		}
	}
	for _, list := range p.providers {
		slices.SortStableFunc(list, func(a, b int) int { return rank(&sources[a]) - rank(&sources[b]) })
	}
	p.circular = p.hasCircle()
	return p
}

// hasCircle reports whether sources wait for each other.
func (p *plan) hasCircle() bool {
	var (
		around = make([]bool, len(p.sources)) // those that wait for the one looked at
		done   = make([]bool, len(p.sources))
		waits  func(i int) bool
	)
	waits = func(i int) bool {
		if around[i] || done[i] {
			return around[i]
		}
		around[i] = true
		for j := range p.sources[i].Needs {
			need := &p.sources[i].Needs[j].Key
			if slices.ContainsFunc(p.providers[name{need.Category, need.ID}], waits) {
				return true
			}
		}
		around[i], done[i] = false, true
		return false
	}
	for i := range p.sources {
		if waits(i) {
			return true
		}
	}
	return false
}

// needed reports whether a source needs the attribute.
func (p *plan) needed(n name) bool {
	return slices.ContainsFunc(p.sources, func(s pip.Source) bool {
		return slices.ContainsFunc(s.Needs, func(need pip.Need) bool { return of(&need.Key, n) })
	})
}

// rank is where a source stands among those of an attribute.
func rank(s *pip.Source) int {
	if s.Fallback {
		return 1
	}
	return 0
}
