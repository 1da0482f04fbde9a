package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/internal/panics"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

const (
	// repeated is how often a policy has to panic to be told of as a policy.
	repeated = 3
	// maxBlamed bounds the policies that are counted each by itself.
	maxBlamed = 10_000
)

// panicLog counts panics that were contained, and logs them without attribute values. A
// policy that panics goes on to be evaluated: without it, what it denies might be
// permitted.
type panicLog struct {
	logger   *slog.Logger
	key      [sha256.Size]byte             // of this process
	counted  map[string]prometheus.Counter // by place
	policies prometheus.Gauge

	mu     sync.Mutex
	blamed map[xacml.PolicyIdentifier]int
}

// The places of panics. The server has another one, rpc.
const (
	panickedEvaluation = "evaluation"
	panickedPolicies   = "policies"
	panickedSource     = "source"
)

func newPanicLog(logger *slog.Logger, registry prometheus.Registerer) (*panicLog, error) {
	l := &panicLog{
		logger: logger, counted: make(map[string]prometheus.Counter), blamed: make(map[xacml.PolicyIdentifier]int),
		policies: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "forseti_panicking_policies",
			Help: "Policies whose evaluation panicked three times or more since the start.",
		}),
	}
	_, _ = rand.Read(l.key[:]) // it never fails
	errs := []error{registry.Register(l.policies)}
	for _, where := range []string{panickedEvaluation, panickedPolicies, panickedSource} {
		l.counted[where] = prometheus.NewCounter(prometheus.CounterOpts{
			Name:        "forseti_panics_total",
			Help:        "Panics that were contained, by place.",
			ConstLabels: prometheus.Labels{"where": where},
		})
		errs = append(errs, registry.Register(l.counted[where]))
	}
	return l, errors.Join(errs...)
}

// policy tells of a panic while a policy was evaluated, or loaded.
func (l *panicLog) policy(ctx context.Context, p pdp.Panic) {
	told := []any{"panic", panics.Text(p.Recovered), "stack", string(p.Stack)}
	if p.Request == nil {
		l.counted[panickedPolicies].Inc()
		l.logger.ErrorContext(ctx, "panic while policies were loaded, which refuses those that are not in force", told...)
		return
	}
	l.counted[panickedEvaluation].Inc()
	told = append(told, "request", l.fingerprint(p.Request))
	if p.Policy.ID != "" {
		told = append(told, "policy", p.Policy.ID, "version", p.Policy.Version)
	}
	l.logger.ErrorContext(ctx, "panic in an evaluation, answered by Indeterminate", told...)
	if times := l.blame(p.Policy); times == repeated {
		l.policies.Inc()
		l.logger.ErrorContext(ctx, "the evaluation of a policy panics again and again; it stays in force, and decisions that depend on it are Indeterminate",
			"policy", p.Policy.ID, "version", p.Policy.Version)
	}
}

// source tells of a panic while a source was asked.
func (l *panicLog) source(name string, p *pip.Panic) {
	l.counted[panickedSource].Inc()
	l.logger.Error("panic while a source was asked, which is a failure of it",
		"source", name, "panic", panics.Text(p.Recovered), "stack", string(p.Stack))
}

// blame counts a panic of a policy, and tells how many there were.
func (l *panicLog) blame(p xacml.PolicyIdentifier) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.blamed[p]; p.ID == "" || !known && len(l.blamed) == maxBlamed {
		return 0
	}
	l.blamed[p]++
	return l.blamed[p]
}

// fingerprint tells equal requests from others, Content aside. Nobody can find out by it what a request
// was, not even by trying all that it might be: the key is known to this process only.
func (l *panicLog) fingerprint(r *xacml.Request) string {
	h := hmac.New(sha256.New, l.key[:])
	categories := slices.Clone(r.Attributes)
	slices.SortStableFunc(categories, func(a, b xacml.Attributes) int { return strings.Compare(a.Category, b.Category) })
	for _, c := range categories {
		writeText(h, c.Category)
		attributes := slices.Clone(c.Attributes)
		slices.SortStableFunc(attributes, func(a, b xacml.Attribute) int { return strings.Compare(a.ID, b.ID) })
		writeNumber(h, len(attributes))
		for _, a := range attributes {
			writeText(h, a.ID)
			writeText(h, a.Issuer)
			writeNumber(h, len(a.Values))
			for _, v := range a.Values {
				writeText(h, v.Type().ID())
				writeText(h, value.Lexical(v))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func writeText(h hash.Hash, s string) {
	writeNumber(h, len(s))
	_, _ = h.Write([]byte(s)) // it never fails
}

func writeNumber(h hash.Hash, n int) {
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
}
