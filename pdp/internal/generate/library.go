package generate

import (
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// library is the functions by what they can be used for.
type library struct {
	plain    []*function.Function                // not the higher-order ones
	byResult map[value.Kind][]*function.Function // of these
	matches  []*function.Function                // legal in a Match (§7.6)
	equal    map[value.Type]*function.Function   // of those, the equality of a type
	// applied are what higher-order functions can apply: the results are boolean
	// for quantifiers, for map of any type.
	applied map[value.Type][]*function.Function
	// quantifiers and maps are the higher-order functions (A.3.12).
	quantifiers, maps []*function.Function
	oneAndOnly        map[value.Type]*function.Function
	subset            map[value.Type]*function.Function
}

func newLibrary(all *function.Library, without map[string]bool) library {
	l := library{
		byResult: make(map[value.Kind][]*function.Function), equal: make(map[value.Type]*function.Function),
		applied: make(map[value.Type][]*function.Function), oneAndOnly: make(map[value.Type]*function.Function),
		subset: make(map[value.Type]*function.Function),
	}
	for _, f := range all.Functions() {
		switch {
		case without[f.ID]:
		case f.Higher != nil && shortName(f) == "map":
			l.maps = append(l.maps, f)
		case f.Higher != nil:
			l.quantifiers = append(l.quantifiers, f)
		default:
			l.add(f)
		}
	}
	return l
}

func (l *library) add(f *function.Function) {
	l.plain = append(l.plain, f)
	l.byResult[f.Result] = append(l.byResult[f.Result], f)
	if !f.Result.Bag && !takesBag(f) && len(f.Parameters)+len(rest(f)) > 0 {
		l.applied[f.Result.Type] = append(l.applied[f.Result.Type], f)
	}
	if len(f.Parameters) == 1 && f.Parameters[0] == value.BagOf(f.Result.Type) && strings.HasSuffix(f.ID, "-one-and-only") {
		l.oneAndOnly[f.Result.Type] = f
	}
	if len(f.Parameters) == 2 && shortName(f) == f.Parameters[0].Type.String()+"-subset" {
		l.subset[f.Parameters[0].Type] = f
	}
	if t, _, ok := matchTypes(f); ok {
		l.matches = append(l.matches, f)
		if shortName(f) == t.String()+"-equal" {
			l.equal[t] = f
		}
	}
}

// matchTypes are the types of the literal and of the bag if the function is
// legal in a Match.
func matchTypes(f *function.Function) (literal, element value.Type, ok bool) {
	parameters := f.Parameters
	for len(parameters) < 2 && f.Rest != nil {
		parameters = append(slices.Clip(parameters), *f.Rest)
	}
	if len(parameters) != 2 || takesBag(f) || f.Result != value.One(value.TypeBoolean) {
		return 0, 0, false
	}
	return parameters[0].Type, parameters[1].Type, true
}

func rest(f *function.Function) []value.Kind {
	if f.Rest == nil {
		return nil
	}
	return []value.Kind{*f.Rest}
}

func takesBag(f *function.Function) bool {
	for _, k := range append(rest(f), f.Parameters...) {
		if k.Bag {
			return true
		}
	}
	return false
}

// shortName is the identifier without its version.
func shortName(f *function.Function) string { return f.ID[strings.LastIndexByte(f.ID, ':')+1:] }

// algorithms are the identifiers of the combining algorithms.
func algorithms(without map[string]bool) (rules, sets []string) {
	for _, a := range combine.Algorithms() {
		if a.Rule != "" && !without[a.Rule] {
			rules = append(rules, a.Rule)
		}
		if a.Policy != "" && !without[a.Policy] {
			sets = append(sets, a.Policy)
		}
	}
	return rules, sets
}
