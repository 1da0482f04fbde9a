package function

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// setFunctions is the functions of A.3.11. Their equality is TYPE-equal, so
// NaN is in no bag of doubles. Resulting bags have no duplicates: the first of
// several equal values stays.
func setFunctions() []*Function {
	var fs []*Function
	for _, tp := range comparableTypes() {
		fs = append(fs,
			setFunction(tp, "intersection", value.BagOf(tp.typ), "The distinct values that are in both bags.",
				func(a, b value.Bag) value.Datum { return intersection(tp.typ, a, b) }),
			setFunction(tp, "at-least-one-member-of", boolean(), "True if a value of the first bag is in the second.",
				func(a, b value.Bag) value.Datum { return atLeastOneMemberOf(tp.typ, a, b) }),
			union(tp),
			setFunction(tp, "subset", boolean(), "True if every value of the first bag is in the second.",
				func(a, b value.Bag) value.Datum { return subset(tp.typ, a, b) }),
			setFunction(tp, "set-equals", boolean(), "True if each of the two bags is a subset of the other.",
				func(a, b value.Bag) value.Datum { return subset(tp.typ, a, b) && subset(tp.typ, b, a) }),
		)
	}
	return fs
}

// setFunction is a function of two bags. Its cost depends on their sizes only.
func setFunction(tp typePrefix, name string, result value.Kind, doc string, f func(a, b value.Bag) value.Datum) *Function {
	return &Function{
		ID:         tp.id(name),
		Section:    "A.3.11",
		Doc:        doc,
		Parameters: bags(tp.typ, 2),
		Result:     result,
		Strict: try2(func(c Context, a, b value.Bag) (value.Datum, error) {
			if err := spend(c, lookups(tp.typ, a.Len(), b.Len())); err != nil {
				return nil, err
			}
			return f(a, b), nil
		}),
	}
}

// union is the one set function that takes two bags or more.
func union(tp typePrefix) *Function {
	bag := value.BagOf(tp.typ)
	return &Function{
		ID:         tp.id("union"),
		Section:    "A.3.11",
		Doc:        "The distinct values of two or more bags.",
		Parameters: bags(tp.typ, 2),
		Rest:       &bag,
		Result:     bag,
		Strict: func(c Context, args []value.Datum) (value.Datum, error) {
			size := 0
			for _, a := range args {
				size += a.(value.Bag).Len()
			}
			if err := spend(c, lookups(tp.typ, size, size)); err != nil {
				return nil, err
			}
			all := newSet(tp.typ, size)
			for _, a := range args {
				for _, v := range a.(value.Bag).Values() {
					all.add(v)
				}
			}
			return value.NewBag(tp.typ, all.values...), nil
		},
	}
}

func intersection(t value.Type, a, b value.Bag) value.Bag {
	inB := setOf(t, b)
	both := newSet(t, min(a.Len(), b.Len()))
	for _, v := range a.Values() {
		if inB.has(v) {
			both.add(v)
		}
	}
	return value.NewBag(t, both.values...)
}

func atLeastOneMemberOf(t value.Type, a, b value.Bag) value.Boolean {
	return value.Boolean(slices.ContainsFunc(a.Values(), setOf(t, b).has))
}

func subset(t value.Type, a, b value.Bag) value.Boolean {
	inB := setOf(t, b)
	for _, v := range a.Values() {
		if !inB.has(v) {
			return false
		}
	}
	return true
}

// lookups is the cost of looking up n values in m: one step for each
// comparison, or for each value if values of type t can be hashed.
func lookups(t value.Type, n, m int) int {
	if hashable(t) {
		return n + m
	}
	return times(n, m)
}

// hashFrom is the number of values from which on a set is a hash table. It is
// faster to compare few values one by one.
const hashFrom = 16

// set is distinct values of one type by its TYPE-equal function.
type set struct {
	values []value.Value
	keys   map[string]struct{} // nil unless the set is a hash table
}

// hashes tells whether a set of so many values of type t is a hash table. One of
// strings is, if it is not empty, because each is then normalized once and not for
// each value that it is compared with.
func hashes(t value.Type, size int) bool {
	return hashable(t) && (size >= hashFrom || t == value.TypeString && size > 0)
}

// newSet is an empty set for about size values of type t.
func newSet(t value.Type, size int) *set {
	s := &set{values: make([]value.Value, 0, size)}
	if hashes(t, size) {
		s.keys = make(map[string]struct{}, size)
	}
	return s
}

// setOf is the set of the values of a bag. Unless it is a hash table it shares
// them, duplicates and all, and must not be added to.
func setOf(t value.Type, b value.Bag) *set {
	s := newSet(t, 0)
	if !hashes(t, b.Len()) {
		s.values = b.Values()
		return s
	}
	s.keys = make(map[string]struct{}, b.Len())
	for _, v := range b.Values() {
		s.keys[key(v)] = struct{}{}
	}
	return s
}

func (s *set) has(v value.Value) bool {
	if s.keys == nil {
		return contains(s.values, v)
	}
	_, in := s.keys[key(v)]
	return in
}

func (s *set) add(v value.Value) {
	if s.has(v) {
		return
	}
	s.values = append(s.values, v)
	if s.keys != nil {
		s.keys[key(v)] = struct{}{}
	}
}

// hashable reports whether values of type t are equal exactly if their keys
// are.
func hashable(t value.Type) bool {
	switch t {
	case value.TypeString, value.TypeBoolean, value.TypeInteger, value.TypeAnyURI,
		value.TypeHexBinary, value.TypeBase64Binary,
		value.TypeDayTimeDuration, value.TypeYearMonthDuration:
		return true
	default:
		return false
	}
}

// key stands for a value of a hashable type: the normalized text of a string,
// the octets of binary types, and the canonical form of the others.
func key(v value.Value) string {
	switch v := v.(type) {
	case value.String:
		return nfc(v)
	case value.HexBinary:
		return string(v)
	case value.Base64Binary:
		return string(v)
	default:
		return v.String()
	}
}
