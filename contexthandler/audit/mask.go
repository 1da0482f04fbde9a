package audit

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Masking is what stands for private values. A value is private if its attribute
// is, and so is any text that has a private value of four bytes and more of the same
// call in it, such as an attribute that a source derived from it, or an argument of an
// obligation. Where a private value has more than 128 bytes, every text of more is. What
// only tells something of a private value, as a date of birth does of a national identity
// number, has to be declared private as well.
//
// The caller and the values of the category action stay as they are, unless they are
// declared private themselves: whoever asks could otherwise hide what it asked for, by
// giving the same word as a private value.
//
// Without a Key ‹private› stands for all of them: records then tell nothing of
// them, and not even that two are the same. With a Key a pseudonym stands for each:
// ‹private:…›, the first 120 bits of an HMAC-SHA-256 of its text in normalization form
// C, in which strings that policies take for one are one. So whoever has
// the key finds the records about a person whose number is known, and nobody else
// can: without a key, the number is found from its hash by trying them all.
type Masking struct {
	// Private reports whether the values of the attribute are private. Nil: none is.
	Private func(category, id string) bool
	// Key is a secret of 32 bytes or more; empty for none.
	Key []byte
	// Named reports whether the attribute means something to the service, beside those
	// that the standard names. They stay in records that are too large. Nil: none does.
	Named func(category, id string) bool
}

const (
	masked = "‹private›"
	// shortest is the length in bytes of the text that is looked for everywhere: a
	// shorter one means nothing by itself.
	shortest = 4
	// longest is that of the longest one that is looked for: to look for longer ones
	// would take the product of two lengths that a caller chooses. Where there are such,
	// no text that could hold one is shown.
	longest = 128
	// pseudonymBytes is how much of the hash stands for a value.
	pseudonymBytes = 15
)

// mask is what stands for a text.
func (m *Masking) mask(text string) string {
	if len(m.Key) == 0 {
		return masked
	}
	h := hmac.New(sha256.New, m.Key)
	_, _ = h.Write([]byte(value.String(text).NFC())) // it never fails
	return "‹private:" + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:pseudonymBytes]) + "›"
}

// private reports whether the attribute is. The category of an assignment may be
// empty: then it is private if it is in a category of the standard.
func (m *Masking) private(category, id string) bool {
	if m.Private == nil {
		return false
	}
	if category != "" {
		return m.Private(category, id)
	}
	return slices.ContainsFunc([]string{
		xacml.CategoryAccessSubject, xacml.CategoryResource, xacml.CategoryAction, xacml.CategoryEnvironment,
	}, func(c string) bool { return m.Private(c, id) })
}

// masks are the masks for the records of one call.
type masks struct {
	*Masking
	hidden *strings.Replacer // nil if nothing is
	long   bool              // some of what is hidden is longer than what is looked for
}

// newMasks looks for what is private.
func (m *Masking) newMasks(e *contexthandler.Event) *masks {
	out := &masks{Masking: m}
	if m.Private == nil {
		return out
	}
	p := privates{masking: m, texts: make(map[string]struct{}), seen: make(map[element]bool)}
	p.ofEvent(e)
	out.long = p.long
	if len(p.texts) == 0 {
		return out
	}
	// The longest first: one private value may be a part of another.
	sorted := slices.SortedFunc(maps.Keys(p.texts), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(sorted))
	for _, text := range sorted {
		pairs = append(pairs, text, m.mask(text))
	}
	out.hidden = strings.NewReplacer(pairs...)
	return out
}

// privates collects the texts of private values.
type privates struct {
	masking *Masking
	texts   map[string]struct{} // that are looked for
	long    bool                // there are longer ones
	seen    map[element]bool    // many decisions may have the same
}

// ofEvent collects from all that is recorded of a call.
func (p *privates) ofEvent(e *contexthandler.Event) {
	if e.Reason != "" && e.Request != nil {
		p.ofAttributes(e.Request.Attributes)
	}
	for i := range e.Decisions {
		d := &e.Decisions[i]
		if d.Request != nil {
			p.ofAttributes(d.Request.Attributes)
		}
		p.ofAttributes(d.Found)
		for j := range d.Lookups {
			for k, values := range d.Lookups[j].Values {
				p.ofValues(d.Lookups[j].Provides[k].Category, d.Lookups[j].Provides[k].ID, values)
			}
		}
	}
}

func (p *privates) ofAttributes(all []xacml.Attributes) {
	for i := range all {
		one := elementOf(&all[i])
		if p.seen[one] {
			continue
		}
		p.seen[one] = true
		for j := range all[i].Attributes {
			p.ofValues(all[i].Category, all[i].Attributes[j].ID, all[i].Attributes[j].Values)
		}
	}
}

func (p *privates) ofValues(category, id string, values []value.Value) {
	if len(values) == 0 || !p.masking.Private(category, id) {
		return
	}
	for _, v := range values {
		for _, text := range []string{lexical(v), v.String(), value.Normal(v).String()} { // the last: to sources
			switch {
			case len(text) > longest:
				p.long = true
			case len(text) >= shortest && v.Type() != value.TypeBoolean:
				p.texts[text] = struct{}{}
			}
		}
	}
}

// text is a text without private values.
func (m *masks) text(t string) string {
	switch {
	case m.long && len(t) > longest:
		return m.mask(t)
	case m.hidden == nil:
		return t
	}
	return m.hidden.Replace(t)
}

// value is how a value of the attribute is recorded.
func (m *masks) value(category, id string, v value.Value) string {
	switch {
	case m.private(category, id):
		return m.mask(lexical(v))
	case category == xacml.CategoryAction:
		return lexical(v)
	default:
		return m.text(lexical(v))
	}
}
