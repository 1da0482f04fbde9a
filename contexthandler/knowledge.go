package contexthandler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// knowledge is what is known beside the request: it answers for the sources
// while one individual request is decided.
type knowledge struct {
	plan       *plan
	dictionary *Dictionary
	request    *xacml.Request
	query      *Query // in place of the request, if that was not made yet
	token      string // that proved who the subject is, for sources that need it
	sources    []lookup
	ahead      ahead
	shadowed   bool // the decision is to be made by the reference evaluator too
	trace      *trace
	spans      *spans
}

// lookup is what became of one source.
type lookup struct {
	asked bool
	// questioned tells that there was a question: a value for each need.
	questioned bool
	broken     error           // why nobody knows anything of what it provides
	inputs     [][]value.Value // the values of its needs when it was asked
	at         time.Time       // when it answered
	answered
}

// begin forgets everything, for another request. There is a request or a query.
func (k *knowledge) begin(h *Handler, request *xacml.Request, query *Query) {
	sources := k.sources
	if sources == nil {
		sources = make([]lookup, len(h.plan.sources))
	}
	clear(sources)
	*k = knowledge{plan: &h.plan, dictionary: h.dictionary, request: request, query: query, sources: sources}
}

// finder is the knowledge as the PDP asks it. Where there are no sources nobody can
// be asked, so that what the request does not hold is absent, also in a request
// that access-permitted makes.
func (k *knowledge) finder() pdp.Finder {
	if len(k.plan.sources) == 0 {
		return nil
	}
	return k
}

// Find gives the values that the sources have for the key (§7.3.5). It makes
// knowledge a pdp.Finder.
func (k *knowledge) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	n := name{key.Category, key.ID}
	if k.inRequest(n) {
		return value.NewBag(key.Type), nil // the request has it in another type or of another issuer
	}
	known := !k.pending(key) || k.lookUp(n)
	if err := k.failure(key); err != nil { // what was looked up just now may have failed
		return value.Bag{}, err
	}
	if !known { // nobody was asked: what is not known is not absent
		return value.Bag{}, xacml.ProcessingErrorf("attribute %q was not looked up", key.ID)
	}
	values := k.values(key)
	if len(values) > 1 && k.dictionary.single(n) {
		return value.Bag{}, k.notSingle(n)
	}
	return value.NewBag(key.Type, values...), nil
}

func (k *knowledge) notSingle(n name) *xacml.Error {
	return xacml.ProcessingErrorf("attribute %q must have one value, and the sources give several", n.id)
}

// failure is why nobody knows the values for the key, nil if that is not so.
func (k *knowledge) failure(key xacml.AttributeKey) error {
	n := name{key.Category, key.ID}
	return k.failed(n, func(provided *xacml.AttributeKey) bool { return provides(provided, key) })
}

// failed is why nobody knows the values of the attribute that are wanted. What a
// fallback would say is not known if it does not count because another source failed.
func (k *knowledge) failed(n name, wanted func(provided *xacml.AttributeKey) bool) error {
	for _, i := range k.plan.providers[n] {
		for j := range k.plan.sources[i].Provides {
			if !wanted(&k.plan.sources[i].Provides[j].Key) {
				continue
			}
			err := k.sources[i].failure(j)
			if !k.counts(i, n) {
				err = k.firstFailure(n)
			}
			if err != nil {
				return notAvailable(n, err)
			}
		}
	}
	return nil
}

// firstFailure is why a source of the attribute that is no fallback failed, or nil.
func (k *knowledge) firstFailure(n name) error {
	for _, i := range k.plan.providers[n] {
		if k.plan.sources[i].Fallback {
			continue
		}
		for j := range k.plan.sources[i].Provides {
			if err := k.sources[i].failure(j); err != nil && of(&k.plan.sources[i].Provides[j].Key, n) {
				return err
			}
		}
	}
	return nil
}

func notAvailable(n name, err error) error {
	return xacml.ProcessingErrorf("attribute %q is not available: %v", n.id, err)
}

// failure is why nobody knows the values of what the source provides at this place.
func (l *lookup) failure(provided int) error {
	if l.broken != nil || l.unknown == nil {
		return l.broken
	}
	return l.unknown[provided]
}

// counts reports whether what the source says of the attribute counts: what a
// fallback says does not if another source gave values, or failed.
func (k *knowledge) counts(i int, n name) bool {
	return !k.plan.sources[i].Fallback || !k.told(n)
}

// told reports whether a source that is no fallback gave a value, or failed.
func (k *knowledge) told(n name) bool {
	for _, i := range k.plan.providers[n] {
		s, l := &k.plan.sources[i], &k.sources[i]
		if s.Fallback || !l.asked {
			continue
		}
		for j := range s.Provides {
			if of(&s.Provides[j].Key, n) && (l.failure(j) != nil || len(l.found) > 0 && len(l.found[j]) > 0) {
				return true
			}
		}
	}
	return false
}

// of reports whether the key is one of the attribute's.
func of(k *xacml.AttributeKey, n name) bool { return k.ID == n.id && k.Category == n.category }

// provides reports whether values under the provided key are values for the other
// (§7.3.4).
func provides(provided *xacml.AttributeKey, key xacml.AttributeKey) bool {
	return of(provided, name{key.Category, key.ID}) && provided.Type == key.Type && (key.Issuer == "" || provided.Issuer == key.Issuer)
}

// values merges what the sources gave, each value once, in configuration order.
func (k *knowledge) values(key xacml.AttributeKey) []value.Value {
	var out []value.Value
	n := name{key.Category, key.ID}
	for _, i := range k.plan.providers[n] {
		for j, values := range k.sources[i].found {
			if provides(&k.plan.sources[i].Provides[j].Key, key) && k.counts(i, n) {
				out = merged(out, values)
			}
		}
	}
	return out
}

// inRequest reports whether the caller supplied the attribute; the sources are
// then not asked for it.
func (k *knowledge) inRequest(n name) bool {
	if k.token != "" && n == tokenName() {
		return true // in the call, that is: nobody but sources gets it
	}
	if k.request == nil {
		return k.query.has(n)
	}
	for i := range k.request.Attributes {
		attrs := &k.request.Attributes[i]
		if attrs.Category != n.category {
			continue
		}
		for j := range attrs.Attributes {
			if attrs.Attributes[j].ID == n.id {
				return true
			}
		}
	}
	return false
}

// pending reports whether a source that was not asked yet may have values for
// the key.
func (k *knowledge) pending(key xacml.AttributeKey) bool {
	n := name{key.Category, key.ID}
	return k.plan.keys[key] && !k.settled(n)
}

// settled reports whether everything that can be known of the attribute is.
func (k *knowledge) settled(n name) bool {
	if k.inRequest(n) {
		return true
	}
	for _, i := range k.plan.providers[n] {
		if !k.sources[i].asked && k.counts(i, n) {
			return false
		}
	}
	return true
}

// need gives the values of a need in its declared type. What sources found is
// converted: a key is its lexical form. What the caller supplied is not.
func (k *knowledge) need(need *pip.Need) ([]value.Value, error) {
	n := name{need.Key.Category, need.Key.ID}
	if k.inRequest(n) {
		return k.supplied(need)
	}
	wanted := func(provided *xacml.AttributeKey) bool { // in any data type
		return of(provided, n) && (need.Key.Issuer == "" || provided.Issuer == need.Key.Issuer)
	}
	if err := k.failed(n, wanted); err != nil {
		return nil, err
	}
	var out []value.Value
	for _, i := range k.plan.providers[n] {
		if !k.counts(i, n) || len(k.sources[i].found) == 0 {
			continue
		}
		for j := range k.plan.sources[i].Provides {
			if !wanted(&k.plan.sources[i].Provides[j].Key) {
				continue
			}
			values, err := converted(k.sources[i].found[j], need)
			if err != nil {
				return nil, err
			}
			out = merged(out, values)
		}
	}
	if len(out) > 1 && k.dictionary.single(n) {
		return nil, k.notSingle(n)
	}
	return out, nil
}

// converted gives the values in the type of the need.
func converted(values []value.Value, need *pip.Need) ([]value.Value, error) {
	right := func(v value.Value) bool { return v.Type() == need.Key.Type }
	if !slices.ContainsFunc(values, func(v value.Value) bool { return !right(v) }) {
		return values, nil
	}
	out := slices.Clone(values)
	for i, v := range values {
		if !right(v) {
			parsed, err := pip.Parse(need.Key.Type, v.String())
			if err != nil {
				return nil, errWrongType(need)
			}
			out[i] = parsed
		}
	}
	return distinct(out), nil
}

// errWrongType is about a need, whose values the policies would not see as the
// source does.
func errWrongType(need *pip.Need) error {
	return fmt.Errorf("attribute %q is not a %s", need.Key.ID, need.Key.Type)
}

// supplied gives the values that the caller supplied for a need.
func (k *knowledge) supplied(need *pip.Need) ([]value.Value, error) {
	var out []value.Value
	switch {
	case k.token != "" && need.Key.Category == CategoryCall && need.Key.ID == AttributeToken:
		if need.Key.Type != value.TypeString {
			return nil, errWrongType(need)
		}
		if need.Key.Issuer == "" {
			out = []value.Value{value.String(k.token)}
		}
	case k.request == nil:
		if need.Key.Issuer == "" {
			if need.Key.Type != value.TypeString {
				return nil, errWrongType(need)
			}
			out = k.query.valuesOf(name{need.Key.Category, need.Key.ID})
		}
	default:
		for _, attrs := range k.request.Attributes {
			if attrs.Category != need.Key.Category {
				continue
			}
			for _, a := range attrs.Attributes {
				if a.ID != need.Key.ID || need.Key.Issuer != "" && a.Issuer != need.Key.Issuer {
					continue
				}
				for _, v := range a.Values {
					if v.Type() != need.Key.Type {
						return nil, errWrongType(need)
					}
				}
				out = append(out, a.Values...)
			}
		}
		out = distinct(out)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("attribute %q is not of the issuer that is needed", need.Key.ID)
	}
	return out, nil
}

// attributes gives findings by category, each attribute once.
func (k *knowledge) attributes(choose func(pip.Provided) bool) []xacml.Attributes {
	if len(k.sources) == 0 {
		return nil
	}
	var out []xacml.Attributes
	at := make(map[string]int)
	for s := range k.sources {
		for p, values := range k.sources[s].found {
			provided := &k.plan.sources[s].Provides[p]
			n := name{provided.Key.Category, provided.Key.ID}
			if len(values) == 0 || !choose(*provided) || k.inRequest(n) || !k.counts(s, n) || k.failure(provided.Key) != nil {
				continue
			}
			i, ok := at[n.category]
			if !ok {
				i = len(out)
				at[n.category] = i
				out = append(out, xacml.Attributes{Category: n.category})
			}
			addFound(&out[i], provided, values)
		}
	}
	return out
}

// giveBack adds to the result what sources found and are to give back, to the
// attributes of the request that are there already: a category is there once (§5.48).
func (k *knowledge) giveBack(result *xacml.Result) {
	for _, found := range k.attributes(func(p pip.Provided) bool { return p.IncludeInResult }) {
		i := slices.IndexFunc(result.Attributes, func(a xacml.Attributes) bool { return a.Category == found.Category })
		if i < 0 {
			result.Attributes = append(result.Attributes, found)
			continue
		}
		to := &result.Attributes[i]
		to.Attributes = slices.Concat(to.Attributes, found.Attributes)
	}
}

// addFound adds values to the attribute that is provided.
func addFound(to *xacml.Attributes, provided *pip.Provided, values []value.Value) {
	for j := range to.Attributes {
		a := &to.Attributes[j]
		if a.ID == provided.Key.ID && a.Issuer == provided.Key.Issuer {
			a.Values = merged(a.Values, values)
			a.IncludeInResult = a.IncludeInResult || provided.IncludeInResult
			return
		}
	}
	to.Attributes = append(to.Attributes, xacml.Attribute{
		ID: provided.Key.ID, Issuer: provided.Key.Issuer, IncludeInResult: provided.IncludeInResult, Values: values,
	})
}
