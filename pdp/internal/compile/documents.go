package compile

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// documents are the documents of a PDP, by number. A number stays with a
// document for as long as it is there, and is then used again. Nothing changes
// documents once they are linked: what comes after is a copy, and all that is
// large in it is flat or shared.
type documents struct {
	units units
	free  []uint32
	// order is the numbers in document order.
	order []uint32
	// sorted tells that the order is that of names, and of numbers below it.
	// Otherwise it is that of the numbers.
	sorted bool

	seed      maphash.Seed
	catalogue directory
	// conflicts are the names that two policies with one version have.
	conflicts map[key]struct{}

	flawed    bitset // with problems of their own
	empty     bitset // without a policy
	linking   bitset // that the linker must look into
	issued    bitset
	secondary bitset // for reference only
}

func newDocuments() *documents {
	return &documents{sorted: true, seed: maphash.MakeSeed(), conflicts: make(map[key]struct{})}
}

// clone is a copy that can be changed.
func (d *documents) clone() *documents {
	return &documents{
		units: d.units.shared(), free: slices.Clone(d.free), order: d.order, sorted: d.sorted,
		seed: d.seed, catalogue: d.catalogue.shared(), conflicts: maps.Clone(d.conflicts),
		flawed: slices.Clone(d.flawed), empty: slices.Clone(d.empty), linking: slices.Clone(d.linking),
		issued: slices.Clone(d.issued), secondary: slices.Clone(d.secondary),
	}
}

// compare is the document order.
func (d *documents) compare(a, b uint32) int {
	if d.sorted && a != b {
		if c := strings.Compare(d.units.at(a).name, d.units.at(b).name); c != 0 {
			return c
		}
	}
	return cmp.Compare(a, b)
}

// in goes through the numbers of a set in document order.
func (d *documents) in(s bitset, do func(n uint32)) {
	if s.empty() {
		return
	}
	for _, n := range d.order {
		if s.has(n) {
			do(n)
		}
	}
}

// append adds documents in the order given, whatever their names, where there
// were none before. It gives their numbers.
func (d *documents) append(units []*unit) (numbers []uint32) {
	touched := make(map[key]struct{})
	for i, u := range units {
		if i > 0 && units[i-1].name > u.name {
			d.sorted = false
		}
		n := d.number()
		d.put(n, u, touched)
		numbers = append(numbers, n)
	}
	d.order = append(slices.Clip(d.order), numbers...)
	d.settle(touched)
	return numbers
}

// change puts documents in the place of those of their names, adds those with
// other names, and removes those that are nil. It gives the numbers whose
// documents are others now, or none.
func (d *documents) change(changed map[string]*unit) (numbers []uint32) {
	if !d.sorted {
		d.order, d.sorted = slices.Clone(d.order), true
		slices.SortFunc(d.order, d.compare)
	}
	touched := make(map[key]struct{})
	// The order is put together of stretches of the old one, if it changes.
	old := d.order
	var order []uint32
	take := func(stretch []uint32) {
		if order == nil {
			order = make([]uint32, 0, len(old)+len(changed))
		}
		order = append(order, stretch...)
	}
	done := 0
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		u := changed[name]
		first, end := d.named(old[done:], name)
		first, end = first+done, end+done
		switch {
		case u == nil: // removed
		case first < end: // the first one is replaced
			d.drop(old[first], touched)
			d.put(old[first], u, touched)
			numbers = append(numbers, old[first])
			first++
		default:
			n := d.number()
			d.put(n, u, touched)
			numbers = append(numbers, n)
			take(old[done:first])
			order = append(order, n)
			done = first
		}
		if first < end {
			for _, n := range old[first:end] {
				d.drop(n, touched)
				d.free = append(d.free, n)
			}
			numbers = append(numbers, old[first:end]...)
			take(old[done:first])
			done = end
		}
	}
	if order != nil {
		d.order = append(order, old[done:]...)
	}
	d.settle(touched)
	return numbers
}

// named is where the documents of this name stand among the numbers, which are
// sorted, or where they would.
func (d *documents) named(numbers []uint32, name string) (first, end int) {
	first, _ = slices.BinarySearchFunc(numbers, name, func(n uint32, name string) int { return strings.Compare(d.units.at(n).name, name) })
	for end = first; end < len(numbers) && d.units.at(numbers[end]).name == name; {
		end++
	}
	return first, end
}

// byName goes through the documents of these names.
func byName[T any](d *documents, names map[string]T, do func(n uint32, of T)) {
	if d.sorted && len(names) < len(d.order)/16 {
		for name, of := range names {
			first, end := d.named(d.order, name)
			for _, n := range d.order[first:end] {
				do(n, of)
			}
		}
		return
	}
	for _, n := range d.order {
		if of, ok := names[d.units.at(n).name]; ok {
			do(n, of)
		}
	}
}

// decides tells whether the number is that of a child of the root (§7.17).
func (d *documents) decides(n uint32) bool {
	return d.units.at(n) != nil && !d.secondary.has(n)
}

// deciding gives the children of the root in document order.
func (d *documents) deciding() []uint32 {
	if d.secondary.empty() {
		return d.order
	}
	out := make([]uint32, 0, len(d.order))
	for _, n := range d.order {
		if !d.secondary.has(n) {
			out = append(out, n)
		}
	}
	return out
}

// number is one that is free.
func (d *documents) number() uint32 {
	if last := len(d.free) - 1; last >= 0 {
		n := d.free[last]
		d.free = d.free[:last]
		return n
	}
	return d.units.grow()
}

// put gives the number to the document. touched gets the names that may be in
// conflict now.
func (d *documents) put(n uint32, u *unit, touched map[key]struct{}) {
	d.units.set(n, u)
	d.mark(n, u, true)
	u.names(func(k key, versions int) {
		if versions > 1 || d.known(k) {
			touched[k] = struct{}{}
		}
		d.catalogue.add(d.hash(k), n)
	})
}

// drop takes the number from its document. touched gets the names whose
// conflicts may be over.
func (d *documents) drop(n uint32, touched map[key]struct{}) {
	u := d.units.at(n)
	d.mark(n, u, false)
	u.names(func(k key, _ int) {
		if _, conflict := d.conflicts[k]; conflict {
			touched[k] = struct{}{}
		}
		d.catalogue.remove(d.hash(k), n)
	})
	d.units.set(n, nil)
}

// mark keeps the sets of numbers.
func (d *documents) mark(n uint32, u *unit, in bool) {
	d.flawed.set(n, in && len(u.problems) > 0)
	d.empty.set(n, in && u.outline == nil)
	d.linking.set(n, in && (len(u.references) > 0 || u.excessive))
	d.issued.set(n, in && u.issued)
	d.secondary.set(n, in && u.referenceOnly)
}
