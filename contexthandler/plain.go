package contexthandler

import (
	"slices"
	"sync"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// plainNames is what a [Query] has to know of the attributes that the
// configuration names: the dictionary, who may supply what, and the attributes
// with a meaning of their own, by one look-up.
type plainNames struct {
	possible   bool // a Handler with this configuration can have queries
	categories []plainCategory
	pool       sync.Pool // of *Query
}

// plainCategory is the names of one category. There are few.
type plainCategory struct {
	name string
	ids  map[string]*plainName // by id and alias
}

// plainName is an attribute that the configuration names.
type plainName struct {
	name   name // as policies name it
	ok     bool // its values are strings, and everybody may supply them
	single bool
	entry  *entry // nil if the dictionary does not have it
}

// category finds a category that plain requests may have, nil if there is none.
func (p *plainNames) category(category string) *plainCategory {
	for i := range p.categories {
		if c := &p.categories[i]; len(c.name) == len(category) && c.name == category {
			return c
		}
	}
	return nil
}

func (p *plainNames) add(category, id string, n *plainName) {
	c := p.category(category)
	if c == nil {
		p.categories = append(p.categories, plainCategory{category, make(map[string]*plainName)})
		c = &p.categories[len(p.categories)-1]
	}
	c.ids[id] = n
}

// fill makes the names of a configuration.
func (p *plainNames) fill(config *Config, owners ownership) {
	p.possible = config.Observe == nil // who observes sees requests, of which a Query is none
	for _, s := range config.Sources {
		for _, provided := range s.Provides {
			// What sources add to the result depends on which of them were asked.
			p.possible = p.possible && !provided.IncludeInResult
		}
	}
	for n := range owners.owned {
		p.add(n.category, n.id, &plainName{name: n, ok: owners.mayAll(n)})
	}
	for n, e := range config.Dictionary.byName {
		canonical := name{e.Category, e.ID}
		p.add(n.category, n.id, &plainName{
			name: canonical, single: e.Single, entry: e,
			ok: e.Type == value.TypeString && owners.mayAll(canonical) && !asksForSeveral(canonical),
		})
	}
	categories := []string{xacml.CategoryAccessSubject, xacml.CategoryResource, xacml.CategoryAction, xacml.CategoryEnvironment}
	for _, c := range p.categories {
		categories = append(categories, c.name)
	}
	for _, category := range categories {
		for _, id := range severalIDs() {
			p.add(category, id, &plainName{}) // not plain
		}
	}
	// Nor is what administrative requests say: it belongs to others.
	p.categories = slices.DeleteFunc(p.categories, func(c plainCategory) bool { return administrative(c.name) })
}

// severalIDs are the attributes by which a request asks for several decisions
// (Multiple Decision profile, 2.1 and 2.2).
func severalIDs() []string {
	return []string{xacml.AttributeScope, xacml.AttributeMultipleContentSelector, xacml.AttributeContentSelectorVariant}
}

// asksForSeveral reports whether the attribute is one of severalIDs.
func asksForSeveral(n name) bool { return slices.Contains(severalIDs(), n.id) }
