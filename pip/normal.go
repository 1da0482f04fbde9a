package pip

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Normal is the question with each value in its normal form ([value.Normal]).
func (q Question) Normal() Question {
	if !slices.ContainsFunc(q, func(v value.Value) bool { return value.Normal(v) != v }) {
		return q
	}
	normal := make(Question, len(q))
	for i, v := range q {
		normal[i] = value.Normal(v)
	}
	return normal
}
