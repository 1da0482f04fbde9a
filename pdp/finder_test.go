package pdp_test

import (
	"context"
	"errors"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// fakeFinder fails for some attributes, by category and id, has values for some
// keys and none for any other.
type fakeFinder struct {
	fails map[[2]string]bool
	has   []foundValue
}

// foundValue is one value of an attribute.
type foundValue struct {
	key   xacml.AttributeKey
	value value.Value
}

func (f fakeFinder) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	if f.fails[[2]string{key.Category, key.ID}] {
		return value.Bag{}, errors.New("the source does not answer")
	}
	var values []value.Value
	for _, h := range f.has {
		if h.key == key {
			values = append(values, h.value)
		}
	}
	return value.NewBag(key.Type, values...), nil
}

// finderFunc is a Finder that is one function.
type finderFunc func(ctx context.Context, key xacml.AttributeKey) (value.Bag, error)

func (f finderFunc) Find(ctx context.Context, key xacml.AttributeKey) (value.Bag, error) {
	return f(ctx, key)
}
