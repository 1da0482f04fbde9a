package index

import (
	"math"
	"slices"
)

// rangeSplit finds the children that accept a number. Cuts part all numbers
// into segments, and each child is in the groups of all segments that one of
// its ranges touches.
type rangeSplit struct {
	axis       axis
	generation uint32
	groups     groups
	cuts       []int64 // ascending; segment i begins at cut i-1
	segments   []ref
}

// newRangeSplit makes a split without children. It copies the cuts.
func newRangeSplit(a axis, cuts []int64) *rangeSplit {
	return &rangeSplit{axis: a, cuts: slices.Clone(cuts), segments: slices.Repeat([]ref{noChildren}, len(cuts)+1)}
}

func (s *rangeSplit) candidates(v View, into []uint32) []uint32 {
	n, ordinal, known := v.Ordinal(s.axis.slot)
	switch {
	case known && n == 1:
		return s.groups.candidates(s.segments[segmentOf(s.cuts, ordinal)], v, into)
	case known && n == 0 && !s.axis.empty:
		return into
	default: // the values of a larger bag are not seen
		return s.all(v, into)
	}
}

// all is the candidates among all children of the split.
func (s *rangeSplit) all(v View, into []uint32) []uint32 {
	for _, r := range s.segments {
		into = s.groups.candidates(r, v, into)
	}
	return into
}

// segmentOf is the segment that n lies in: how many cuts are not above n.
func segmentOf(cuts []int64, n int64) int {
	low, high := 0, len(cuts)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if cuts[middle] <= n {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// touched is the first and the last segment that a range touches.
func touched(cuts []int64, r Range) (first, last int) {
	return segmentOf(cuts, r.Low), segmentOf(cuts, r.High)
}

// cutsOf chooses the cuts for ranges: all of their bounds, if the ranges do not
// overlap much. Where a cut would part many ranges, it waits until it follows
// enough bounds without one, so that there is room for a copy of a range in
// each segment that it touches.
func cutsOf(ranges []Range, room float64) []int64 {
	type bound struct {
		at   int64
		open int32 // ranges that begin here, less those that end
	}
	bounds := make([]bound, 0, 2*len(ranges))
	open := 0 // ranges around the present place
	for _, r := range ranges {
		if r.Low == math.MinInt64 {
			open++
		} else {
			bounds = append(bounds, bound{r.Low, +1})
		}
		if r.High != math.MaxInt64 {
			bounds = append(bounds, bound{r.High + 1, -1})
		}
	}
	slices.SortFunc(bounds, func(a, b bound) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return +1
		default:
			return int(a.open - b.open) // ends first
		}
	})
	var cuts []int64
	for i, waiting := 0, 0; i < len(bounds); {
		at := bounds[i].at
		for ; i < len(bounds) && bounds[i].at == at && bounds[i].open < 0; i++ {
			open--
			waiting++
		}
		parted := open
		for ; i < len(bounds) && bounds[i].at == at; i++ {
			open++
			waiting++
		}
		if float64(parted*len(bounds)) <= float64(waiting*len(ranges))*(room-1) {
			cuts = append(cuts, at)
			waiting = 0
		}
	}
	return cuts
}

func (s *rangeSplit) along() axis { return s.axis }

func (s *rangeSplit) store() *groups { return &s.groups }

func (s *rangeSplit) width(c *Constraint) int {
	n := 0
	for _, r := range c.Ranges {
		first, last := touched(s.cuts, r)
		n += last - first + 1
	}
	return n
}

func (s *rangeSplit) place(c *Constraint, grow bool, change func(ref) ref) {
	for _, r := range c.Ranges {
		if grow && r.Low != math.MinInt64 {
			s.cut(r.Low)
		}
		if grow && r.High != math.MaxInt64 {
			s.cut(r.High + 1)
		}
	}
	for _, r := range c.Ranges {
		first, last := touched(s.cuts, r)
		for i := first; i <= last; i++ {
			s.segments[i] = change(s.segments[i])
		}
	}
}

// cut parts a segment, unless there are children in it: they would be in a
// segment then that their ranges do not touch, where nobody looks for them when
// they are removed.
func (s *rangeSplit) cut(at int64) {
	i, there := slices.BinarySearch(s.cuts, at)
	if there || s.segments[i] != noChildren {
		return
	}
	s.cuts = slices.Insert(s.cuts, i, at)
	s.segments = slices.Insert(s.segments, i, noChildren)
}

func (s *rangeSplit) writable(generation uint32) split {
	if s.generation == generation {
		return s
	}
	next := *s
	next.generation = generation
	next.groups = s.groups.copied()
	next.cuts = slices.Clone(s.cuts)
	next.segments = slices.Clone(s.segments)
	next.groups.tidy(next.each)
	next.joinEmpty()
	return &next
}

// each changes all groups.
func (s *rangeSplit) each(change func(ref) ref) {
	for i, r := range s.segments {
		s.segments[i] = change(r)
	}
}

// joinEmpty joins segments without children, if they are most of all.
func (s *rangeSplit) joinEmpty() {
	empty := 0
	for i, r := range s.segments[1:] {
		if r == noChildren && s.segments[i] == noChildren {
			empty++
		}
	}
	if !mostly(empty, len(s.segments)) {
		return
	}
	n := 0
	for i, r := range s.segments[1:] {
		if r != noChildren || s.segments[n] != noChildren {
			s.cuts[n] = s.cuts[i]
			n++
			s.segments[n] = r
		}
	}
	s.cuts, s.segments = s.cuts[:n], s.segments[:n+1]
}
