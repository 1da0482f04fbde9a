package faultproxy

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
)

// HTTPKind is what a [Handler] does to answers.
type HTTPKind int

// The kinds of answers.
const (
	// Working answers as the handler behind does.
	Working HTTPKind = iota
	// Unavailable answers 503 Service Unavailable.
	Unavailable
	// Unauthorized answers 401 Unauthorized.
	Unauthorized
	// HTML answers 200 with a page, as a proxy or a sign-in form does.
	HTML
	// BadJSON answers 200 with random octets that claim to be JSON.
	BadJSON
	// WrongType puts an object in the place of every string, number, boolean and
	// null of the answer.
	WrongType
	// WrongRow gives the answer to another question, that of [HTTPConfig].Another.
	WrongRow
	// DuplicateRows gives each element of each array twice.
	DuplicateRows
	// DuplicateKeys gives each member of each object twice.
	DuplicateKeys
	// Huge puts white space in front of the answer, as much as [HTTPConfig].Size.
	Huge
	// GzipBomb is Huge, compressed to a thousandth.
	GzipBomb
	// Redirect answers 302 with [HTTPConfig].Elsewhere.
	Redirect
	// Partial stops after half of the answer, and closes the connection.
	Partial
)

// HTTPKinds lists every kind, Working first.
func HTTPKinds() []HTTPKind {
	kinds := make([]HTTPKind, 0, Partial+1)
	for k := Working; k <= Partial; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// String is the name of the kind, for the names of tests.
func (k HTTPKind) String() string {
	names := []string{
		"working", "unavailable", "unauthorized", "html", "bad-json", "wrong-type", "wrong-row",
		"duplicate-rows", "duplicate-keys", "huge", "gzip-bomb", "redirect", "partial",
	}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return names[k]
}

// DefaultSize is how many octets Huge and GzipBomb are, uncompressed.
const DefaultSize = 64 << 20

// HTTPConfig is what the faults of a [Handler] need to know.
type HTTPConfig struct {
	// Another makes of a request the one for another key. Without it WrongRow
	// gives the right one.
	Another func(*http.Request) *http.Request
	// Elsewhere is the URL that Redirect leads to.
	Elsewhere string
	// Size is how many octets Huge and GzipBomb are; zero stands for [DefaultSize].
	Size int
	Seed uint64
}

// Handler answers as the handler behind it, or worse.
type Handler struct {
	next http.Handler
	cfg  HTTPConfig

	mu     sync.Mutex
	kind   HTTPKind
	served int
}

// NewHandler puts a handler in front of next. At first it is [Working].
func NewHandler(next http.Handler, cfg HTTPConfig) *Handler {
	if cfg.Size == 0 {
		cfg.Size = DefaultSize
	}
	return &Handler{next: next, cfg: cfg}
}

// Set replaces the fault for the requests to come.
func (h *Handler) Set(kind HTTPKind) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kind = kind
}

// Served is the number of requests so far.
func (h *Handler) Served() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.served
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	kind := h.kind
	h.served++
	number := h.served
	h.mu.Unlock()

	switch kind {
	case Working:
		h.next.ServeHTTP(w, r)
	case Unavailable:
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	case Unauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "who are you?", http.StatusUnauthorized)
	case HTML:
		write(w, "text/html; charset=utf-8", []byte("<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>"))
	case BadJSON:
		random := rand.New(rand.NewPCG(h.cfg.Seed, uint64(number)))
		garbage := make([]byte, 512)
		for i := range garbage {
			garbage[i] = byte(random.Uint32())
		}
		write(w, "application/json", garbage)
	case WrongType, DuplicateRows, DuplicateKeys:
		h.transformed(w, r, kind)
	case WrongRow:
		if h.cfg.Another != nil {
			r = h.cfg.Another(r)
		}
		h.next.ServeHTTP(w, r)
	case Huge, GzipBomb:
		h.huge(w, r, kind == GzipBomb)
	case Redirect:
		http.Redirect(w, r, h.cfg.Elsewhere, http.StatusFound)
	case Partial:
		body := h.answer(r).Body.Bytes()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // the documented way to break the connection off
	}
}

// answer is what the handler behind says.
func (h *Handler) answer(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	h.next.ServeHTTP(recorder, r)
	return recorder
}

// huge answers with a lot of white space, which JSON allows, in front.
func (h *Handler) huge(w http.ResponseWriter, r *http.Request, compressed bool) {
	body := h.answer(r).Body.Bytes()
	w.Header().Set("Content-Type", "application/json")
	var out io.Writer = w
	if compressed {
		w.Header().Set("Content-Encoding", "gzip")
		zipper := gzip.NewWriter(w)
		defer zipper.Close() //nolint:errcheck // the client left
		out = zipper
	}
	space := bytes.Repeat([]byte(" "), 64<<10)
	for left := h.cfg.Size; left > 0; left -= len(space) {
		if _, err := out.Write(space[:min(left, len(space))]); err != nil {
			return
		}
	}
	_, _ = out.Write(body)
}

// transformed answers with a changed form of what the handler behind says, which
// must be JSON.
func (h *Handler) transformed(w http.ResponseWriter, r *http.Request, kind HTTPKind) {
	body := h.answer(r).Body.Bytes()
	reader := json.NewDecoder(bytes.NewReader(body))
	reader.UseNumber()
	var out bytes.Buffer
	if err := transform(&out, reader, kind); err != nil {
		http.Error(w, "the answer is not JSON", http.StatusInternalServerError)
		return
	}
	write(w, "application/json", out.Bytes())
}

// write answers 200 with a body.
func write(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body)
}

// transform copies one JSON value, as the kind wants it.
func transform(out *bytes.Buffer, in *json.Decoder, kind HTTPKind) error {
	token, err := in.Token()
	if err != nil {
		return err
	}
	opening, isDelim := token.(json.Delim)
	if !isDelim {
		if kind == WrongType {
			out.WriteString("{}")
			return nil
		}
		return encode(out, token)
	}
	twice := opening == '[' && kind == DuplicateRows || opening == '{' && kind == DuplicateKeys
	out.WriteString(opening.String())
	for first := true; in.More(); first = false {
		var part bytes.Buffer
		if opening == '{' {
			name, err := in.Token()
			if err != nil {
				return err
			}
			if err := encode(&part, name); err != nil {
				return err
			}
			part.WriteByte(':')
		}
		if err := transform(&part, in, kind); err != nil {
			return err
		}
		if !first {
			out.WriteByte(',')
		}
		out.Write(part.Bytes())
		if twice {
			out.WriteByte(',')
			out.Write(part.Bytes())
		}
	}
	closing, err := in.Token()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(out, closing)
	return err
}

// encode writes a name or a scalar.
func encode(out *bytes.Buffer, token json.Token) error {
	text, err := json.Marshal(token)
	out.Write(text)
	return err
}
