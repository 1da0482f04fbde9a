package workload

import (
	"fmt"
	"iter"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Workload is policies and requests in the form of XACML.
type Workload interface {
	// Name is that of the table of workloads, such as W1.
	Name() string
	// Documents gives the policies one after another, each made when it is
	// asked for, so that not all of them need be in memory. They may share
	// parts and must not be changed.
	Documents() iter.Seq[policy.Document]
	// Cases are the requests to measure with.
	Cases() []Case
}

// Case is a request and its right answer.
type Case struct {
	Request  *xacml.Request
	Expected xacml.Decision
	// Levels are the integers of the obligations, in the order of the documents.
	Levels []int64
}

// Check compares a result with the right answer.
func (c Case) Check(got xacml.Result) error {
	if got.Decision != c.Expected {
		return fmt.Errorf("got %s (%s), want %s", got.Decision.Extended(), got.Status.Message, c.Expected)
	}
	var levels []int64
	for _, o := range got.Obligations {
		for _, a := range o.Assignments {
			levels = appendLevel(levels, a.Value)
		}
	}
	if !slices.Equal(levels, c.Levels) {
		return fmt.Errorf("got levels %d, want %d", levels, c.Levels)
	}
	return nil
}

// appendLevel adds the value if it is an integer.
func appendLevel(levels []int64, v value.Value) []int64 {
	if i, ok := v.(value.Integer); ok {
		if level, ok := i.Int64(); ok {
			return append(levels, level)
		}
	}
	return levels
}
