package http

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pip"
)

// What arrives at the service is the value, in the place that it was given.
func TestRequestCarriesValues(t *testing.T) {
	values := []string{
		"1337", "Åse Ø", "a b", "a+b", "a&user=2", "a=b", "urn:x:y", "1337:delete", "'; drop", "\u202eevil", "{user}", "%41", "a;b", "a?b#c", "🦊",
	}
	for _, v := range values {
		t.Run(v, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.URL.Query(); !cmp.Equal(got, url.Values{"user": {v}}) {
					t.Errorf("got query %q, want user = %q", got, v)
				}
				if r.URL.Path != "/parties/p/roles" {
					t.Errorf("got path %q", r.URL.Path)
				}
				writeJSON(w, `{"roles": ["dagl"]}`)
			})
			cfg := roles(s.URL)
			cfg.Echo = nil
			a, err := provider(t, cfg).Fetch(t.Context(), ask(v, "p"))
			if err != nil || !cmp.Equal(lexicals(a), [][]string{{"dagl"}}) {
				t.Errorf("got %v, %v, want dagl", lexicals(a), err)
			}
		})
	}
}

func TestPathSegment(t *testing.T) {
	var path string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.RequestURI
		writeJSON(w, `{"roles": []}`)
	})
	p := provider(t, byUser(s.URL, "$.roles"))
	for v, want := range map[string]string{
		"1337":        "/users/1337",
		"a b":         "/users/a%20b",
		"urn:x@1,2":   "/users/urn%3Ax%401%2C2",
		"123:delete":  "/users/123%3Adelete",
		"...":         "/users/...",
		"~a_b-c.d":    "/users/~a_b-c.d",
		"å":           "/users/%C3%A5",
		"a&b=c+d$e!f": "/users/a%26b%3Dc%2Bd%24e%21f",
	} {
		if _, err := p.Fetch(t.Context(), ask(v)); err != nil || path != want {
			t.Errorf("%q: got %q, %v, want %q", v, path, err, want)
		}
	}
}

// A question that would leave its place is not asked at all.
func TestUnsendable(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the service was asked: %s", r.RequestURI)
	})
	long := strings.Repeat("x", maxURL)
	everywhere := []string{"", "a\nb", "a\r\nHost: evil", "a\x00", "a\x7f", "\xff", "\xc0\xaf"}
	inPath := []string{".", "..", "/", "a/b", "../x", `..\x`, "%2f", "%2e%2e", "a?b", "a#b", "..;", "a;b", long}
	inHeader := []string{"å", " a", "a ", "\t"}

	header := byUser(s.URL, "$.roles")
	header.URL, header.Headers = s.URL, []Header{{Name: "X-User", Need: "user"}}
	query := byUser(s.URL, "$.roles")
	query.URL = s.URL + "?user={user}"
	body := byUser(s.URL, "$.roles")
	body.URL, body.Method, body.Body = s.URL, http.MethodPost, `{"user": "{user}"}`
	for _, tt := range []struct {
		place  string
		cfg    Config
		values []string
	}{
		{"path", byUser(s.URL, "$.roles"), append(inPath, everywhere...)},
		{"query", query, append([]string{long}, everywhere...)},
		{"header", header, append(inHeader, everywhere...)},
		{"body", body, everywhere},
	} {
		p := provider(t, tt.cfg)
		for _, v := range tt.values {
			_, err := p.Fetch(t.Context(), ask(v))
			wantOutcome(t, err, pip.OutcomeError)
			if v := strings.TrimSpace(v); len(v) > 2 && strings.Contains(failure(t, err).Detail, v) {
				t.Errorf("%s: the message %q holds the value", tt.place, err)
			}
		}
	}
}

func TestTargetRefuses(t *testing.T) {
	tests := []struct{ url, want string }{
		{"register.example/users/{user}", "begins with https:// or http://"},
		{"ftp://register.example/{user}", "begins with https:// or http://"},
		{"http://register.example/{user}", "use https"},
		{"https://{user}/x", "the host is fixed"},
		{"https://{user}.example/x", "the host is fixed"},
		{"https:///{user}", "no valid host"},
		{"https://:443/{user}", "no valid host"},
		{"https://me:secret@register.example/{user}", "user or password"},
		{"https://register.example/{user}#top", "fragment"},
		{"https://register.example/users-{user}", "stands alone"},
		{"https://register.example/{user}.json", "stands alone"},
		{"https://register.example/{user", "stands alone"},
		{"https://register.example/?filter=user eq '{user}'", "stands alone"},
		{"https://register.example/?{user}=1", "name is fixed"},
		{"https://register.example/?={user}", "name is fixed"},
		{"https://register.example/{usr}", "{usr} is not a need"},
		{"https://register.example/users", `does not use the need "user"`},
		{"https://register.example/a b/{user}", "written as %xx"},
		{"https://register.example/%zz/{user}", "not valid"},
		{"https://register.example/{user}?a=%zz", "not valid"},
		{"", "begins with https:// or http://"},
	}
	for _, tt := range tests {
		cfg := byUser("", "$.roles")
		cfg.URL = tt.url
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want an error with %q", tt.url, err, tt.want)
		}
	}
	for _, good := range []string{
		"https://register.example/{user}", "https://register.example:8443/a%20b/{user}/?x=%C3%A5&flag",
		"https://[2001:db8::1]/{user}", "http://127.0.0.2:1/{user}", "http://[::1]/{user}", "http://localhost/{user}",
		"https://register.example?user={user}",
	} {
		cfg := byUser("", "$.roles")
		cfg.URL = good
		provider(t, cfg)
	}
}

// No value changes the server, the number of segments or the parameters, and
// what is decoded is the value.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"1337", "..", "a/b", "%2f", "a&b=c", "å", "a;b", "@evil", ":80", "//evil"} {
		f.Add(s, s)
	}
	ph := &placeholders{needs: needs("user", "party"), used: make(map[int]bool)}
	target, err := parseTarget("https://register.example/parties/{party}/roles?user={user}&active=true", ph, nil, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, user, party string) {
		text, err := target.expand([][]string{{user}, {party}})
		if err != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil {
			t.Fatalf("%q, %q: %v", user, party, err)
		}
		segments := strings.Split(u.EscapedPath(), "/")
		query, err := url.ParseQuery(u.RawQuery)
		if err != nil || u.Scheme != "https" || u.Host != "register.example" || u.Fragment != "" || len(segments) != 4 {
			t.Fatalf("%q, %q: got %q, %v", user, party, text, err)
		}
		if decoded, err := url.PathUnescape(segments[2]); err != nil || decoded != party || strings.Count(u.Path, "/") != 3 {
			t.Errorf("got segment %q, want %q", decoded, party)
		}
		if want := (url.Values{"user": {user}, "active": {"true"}}); !cmp.Equal(query, want) {
			t.Errorf("got query %q, want %q", query, want)
		}
	})
}
