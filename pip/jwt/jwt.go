package jwt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/token"
)

// Config describes tokens as a source.
type Config struct {
	// Verifier tells good tokens from others.
	Verifier *token.Verifier
	// Needs is one attribute of type string: the token in compact form.
	Needs []pip.Need
	// Provides lists paths in From.
	Provides []pip.Provided
}

// Provider answers from tokens.
type Provider struct {
	verifier *token.Verifier
	provides []provided
}

// provided is an attribute with its paths read.
type provided struct {
	pip.Provided
	paths []token.Path
}

// New makes a Provider, or reports everything that is wrong with cfg. The verifier
// stays the caller's to close.
func New(cfg Config) (*Provider, error) {
	errs := []error{pip.CheckDeclaration(cfg.Needs, cfg.Provides)}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if cfg.Verifier == nil {
		fail("there is nothing to verify tokens with")
	}
	if len(cfg.Needs) != 1 || cfg.Needs[0].Key.Type != value.TypeString {
		fail("the only need is the token, a string")
	}
	p := &Provider{verifier: cfg.Verifier}
	for _, out := range cfg.Provides {
		if len(out.From) == 0 {
			fail("attribute %q has no claim", out.Key.ID)
		}
		made := provided{Provided: out}
		for _, text := range out.From {
			path, err := token.ParsePath(text)
			if err != nil {
				fail("attribute %q: %w", out.Key.ID, err)
			}
			made.paths = append(made.paths, path)
		}
		p.provides = append(p.provides, made)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, nil
}

// Fetch verifies the token and answers with its claims, for as long as the token
// is valid.
func (p *Provider) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	if len(q) != 1 || q[0].Type() != value.TypeString {
		return pip.Answer{}, pip.Invalidf("the question is not one token")
	}
	claims, err := p.verifier.Verify(ctx, q[0].String())
	if err != nil {
		return pip.Answer{}, failure(ctx, err)
	}
	bags := make([]value.Bag, len(p.provides))
	for i, out := range p.provides {
		if bags[i], err = out.bag(claims); err != nil {
			return pip.Answer{}, err
		}
	}
	left := time.Until(claims.Expires())
	if left <= 0 { // within the leeway; zero would say nothing
		left = -1
	}
	return pip.Answer{Bags: bags, ValidFor: left}, nil
}

// failure makes an error of a token that was refused. Why that was is not for
// whoever presented the token: the metrics of the verifier tell.
func failure(ctx context.Context, err error) *pip.Error {
	e, ok := errors.AsType[*token.Error](err)
	switch {
	case ok && e.Reason == token.ReasonCanceled:
		return pip.Failure(ctx, err)
	case ok && e.Unknown():
		return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the keys of the issuer are not there", Err: err}
	default:
		return &pip.Error{Outcome: pip.OutcomeInvalid, Detail: token.ErrInvalid.Error(), Err: err}
	}
}

// bag gives the values of the claims, each once.
func (out provided) bag(claims token.Claims) (value.Bag, error) {
	var values []value.Value
	var seen []string
	for _, path := range out.paths {
		texts, err := claims.Texts(path)
		if err != nil {
			return value.Bag{}, &pip.Error{Outcome: pip.OutcomeInvalid, Detail: err.Error()}
		}
		for _, text := range texts {
			v, err := pip.Parse(out.Key.Type, text)
			if err != nil {
				return value.Bag{}, err
			}
			if id := value.Identity(v); !slices.Contains(seen, id) {
				seen = append(seen, id)
				values = append(values, v)
			}
		}
	}
	return value.NewBag(out.Key.Type, values...), nil
}
