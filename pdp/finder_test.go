package pdp_test

import (
	"context"
	"errors"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// fakeFinder fails for the attributes it holds, by category and id, and has no
// values for any other.
type fakeFinder map[[2]string]bool

func (f fakeFinder) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if f[[2]string{key.Category, key.ID}] {
		return value.Bag{}, errors.New("the source does not answer")
	}
	return value.NewBag(key.Type), nil
}
