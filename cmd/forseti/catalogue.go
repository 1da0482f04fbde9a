package main

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// entry is a function as the catalogue tells of it.
type entry struct {
	ID string `json:"id"`
	// Name is what policies of all versions call it: the last part of the id.
	Name      string `json:"name"`
	Signature string `json:"signature"`
	// HigherOrder tells that the first argument is a function, on which the
	// kinds of the others depend (A.3.12).
	HigherOrder bool `json:"higher_order"`
	// Typed tells that a kind depends on the arguments in another way. Only the
	// signature tells the parameters and the result then.
	Typed bool `json:"typed"`
	// Lazy tells that arguments are evaluated only until the result is fixed.
	Lazy       bool   `json:"lazy"`
	Parameters []kind `json:"parameters"`
	// Rest is the kind of any further arguments; nil if there may be none.
	Rest   *kind  `json:"rest,omitempty"`
	Result *kind  `json:"result,omitempty"`
	Doc    string `json:"doc"`
	// Section is that of the core, and Family its title; of a function of a
	// profile they are the profile and empty.
	Section string `json:"section"`
	Family  string `json:"family,omitempty"`
	// Deprecated tells that the standard plans to drop the id (10.2.9), and
	// Replacement is the current function of this name; empty if there is none.
	Deprecated  bool   `json:"deprecated"`
	Replacement string `json:"replacement,omitempty"`
}

// kind is a data type, or bags of it. The type is empty if it depends on another
// argument.
type kind struct {
	Type string `json:"type,omitempty"`
	Bag  bool   `json:"bag"`
}

func kindOf(k value.Kind) *kind { return &kind{k.Type.ID(), k.Bag} }

// deprecatedSection is the section of the identifiers that the standard plans
// to drop.
const deprecatedSection = "10.2.9"

// catalogue is all functions, in the order of the library.
func catalogue() []entry {
	functions := function.All().Functions()
	current := make(map[string]string)
	for _, f := range functions {
		if f.Section != deprecatedSection {
			current[lastPart(f.ID)] = f.ID
		}
	}
	entries := make([]entry, 0, len(functions))
	for _, f := range functions {
		e := entry{
			ID:          f.ID,
			Name:        lastPart(f.ID),
			Signature:   f.Signature(),
			HigherOrder: f.Higher != nil,
			Typed:       f.Typed != nil,
			Lazy:        f.Lazy != nil,
			Parameters:  make([]kind, 0, len(f.Parameters)),
			Doc:         f.Doc,
			Section:     f.Section,
			Family:      family(f.Section),
			Deprecated:  f.Section == deprecatedSection,
		}
		for _, p := range f.Parameters {
			e.Parameters = append(e.Parameters, *kindOf(p))
		}
		if f.Rest != nil {
			e.Rest = kindOf(*f.Rest)
		}
		if !e.Typed {
			e.Result = kindOf(f.Result)
		}
		if e.Deprecated {
			e.Replacement = current[e.Name]
		}
		entries = append(entries, e)
	}
	return entries
}

// family is the title of a section of the core that defines functions, and
// empty for a profile.
func family(section string) string {
	switch section {
	case "A.3.1":
		return "Equality predicates"
	case "A.3.2":
		return "Arithmetic functions"
	case "A.3.3":
		return "String conversion functions"
	case "A.3.4":
		return "Numeric data-type conversion functions"
	case "A.3.5":
		return "Logical functions"
	case "A.3.6":
		return "Numeric comparison functions"
	case "A.3.7":
		return "Date and time arithmetic functions"
	case "A.3.8":
		return "Non-numeric comparison functions"
	case "A.3.9":
		return "String functions"
	case "A.3.10":
		return "Bag functions"
	case "A.3.11":
		return "Set functions"
	case "A.3.12":
		return "Higher-order bag functions"
	case "A.3.13":
		return "Regular-expression-based functions"
	case "A.3.14":
		return "Special match functions"
	case "A.3.15":
		return "XPath-based functions"
	case "A.3.16":
		return "Other functions"
	case deprecatedSection:
		return "Identifiers planned for future deprecation"
	default:
		return ""
	}
}

// standardPrefix is what the identifiers of the standard begin with.
const standardPrefix = "urn:oasis:names:tc:xacml:"

// short is the id without what all ids of the standard share, such as
// 1.0:string-equal; an id of somebody else stays whole.
func (e entry) short() string {
	rest, ok := strings.CutPrefix(e.ID, standardPrefix)
	if !ok {
		return e.ID
	}
	return strings.Replace(rest, ":function:", ":", 1)
}

// find gives the functions with this id, whole or without what those of the
// standard share, or this short id or name. similar is the short ids of others
// with this text in them.
func find(entries []entry, text string) (found []entry, similar []string) {
	for _, e := range entries {
		switch {
		case text == e.ID || text == e.Name || text == e.short() || standardPrefix+text == e.ID:
			found = append(found, e)
		case strings.Contains(strings.ToLower(e.ID), strings.ToLower(text)):
			similar = append(similar, e.short())
		}
	}
	return found, similar
}
