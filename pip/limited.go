package pip

import (
	"context"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// DefaultMaxValues is the number of values that one answer may hold.
const DefaultMaxValues = 10_000

// Limited holds a provider to its declaration: a question must have one value
// of the declared data type for each need, an answer one bag of the declared
// data type for each provided attribute, and at most maxValues values in all.
// Everything else is an error with [OutcomeInvalid]. Zero stands for
// [DefaultMaxValues].
func Limited(p Provider, needs []Need, provides []Provided, maxValues int) Provider {
	return limits{provides: provides, maxValues: maxValues}.around(p, needs)
}

// limits is what an answer is held to.
type limits struct {
	provides  []Provided
	maxValues int     // zero stands for DefaultMaxValues
	rules     []*rule // nil, or one for each provided attribute, which may be nil
}

// around holds the questions and answers of p.
func (l limits) around(p Provider, needs []Need) Provider {
	return asked(ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		a, err := p.Fetch(ctx, q)
		if err != nil {
			return Answer{}, err
		}
		return l.check(a)
	}), needs)
}

// calls holds the answers of c.
func (l limits) calls(c calls) calls {
	return func(ctx context.Context, qs []Question) []Reply {
		replies := c(ctx, qs)
		for i, r := range replies {
			if r.Err == nil {
				replies[i].Answer, replies[i].Err = l.check(r.Answer)
			}
		}
		return replies
	}
}

// asked holds the questions to p.
func asked(p Provider, needs []Need) Provider {
	return ProviderFunc(func(ctx context.Context, q Question) (Answer, error) {
		if err := checkQuestion(q, needs); err != nil {
			return Answer{}, err
		}
		return p.Fetch(ctx, q)
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

// check compares an answer with the declaration. An empty bag gets the
// declared data type, so that a provider may give the zero Bag. What only
// Assemble may say is left out; an answer that is not a whole and good one is
// refused, because its empty bags must not be taken for "none".
func (l limits) check(a Answer) (Answer, error) {
	if len(a.Bags) != len(l.provides) {
		return Answer{}, Invalidf("the answer has %d bags for %d provided attributes", len(a.Bags), len(l.provides))
	}
	if a.Stale || a.Unknown != nil {
		return Answer{}, Invalidf("the provider gave an answer that is stale or partly unknown")
	}
	most := l.maxValues
	if most <= 0 {
		most = DefaultMaxValues
	}
	bags := make([]value.Bag, len(a.Bags))
	total := 0
	for i, b := range a.Bags {
		if total += b.Len(); total > most {
			return Answer{}, Invalidf("the answer has more than %d values", most)
		}
		key := l.provides[i].Key
		if err := checkBag(b, key); err != nil {
			return Answer{}, err
		}
		if l.rules != nil {
			if err := l.rules[i].check(b, key); err != nil {
				return Answer{}, err
			}
		}
		bags[i] = b
		if b.Len() == 0 {
			bags[i] = value.NewBag(key.Type)
		}
	}
	return Answer{Bags: bags, ValidFor: a.ValidFor}, nil
}

// checkBag compares the data types of a bag and its values with the declared
// one.
func checkBag(b value.Bag, key xacml.AttributeKey) error {
	if b.Len() == 0 {
		return nil
	}
	if b.Type() != key.Type {
		return Invalidf("attribute %q is a bag of %s, not of %s", key.ID, key.Type, b.Type())
	}
	for _, v := range b.Values() {
		if v == nil || v.Type() != key.Type {
			return Invalidf("attribute %q has a value that is not a %s", key.ID, key.Type)
		}
	}
	return nil
}
