package http

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/forseti-pdp/forseti/pip"
)

// maxURL bounds an address in bytes. Many servers take no more.
const maxURL = 8 << 10

// target is the template of an address.
type target struct {
	needs  []pip.Need
	pieces []piece
}

// piece is literal text, and what follows it: nothing, a path segment, or the
// value of a parameter of the query.
type piece struct {
	literal   string
	need      int // -1: nothing follows
	parameter string
	list      listForm
}

// listForm says how several values are put into a query.
type listForm uint8

const (
	single   listForm = iota
	repeated          // id=1&id=2
	commas            // id=1,2
)

// parseTarget reads an address in which {name} is a whole segment of the path or
// a whole value of the query. bulk may be nil.
func parseTarget(text string, ph *placeholders, bulk *Bulk, plaintext bool) (target, error) {
	if strings.Contains(text, "#") {
		return target{}, errors.New("the URL has a fragment")
	}
	address, query, hasQuery := strings.Cut(text, "?")
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return target{}, errors.New("the URL begins with https:// or http://")
	}
	host, segments, _ := strings.Cut(rest, "/")
	if err := checkServer(scheme+"://"+host, plaintext); err != nil {
		return target{}, err
	}
	p := targetParser{placeholders: ph, bulk: bulk}
	p.text(scheme + "://" + host)
	for segment := range strings.SplitSeq(segments, "/") {
		p.text("/")
		if err := p.segment(segment); err != nil {
			return target{}, fmt.Errorf("path segment %q: %w", segment, err)
		}
	}
	if hasQuery {
		mark := "?"
		for pair := range strings.SplitSeq(query, "&") {
			p.text(mark)
			mark = "&"
			if err := p.pair(pair); err != nil {
				return target{}, fmt.Errorf("parameter %q: %w", pair, err)
			}
		}
	}
	p.pieces = append(p.pieces, piece{literal: p.literal.String(), need: -1})
	return target{needs: ph.needs, pieces: p.pieces}, checkSample(p.sample.String())
}

// targetParser takes an address apart.
type targetParser struct {
	*placeholders
	bulk    *Bulk
	pieces  []piece
	literal strings.Builder // since the last piece
	sample  strings.Builder // the address with a harmless value in each place
}

// text is literal text.
func (p *targetParser) text(s string) {
	p.literal.WriteString(s)
	p.sample.WriteString(s)
}

// place is the place of a need.
func (p *targetParser) place(made piece) {
	made.literal = p.literal.String()
	p.literal.Reset()
	p.sample.WriteString("x")
	p.pieces = append(p.pieces, made)
}

// segment reads a segment of the path.
func (p *targetParser) segment(s string) error {
	need, found, err := p.find(s)
	switch {
	case err != nil:
		return err
	case !found:
		p.text(s)
	case p.listed(need):
		return errors.New("the need is put as a list, and a segment takes one value")
	default:
		p.place(piece{need: need})
	}
	return nil
}

// pair reads a parameter of the query.
func (p *targetParser) pair(s string) error {
	parameter, v, _ := strings.Cut(s, "=")
	need, found, err := p.find(v)
	switch {
	case err != nil:
		return err
	case strings.ContainsAny(parameter, "{}"), found && parameter == "":
		return errors.New("the name is fixed")
	case !found:
		p.text(s)
		return nil
	}
	made := piece{need: need, parameter: parameter}
	if p.listed(need) {
		made.list = repeated
		if p.bulk.Commas {
			made.list = commas
		}
	}
	p.text(parameter + "=")
	p.place(made)
	return nil
}

// listed reports whether the need is put as a list.
func (p *targetParser) listed(need int) bool {
	return p.bulk != nil && p.needs[need].Name == p.bulk.Need
}

// checkSample reports what is wrong with the parts of an address that are fixed.
func checkSample(sample string) error {
	u, err := url.Parse(sample)
	if err != nil {
		return errors.New("the URL is not valid")
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return errors.New("the query of the URL is not valid")
	}
	if u.String() != sample {
		return errors.New("the URL holds characters that must be written as %xx")
	}
	return nil
}

// checkServer reports what is wrong with the scheme and host of an address.
func checkServer(text string, plaintext bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || strings.ContainsAny(text, "{}\\ "):
		return errors.New("the URL has no valid host; the host is fixed")
	case u.User != nil:
		return errors.New("the URL holds a user or password")
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return errors.New("the URL begins with https:// or http://")
	case !plaintext && !loopback(u.Hostname()):
		return errors.New("without TLS anybody on the way can read and change the answers: use https, or allow plaintext")
	default:
		return nil
	}
}

// loopback reports whether the host is this machine.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// expand puts in the values of each need.
func (t target) expand(in [][]string) (string, error) {
	var b strings.Builder
	for _, p := range t.pieces {
		b.WriteString(p.literal)
		if p.need < 0 {
			continue
		}
		for i, v := range in[p.need] {
			switch {
			case i == 0:
			case p.list == commas:
				b.WriteByte(',')
			default:
				b.WriteString("&" + p.parameter + "=")
			}
			if err := p.check(v); err != nil {
				return "", unsendable(t.needs[p.need], err)
			}
			b.WriteString(escape(v))
		}
	}
	if b.Len() > maxURL {
		return "", &pip.Error{Outcome: pip.OutcomeError, Detail: fmt.Sprintf("the URL would be longer than %d bytes", maxURL)}
	}
	return b.String(), nil
}

// check reports why the value cannot stand in this place. Escaped it could, but
// proxies and frameworks undo escapes before they take a path apart, and some
// twice.
func (p piece) check(v string) error {
	if err := sendable(v); err != nil {
		return err
	}
	switch {
	case p.parameter == "" && strings.ContainsAny(v, `/\%?#;`):
		return errors.New(`is a path segment, and holds one of / \ % ? # ;`)
	case p.parameter == "" && (v == "." || v == ".."):
		return errors.New("is a path segment, and consists of dots")
	case p.list == commas && strings.Contains(v, ","):
		return errors.New("is put into a list with commas, and holds one")
	default:
		return nil
	}
}

// escape writes everything but the unreserved characters (RFC 3986, 2.3) as %xx.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
