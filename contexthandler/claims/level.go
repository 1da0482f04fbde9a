package claims

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/forseti-pdp/forseti/token"
)

// level is a [Level] whose paths were read.
type level struct {
	attribute string
	from      []levelClaim
}

type levelClaim struct {
	path   token.Path
	levels map[string]int // nil if the value is the level
}

func newLevel(l Level) (level, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	made := level{attribute: l.Attribute}
	if l.Attribute != "" && len(l.From) == 0 {
		fail("no claim is given")
	}
	for _, c := range l.From {
		path, err := token.ParsePath(c.Claim)
		if err != nil {
			fail("%w", err)
		}
		if c.Levels != nil && len(c.Levels) == 0 {
			fail("claim %q: there are no levels", c.Claim)
		}
		for _, v := range slices.Sorted(maps.Keys(c.Levels)) {
			if n := c.Levels[v]; n < 0 || n > MaxLevel {
				fail("claim %q: the level of %q is not from 0 to %d", c.Claim, v, MaxLevel)
			}
		}
		made.from = append(made.from, levelClaim{path, maps.Clone(c.Levels)})
	}
	return made, errors.Join(errs...)
}

// read gives the level that the claims tell; known is false if they tell none.
func (l level) read(claims token.Claims) (n int, known bool, err *Error) {
	for _, c := range l.from {
		values, err := texts(claims, c.path)
		switch {
		case err != nil:
			return 0, false, err
		case len(values) == 0:
			continue
		case len(values) > 1:
			return 0, false, errorf(ReasonAmbiguous, "claim %q has several values", c.path)
		case c.levels != nil:
			n, known = c.levels[values[0]]
			return n, known, nil
		}
		n, wrong := strconv.Atoi(values[0])
		if wrong != nil || n < 0 || n > MaxLevel || strconv.Itoa(n) != values[0] {
			return 0, false, errorf(ReasonInvalid, "claim %q is not a level from 0 to %d", c.path, MaxLevel)
		}
		return n, true, nil
	}
	return 0, false, nil
}
