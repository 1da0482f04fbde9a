package compile

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// key names policies of all versions: policies and policy sets are separate
// name spaces (§5.10, 5.11).
type key struct {
	policySet bool
	id        string
}

func (k key) String() string {
	if k.policySet {
		return fmt.Sprintf("%s %q", policySetElement, k.id)
	}
	return fmt.Sprintf("%s %q", policyElement, k.id)
}

// entry is a policy or policy set of a document, nested ones too: what
// references can mean.
type entry struct {
	unit    *unit
	outline *outline
	number  uint32 // of the document
}

func (e entry) place() string { return fmt.Sprintf("%s:%s", e.unit.name, e.outline.position()) }

func (d *documents) hash(k key) uint64 {
	h := maphash.String(d.seed, k.id)
	if k.policySet {
		return ^h
	}
	return h
}

// known reports whether a document has a policy or policy set of this name.
func (d *documents) known(k key) bool {
	for n := range d.catalogue.find(d.hash(k)) {
		if len(d.units.at(n).named(k)) > 0 {
			return true
		}
	}
	return false
}

// entries gives every policy or policy set of this name, in document order.
func (d *documents) entries(k key) []entry {
	var numbers []uint32
	for n := range d.catalogue.find(d.hash(k)) {
		numbers = append(numbers, n)
	}
	slices.SortFunc(numbers, d.compare)
	var found []entry
	for _, n := range slices.Compact(numbers) { // twice where hashes are equal
		for _, o := range d.units.at(n).named(k) {
			found = append(found, entry{d.units.at(n), o, n})
		}
	}
	return found
}

// versions parts the entries into the first of each version, which references
// can mean, and those that define a version again.
func versions(entries []entry) (first []entry, again []duplicate) {
	known := make(map[string]int, len(entries)) // where each version is in first
	for _, e := range entries {
		number := plainVersion(e.outline.version)
		if i, ok := known[number]; ok {
			again = append(again, duplicate{first[i], e})
			continue
		}
		known[number] = len(first)
		first = append(first, e)
	}
	return first, again
}

// plainVersion is the one way to write a version: its numbers without zeros in
// front (§5.12).
func plainVersion(version string) string {
	numbers := strings.Split(version, ".")
	for i, n := range numbers {
		if plain := strings.TrimLeft(n, "0"); plain != "" || n == "" {
			numbers[i] = plain
		} else {
			numbers[i] = "0"
		}
	}
	return strings.Join(numbers, ".")
}

// duplicate is a policy with the name and version of another one.
type duplicate struct{ first, second entry }

// settle finds out which of the names are in conflict.
func (d *documents) settle(touched map[key]struct{}) {
	for k := range touched {
		if _, again := versions(d.entries(k)); len(again) > 0 {
			d.conflicts[k] = struct{}{}
		} else {
			delete(d.conflicts, k)
		}
	}
}

// duplicates reports what is there twice: id and version must be unique (§5.1,
// 5.14).
func (l *linker) duplicates() {
	var all []duplicate
	for k := range l.conflicts {
		_, again := versions(l.entries(k))
		all = append(all, again...)
	}
	slices.SortFunc(all, func(a, b duplicate) int {
		return cmp.Or(l.compare(a.second.number, b.second.number), cmp.Compare(a.second.outline.place, b.second.outline.place))
	})
	for _, x := range all {
		k, version := x.first.outline.key(), x.second.outline.version
		if l.options.Lenient { // nobody can tell which of them is meant
			l.errorf(x.first.unit.name, x.first.outline.position(), policy.ReasonDuplicate, "%s version %q is defined twice, again at %s", k, version, x.second.place())
		}
		l.errorf(x.second.unit.name, x.second.outline.position(), policy.ReasonDuplicate, "%s version %q is defined twice, first at %s", k, version, x.first.place())
	}
}
