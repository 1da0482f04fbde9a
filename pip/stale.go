package pip

import (
	"errors"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// excuses reports whether the error is one after which a stale answer may be
// given: the source failed, and was not merely slower than this caller could
// wait. Else a caller who is in a hurry could choose the old values.
func excuses(err error) bool {
	switch outcomeOf(err) {
	case OutcomeUnavailable, OutcomeOpen:
		return true
	case OutcomeTimeout:
		return !errors.Is(err, errCaller)
	default:
		return false
	}
}

// pastItsTime gives what is remembered for the attributes that allow it although
// its time is up ([Provided].StaleIfError), and why the others are unknown. If
// there is nothing to give, that is the error.
func (c *Cache) pastItsTime(key string, why error) (Answer, error) {
	e, ok := c.entries.GetIfPresent(key)
	if !ok {
		return Answer{}, why
	}
	age := e.age()
	if age < e.ttl {
		return e.fresh(age), nil // somebody else was luckier meanwhile
	}
	if e.limit > 0 && age >= e.limit {
		return Answer{}, why
	}
	a := Answer{Bags: make([]value.Bag, len(e.bags)), Cached: true, Age: age, Stale: true}
	given := 0
	for i, p := range c.provides {
		if age-e.ttl < p.StaleIfError {
			a.Bags[i] = e.bags[i]
			given++
			continue
		}
		if a.Unknown == nil {
			a.Unknown = make([]error, len(e.bags))
		}
		a.Bags[i], a.Unknown[i] = value.NewBag(p.Key.Type), why
	}
	if given == 0 {
		return Answer{}, why
	}
	return a, nil
}
