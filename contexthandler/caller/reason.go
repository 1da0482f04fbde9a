package caller

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/token"
)

// Reason says why a call was refused. The set is closed: reasons are labels of
// metrics. They are for the operator, not for whoever calls.
type Reason string

// The reasons.
const (
	ReasonMissing     Reason = "missing"     // the call shows nothing
	ReasonSeveral     Reason = "several"     // it has more than one token
	ReasonMalformed   Reason = "malformed"   // what should be a token cannot be one
	ReasonTooLarge    Reason = "too_large"   // longer than token.MaxBytes
	ReasonToken       Reason = "token"       // the token is not good; the metrics of tokens tell why
	ReasonClaim       Reason = "claim"       // a good token that does not name its holder as it should
	ReasonBinding     Reason = "binding"     // the token belongs to another certificate
	ReasonCertificate Reason = "certificate" // it expired since the handshake, or has no name that counts
	ReasonAmbiguous   Reason = "ambiguous"   // the certificate has the identities of two callers
	ReasonNotChecked  Reason = "not_checked" // the keys of the issuer are not known
	ReasonCanceled    Reason = "canceled"    // the keys have to be read first, and ctx is done
	ReasonMethod      Reason = "method"      // the caller is known, and may not call this method
	ReasonExpired     Reason = "expired"     // what a stream was begun with
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		ReasonMissing, ReasonSeveral, ReasonMalformed, ReasonTooLarge, ReasonToken, ReasonClaim, ReasonBinding,
		ReasonCertificate, ReasonAmbiguous, ReasonNotChecked, ReasonCanceled, ReasonMethod, ReasonExpired,
	}
}

// ErrUnauthenticated is what every error is, and all that its text says.
var ErrUnauthenticated = errors.New("it is not known who calls")

// Error is a call that was refused.
type Error struct {
	Reason Reason
	// Err is the error of the token, if there is one.
	Err error
}

// Error is the text of [ErrUnauthenticated], whatever the reason.
func (e *Error) Error() string { return ErrUnauthenticated.Error() }

// Is makes every Error an [ErrUnauthenticated].
func (e *Error) Is(target error) bool { return target == ErrUnauthenticated }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// reasonOf is why a token shows nothing.
func reasonOf(err error) Reason {
	e, ok := errors.AsType[*token.Error](err)
	switch {
	case !ok || !e.Unknown():
		return ReasonToken
	case e.Reason == token.ReasonStale: // there were keys, and nobody vouches for them any more
		return ReasonToken
	case e.Reason == token.ReasonCanceled:
		return ReasonCanceled
	default:
		return ReasonNotChecked
	}
}

// metrics counts calls that were refused.
type metrics struct {
	failures *prometheus.CounterVec
	reasons  map[Reason]prometheus.Counter
}

func newMetrics() metrics {
	m := metrics{
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "forseti_auth_failures_total",
			Help: "Calls that were refused because of who made them, by reason.",
		}, []string{"reason"}),
		reasons: make(map[Reason]prometheus.Counter),
	}
	for _, r := range Reasons() {
		m.reasons[r] = m.failures.WithLabelValues(string(r))
	}
	return m
}

func (m *metrics) refused(r Reason) { m.reasons[r].Inc() }

// Refused counts a call that was refused for what only whoever takes it knows:
// [ReasonMethod], [ReasonExpired], or [ReasonCanceled].
func (a *Authenticator) Refused(r Reason) { a.metrics.refused(r) }

// Describe makes an authenticator a [prometheus.Collector].
func (a *Authenticator) Describe(out chan<- *prometheus.Desc) { a.metrics.failures.Describe(out) }

// Collect gives the refused calls.
func (a *Authenticator) Collect(out chan<- prometheus.Metric) { a.metrics.failures.Collect(out) }
