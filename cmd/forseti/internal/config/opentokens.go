package config

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/claims"
	"github.com/forseti-pdp/forseti/token"
)

// Identifier tells who subjects are, by their tokens.
// A nil Identifier knows of no tokens.
type Identifier struct {
	verifier *token.Verifier
	mapping  *claims.Mapping
	logger   *slog.Logger
	subjects *prometheus.CounterVec
}

// OpenTokens begins to keep the keys of the issuers. It is nil without issuers. A
// file of keys has to be there; a server of keys that does not answer is asked
// again.
func (c *Config) OpenTokens(logger *slog.Logger) (*Identifier, error) {
	if len(c.Tokens.Issuers) == 0 {
		return nil, nil
	}
	mapping, err := claims.New(c.Tokens.Claims.config(c.names()))
	if err != nil {
		return nil, c.problemsAt("tokens.claims", err)
	}
	cfg := c.Tokens.config()
	cfg.Logger = logger
	verifier, err := token.New(cfg)
	if err != nil {
		return nil, c.problemsAt("tokens.issuers", err)
	}
	i := &Identifier{verifier, mapping, logger, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "forseti_token_subjects_total",
		Help: "Good tokens by what became of their claims: ok, or the reason for which they make no subject.",
	}, []string{"result"})}
	i.subjects.WithLabelValues(subjectGood)
	for _, r := range claims.Reasons() {
		i.subjects.WithLabelValues(string(r))
	}
	return i, nil
}

// subjectGood is the result of claims that made a subject.
const subjectGood = "ok"

// problemsAt are problems with the value of a key.
func (c *Config) problemsAt(key string, err error) error {
	var problems Problems
	for _, message := range parts(err) {
		problems = append(problems, Problem{c.place(key), key, message})
	}
	return problems.orNil()
}

// Close stops to keep the keys.
func (i *Identifier) Close() error { return i.verifier.Close() }

// Verifier is what checks tokens; nil if there is none.
func (i *Identifier) Verifier() *token.Verifier {
	if i == nil {
		return nil
	}
	return i.verifier
}

// Register makes known what became of tokens and of their claims.
func (i *Identifier) Register(registry prometheus.Registerer) error {
	return errors.Join(ofHolder(registry, "subject").Register(i.verifier), registry.Register(i.subjects))
}

// Identify tells who the subject is that the token was issued to. The error is an
// [*contexthandler.Error], whose message is the same for whatever is wrong with a
// token: which it is the metrics tell, and not whoever presents it.
func (i *Identifier) Identify(ctx context.Context, text string) (contexthandler.Identity, error) {
	held, err := i.verifier.Verify(ctx, text)
	if err != nil {
		if e, ok := errors.AsType[*token.Error](err); ok && e.Unknown() {
			return contexthandler.Identity{}, &contexthandler.Error{
				Reason: contexthandler.ReasonTokenNotChecked, Message: "the token of the subject cannot be checked now",
			}
		}
		return contexthandler.Identity{}, invalidToken()
	}
	subject, err := i.mapping.Subject(held)
	if err != nil {
		if e, ok := errors.AsType[*claims.Error](err); ok {
			i.subjects.WithLabelValues(string(e.Reason)).Inc()
			i.logger.DebugContext(ctx, "the claims of a token make no subject", "reason", string(e.Reason), "detail", e.Detail)
		}
		return contexthandler.Identity{}, invalidToken()
	}
	i.subjects.WithLabelValues(subjectGood).Inc()
	return contexthandler.Identity{Attributes: subject.Attributes, Until: subject.Expires}, nil
}

func invalidToken() *contexthandler.Error {
	return &contexthandler.Error{Reason: contexthandler.ReasonInvalidToken, Message: "the token of the subject is not valid"}
}
