package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// Header is a header of the request. Exactly one of Value, File and Need is set.
type Header struct {
	Name string
	// Value is sent as it is.
	Value string
	// File holds the value, a secret. It is read again when it changes.
	File string
	// Need is the name of the need whose value is sent.
	Need string
}

// headers makes the headers of requests.
type headers struct {
	needs  []pip.Need
	static http.Header
	files  map[string]*reload.Files[string] // by name of the header
	fields map[string]int                   // need by name of the header
}

// parseHeaders reads the headers; taken are names that something else fills.
func parseHeaders(list []Header, ph *placeholders, taken ...string) (*headers, error) {
	h := &headers{
		needs:  ph.needs,
		static: http.Header{"Accept": {"application/json"}, "User-Agent": {"forseti"}},
		files:  make(map[string]*reload.Files[string]),
		fields: make(map[string]int),
	}
	// The transport writes these, or they say how the message is framed.
	taken = append(taken, "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Te", "Trailer",
		"Accept-Encoding", "Content-Type", "Content-Encoding", "Proxy-Authorization", "Range", "Expect",
		"Idempotency-Key")
	var errs []error
	for _, header := range list {
		name := http.CanonicalHeaderKey(header.Name)
		fail := func(text string) { errs = append(errs, fmt.Errorf("header %q: %s", header.Name, text)) }
		switch {
		case !token(name):
			fail("the name is not a token")
			continue
		case slices.Contains(taken, name):
			fail("it is set by the client itself")
			continue
		}
		taken = append(taken, name)
		switch {
		case header.Value != "" && header.File == "" && header.Need == "":
			if err := field(header.Value); err != nil {
				fail("the value " + err.Error())
			}
			h.static.Set(name, header.Value)
		case header.Value == "" && header.File != "" && header.Need == "":
			h.files[name] = reload.Secret(header.File, field)
			if _, err := h.files[name].Get(context.Background()); err != nil {
				fail(err.Error())
			}
		case header.Need != "" && slices.Contains([]string{"Authorization", "Cookie", "Forwarded"}, name):
			fail("it has parts, and a need would be more than one of them")
		case header.Value == "" && header.File == "" && header.Need != "":
			need, _, err := ph.find("{" + header.Need + "}")
			if err != nil {
				fail(err.Error())
			}
			h.fields[name] = need
		default:
			fail("exactly one of value, file and need is set")
		}
	}
	return h, errors.Join(errs...)
}

// expand makes the headers of a request with the values of each need, without
// those of files.
func (h *headers) expand(in [][]string) (http.Header, error) {
	out := h.static.Clone()
	for name, need := range h.fields {
		v := in[need][0]
		err := sendable(v)
		if err == nil {
			err = field(v)
		}
		if err != nil {
			return nil, unsendable(h.needs[need], err)
		}
		out.Set(name, v)
	}
	return out, nil
}

// secrets adds the headers whose values are in files.
func (h *headers) secrets(ctx context.Context, to http.Header) error {
	for name, file := range h.files {
		v, err := file.Get(ctx)
		if err != nil {
			return unusable("the file of a header", err)
		}
		to.Set(name, v)
	}
	return nil
}

// field reports why the text cannot be the value of a header and arrive as it
// was sent: spaces around it are cut off, and other characters than those of
// ASCII have no meaning that everybody shares (RFC 9110, 5.5).
func field(s string) error {
	switch {
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }):
		return errors.New("holds a character that a header cannot carry")
	case strings.TrimSpace(s) != s:
		return errors.New("begins or ends with a space")
	default:
		return nil
	}
}

// token reports whether the text is the name of a header (RFC 9110, 5.6.2).
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
