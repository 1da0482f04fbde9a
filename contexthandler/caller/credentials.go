package caller

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/token"
)

// Credentials are what a call came with. Nothing in Token is checked.
type Credentials struct {
	// Token is the token of the headers; empty if there is none.
	Token string
	// Certificate is what the connection showed; nil if it showed nothing.
	Certificate *Certificate
}

// Certificate is what a certificate that was verified says of its holder.
type Certificate struct {
	identities []string
	until      time.Time
	thumbprint [sha256.Size]byte
}

// Certificate reads a certificate that a handshake verified, from the chains that it
// was verified by. It is nil if there are none.
func (a *Authenticator) Certificate(chains [][]*x509.Certificate) *Certificate {
	if len(chains) == 0 || len(chains[0]) == 0 {
		return nil
	}
	leaf := chains[0][0]
	c := &Certificate{thumbprint: sha256.Sum256(leaf.Raw)}
	for _, chain := range chains { // the chain that lasts longest counts
		end := leaf.NotAfter
		for _, above := range chain {
			if above.NotAfter.Before(end) {
				end = above.NotAfter
			}
		}
		if end.After(c.until) {
			c.until = end
		}
	}
	for _, kind := range a.config.Certificates {
		for _, name := range names(leaf, kind) {
			if !printable(name) {
				c.identities = nil
				return c // a certificate of which a part is strange says nothing
			}
			c.identities = append(c.identities, kind+":"+name)
		}
	}
	return c
}

// names are those of one kind in a certificate.
func names(leaf *x509.Certificate, kind string) []string {
	switch kind {
	case KindURI:
		return uris(leaf)
	case KindDNS:
		return lower(leaf.DNSNames)
	default:
		return commonNames(leaf)
	}
}

// uris are the URIs as they are in the certificate. [x509.Certificate] has them as
// URLs, which write different ones the same way.
func uris(leaf *x509.Certificate) []string {
	const uniformResourceIdentifier = 6 // RFC 5280 §4.2.1.6
	var all []string
	for _, e := range leaf.Extensions {
		if !e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) {
			continue
		}
		var names []asn1.RawValue
		if rest, err := asn1.Unmarshal(e.Value, &names); err != nil || len(rest) > 0 {
			return []string{""} // which is no name: the certificate says nothing
		}
		for _, name := range names {
			if name.Class == asn1.ClassContextSpecific && name.Tag == uniformResourceIdentifier {
				all = append(all, string(name.Bytes))
			}
		}
	}
	return all
}

// commonNames are all of them: of several, some take the first and others the last.
func commonNames(leaf *x509.Certificate) []string {
	var all []string
	for _, a := range leaf.Subject.Names {
		if a.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 3}) {
			name, _ := a.Value.(string)
			all = append(all, name)
		}
	}
	return all
}

// maxName bounds the names of callers, in bytes.
const maxName = 256

// printable reports whether a text can be the name of a caller.
func printable(name string) bool {
	return name != "" && len(name) <= maxName && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// bound reports whether a token belongs to nobody in particular or to the holder of
// the certificate (RFC 8705 §3.1). One that belongs to the holder of another kind of
// key does neither.
func bound(claims token.Claims, c *Certificate) bool {
	confirmation, ok := claims.Map()["cnf"]
	if !ok {
		return true
	}
	members, ok := confirmation.(map[string]any)
	if !ok || len(members) != 1 || c == nil {
		return false
	}
	text, ok := members["x5t#S256"].(string)
	if !ok {
		return false
	}
	thumbprint, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && subtle.ConstantTimeCompare(thumbprint, c.thumbprint[:]) == 1
}

// Token finds the token of a call, whose headers have names in small letters; none is
// empty. It looks at the form of headers only, so that it is quick whatever they are.
// An error is an [*Error]: there is no token and must be one, there are several, or
// what should be one cannot be.
func (a *Authenticator) Token(header map[string][]string) (string, error) {
	if a.config.Tokens == nil {
		return "", nil
	}
	text, reason := a.token(header)
	if reason == "" && text == "" && len(a.config.Certificates) == 0 {
		reason = ReasonMissing
	}
	if reason != "" {
		a.metrics.refused(reason)
		return "", &Error{Reason: reason}
	}
	return text, nil
}

// token finds the token of a call; empty if there is none.
func (a *Authenticator) token(header map[string][]string) (text string, reason Reason) {
	take := func(found string) {
		switch {
		case reason != "":
		case text != "":
			reason = ReasonSeveral // RFC 6750 §2
		case found == "" || strings.ContainsFunc(found, func(r rune) bool { return r <= ' ' || r > '~' }):
			reason = ReasonMalformed
		case len(found) > token.MaxBytes:
			reason = ReasonTooLarge
		default:
			text = found
		}
	}
	if a.config.Bearer {
		for _, value := range header["authorization"] {
			scheme, rest, _ := strings.Cut(value, " ")
			if !strings.EqualFold(scheme, "bearer") {
				return "", ReasonMalformed // what is not understood is not ignored
			}
			take(strings.TrimLeft(rest, " "))
		}
	}
	for _, name := range a.config.Metadata {
		for _, value := range header[name] {
			take(value)
		}
	}
	if len(a.config.Cookies) > 0 {
		a.cookies(header["cookie"], take)
	}
	if reason != "" {
		return "", reason
	}
	return text, ""
}

// cookies gives the values of the cookies with tokens (RFC 6265 §4.2.1).
func (a *Authenticator) cookies(headers []string, take func(string)) {
	for _, line := range headers {
		for pair := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "=")
			for _, wanted := range a.config.Cookies {
				if name == wanted {
					take(value)
				}
			}
		}
	}
}

// lower is the texts in lower case.
func lower(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = strings.ToLower(text)
	}
	return out
}
