package contexthandler

import (
	"context"
	"sync/atomic"
	"time"
)

// To decide ahead is to evaluate first, and to ask sources when the evaluation
// comes to their attributes, one after the other. That saves the search for what
// may matter, which with many policies costs far more than the decision, at the
// price of a question now and then that would not have mattered. It is for
// sources that answer at once, as from a cache: slow ones are better asked side by
// side. So a source that is not known to be quick ends the evaluation, the result
// is thrown away, and the decision is made in the general way with what is known
// by then.

// quick is how long a source may take to count as one that answers at once.
const quick = 250 * time.Microsecond

// ahead is the state of a decision ahead.
type ahead struct {
	context watched       // of the evaluation; without a parent nothing is decided ahead
	lost    bool          // it takes the general way
	slow    bool          // a source took long
	spent   time.Duration // in sources
}

// lookAhead makes ready for an evaluation ahead, and gives its context.
func (k *knowledge) lookAhead(ctx context.Context) context.Context {
	k.ahead.context = watched{ctx, k}
	return &k.ahead.context
}

// lookUp asks for an attribute, if the decision is made ahead. It reports whether
// all that can be known of the attribute is.
func (k *knowledge) lookUp(n name) bool {
	if k.ahead.context.Context == nil || k.ahead.lost {
		return false
	}
	started := time.Now()
	k.ahead.context.Context = k.spans.enriching(k.ahead.context.Context, started)
	k.ahead.lost = !k.search(n, len(k.sources))
	took := time.Since(started)
	k.ahead.spent += took
	k.spans.lookedUp(started.Add(took))
	return !k.ahead.lost
}

// search asks the sources of an attribute, after those of what they need, which
// may go as deep as there are sources: else they wait for each other.
func (k *knowledge) search(n name, depth int) bool {
	if k.inRequest(n) {
		return true
	}
	for _, i := range k.plan.providers[n] {
		if k.sources[i].asked || !k.counts(i, n) {
			continue
		}
		if depth == 0 || k.ahead.slow || !k.plan.pace[i].quick() {
			return false
		}
		for j := range k.plan.sources[i].Needs {
			need := &k.plan.sources[i].Needs[j].Key
			if !k.search(name{need.Category, need.ID}, depth-1) {
				return false
			}
		}
		k.trace.next()
		question := k.prepared(i)
		place := rest(k.ahead.context.Context) // it may be that a cache does not know this one
		r := k.asked(k.ahead.context.Context, i, question)
		resume(place)
		k.take(i, r)
		k.ahead.slow = k.ahead.slow || r.took > quick // another may be, too
	}
	return true
}

// watched is the context of an evaluation that ends when it takes the general way.
type watched struct {
	context.Context
	k *knowledge
}

// Err is not nil when the evaluation is of no use any more.
func (w *watched) Err() error {
	if w.k.ahead.lost {
		return context.Canceled
	}
	return w.Context.Err()
}

// pace is how quick a source has been lately.
type pace struct{ trust atomic.Int32 }

// maxTrust is after how many slow answers in a row a source is slow.
const maxTrust = 2

func (p *pace) quick() bool { return p.trust.Load() > 0 }

// took tells of an answer.
func (p *pace) took(t time.Duration, err error) {
	switch trust := p.trust.Load(); {
	case err != nil:
		p.trust.Store(0)
	case t <= quick && trust < maxTrust:
		p.trust.Store(maxTrust)
	case t > quick && trust > 0:
		p.trust.Store(trust - 1)
	}
}
