package http

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/forseti-pdp/forseti/pip"
)

// Check tells whether the service can be asked, without a question: the credentials
// must be there, and the service must answer. With [Config].Health that is a status
// 2xx of a GET for that path; without it, any status below 500 of a HEAD for "/", which
// shows that there is a server that is trusted, and no more. The error is a [pip.Error].
func (p *Provider) Check(ctx context.Context) error {
	x := p.exchange
	client, err := x.dialer.client(ctx)
	if err != nil {
		return err
	}
	credentials, err := x.auth.get(ctx)
	if err != nil {
		return err
	}
	method, path := http.MethodHead, "/"
	if p.cfg.Health != "" {
		method, path = http.MethodGet, p.cfg.Health
	}
	req, err := http.NewRequestWithContext(ctx, method, origin(p.cfg.URL)+path, http.NoBody)
	if err != nil {
		return &pip.Error{Outcome: pip.OutcomeError, Detail: "the request cannot be made"}
	}
	if credentials != "" {
		req.Header.Set("Authorization", credentials)
	}
	// Where it sends others to is not looked at, and gets no credentials.
	here := *client
	here.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := here.Do(req)
	if err != nil {
		return requestError(ctx, service, err)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxHeaderBytes) // so that the connection can be kept
	_ = resp.Body.Close()
	healthy := resp.StatusCode < 500
	if p.cfg.Health != "" {
		healthy = resp.StatusCode >= 200 && resp.StatusCode <= 299
	}
	if !healthy {
		return statusError(service, resp, x.now())
	}
	return nil
}

// origin is the scheme, host and port of the template of an address, which are fixed.
func origin(template string) string {
	scheme, rest, _ := strings.Cut(template, "://")
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

// checkHealth reports what is wrong with the path that tells how the service is.
func checkHealth(cfg Config) error {
	if cfg.Health == "" {
		return nil
	}
	if !strings.HasPrefix(cfg.Health, "/") || strings.HasPrefix(cfg.Health, "//") || strings.ContainsAny(cfg.Health, "{}#\\ ") {
		return errHealth
	}
	return checkSample(origin(cfg.URL) + cfg.Health)
}
