package grpc

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/forseti-pdp/forseti/pip"
)

// Provider answers from a service. It is a [pip.BulkProvider].
type Provider struct {
	cfg  Config
	form *form
	conn *grpc.ClientConn
}

// New makes a provider and begins to connect; a service that is down is no error.
// The error tells everything that is wrong with the configuration, files that
// cannot be read included.
func New(cfg Config) (*Provider, error) {
	cfg, err := cfg.filled()
	errs := []error{err}
	form, err := newForm(cfg.Needs, cfg.Provides)
	errs = append(errs, err)

	options := connection(cfg)
	if cfg.Plaintext {
		options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	} else {
		transport, err := newTransport(cfg.TLS.configs())
		errs = append(errs, err)
		options = append(options, grpc.WithTransportCredentials(transport))
	}
	if cfg.TokenFile != "" {
		token, err := newToken(cfg.TokenFile)
		errs = append(errs, err)
		options = append(options, grpc.WithPerRPCCredentials(token))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(cfg.Address, options...)
	if err != nil {
		return nil, err
	}
	conn.Connect()
	return &Provider{cfg: cfg, form: form, conn: conn}, nil
}

// Close ends the connection. Questions that are under way fail.
func (p *Provider) Close() error { return p.conn.Close() }

// connection are the settings of the connection that are not its credentials.
func connection(cfg Config) []grpc.DialOption {
	policy := "pick_first"
	if cfg.RoundRobin {
		policy = "round_robin"
	}
	return []grpc.DialOption{
		grpc.WithDisableServiceConfig(), // of DNS
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"` + policy + `":{}}]}`),
		grpc.WithDisableRetry(), // package pip decides
		grpc.WithNoProxy(),
		grpc.WithResolvers(newNames()),
		grpc.WithUserAgent("forseti"),
		grpc.WithMaxHeaderListSize(16 << 10),
		grpc.WithIdleTimeout(0),
		grpc.WithDefaultCallOptions(
			grpc.WaitForReady(false),
			grpc.MaxCallRecvMsgSize(cfg.MaxReceiveBytes),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: cfg.KeepaliveTime, Timeout: cfg.KeepaliveTimeout}),
		// A service that comes back is found within a second, and so within two
		// behind a breaker that is tried once a second.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 750 * time.Millisecond},
			MinConnectTimeout: 3 * time.Second,
		}),
	}
}

// Fetch asks one question. An error has
//
//   - OutcomeUnavailable if the service could not be reached or said "not now":
//     UNAVAILABLE, ABORTED or RESOURCE_EXHAUSTED of the call or UNAVAILABLE of the
//     question, with RetryAfter if the service asked for it,
//   - OutcomeInvalid if the reply breaks the contract or is too large,
//   - OutcomeTimeout and OutcomeCanceled by ctx; DEADLINE_EXCEEDED of the service is
//     a timeout as well,
//   - OutcomeError otherwise.
func (p *Provider) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	replies := p.FetchAll(ctx, []pip.Question{q})
	return replies[0].Answer, replies[0].Err
}
