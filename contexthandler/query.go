package contexthandler

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/internal/exemplar"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// maxDistinct bounds the attributes of a Query, each of which is compared with
// all others.
const maxDistinct = 32

// Query is the short way of a decision: a plain request that is put together
// attribute by attribute, straight into the engine. Plain is a request for one
// decision, whose attributes are strings without issuers, each given once. What
// is not plain is for [Handler.Decide], whose answer to what is plain is the same.
//
// A Query belongs to one goroutine, is decided once, and ends with Close.
type Query struct {
	handler  *Handler
	snapshot *pap.Snapshot
	query    pdp.Query
	seen     [maxDistinct]name
	count    int // of seen
	current  *plainName
	values   []given
	known    knowledge
	fresh    Freshness
}

// given is a value of an attribute of a Query.
type given struct {
	attribute int // its number among those that were seen
	text      string
}

// NewQuery makes a Query for one decision on the snapshot. ok is false if this
// Handler has no short way.
func (h *Handler) NewQuery(snapshot *pap.Snapshot) (q *Query, ok bool) {
	if !h.plain.possible || snapshot.PDP == nil || h.config.Audit != nil { // records are of requests
		return nil, false
	}
	q, ok = h.plain.pool.Get().(*Query)
	if !ok {
		q = &Query{handler: h}
	}
	q.snapshot, q.query = snapshot, snapshot.PDP.NewQuery()
	return q, true
}

// Close ends the query.
func (q *Query) Close() {
	q.query.Close()
	clear(q.seen[:q.count])
	clear(q.values)
	q.snapshot, q.query, q.count, q.current, q.values = nil, pdp.Query{}, 0, nil, q.values[:0]
	clear(q.known.sources) // they hold what was asked and found
	q.known, q.fresh = knowledge{sources: q.known.sources}, Freshness{}
	q.handler.plain.pool.Put(q)
}

// ReturnPolicyIDs asks for the policies that were applicable (§5.48).
func (q *Query) ReturnPolicyIDs() { q.query.ReturnPolicyIDs() }

// Attribute begins an attribute, whose values Text adds. known tells whether the
// configuration names it. Without ok the request is not plain.
func (q *Query) Attribute(category, id string) (known, ok bool) {
	c := q.handler.plain.category(category)
	if c == nil || q.count == maxDistinct {
		return false, false
	}
	n := name{c.name, id}
	p := c.ids[id]
	if p != nil {
		if !p.ok {
			return false, false
		}
		known, n = p.entry != nil, p.name
	}
	for i := range q.seen[:q.count] {
		if o := &q.seen[i]; len(o.id) == len(n.id) && *o == n {
			return known, false // the order of its values would matter
		}
	}
	q.seen[q.count] = n
	q.count++
	q.current = p
	return known, true
}

// Text adds a value to the attribute that was begun last. Text must not change
// before Close. Without ok the request is not plain.
func (q *Query) Text(text string) (ok bool) {
	attribute := q.count - 1
	if p := q.current; p != nil {
		if p.entry != nil && len(p.entry.forms) > 0 {
			text = p.entry.rewrite(text)
		}
		if n := len(q.values); p.single && n > 0 && q.values[n-1].attribute == attribute {
			return false
		}
	}
	q.values = append(q.values, given{attribute, text})
	n := &q.seen[attribute]
	q.query.AddText(n.category, n.id, text)
	return true
}

// has reports whether the query has the attribute.
func (q *Query) has(n name) bool { return slices.Contains(q.seen[:q.count], n) }

// valuesOf gives the values of an attribute, each once.
func (q *Query) valuesOf(n name) []value.Value {
	attribute := slices.Index(q.seen[:q.count], n)
	var out []value.Value
	for _, v := range q.values {
		if v.attribute == attribute {
			out = append(out, value.String(strings.Clone(v.text))) // sources may keep it
		}
	}
	return distinct(out)
}

// Decide makes the decision, if it takes no more than the engine and sources that
// answer at once; otherwise ok is false, and [Query.Complete] makes it. An error is as that of
// [Handler.Decide]. started is when the request came in, ended when it was
// decided.
func (q *Query) Decide(ctx context.Context, started time.Time) (result xacml.Result, ended time.Time, ok bool, err error) {
	h, k := q.handler, &q.known
	traced := h.spansOf(ctx)
	if h.shadow.chosen() {
		k.begin(h, nil, q)
		k.shadowed, k.spans = true, traced
		return xacml.Result{}, time.Time{}, false, nil
	}
	if len(h.plan.sources) == 0 {
		result = q.query.Evaluate(ctx, nil)
	} else {
		k.begin(h, nil, q)
		k.spans = traced
		if result = q.query.Evaluate(k.lookAhead(ctx), k); k.ahead.lost {
			return xacml.Result{}, time.Time{}, false, nil
		}
	}
	spent := k.ahead.spent
	if ended, err = q.ended(ctx, started, &result); err != nil {
		traced.evaluated(started, time.Now(), &result)
		return xacml.Result{}, time.Time{}, false, err
	}
	h.config.Metrics.stages(spent, ended.Sub(started)-spent, h.exemplar(ctx))
	traced.evaluated(started, ended, &result)
	q.fresh = h.fresh()
	q.fresh.limit(&result, k)
	h.config.Metrics.lookups(k)
	q.fresh.atAnyTime(q.query.Timeless())
	return result, ended, true, nil
}

// Freshness is that of the decision, once it is made.
func (q *Query) Freshness() Freshness { return q.fresh }

// Complete makes a decision that Decide did not make. Slow sources are asked side
// by side.
func (q *Query) Complete(ctx context.Context, started time.Time) (result xacml.Result, ended time.Time, err error) {
	q.known.request = q.query.Request()
	decider := q.snapshot.PDP.Frozen()
	result = q.handler.decideInRounds(ctx, decider, &q.known, started)
	q.fresh = q.handler.fresh()
	q.fresh.limit(&result, &q.known)
	q.handler.config.Metrics.lookups(&q.known)
	q.fresh.atAnyTime(decider.Timeless())
	if err = over(ctx); err == nil {
		ended, err = q.ended(ctx, started, &result)
	}
	return result, ended, err
}

// ended counts a decision, unless it was made under an expired deadline.
func (q *Query) ended(ctx context.Context, started time.Time, result *xacml.Result) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, gaveUp(err)
	}
	m, ended := q.handler.config.Metrics, time.Now()
	exemplar.Observe(m.total, ended.Sub(started).Seconds(), q.handler.exemplar(ctx))
	m.count(result)
	q.handler.Describe(ctx, q.snapshot, 1)
	q.handler.describeResult(ctx, result)
	return ended, nil
}
