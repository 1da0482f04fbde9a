package contexthandler

import (
	"context"
	"time"

	"github.com/forseti-pdp/forseti/pdp/multiple"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Freshness says of an answer how long it holds.
type Freshness struct {
	// Reuse is for how long the caller may use the answer for the same request again,
	// the policies aside: the least of what is left of the life of each value that a
	// source gave. Zero is not at all: the decision is Indeterminate or depends on the
	// time, a source failed or does not say.
	Reuse time.Duration
	// Stale tells that a source gave values past their time because it could not be
	// asked.
	Stale bool
}

// fresh is the Freshness of what nothing limits but the configuration.
func (h *Handler) fresh() Freshness { return Freshness{Reuse: h.config.MaxReuse} }

// limit takes one result into account, and what is known beside its request.
func (f *Freshness) limit(result *xacml.Result, k *knowledge) {
	if result.Decision.Indeterminate() {
		f.Reuse = 0
	}
	for i := range k.sources {
		l := &k.sources[i]
		if !l.asked {
			continue
		}
		if l.reuse < forever {
			f.Reuse = min(f.Reuse, left(l.reuse, time.Since(l.at))) // of one that failed it is 0
		}
		f.Stale = f.Stale || l.stale
	}
	if f.Stale {
		f.Reuse = 0
	}
}

// left is what is left of a time, to the millisecond, in which callers are told it.
func left(of, passed time.Duration) time.Duration {
	return max(0, of-passed.Truncate(time.Millisecond))
}

// passed takes into account that some time went by since the answers that were
// taken into account.
func (f *Freshness) passed(d time.Duration) { f.Reuse = left(f.Reuse, d) }

// atAnyTime takes into account whether the time matters.
func (f *Freshness) atAnyTime(timeless bool) {
	if !timeless {
		f.Reuse = 0
	}
}

// watchedHierarchy tells whether a hierarchy was asked, which does not say for how
// long what it said holds.
type watchedHierarchy struct {
	multiple.Hierarchy
	asked bool
}

// watch watches a hierarchy, if there is one.
func watch(h multiple.Hierarchy) (watched multiple.Hierarchy, asked func() bool) {
	if h == nil {
		return nil, func() bool { return false }
	}
	w := &watchedHierarchy{Hierarchy: h}
	return w, func() bool { return w.asked }
}

// Below asks the hierarchy.
func (w *watchedHierarchy) Below(ctx context.Context, scope multiple.Scope, resource value.Value, limit int) ([]value.Value, error) {
	w.asked = true
	return w.Hierarchy.Below(ctx, scope, resource, limit)
}

// until takes into account for how long the subject is who it is.
func (f *Freshness) until(end, now time.Time) {
	if !end.IsZero() {
		f.Reuse = max(0, min(f.Reuse, end.Sub(now)))
	}
}
