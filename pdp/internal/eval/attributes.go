package eval

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Slot is the number of an attribute: category, id, data type and issuer.
type Slot = index.Slot

// Attributes numbers the attributes that policies name. It is immutable.
type Attributes struct {
	slots      []attribute // by slot
	categories []category  // few: found by comparing with each
	// computed tells that a policy computes the names of attributes.
	computed bool
}

// category is the attributes of one category.
type category struct {
	name string
	ids  *symbol.Table
	// named are the slots of each id, by the symbol of the id.
	named [][]Slot
}

// attribute is what is known of a slot.
type attribute struct {
	key xacml.AttributeKey
	// missing is what its absence is where it must be present (§7.3.5).
	missing *xacml.Error
	clock   clock
}

// clock is what the PDP itself has for an attribute (§7.3.6).
type clock uint8

const (
	noClock clock = iota
	clockTime
	clockDate
	clockDateTime
)

// Len is the number of slots.
func (a *Attributes) Len() int { return len(a.slots) }

// category finds a category; nil if no policy names an attribute of it.
func (a *Attributes) category(name string) *category {
	for i := range a.categories {
		if c := &a.categories[i]; len(c.name) == len(name) && c.name == name {
			return c
		}
	}
	return nil
}

// MayAsk reports whether a policy may ask for an attribute of this name, of any data
// type and issuer. What policies asked for that are gone counts as long as it has a slot.
func (a *Attributes) MayAsk(category, id string) bool {
	if a.computed {
		return true
	}
	c := a.category(category)
	return c != nil && len(c.named[c.ids.Lookup(id)]) > 0
}

// slot finds the slot of an attribute.
func (a *Attributes) slot(key xacml.AttributeKey) (Slot, bool) {
	c := a.category(key.Category)
	if c == nil {
		return 0, false
	}
	for _, s := range c.named[c.ids.Lookup(key.ID)] {
		if a.slots[s].key == key {
			return s, true
		}
	}
	return 0, false
}

// attributesBuilder adds slots to those of a program, which does not change.
type attributesBuilder struct {
	slots      []attribute
	categories []categoryBuilder
	numbers    map[xacml.AttributeKey]Slot
	computed   bool
}

type categoryBuilder struct {
	name  string
	ids   *symbol.Builder
	named [][]Slot
}

func extendAttributes(from *Attributes) *attributesBuilder {
	b := &attributesBuilder{
		slots: slices.Clip(from.slots), numbers: make(map[xacml.AttributeKey]Slot, len(from.slots)), computed: from.computed,
	}
	for i, s := range from.slots {
		b.numbers[s.key] = Slot(i)
	}
	for _, c := range from.categories {
		b.categories = append(b.categories, categoryBuilder{c.name, symbol.Extend(c.ids), slices.Clone(c.named)})
	}
	return b
}

// slot is the slot of the attribute, which becomes one if it was none.
func (b *attributesBuilder) slot(key xacml.AttributeKey) Slot {
	if s, ok := b.numbers[key]; ok {
		return s
	}
	s := Slot(len(b.slots))
	b.slots = append(b.slots, attribute{key: key, missing: xacml.MissingAttributeError(key), clock: clockOf(key)})
	b.numbers[key] = s
	c := b.category(key.Category)
	id := c.ids.Intern(key.ID)
	for len(c.named) <= int(id) {
		c.named = append(c.named, nil)
	}
	c.named[id] = append(slices.Clip(c.named[id]), s)
	return s
}

func (b *attributesBuilder) category(name string) *categoryBuilder {
	for i := range b.categories {
		if b.categories[i].name == name {
			return &b.categories[i]
		}
	}
	b.categories = append(b.categories, categoryBuilder{name: name, ids: symbol.Extend(nil), named: make([][]Slot, 1)})
	return &b.categories[len(b.categories)-1]
}

func (b *attributesBuilder) attributes() *Attributes {
	a := &Attributes{slots: b.slots, categories: make([]category, len(b.categories)), computed: b.computed}
	for i, c := range b.categories {
		a.categories[i] = category{c.name, c.ids.Table(), c.named}
	}
	return a
}

func clockOf(key xacml.AttributeKey) clock {
	if key.Category != xacml.CategoryEnvironment || key.Issuer != "" {
		return noClock
	}
	switch {
	case key.ID == xacml.AttributeCurrentTime && key.Type == value.TypeTime:
		return clockTime
	case key.ID == xacml.AttributeCurrentDate && key.Type == value.TypeDate:
		return clockDate
	case key.ID == xacml.AttributeCurrentDateTime && key.Type == value.TypeDateTime:
		return clockDateTime
	default:
		return noClock
	}
}
