// Package secrettest looks for secrets, and for what tells of a person, in what a
// service tells others: logs, metrics, traces, errors. It is for tests.
//
// Tests plant values that are like nothing else ([Planted]) wherever a service gets to
// see one, and give the logs of the service and all that it answers to [Plants.Check].
// Some things are looked for whether they were planted or not, by their form: tokens,
// keys, URLs with a password, and numbers of persons. So a logger of this package
// finds them in tests that know nothing of it.
package secrettest

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// The planted values. Each is a word that no test has for another reason.
const (
	Person       = "13088974625"                          // the number of a person, a private attribute
	PersonUUID   = "5ec2e7a1-0b0d-4e9a-9d4e-0a1b5ec2e7a1" // a private attribute
	User         = "770013377"                            // the id of a user
	Organization = "931122447"                            // the number of an organisation
	Instance     = "c0ffee11-5eed-4bad-8bad-c0ffee5eed01" // the guid of an instance
	Note         = "planted-private-note"                 // another private attribute
	Password     = "planted-password-of-a-database"
	Bearer       = "planted-bearer-of-a-source"
	Pseudonyms   = "planted-key-of-pseudonyms-of-the-audit-log"
	Literal      = "planted-literal-of-a-policy"
)

// secret is something to look for.
type secret struct {
	what  string
	forms []string // in small letters
}

// Plants are what to look for. They are safe for concurrent use.
type Plants struct {
	known map[string]*regexp.Regexp // by what it is

	mu      sync.Mutex
	secrets []secret
}

// Planted is the planted values of this package, and what is known by its form.
func Planted() *Plants {
	p := &Plants{known: known()}
	for what, text := range map[string]string{
		"the number of a person": Person, "the uuid of a person": PersonUUID, "the id of a user": User,
		"the number of an organisation": Organization, "an instance": Instance, "a private attribute": Note,
		"the password of a database": Password, "the token of a source": Bearer, "the key of pseudonyms": Pseudonyms,
		"a literal of a policy": Literal,
	} {
		p.Add(what, text)
	}
	return p
}

// Add looks for another text, of eight bytes and more, also as other forms of it.
func (p *Plants) Add(what, text string) {
	forms := []string{text, url.QueryEscape(text), url.PathEscape(text), hex.EncodeToString([]byte(text))}
	for shift := range 3 { // in base64 what it looks like depends on where it begins
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + text))
		// Of three bytes that are not all of the text nothing is known.
		from, to := 4*((shift+2)/3), 4*((shift+len(text))/3)
		forms = append(forms, encoded[from:to], strings.NewReplacer("+", "-", "/", "_").Replace(encoded[from:to]))
	}
	s := secret{what: what}
	for _, form := range forms {
		s.forms = append(s.forms, strings.ToLower(form))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, s)
}

// Without is what is left to look for where these texts are allowed.
func (p *Plants) Without(texts ...string) *Plants {
	out := &Plants{known: p.known}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.secrets {
		allowed := false
		for _, text := range texts {
			allowed = allowed || s.forms[0] == strings.ToLower(text)
		}
		if !allowed {
			out.secrets = append(out.secrets, s)
		}
	}
	return out
}

// known are the forms of what is never told. The first group is what was found.
func known() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"a token":               regexp.MustCompile(`(eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)`),
		"a key":                 regexp.MustCompile(`(-----BEGIN [A-Z ]*PRIVATE KEY)`),
		"a URL with a password": regexp.MustCompile(`([a-z]://[^/\s:@"']+:[^/\s@"']+@)`),
		// It is a text: what is logged as a number, bytes say, has = or : before it.
		"what is like the number of a person": regexp.MustCompile(
			`(?:^|[^0-9A-Za-z.+_=:-])([0-3][0-9][01][0-9][0-9]{7})(?:[^0-9A-Za-z.+_-]|$)`),
	}
}

// Find tells what of it is in a text, and where.
func (p *Plants) Find(text string) []string {
	var found []string
	lower := strings.ToLower(text)
	tell := func(what string, from, to int) {
		found = append(found, what+": …"+strings.ToValidUTF8(lower[max(0, from-60):min(len(lower), to+60)], "")+"…")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.secrets {
		for _, form := range s.forms {
			if at := strings.Index(lower, form); at >= 0 {
				tell(s.what, at, at+len(form))
				break
			}
		}
	}
	for what, form := range p.known {
		if at := form.FindStringSubmatchIndex(text); at != nil && len(lower) == len(text) {
			tell(what, at[2], at[3])
		}
	}
	return found
}

// Check fails the test if any of it is in a text.
func (p *Plants) Check(t testing.TB, where, text string) {
	t.Helper()
	for _, found := range p.Find(text) {
		t.Errorf("%s tells %s", where, found)
	}
}
