package config

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pip/sql"
)

// A configuration holds no secrets, so that it can be printed and kept anywhere:
// secrets are in files. What is checked here is refused without being quoted.

// secretName reports whether the name of a header or parameter ends in a word for
// something secret, as in X-Api-Key and accessToken.
func secretName(name string) bool {
	words := regexp.MustCompile(`[A-Z]?[a-z0-9]+|[A-Z]+`).FindAllString(name, -1)
	if len(words) == 0 {
		return false
	}
	switch strings.ToLower(words[len(words)-1]) {
	case "auth", "authorization", "cookie", "key", "apikey", "token", "secret", "password", "passwd", "pwd",
		"credential", "credentials", "assertion", "session", "signature", "sig":
		return true
	default:
		return false
	}
}

// noUser refuses a URL with a user or password in it.
func (k *checker) noUser(key, text string) {
	if hasUser(text) {
		k.failf(key, "a URL holds no user or password; credentials have keys of their own")
	}
}

// hasUser reports whether the text is a URL with something before an @ in its
// authority. A URL that cannot be parsed has it, if it has an @ at all.
func hasUser(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return regexp.MustCompile(`//[^/?#]*@`).MatchString(text)
	}
	return u.User != nil
}

// database checks the URL of a PostgreSQL server as far as secrets go. The rest is
// found when it is opened.
func (k *checker) database(key, text string) {
	if text == "" {
		k.failf(key, "the URL is missing")
		return
	}
	u, err := url.Parse(text)
	if err != nil || !sql.IsPostgres(text) {
		k.failf(key, "the URL is not of the form postgres://user@host/database")
		return
	}
	_, password := u.User.Password()
	parameters, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		k.failf(key, "the parameters of the URL are not of the form name=value&name=value")
	}
	if password || parameters.Has("password") || parameters.Has("sslpassword") {
		k.failf(key, "a URL holds no password; it belongs into the file of password_file, or the environment variable PGPASSWORD")
	}
}

// httpSecrets refuses secrets where they could be written by mistake.
func (k *checker) httpSecrets(key string, h *HTTP) {
	k.noUser(key+".url", h.URL)
	if u, err := url.Parse(h.URL); err == nil {
		for _, name := range slices.Sorted(maps.Keys(u.Query())) {
			fixed := slices.ContainsFunc(u.Query()[name], func(v string) bool { return !regexp.MustCompile(`^\{\w+\}$`).MatchString(v) })
			if secretName(name) && fixed {
				k.failf(key+".url", "the parameter %q looks like a secret; send it in a header whose value is in a file", name)
			}
		}
	}
	for i, header := range h.Headers {
		if header.Value != "" && secretName(header.Name) {
			k.failf(element(key+".headers", i), "the value of %q looks like a secret; give the file that holds it", header.Name)
		}
	}
	if h.Connection != nil {
		k.noUser(key+".connection.proxy", h.Connection.Proxy)
	}
	if h.Auth == nil || h.Auth.OAuth2 == nil {
		return
	}
	at := key + ".auth.oauth2"
	k.noUser(at+".token_url", h.Auth.OAuth2.TokenURL)
	for _, name := range slices.Sorted(maps.Keys(h.Auth.OAuth2.Parameters)) {
		if secretName(name) {
			k.failf(at+".parameters."+name, "the parameter looks like a secret, and is written here for everybody to read")
		}
	}
}
