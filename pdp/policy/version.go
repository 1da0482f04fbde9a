package policy

import (
	"math/big"
	"strings"
)

// Accepts reports whether the reference can mean a policy of this version: its
// Version, EarliestVersion and LatestVersion must all match (§5.10 to 5.13).
func (r *Reference) Accepts(version string) bool {
	return (r.Version == "" || matchesVersion(r.Version, version)) &&
		(r.Earliest == "" || matchesEarliest(r.Earliest, version)) &&
		(r.Latest == "" || matchesLatest(r.Latest, version))
}

// CompareVersions orders versions (§5.12): negative if a is older than b, zero
// if they are equal, positive if a is newer. Components count as numbers, and a
// version is older than one that continues it.
func CompareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(as) && i < len(bs); i++ {
		if c := compareNumbers(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return len(as) - len(bs)
}

// matchesVersion: * is any one number, + any one number and all that follow (§5.13).
func matchesVersion(pattern, version string) bool {
	ps, vs := strings.Split(pattern, "."), strings.Split(version, ".")
	for i, p := range ps {
		switch {
		case i >= len(vs):
			return false
		case p == "+":
			return true
		case p != "*" && compareNumbers(p, vs[i]) != 0:
			return false
		}
	}
	return len(ps) == len(vs)
}

// matchesEarliest: some version that matches the pattern is not newer than version.
func matchesEarliest(pattern, version string) bool {
	ps, vs := strings.Split(pattern, "."), strings.Split(version, ".")
	for i, p := range ps {
		switch {
		case i >= len(vs):
			return false
		case p == "+":
			return true
		case p == "*":
			if compareNumbers(vs[i], "0") > 0 {
				return true // a matching version has 0 here
			}
		default:
			if c := compareNumbers(p, vs[i]); c != 0 {
				return c < 0
			}
		}
	}
	return true
}

// matchesLatest: some version that matches the pattern is not older than version.
func matchesLatest(pattern, version string) bool {
	ps, vs := strings.Split(pattern, "."), strings.Split(version, ".")
	for i, p := range ps {
		switch {
		case p == "+" || p == "*":
			return true // a matching version has any greater number here
		case i >= len(vs):
			return true
		default:
			if c := compareNumbers(p, vs[i]); c != 0 {
				return c > 0
			}
		}
	}
	return len(vs) <= len(ps)
}

// compareNumbers compares decimal numbers of any length.
func compareNumbers(a, b string) int {
	x, _ := new(big.Int).SetString(a, 10)
	y, _ := new(big.Int).SetString(b, 10)
	if x == nil || y == nil { // not a version: the readers refuse it
		return strings.Compare(a, b)
	}
	return x.Cmp(y)
}
