package regex

import (
	"cmp"
	"slices"
	"unicode"
)

// span is the characters from lo to hi, both included.
type span struct{ lo, hi rune }

// set is a set of characters. It is never changed.
//
// INVARIANT: spans ascend, do not overlap and do not touch.
type set []span

// newSet is the set of the characters of all spans, which it may reorder.
func newSet(spans ...span) set {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	var s set
	for _, sp := range spans {
		if last := len(s) - 1; last >= 0 && sp.lo <= s[last].hi+1 {
			s[last].hi = max(s[last].hi, sp.hi)
		} else {
			s = append(s, sp)
		}
	}
	return s
}

// one is the set of one character.
func one(r rune) set { return set{{r, r}} }

// tableSet is the set of the characters of tables of package unicode.
func tableSet(tables ...*unicode.RangeTable) set {
	var spans []span
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			spans = append(spans, span{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			spans = append(spans, span{r, r})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return newSet(spans...)
}

// complement is all characters that are not in s.
func (s set) complement() set {
	var out set
	next := rune(0)
	for _, sp := range s {
		if next < sp.lo {
			out = append(out, span{next, sp.lo - 1})
		}
		next = sp.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, span{next, unicode.MaxRune})
	}
	return out
}

// minus is the characters of s that are not in t.
func (s set) minus(t set) set {
	return newSet(slices.Concat(s.complement(), t)...).complement()
}
