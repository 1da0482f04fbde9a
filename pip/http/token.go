package http

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

const (
	// tokenTimeout bounds one request for a token. Several questions may wait for it.
	tokenTimeout = 10 * time.Second
	// tokenMargin is how long before its end a token is replaced, or a tenth of its
	// life if that is less. It stays in use until it is replaced or ends.
	tokenMargin = 30 * time.Second
	// tokenPause is the time between two attempts to replace a token that still is
	// good, and the age from which a token that the service refuses is replaced: a
	// service that refuses a fresh one will refuse the next one too.
	tokenPause = 10 * time.Second
)

// ClientCredentials gets tokens by the OAuth 2.0 client credentials grant
// (RFC 6749, 4.4).
type ClientCredentials struct {
	// TokenURL is the token endpoint. Redirects are not followed.
	TokenURL string
	ClientID string
	// SecretFile holds the secret of the client. It is read again when it changes.
	SecretFile string
	Scopes     []string
	// Parameters are sent to the token endpoint besides, an audience for example.
	Parameters map[string]string
	// InBody sends the id and the secret in the body and not in a header.
	InBody bool
	// TLS is for the token endpoint.
	TLS TLS
}

// tokens keeps one token and replaces it in time. One request for a token is
// under way at a time, and everybody waits for that one.
type tokens struct {
	cfg    ClientCredentials
	secret *reload.Files[string]
	dialer *dialer
	now    func() time.Time

	stopped context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup

	mu      sync.Mutex
	current accessToken
	flight  *flight
	retry   time.Time // before, a good token is not replaced
}

// accessToken is a token, and when it came and ends. A zero end is none.
type accessToken struct {
	text      string
	came, end time.Time
}

// flight is a request for a token. Its results may be read when done is closed.
type flight struct {
	done  chan struct{}
	token accessToken
	err   error
}

// newTokens checks the configuration and reads the secret.
func newTokens(cfg ClientCredentials, c Connection, plaintext bool) (*tokens, error) {
	var errs []error
	u, err := url.Parse(cfg.TokenURL)
	if err != nil || u.Fragment != "" {
		errs = append(errs, errors.New("the URL of the token endpoint is not valid"))
	} else {
		errs = append(errs, checkServer(u.Scheme+"://"+u.Host, plaintext))
		if u.User != nil {
			errs = append(errs, errors.New("the URL holds a user or password"))
		}
	}
	errs = append(errs, cfg.TLS.unused(cfg.TokenURL, c))
	if cfg.ClientID == "" {
		errs = append(errs, errors.New("the id of the client is missing"))
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Parameters)) {
		switch name {
		case "grant_type", "scope", "client_id", "client_secret":
			errs = append(errs, fmt.Errorf("the parameter %q is set by the client itself", name))
		}
	}
	t := &tokens{cfg: cfg, secret: reload.Secret(cfg.SecretFile, field), now: time.Now}
	_, err = t.secret.Get(context.Background())
	errs = append(errs, err)
	t.dialer, err = newDialer(cfg.TLS, c, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse })
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	t.stopped, t.stop = context.WithCancel(context.Background())
	return t, nil
}

// close ends what is under way.
func (t *tokens) close() {
	t.stop()
	t.work.Wait()
	t.dialer.close()
}

// get gives a token. One that is about to end is replaced while it is still used.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	now := t.now()
	token := t.current
	good := token.text != "" && (token.end.IsZero() || now.Before(token.end))
	var f *flight
	if !good || token.aging(now) && !now.Before(t.retry) {
		f = t.start()
	}
	t.mu.Unlock()
	if good {
		return token.text, nil
	}
	select {
	case <-ctx.Done():
		return "", pip.Failure(ctx, ctx.Err())
	case <-f.done:
		return f.token.text, f.err
	}
}

// aging reports whether the token is about to end.
func (a accessToken) aging(now time.Time) bool {
	return !a.end.IsZero() && a.end.Sub(now) < min(tokenMargin, a.end.Sub(a.came)/10)
}

// refused drops a token that the service refused. It reports whether another one
// is worth a try.
func (t *tokens) refused(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.text != text {
		return true // it was replaced meanwhile
	}
	if t.now().Sub(t.current.came) < tokenPause {
		return false
	}
	t.current = accessToken{}
	return true
}

// start asks for a token unless somebody does. The caller holds the lock.
func (t *tokens) start() *flight {
	if t.flight != nil {
		return t.flight
	}
	f := &flight{done: make(chan struct{})}
	t.flight = f
	t.work.Go(func() {
		ctx, cancel := context.WithTimeout(t.stopped, tokenTimeout)
		defer cancel()
		defer close(f.done)
		f.token, f.err = t.fetch(ctx)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.flight = nil
		t.retry = t.now().Add(tokenPause)
		if f.err == nil {
			t.current = f.token
		}
	})
	return f
}

// fetch asks the token endpoint. What it answers may hold secrets, so its words
// are in no error.
func (t *tokens) fetch(ctx context.Context) (made accessToken, err error) {
	// Nobody else would recover here.
	defer func() {
		if e := pip.Panicked(recover()); e != nil {
			made, err = accessToken{}, e
		}
	}()
	text, err := t.secret.Get(ctx)
	if err != nil {
		return accessToken{}, unusable("the secret of the client", err)
	}
	client, err := t.dialer.client(ctx)
	if err != nil {
		return accessToken{}, err
	}
	cfg := clientcredentials.Config{
		ClientID:       t.cfg.ClientID,
		ClientSecret:   text,
		TokenURL:       t.cfg.TokenURL,
		Scopes:         t.cfg.Scopes,
		EndpointParams: make(url.Values),
		// Found out by trying, it would send the secret twice.
		AuthStyle: oauth2.AuthStyleInHeader,
	}
	if t.cfg.InBody {
		cfg.AuthStyle = oauth2.AuthStyleInParams
	}
	for name, v := range t.cfg.Parameters {
		cfg.EndpointParams.Set(name, v)
	}
	came := t.now()
	token, err := cfg.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
	if err != nil {
		return accessToken{}, tokenError(ctx, err, t.now())
	}
	if !strings.EqualFold(token.Type(), "bearer") || sendable(token.AccessToken) != nil || field(token.AccessToken) != nil ||
		strings.Contains(token.AccessToken, " ") {
		return accessToken{}, pip.Invalidf("the token endpoint gave no bearer token")
	}
	return accessToken{text: token.AccessToken, came: came, end: token.Expiry}, nil
}

// tokenError classifies what went wrong.
func tokenError(ctx context.Context, err error, now time.Time) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response != nil {
		e := statusError("the token endpoint", refused.Response, now)
		if refused.Response.StatusCode/100 == 2 {
			e = &pip.Error{Outcome: pip.OutcomeError, Detail: "the token endpoint refuses"}
		}
		return e
	}
	if _, ok := errors.AsType[*url.Error](err); !ok && ctx.Err() == nil {
		return pip.Invalidf("the token endpoint gave something else than a token")
	}
	return requestError(ctx, "the token endpoint", err)
}
