package config

import (
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/contexthandler/claims"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/token"
)

// tokens checks issuers, without reading their keys, and what claims mean.
func (k *checker) tokens() {
	t := &k.config.Tokens
	k.notNegative("tokens.leeway", t.Leeway)
	if t.Leeway > token.MaxLeeway {
		k.failf("tokens.leeway", "%v is more than %v", t.Leeway, token.MaxLeeway)
	}
	k.count("tokens.remember", t.Remember)
	for i := range t.Issuers {
		s := &t.Issuers[i]
		twice := slices.ContainsFunc(t.Issuers[:i], func(other Issuer) bool { return other.Name == s.Name })
		k.issuer(element("tokens.issuers", i), s, twice)
	}
	k.claims()
}

// issuer checks an issuer, which may be there twice.
func (k *checker) issuer(key string, s *Issuer, twice bool) {
	k.required(key, "name", s.Name != "")
	if twice {
		k.failf(key+".name", "the issuer %q occurs twice", s.Name)
	}
	if len(s.Audiences) == 0 || slices.Contains(s.Audiences, "") {
		k.failf(key, "the audiences are missing or empty: a token for somebody else would be good here")
	}
	if len(s.Algorithms) == 0 {
		k.failf(key, "the algorithms are missing or empty")
	}
	for j, a := range s.Algorithms {
		k.oneOf(element(key+".algorithms", j), a,
			"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
	}
	k.notNegative(key+".max_age", s.MaxAge)
	if (s.Keys.File == "") == (s.Keys.URL == "") {
		k.failf(key+".keys", "keys come either from a file or from a url")
	}
	if s.Keys.CAFile != "" && s.Keys.URL == "" {
		k.failf(key+".keys.ca_file", "there are no authorities to trust without a url")
	}
	k.noUser(key+".keys.url", s.Keys.URL)
	k.notNegative(key+".keys.refresh", s.Keys.Refresh)
	k.notNegative(key+".keys.max_stale", s.Keys.MaxStale)
	k.notNegative(key+".keys.timeout", s.Keys.Timeout)
}

// claims checks what claims mean.
func (k *checker) claims() {
	c := &k.config.Tokens.Claims
	attribute := func(key string, a ClaimedAttribute) {
		if a.Attribute != "" {
			k.notAlias(key+".attribute", xacml.CategoryAccessSubject, a.Attribute)
		}
	}
	for i, s := range c.Subjects {
		for j, a := range s.Attributes {
			attribute(element(element("tokens.claims.subjects", i)+".attributes", j), a)
		}
	}
	for i, a := range c.Attributes {
		attribute(element("tokens.claims.attributes", i), a)
	}
	if id := c.Level.Attribute; id != "" {
		k.notAlias("tokens.claims.level.attribute", xacml.CategoryAccessSubject, id)
		if t, known := k.names.types[name{xacml.CategoryAccessSubject, id}]; known && t != value.TypeInteger {
			k.failf("tokens.claims.level.attribute", "%q is of the data type %s in the dictionary, and a level is an integer", id, t)
		}
	}
	k.made("tokens.claims", true, func() error {
		_, err := claims.New(c.config(k.names))
		return err
	})
}

// element is the key of an element of a list.
func element(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
