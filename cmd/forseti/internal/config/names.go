package config

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// name is an id or alias of an attribute in the category with this URI.
type name struct{ category, id string }

// names is the dictionary by names.
type names struct {
	owner      map[name]int        // index of the attribute that has a name first
	categories map[string][]string // by id, aliases aside
	types      map[name]value.Type // by id
}

func (c *Config) names() names {
	n := names{make(map[name]int), make(map[string][]string), make(map[name]value.Type)}
	for i, a := range c.Attributes {
		category, ok := categoryURI(a.Category)
		if !ok {
			continue
		}
		for _, id := range append([]string{a.ID}, a.Aliases...) {
			if _, taken := n.owner[name{category, id}]; !taken {
				n.owner[name{category, id}] = i
			}
		}
		if n.owner[name{category, a.ID}] == i {
			n.categories[a.ID] = append(n.categories[a.ID], category)
			n.types[name{category, a.ID}], _ = dataType(a.DataType)
		}
	}
	return n
}

// key is what policies ask for by this id. It is right only for references that
// were checked.
func (n names) key(id, category string) xacml.AttributeKey {
	uri, _ := categoryURI(category)
	if c := n.categories[id]; category == "" && len(c) > 0 {
		uri = c[0]
	}
	t, known := n.types[name{uri, id}]
	if !known {
		t = value.TypeString
	}
	return xacml.AttributeKey{Category: uri, ID: id, Type: t}
}

func (n names) needs(list []Need) []pip.Need {
	var out []pip.Need
	for _, need := range list {
		out = append(out, pip.Need{Name: need.Name, Key: n.key(need.Attribute, need.Category), Required: need.Required})
	}
	return out
}

func (n names) provides(list []Provided) []pip.Provided {
	var out []pip.Provided
	for _, p := range list {
		out = append(out, pip.Provided{
			Key: n.key(p.Attribute, p.Category), From: p.From, IncludeInResult: p.IncludeInResult,
			TTL: p.TTL, StaleIfError: p.StaleIfError,
		})
	}
	return out
}

// rules are what the provided values must be like.
func (n names) rules(list []Provided) []pip.Rule {
	var out []pip.Rule
	for _, p := range list {
		if p.Match != "" || p.Min != 0 || p.Max != 0 {
			out = append(out, pip.Rule{Key: n.key(p.Attribute, p.Category), Pattern: p.Match, Min: p.Min, Max: p.Max})
		}
	}
	return out
}

// categoryURI is the URI of a category that is given by it or by a short name.
func categoryURI(category string) (uri string, ok bool) {
	switch category {
	case "subject":
		return xacml.CategoryAccessSubject, true
	case "resource":
		return xacml.CategoryResource, true
	case "action":
		return xacml.CategoryAction, true
	case "environment":
		return xacml.CategoryEnvironment, true
	default:
		return category, strings.Contains(category, ":") && !strings.ContainsAny(category, " \t\r\n")
	}
}

// dataType is the data type with this identifier, or whose identifier ends so;
// string if the text is empty. An xpathExpression means something within one
// request only, and is none of them.
func dataType(text string) (t value.Type, ok bool) {
	if text == "" {
		return value.TypeString, true
	}
	for _, t := range value.Types() {
		if t != value.TypeXPathExpression && (t.ID() == text || t.String() == text) {
			return t, true
		}
	}
	return value.TypeUnknown, false
}
