package http

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/forseti-pdp/forseti/pip"
)

// exchange puts one request to the service and takes its answer.
type exchange struct {
	method  string
	target  target
	headers *headers
	body    *body // nil: no body
	auth    *authorization
	dialer  *dialer
	ok      []int
	none    []none
	maxBody int64
	now     func() time.Time
}

// none is a rule of what says that there are no values.
type none struct {
	status int
	path   *path // nil: the body does not matter
	value  string
}

// answered is what the service said.
type answered struct {
	doc      *node // nil: there are no values
	validFor time.Duration
}

// prepared is the part of a request that comes of the values of the needs.
type prepared struct {
	address  string
	fields   http.Header
	document []byte
}

// prepare puts the values of each need into the request.
func (x *exchange) prepare(in [][]string) (p prepared, err error) {
	if p.address, err = x.target.expand(in); err != nil {
		return prepared{}, err
	}
	if p.fields, err = x.headers.expand(in); err != nil {
		return prepared{}, err
	}
	if x.body != nil {
		if p.document, err = x.body.expand(in); err != nil {
			return prepared{}, err
		}
		p.fields.Set("Content-Type", "application/json")
	}
	return p, nil
}

// ask puts the question with the values of each need.
func (x *exchange) ask(ctx context.Context, in [][]string) (answered, error) {
	p, err := x.prepare(in)
	if err != nil {
		return answered{}, err
	}
	if err := x.headers.secrets(ctx, p.fields); err != nil {
		return answered{}, err
	}
	client, err := x.dialer.client(ctx)
	if err != nil {
		return answered{}, err
	}
	for retried := false; ; retried = true {
		credentials, err := x.auth.get(ctx)
		if err != nil {
			return answered{}, err
		}
		if credentials != "" {
			p.fields.Set("Authorization", credentials)
		}
		resp, err := x.send(ctx, client, p)
		if err != nil {
			return answered{}, err
		}
		// A token may have been revoked: once more, with another one.
		if resp.StatusCode == http.StatusUnauthorized && !retried && x.auth.refused(credentials) {
			_ = resp.Body.Close()
			continue
		}
		a, err := x.take(ctx, resp)
		_ = resp.Body.Close()
		return a, err
	}
}

// service is what messages call the service.
const service = "the service"

// send sends the request.
func (x *exchange) send(ctx context.Context, client *http.Client, p prepared) (*http.Response, error) {
	var content io.Reader
	if x.body != nil {
		content = bytes.NewReader(p.document)
	}
	req, err := http.NewRequestWithContext(ctx, x.method, p.address, content)
	if err != nil {
		return nil, &pip.Error{Outcome: pip.OutcomeError, Detail: "the request cannot be made"}
	}
	req.Header = p.fields.Clone()
	// Nothing is sent of this. It lets the transport ask again when the service had
	// closed a connection that was kept: the request changes nothing, POST or not.
	req.Header["Idempotency-Key"] = []string{}
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header)) // if there is a trace
	resp, err := client.Do(req)
	if err != nil {
		return nil, requestError(ctx, service, err)
	}
	return resp, nil
}

// requestError classifies why there is no response. An error of the client
// quotes the URL, and is not part of it.
func requestError(ctx context.Context, who string, err error) *pip.Error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	e := pip.Failure(ctx, err)
	if e.Detail != "" {
		return e
	}
	e.Detail = who + " could not be asked"
	_, distrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	switch text := err.Error(); {
	case e.Outcome != pip.OutcomeUnavailable:
		e.Detail = ""
	case distrusted:
		e.Detail = who + " has no certificate that is trusted"
	case noTLS:
		e.Detail = who + " does not speak TLS"
	// These errors have no types of their own.
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "malformed MIME"),
		strings.Contains(text, "headers exceeded"), strings.Contains(text, "header list larger"):
		e.Outcome, e.Detail = pip.OutcomeInvalid, who+" answered with something else than HTTP, or too large a header"
	}
	return e
}

// statusError is the error of a status that is no answer.
func statusError(who string, resp *http.Response, now time.Time) *pip.Error {
	e := &pip.Error{Outcome: pip.OutcomeError, Detail: fmt.Sprintf("%s answered with status %d", who, resp.StatusCode)}
	switch s := resp.StatusCode; {
	case s >= 500, s == http.StatusRequestTimeout, s == http.StatusTooEarly, s == http.StatusTooManyRequests:
		e.Outcome = pip.OutcomeUnavailable
		e.RetryAfter = retryAfter(resp.Header, now)
	}
	return e
}

// take makes an answer of a response. The caller closes its body.
func (x *exchange) take(ctx context.Context, resp *http.Response) (answered, error) {
	now := x.now()
	a := answered{validFor: validFor(resp.Header, now)}
	isOK := slices.Contains(x.ok, resp.StatusCode)
	var rules []none
	for _, r := range x.none {
		switch {
		case r.status != resp.StatusCode:
		case r.path == nil:
			return a, nil
		default:
			rules = append(rules, r)
		}
	}
	if !isOK && rules == nil {
		return answered{}, statusError(service, resp, now)
	}
	doc, err := x.read(ctx, resp)
	if err == nil && slices.ContainsFunc(rules, func(r none) bool { return r.matches(doc) }) {
		return a, nil
	}
	switch {
	case isOK && err == nil:
		a.doc = doc
		return a, nil
	case err != nil && (isOK || ctx.Err() != nil):
		return answered{}, err
	default:
		return answered{}, statusError(service, resp, now)
	}
}

// matches reports whether the one value at the path is the one of the rule.
func (r none) matches(doc *node) bool {
	count, matched := 0, false
	err := r.path.scalars(doc, func(lexical string) error {
		count++
		matched = lexical == r.value
		return nil
	})
	return err == nil && matched && count == 1
}

// read reads the document of a response.
func (x *exchange) read(ctx context.Context, resp *http.Response) (*node, error) {
	media, parameters, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && (!strings.HasPrefix(media, "application/") || !strings.HasSuffix(media, "+json")) {
		return nil, pip.Invalidf("the answer is not JSON, according to its content type")
	}
	if charset, ok := parameters["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return nil, pip.Invalidf("the answer is not UTF-8, according to its content type")
	}
	// The transport takes away the coding that it asked for.
	if resp.Header.Get("Content-Encoding") != "" {
		return nil, pip.Invalidf("the answer has a content coding that nobody asked for")
	}
	if isPage(resp.Header) {
		return nil, pip.Invalidf("the answer is one page of several")
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, x.maxBody+1))
	switch {
	case int64(len(data)) > x.maxBody:
		return nil, pip.Invalidf("the answer is larger than %d bytes", x.maxBody)
	case err != nil && ctx.Err() == nil && corrupt(err):
		return nil, pip.Invalidf("the compression of the answer is corrupt")
	case err != nil:
		e := requestError(ctx, service, err)
		if e.Outcome == pip.OutcomeUnavailable {
			e.Detail = "the answer was cut short"
		}
		return nil, e
	}
	return parseJSON(data)
}

// corrupt reports whether the error is of the decompression.
func corrupt(err error) bool {
	_, input := errors.AsType[flate.CorruptInputError](err)
	return input || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum)
}

// isPage reports whether the header says that more follows (RFC 8288). Values on
// later pages would be missing.
func isPage(h http.Header) bool {
	for _, link := range h.Values("Link") {
		for parameter := range strings.FieldsFuncSeq(link, func(r rune) bool { return r == ';' || r == ',' }) {
			name, v, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			if strings.EqualFold(strings.TrimSpace(name), "rel") &&
				slices.Contains(strings.Fields(strings.ToLower(strings.Trim(strings.TrimSpace(v), `"`))), "next") {
				return true
			}
		}
	}
	return false
}
