package config

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/contexthandler/caller"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/token"
)

// access checks who reaches the service and how callers show who they are. What is
// configured in part is refused: whoever wrote it believes that it has an effect.
func (k *checker) access() {
	s := &k.config.Server
	k.serverTLS(&s.TLS)
	a := &s.Authentication
	if !k.oneOf("server.authentication.mode", a.Mode, modeNone, modeMTLS, modeToken, modeAny) {
		return
	}
	if a.byCertificate() && s.TLS.ClientAuth == clientNone {
		k.failf("server.authentication.mode", "%q needs server.tls.client_auth: without it callers have no certificates", a.Mode)
	}
	if a.Mode == modeNone && s.TLS.ClientAuth != clientNone {
		k.failf("server.tls.client_auth", "certificates of callers are of no use while server.authentication.mode is none")
	}
	if a.byCertificate() && len(a.Certificates) == 0 {
		k.failf("server.authentication.certificates", "there are no kinds of names")
	}
	for i, kind := range a.Certificates {
		k.oneOf(element("server.authentication.certificates", i), kind, caller.Kinds()...)
	}
	k.callerTokens(a)
	k.rules()
	if missing := k.config.Unprotected(); missing != "" && !s.Insecure && !loopback(s.Listen) {
		k.failf("server.listen", "%q is not an address of this machine alone, and %s; server.insecure accepts that", s.Listen, missing)
	}
}

func (k *checker) serverTLS(t *ServerTLS) {
	if (t.CertFile == "") != (t.KeyFile == "") {
		k.failf("server.tls", "a certificate and its key belong together")
	}
	if t.ClientCAFile != "" && t.CertFile == "" {
		k.failf("server.tls.client_ca_file", "there is no TLS without cert_file")
	}
	if k.oneOf("server.tls.client_auth", t.ClientAuth, clientNone, clientOptional, clientRequired) &&
		(t.ClientAuth == clientNone) != (t.ClientCAFile == "") {
		k.failf("server.tls.client_auth", "client_ca_file and a client_auth other than none belong together")
	}
}

// callerTokens checks where the tokens of callers are and who issues them.
func (k *checker) callerTokens(a *Authentication) {
	const at = "server.authentication."
	k.notNegative(at+"leeway", a.Leeway)
	if a.Leeway > token.MaxLeeway {
		k.failf(at+"leeway", "%v is more than %v", a.Leeway, token.MaxLeeway)
	}
	k.count(at+"remember", a.Remember)
	for i, name := range a.Cookies {
		k.correct(element(at+"cookies", i), caller.CheckCookie(name))
	}
	for i, name := range a.Metadata {
		k.correct(element(at+"metadata", i), caller.CheckHeader(name))
	}
	switch {
	case !a.byToken() && len(a.Issuers) > 0:
		k.failf(at+"issuers", "tokens are of no use while %smode is %s", at, a.Mode)
	case a.byToken() && len(a.Issuers) == 0:
		k.failf(at+"issuers", "tokens have no issuer")
	case a.byToken() && !a.Bearer && len(a.Cookies)+len(a.Metadata) == 0:
		k.failf(at+"bearer", "it is not said where tokens are: bearer, cookies or metadata")
	}
	for i := range a.Issuers {
		s, key := &a.Issuers[i], element(at+"issuers", i)
		issuer := s.issuer()
		k.issuer(key, &issuer, slices.ContainsFunc(a.Issuers[:i], func(other CallerIssuer) bool { return other.Name == s.Name }))
		taken := slices.ContainsFunc(a.Issuers[:i], func(other CallerIssuer) bool { return other.As == s.As })
		if k.correct(key+".as", caller.CheckKind(s.As)) && (taken || slices.Contains(caller.Kinds(), s.As)) {
			k.failf(key+".as", "%q is taken", s.As)
		}
		_, err := token.ParsePath(s.Claim)
		k.correct(key+".claim", err)
	}
}

// correct reports whether there is nothing wrong with the value of a key.
func (k *checker) correct(key string, err error) bool {
	if err != nil {
		k.failf(key, "%v", err)
	}
	return err == nil
}

// rules checks what callers may do.
func (k *checker) rules() {
	known := append(rpc.Methods(), caller.AllMethods)
	for i, c := range k.config.Callers {
		key := element("callers", i)
		if k.config.Server.Authentication.Mode == modeNone && c.isRule() {
			k.failf(key, "identities and rights have no effect while server.authentication.mode is none")
		}
		for j, m := range c.Methods {
			k.oneOf(element(key+".methods", j), m, known...)
		}
	}
	if k.config.Server.Authentication.Mode == modeNone {
		return
	}
	if err := caller.CheckRules(k.config.rules()); err != nil {
		for _, message := range parts(err) {
			k.failf("callers", "%s", message)
		}
	}
}

// isRule tells whether an entry says more than what the caller may supply.
func (c *Caller) isRule() bool {
	return len(c.Identities)+len(c.Methods) > 0 || c.MayExplain || c.MayInvalidate
}

// loopback tells whether an address, as host:port, is one of this machine alone. One
// that has another form is not there to be reached.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
