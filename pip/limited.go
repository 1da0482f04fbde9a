package pip

import (
	"context"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// DefaultMaxValues is the number of values that one answer may hold.
const DefaultMaxValues = 10_000

// Limited holds a provider to its declaration: a question must have one value
// of the declared data type for each need, an answer one bag of the declared
// data type for each provided attribute, and at most maxValues values in all.
// Everything else is an error with [OutcomeInvalid]. Zero stands for
// [DefaultMaxValues].
func Limited(p Provider, needs []Need, provides []Provided, maxValues int) Provider {
	if maxValues <= 0 {
		maxValues = DefaultMaxValues
	}
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		if err := checkQuestion(q, needs); err != nil {
			return Answer{}, err
		}
		a, err := p.Fetch(ctx, q)
		if err != nil {
			return Answer{}, err
		}
		return checkAnswer(a, provides, maxValues)
	})
}

// checkQuestion compares a question with the declaration.
func checkQuestion(q Question, needs []Need) error {
	if len(q) != len(needs) {
		return Invalidf("the question has %d values for %d needs", len(q), len(needs))
	}
	for i, v := range q {
		switch {
		case v == nil:
			return Invalidf("the need %q has no value", needs[i].Name)
		case v.Type() != needs[i].Key.Type:
			return Invalidf("the need %q is a %s, not a %s", needs[i].Name, needs[i].Key.Type, v.Type())
		}
	}
	return nil
}

// checkAnswer compares an answer with the declaration. An empty bag gets the
// declared data type, so that a provider may give the zero Bag.
func checkAnswer(a Answer, provides []Provided, maxValues int) (Answer, error) {
	if len(a.Bags) != len(provides) {
		return Answer{}, Invalidf("the answer has %d bags for %d provided attributes", len(a.Bags), len(provides))
	}
	bags := make([]value.Bag, len(a.Bags))
	total := 0
	for i, b := range a.Bags {
		key := provides[i].Key
		if b.Len() == 0 {
			bags[i] = value.NewBag(key.Type)
			continue
		}
		if total += b.Len(); total > maxValues {
			return Answer{}, Invalidf("the answer has more than %d values", maxValues)
		}
		if b.Type() != key.Type {
			return Answer{}, Invalidf("attribute %q is a bag of %s, not of %s", key.ID, key.Type, b.Type())
		}
		for _, v := range b.Values() {
			if v == nil || v.Type() != key.Type {
				return Answer{}, Invalidf("attribute %q has a value that is not a %s", key.ID, key.Type)
			}
		}
		bags[i] = b
	}
	a.Bags = bags
	return a, nil
}
