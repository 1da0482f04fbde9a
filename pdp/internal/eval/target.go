package eval

import (
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// code is targets as numbers, so that a hundred thousand policies fit into
// memory and into caches. A target is a list of AnyOf, each in one of two forms:
//
//	header of anyEqual, slot, n symbols       // n AllOf of one match each, all of one designator
//	header of anyOf, n times an AllOf:
//	    number of matches, and each match:
//	        designator, symbol                // equality with a literal
//	        genericMatch, its number          // any other, among the parts
//
// A header is the kind, flags and n.
type code []word

// word is a number in the code: a symbol is one.
type word = symbol.Symbol

const (
	kindMask = 3 << 30
	anyEqual = 1 << 30
	anyOf    = 2 << 30
	present1 = 1 << 29 // MustBePresent of the designator of anyEqual
	sizeMask = present1 - 1

	genericMatch = 1<<32 - 1
	present2     = 1 << 31 // MustBePresent of a match in an AllOf
)

// match is any match but one of equality (§7.6).
type match struct {
	function *function.Function
	literal  value.Value
	bag      bagged
}

// matching is the value of a target and its parts (§7.6, 7.7). The zero value
// is indeterminate.
type matching uint8

const (
	indeterminate matching = iota
	matches
	noMatch
)

// quick is the value of a target all of whose matches compare bags whose symbols
// are known with literals, which is the usual case; sure is false for any other.
func (e *evaluation) quick(c code) (m matching, sure bool) {
	steps := 1
	m = matches
	for at := 0; at < len(c) && m == matches; {
		header := c[at]
		n := int(header & sizeMask)
		if header&kindMask == anyEqual {
			b := &e.slots[c[at+1]]
			if !b.translated() || b.size == 0 && header&present1 != 0 {
				return m, false
			}
			steps += n * b.lookSteps()
			if !e.holds(b, c[at+2:at+2+n]) {
				m = noMatch
			}
			at += 2 + n
			continue
		}
		at++
		found := false
		for range n {
			size := 2 * int(c[at])
			if !found {
				if found, sure = e.quickAllOf(c[at+1 : at+1+size]); !sure {
					return m, false
				}
				steps += size * wideBag
			}
			at += 1 + size
		}
		if !found {
			m = noMatch
		}
	}
	return m, e.spend(steps) == nil
}

// quickAllOf is the value of an AllOf under the same conditions.
func (e *evaluation) quickAllOf(c code) (match, sure bool) {
	match = true
	for at := 0; at < len(c); at += 2 {
		s := c[at]
		if s == genericMatch {
			return false, false
		}
		b := &e.slots[s&^present2]
		if !b.translated() || b.size == 0 && s&present2 != 0 {
			return false, false
		}
		match = match && e.has(b, c[at+1])
	}
	return match, true
}

// target is table 1: one AnyOf that does not match decides, even after errors.
func (e *evaluation) target(c code, p *parts) (matching, *xacml.Error) {
	if m, sure := e.quick(c); sure {
		return m, nil
	}
	var failure *xacml.Error
	for len(c) > 0 {
		var m matching
		var err *xacml.Error
		header := c[0]
		n := int(header & sizeMask)
		if header&kindMask == anyEqual {
			m, err = e.anyEqual(Slot(c[1]), header&present1 != 0, c[2:2+n])
			c = c[2+n:]
		} else {
			m, err = e.anyOf(c[1:], n, p)
			c = c[1+sizeOf(c[1:], n):]
		}
		switch m {
		case noMatch:
			return noMatch, nil
		case indeterminate:
			failure = merge(failure, err)
		case matches:
		}
	}
	if failure != nil {
		return indeterminate, failure
	}
	return matches, nil
}

// anyEqual is table 2 where each AllOf is one comparison of the same attribute.
func (e *evaluation) anyEqual(s Slot, mustBePresent bool, literals code) (matching, *xacml.Error) {
	b := e.bag(s)
	if b.state == failed {
		return indeterminate, b.err
	}
	if b.size == 0 && mustBePresent {
		return indeterminate, e.program.Attributes.slots[s].missing
	}
	e.symbolsOf(b)
	if err := e.spend(1 + len(literals)*b.lookSteps()); err != nil {
		return indeterminate, err
	}
	if e.holds(b, literals) {
		return matches, nil
	}
	return noMatch, nil
}

// anyOf is table 2: one AllOf that matches decides.
func (e *evaluation) anyOf(c code, n int, p *parts) (matching, *xacml.Error) {
	var failure *xacml.Error
	for range n {
		size := int(c[0])
		m, err := e.allOf(c[1:1+2*size], p)
		switch m {
		case matches:
			return matches, nil
		case indeterminate:
			failure = merge(failure, err)
		case noMatch:
		}
		c = c[1+2*size:]
	}
	if failure != nil {
		return indeterminate, failure
	}
	return noMatch, nil
}

// sizeOf is the length of n AllOf.
func sizeOf(c code, n int) int {
	at := 0
	for range n {
		at += 1 + 2*int(c[at])
	}
	return at
}

// allOf is table 3: one match that is False decides, even after errors.
func (e *evaluation) allOf(c code, p *parts) (matching, *xacml.Error) {
	var failure *xacml.Error
	for ; len(c) > 0; c = c[2:] {
		var holds bool
		var err *xacml.Error
		if c[0] == genericMatch {
			holds, err = e.match(&p.matches[c[1]])
		} else {
			holds, err = e.equal(Slot(c[0]&^present2), c[0]&present2 != 0, c[1])
		}
		switch {
		case err != nil:
			failure = merge(failure, err)
		case !holds:
			return noMatch, nil
		}
	}
	if failure != nil {
		return indeterminate, failure
	}
	return matches, nil
}

// equal tells whether a value of the attribute has the symbol.
func (e *evaluation) equal(s Slot, mustBePresent bool, literal symbol.Symbol) (bool, *xacml.Error) {
	b := e.bag(s)
	if b.state == failed {
		return false, b.err
	}
	if b.size == 0 && mustBePresent {
		return false, e.program.Attributes.slots[s].missing
	}
	e.symbolsOf(b)
	if err := e.spend(1 + b.lookSteps()); err != nil {
		return false, err
	}
	return e.has(b, literal), nil
}

// match is §7.6: True if the function is for any value of the bag, else
// Indeterminate if any application failed, else False.
func (e *evaluation) match(m *match) (bool, *xacml.Error) {
	values, err := m.bag.bag(e)
	if err != nil {
		return false, err
	}
	var first *xacml.Error
	for _, v := range values {
		if err := e.spend(1); err != nil {
			return false, err
		}
		got, err := e.apply2(m.function, m.literal, v)
		switch {
		case err != nil && first == nil:
			first = asError(err)
		case err == nil && bool(got.(value.Boolean)):
			return true, nil
		}
	}
	return false, first
}

// apply2 applies a function to two values.
func (e *evaluation) apply2(f *function.Function, a, b value.Value) (value.Datum, error) {
	from := len(e.arguments)
	e.arguments = append(e.arguments, a, b)
	got, err := f.Call(e, e.arguments[from:])
	e.arguments = e.arguments[:from]
	return got, err
}

// merge adds a cause to those before it.
func merge(before, cause *xacml.Error) *xacml.Error {
	if before == nil {
		return cause
	}
	return xacml.MergeErrors(before, cause)
}
