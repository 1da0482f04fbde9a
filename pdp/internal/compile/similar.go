package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// maxSuggestions is for how many unknown identifiers of a document a similar one is looked
// for, and maxSimilar how long they may be: it takes time, and authors need few.
const (
	maxSuggestions = 20
	maxSimilar     = 200
)

// functionLike is what a message about an unknown function adds: a similar one.
func (c *checker) functionLike(id string) string {
	return c.like(id, func(yield func(string)) {
		for _, f := range c.options.Functions.Functions() {
			yield(f.ID)
		}
	})
}

// algorithmLike is the same for combining algorithms, of rules or else of policies.
func (c *checker) algorithmLike(id string, rules bool) string {
	return c.like(id, func(yield func(string)) {
		for _, a := range combine.Algorithms() {
			if rules {
				yield(a.Rule)
			} else {
				yield(a.Policy)
			}
		}
	})
}

// like looks for the identifier that is most like id. Versions of the standard are mixed
// up more often than names: the last parts are compared first, and then all.
func (c *checker) like(id string, each func(func(string))) string {
	if len(id) > maxSimilar || c.suggested == maxSuggestions {
		return ""
	}
	c.suggested++
	name := lastPart(id)
	most := min(2, len(name)/4)
	best, bestName, bestWhole := "", most+1, 0
	each(func(other string) {
		apart := distance(name, lastPart(other), bestName)
		if apart > most || apart > bestName {
			return
		}
		if whole := distance(id, other, maxSimilar); apart < bestName || whole < bestWhole {
			best, bestName, bestWhole = other, apart, whole
		}
	})
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// lastPart is what comes after the last colon.
func lastPart(id string) string { return id[strings.LastIndexByte(id, ':')+1:] }

// distance is the number of octets to insert, remove or replace to make b of a
// (Levenshtein); more than most if it is more than that.
func distance(a, b string, most int) int {
	if max(len(a)-len(b), len(b)-len(a)) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := corner
			if a[i] != b[j] {
				replaced++
			}
			corner = row[j+1]
			row[j+1] = min(replaced, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}

// oneOfBag is what a message about a call adds if all that is wrong with it is that
// arguments are bags and not values: what takes the value out.
func oneOfBag(check func([]value.Kind) error, kinds []value.Kind) string {
	all := slices.Clone(kinds)
	for i, k := range kinds {
		if !k.Bag {
			continue
		}
		all[i] = value.One(k.Type)
		one := slices.Clone(kinds)
		one[i] = all[i]
		if check(one) == nil || check(all) == nil {
			return fmt.Sprintf("; %s-one-and-only takes the value out of the bag", k.Type)
		}
	}
	return ""
}
