package main

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/pip"
)

// The causes for which a source forgets answers.
const (
	causeCall       = "call"       // the AdministrationService was told to
	causeChange     = "change"     // the database or service told what changed
	causeEverything = "everything" // it was connected anew, or told that something changed
)

// invalidations makes sources forget, and counts it.
type invalidations struct{ total *prometheus.CounterVec }

func newInvalidations(reg prometheus.Registerer, sources []pip.Source) (*invalidations, error) {
	i := &invalidations{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_invalidations_total",
		Help: "How often sources were told to forget answers, by source and cause.",
	}, []string{"source", "cause"})}
	for _, s := range sources {
		for _, cause := range []string{causeCall, causeChange, causeEverything} {
			i.total.WithLabelValues(s.Name, cause)
		}
	}
	return i, reg.Register(i.total)
}

// counted gives the sources with calls counted.
func (i *invalidations) counted(sources []pip.Source) []pip.Source {
	out := slices.Clone(sources)
	for at, s := range out {
		if s.Forget == nil {
			continue
		}
		total := i.total.WithLabelValues(s.Name, causeCall)
		out[at].Forget = func(match func(pip.Question) bool) int {
			total.Inc()
			return s.Forget(match)
		}
	}
	return out
}

// forget makes a source forget what is not true any more. It does so without the
// context handler: the source's own words need no translation.
func (i *invalidations) forget(c config.Change) {
	cause := causeChange
	if c.Match == nil {
		cause = causeEverything
	}
	i.total.WithLabelValues(c.Source.Name, cause).Inc()
	c.Source.Forget(c.Match)
}
