package http

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

// DefaultMaxBody is the number of bytes that one answer may have.
const DefaultMaxBody = 1 << 20

// Config describes a request as a source.
type Config struct {
	Needs []pip.Need
	// Provides lists JSON paths in From.
	Provides []pip.Provided

	// Method is GET or POST; empty stands for GET. The request must change nothing:
	// it may be put more than once.
	Method string
	// URL is the address, in which {name} stands for a need as a whole segment of
	// the path or a whole value of the query. An empty value, and one that proxies
	// might take for a part of the path, such as a/b or "..", is refused.
	URL string
	// Headers are sent besides those that the client sends by itself.
	Headers []Header
	// Body is the JSON document of a POST, in which the string "{name}" stands for a
	// need as a JSON value of its type: a number, a boolean or else a string.
	// "{name:string}" and "{name:number}" say which. {{ and }} are braces.
	Body string

	// OK lists the statuses of answers with a JSON document; nil stands for 200
	// alone. Those of overload and failure (408, 425, 429, 5xx) and what cannot be
	// reached is [pip.OutcomeUnavailable], anything else [pip.OutcomeError].
	OK []int
	// None lists the answers that say that there are no values. Without it, a
	// status such as 404 is an error.
	None []None
	// Rows is the path to a list of rows, from each of which the paths with "@" are
	// followed. Without it, all paths begin with "$".
	Rows string
	// Require are paths that must lead somewhere, and not to null.
	Require []string
	// Forbid are paths that must lead nowhere, or to null, false, "" or something
	// empty: to a list of errors, say, or to a next page.
	Forbid []string
	// Echo maps needs to paths. Each value at the path must be the one that was
	// asked for, byte by byte, and there must be one in each row, and in a document
	// from which values are taken.
	Echo map[string]string
	// Bulk lets one request ask for several values of a need; may be nil.
	Bulk *Bulk
	// MaxBody bounds an answer in bytes, after decompression; zero stands for
	// [DefaultMaxBody].
	MaxBody int64

	Auth       Auth
	TLS        TLS
	Connection Connection
	// Plaintext allows http:// to other hosts than this one.
	Plaintext bool
	// Health is the path of the same server that [Provider.Check] asks for, such as
	// /healthz; may be empty.
	Health string
}

var errHealth = errors.New("the path of health begins with one slash, and is fixed")

// None is an answer that says that there are no values.
type None struct {
	// Status is that of the answer: 2xx, 404 or 410.
	Status int
	// Path leads to the one value in the answer that must be Value. Without it, the
	// status alone counts: mind that gateways answer with 404 too, while the service
	// itself is not there.
	Path, Value string
}

// Bulk says that a need is put as a list, as the only element of an array in the
// body, "ids": ["{id}"], or as a parameter of the query. The answer is a list of
// rows that repeat the value they are about: Rows is set, all paths of values
// begin with "@", and Echo has one for the need. A value without a row has no
// values; a row about anything else makes the whole answer invalid. Where an answer
// is one of [Config].None, each half of the values is asked for again: the service
// may say so because of one of them.
type Bulk struct {
	Need string
	// Commas joins the values in one parameter of the query, id=1,2; else the
	// parameter is repeated, id=1&id=2.
	Commas bool
}

// New checks the configuration and reads its files, or reports everything that
// is wrong. It does not call the service.
func New(cfg Config) (*Provider, error) {
	errs := []error{pip.CheckDeclaration(cfg.Needs, cfg.Provides)}
	fail := func(err error) { errs = append(errs, err) }
	shape, err := newShape(cfg)
	fail(err)
	x := &exchange{method: cfg.Method, ok: cfg.OK, maxBody: cfg.MaxBody, now: time.Now}
	if x.method == "" {
		x.method = http.MethodGet
	}
	if x.ok == nil {
		x.ok = []int{http.StatusOK}
	}
	for _, status := range x.ok {
		if status < 200 || status > 299 || status == http.StatusNoContent || status == http.StatusResetContent || status == http.StatusPartialContent {
			fail(fmt.Errorf("the status %d is not one of a whole answer", status))
		}
	}
	if x.maxBody < 0 {
		fail(errors.New("the size of an answer must not be negative"))
	}
	if x.maxBody == 0 {
		x.maxBody = DefaultMaxBody
	}
	x.none, err = newNone(cfg.None, x.ok)
	fail(err)
	fail(cfg.checkBulk())
	fail(checkHealth(cfg))
	fail(cfg.TLS.unused(cfg.URL, cfg.Connection))

	ph := &placeholders{needs: cfg.Needs, used: make(map[int]bool)}
	x.target, err = parseTarget(cfg.URL, ph, cfg.Bulk, cfg.Plaintext)
	fail(err)
	var taken []string
	if cfg.Auth != (Auth{}) {
		taken = append(taken, "Authorization")
	}
	x.headers, err = parseHeaders(cfg.Headers, ph, taken...)
	fail(err)
	switch {
	case x.method == http.MethodPost && cfg.Body != "":
		x.body, err = parseBody(cfg.Body, ph, cfg.Bulk)
		fail(err)
	case x.method == http.MethodPost:
		fail(errors.New("a POST needs a body"))
	case x.method != http.MethodGet:
		fail(fmt.Errorf("the method %q is neither GET nor POST", x.method))
	case cfg.Body != "":
		fail(errors.New("a GET has no body"))
	}
	fail(ph.unused())
	x.dialer, err = newDialer(cfg.TLS, cfg.Connection, sameServer)
	fail(err)
	x.auth, err = newAuthorization(cfg.Auth, cfg.Connection, cfg.Plaintext)
	fail(err)
	p := &Provider{cfg: cfg, exchange: x, shape: shape}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// checkBulk reports what is wrong with the need that is put as a list.
func (cfg Config) checkBulk() error {
	if cfg.Bulk == nil {
		return nil
	}
	name := cfg.Bulk.Need
	if !slices.ContainsFunc(cfg.Needs, func(n pip.Need) bool { return n.Name == name }) {
		return fmt.Errorf("bulk names the unknown need %q", name)
	}
	var errs []error
	for _, h := range cfg.Headers {
		if h.Need == name {
			errs = append(errs, fmt.Errorf("header %q: the need is put as a list, and a header takes one value", h.Name))
		}
	}
	if cfg.Rows == "" || cfg.Echo[name] == "" {
		errs = append(errs, errors.New("bulk needs rows, and an echo of the need that is put as a list"))
	}
	return errors.Join(errs...)
}

// newNone reads the rules of what says that there are no values.
func newNone(rules []None, ok []int) ([]none, error) {
	var made []none
	var errs []error
	for _, r := range rules {
		n := none{status: r.Status, value: r.Value}
		if r.Status/100 != 2 && r.Status != http.StatusNotFound && r.Status != http.StatusGone {
			errs = append(errs, fmt.Errorf("none: the status %d says something else than that there are no values", r.Status))
		}
		switch {
		case r.Path != "":
			p, err := parsePath(r.Path)
			if err == nil && p.row {
				err = errors.New("it begins with $")
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("none: path %q: %w", r.Path, err))
			}
			n.path = &p
		case r.Value != "":
			errs = append(errs, fmt.Errorf("none: the status %d has a value without a path", r.Status))
		case slices.Contains(ok, r.Status):
			errs = append(errs, fmt.Errorf("none: the status %d says both that there are values and that there are none", r.Status))
		}
		made = append(made, n)
	}
	return made, errors.Join(errs...)
}
