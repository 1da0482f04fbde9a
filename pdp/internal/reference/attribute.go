package reference

import (
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// bag is the values of an attribute (§7.3.4, 7.3.5): those of the request, else
// the clock's, else the finder's. What was found once stays.
func (e *evaluation) bag(key xacml.AttributeKey) (value.Bag, *xacml.Error) {
	known, ok := e.bags[key]
	if !ok {
		known.bag, known.err = e.find(key)
		e.bags[key] = known
	}
	e.trace.read(key, known.bag)
	return known.bag, known.err
}

func (e *evaluation) find(key xacml.AttributeKey) (value.Bag, *xacml.Error) {
	if bag := e.in.Request.Lookup(key); bag.Len() > 0 {
		return e.trace.from(explanation.FromRequest, key, bag), nil
	}
	if v := e.environment(key); v != nil {
		return e.trace.from(explanation.FromClock, key, value.NewBag(key.Type, v)), nil
	}
	if e.about != nil {
		return e.delegated(key)
	}
	if e.in.Finder == nil {
		return value.NewBag(key.Type), nil
	}
	bag, err := e.in.Finder.Find(e.ctx, key)
	if err != nil {
		// Absent is not unavailable: nobody knows the values, so the attribute
		// is Indeterminate even where it need not be present.
		return value.Bag{}, asError(err)
	}
	for _, v := range bag.Values() {
		if v.Type() != key.Type {
			return value.Bag{}, xacml.ProcessingErrorf("attribute %q was supplied as %s, not as %s", key.ID, v.Type(), key.Type)
		}
	}
	return e.trace.from(explanation.FromSources, key, value.NewBag(key.Type, bag.Values()...)), nil
}

// environment is §7.3.6 and B.7: the PDP supplies the time if the request does
// not, one reading for the whole evaluation.
func (e *evaluation) environment(key xacml.AttributeKey) value.Value {
	if key.Category != xacml.CategoryEnvironment || key.Issuer != "" {
		return nil
	}
	switch {
	case key.ID == xacml.AttributeCurrentTime && key.Type == value.TypeTime:
		return value.TimeOf(e.in.Now)
	case key.ID == xacml.AttributeCurrentDate && key.Type == value.TypeDate:
		return value.DateOf(e.in.Now)
	case key.ID == xacml.AttributeCurrentDateTime && key.Type == value.TypeDateTime:
		return value.DateTimeOf(e.in.Now)
	default:
		return nil
	}
}
