package contexthandler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// The nodes of the trees of one answer: together, and of each one at least.
const (
	explainedNodes   = 10_000
	leastExplained   = 200
	explainedLookups = 256
)

// The attributes of requests that are shown in one answer: together, and with each
// decision at least.
const (
	explainedAttributes      = 10_000
	leastExplainedAttributes = 20
)

// explain makes one individual decision as decide does, in rounds, and tells how
// it came about. parts is how many there are in the request.
func (h *Handler) explain(ctx context.Context, snapshot *pap.Snapshot, decider *pdp.PDP, request *xacml.Request, token string, parts int, fresh *Freshness, event *Event) (result xacml.Result, d *explanation.Decision) {
	started := time.Now()
	var k knowledge
	defer func() {
		fresh.limit(&result, &k)
		h.config.Metrics.lookups(&k)
		event.add(request, &k, &result)
	}()
	k.begin(h, request, nil)
	k.token, k.trace, k.spans = token, &trace{}, h.spansOf(ctx)
	completed := h.complete(k.spans.enriching(ctx, started), decider, &k)
	enriched := time.Now()
	k.spans.enriched(enriched)
	if !completed {
		return xacml.Result{}, nil // nobody gets it, see over
	}
	result, d = decider.Explain(ctx, request, k.finder(), pdp.ExplainOptions{
		Read:    func(name string) (policy.Document, bool) { return readAgain(ctx, snapshot, name) },
		Private: h.dictionary.Private,
		Limits:  explanation.Limits{Nodes: max(leastExplained, explainedNodes/max(parts, 1))},
	})
	shorten(d, max(leastExplainedAttributes, explainedAttributes/max(parts, 1)))
	ended := time.Now()
	h.config.Metrics.stages(enriched.Sub(started), ended.Sub(enriched), h.exemplar(ctx))
	k.spans.evaluated(enriched, ended, &result)
	k.giveBack(&result)
	if h.config.Observe != nil {
		h.config.Observe(request, k.attributes(func(pip.Provided) bool { return true }))
	}
	h.explainLookups(d, k.trace.lookups)
	return result, d
}

// readAgain reads a document of the policies in force. The call does not hold its place
// while it waits for the disk, which may not answer.
func readAgain(ctx context.Context, snapshot *pap.Snapshot, name string) (policy.Document, bool) {
	place := rest(ctx)
	file, ok := snapshot.File(ctx, name)
	resume(place)
	if !ok {
		return policy.Document{}, false
	}
	return snapshot.Document(file)
}

// shorten leaves some of the attributes of the request: what a thousand decisions have in
// common would be there a thousand times.
func shorten(d *explanation.Decision, most int) {
	if len(d.Request) > most {
		d.Request = slices.Clone(d.Request[:most]) // and lets go of the others
		d.Notes = append(d.Notes, fmt.Sprintf("of the request only %d attributes are shown", most))
	}
}

// explainLookups adds what sources said, and tells at each attribute which of them
// gave it.
func (h *Handler) explainLookups(d *explanation.Decision, lookups []Lookup) {
	hidden := make(explanation.Hidden)
	origins := make(map[name][]string)
	for i := range lookups {
		l := &lookups[i]
		out := explanation.Lookup{
			Source: l.Source, Round: l.Round, Took: l.Took, Questions: l.Questions, Cached: l.Cached && l.Err == nil, Age: l.Age, Stale: l.Stale,
			Outcome: string(l.Outcome), Error: reasons(l),
		}
		for j, key := range l.Provides {
			n := name{key.Category, key.ID}
			a := xacml.Attribute{ID: key.ID, Issuer: key.Issuer}
			if j < len(l.Values) {
				a.Values = l.Values[j]
			}
			private := h.dictionary.Private(key.Category, key.ID)
			if private {
				hidden.Add(a.Values...)
			}
			if len(a.Values) > 0 && !slices.Contains(origins[n], l.Source) {
				origins[n] = append(origins[n], l.Source)
			}
			provided := explanation.Given(key.Category, &a, private)
			provided.DataType = key.Type.ID()
			if l.Err != nil || j < len(l.Unknown) && l.Unknown[j] != nil {
				provided.Values = nil // not known is not empty
			}
			out.Provided = append(out.Provided, provided)
		}
		if len(d.Lookups) < explainedLookups {
			d.Lookups = append(d.Lookups, out)
		}
	}
	if d.Root != nil {
		nameOrigins(d.Root, origins)
	}
	hidden.Apply(d)
}

// reasons is why values of a look-up are not known. None of it holds values.
func reasons(l *Lookup) string {
	if l.Err != nil {
		return l.Err.Error()
	}
	var out []string
	for _, err := range l.Unknown {
		if err != nil && !slices.Contains(out, err.Error()) {
			out = append(out, err.Error())
		}
	}
	return strings.Join(out, "; ")
}

// nameOrigins puts the names of sources where the tree says that there was one.
func nameOrigins(n *explanation.Node, origins map[name][]string) {
	if a := n.Attribute; a != nil && slices.Equal(a.Origin, []string{explanation.FromSources}) {
		if sources := origins[name{a.Category, a.ID}]; sources != nil {
			a.Origin = sources
		}
	}
	for _, c := range n.Children {
		nameOrigins(c, origins)
	}
}

// unexplained is a result that no evaluation led to.
func unexplained(r xacml.Result) *explanation.Decision {
	return &explanation.Decision{
		Decision: r.Decision.Extended(), Status: explanation.StatusOf(r.Status), Agreement: explanation.Unknown,
		Notes: []string{"the request could not be evaluated"},
	}
}
