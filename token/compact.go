package token

import (
	"encoding/base64"
	"strings"

	"github.com/forseti-pdp/forseti/token/internal/strictjson"
)

// compact is a token taken apart (RFC 7515 §7.1). Nothing in it is verified.
type compact struct {
	algorithm string
	keyID     string // empty if the token names none
	typ       string // empty if the token has none
	claims    map[string]any
	signed    string // what the signature is of
	signature []byte
}

// foreignMembers are those of a header that bring or point to a key, that must be
// understood, that change what is signed, or that tell of encryption. A verifier
// that ignored them would read another token than the one that was meant.
var foreignMembers = [...]string{"crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc", "cty"}

// parseCompact takes a token apart.
func parseCompact(text string) (c compact, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return compact{}, false
	}
	var decoded [3][]byte
	for i, p := range parts {
		if decoded[i], ok = decode(p); !ok {
			return compact{}, false
		}
	}
	header, err := strictjson.Object(decoded[0])
	if err != nil {
		return compact{}, false
	}
	for _, name := range foreignMembers {
		if _, has := header[name]; has {
			return compact{}, false
		}
	}
	if c.algorithm, ok = header["alg"].(string); !ok {
		return compact{}, false
	}
	if c.keyID, ok = member(header, "kid"); !ok {
		return compact{}, false
	}
	if c.typ, ok = member(header, "typ"); !ok {
		return compact{}, false
	}
	if c.claims, err = strictjson.Object(decoded[1]); err != nil {
		return compact{}, false
	}
	c.signed, c.signature = text[:len(parts[0])+1+len(parts[1])], decoded[2]
	return c, true
}

// decode reads base64url without padding. Of all the texts for the same octets it
// accepts one; the decoder alone would skip line ends.
func decode(text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return data, err == nil
}

// member is a text that may be absent, but neither empty nor anything else.
func member(members map[string]any, name string) (text string, ok bool) {
	v, has := members[name]
	if !has {
		return "", true
	}
	text, ok = v.(string)
	return text, ok && text != ""
}
