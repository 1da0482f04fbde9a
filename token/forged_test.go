package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/forseti-pdp/forseti/token/tokentest"
)

// forged is a token and why it must be refused; no reason is a token that must be
// accepted, so that a verifier that refuses everything fails too.
type forged struct {
	name string
	text string
	want Reason
}

// forger makes tokens with the keys of the issuer.
type forger struct {
	rsa, p256, p384, p521, ed tokentest.Key
	hmac                      []byte // a symmetric key that stands in the issuer's set
}

func newForger() *forger {
	return &forger{
		rsa: rsaKey(), p256: tokentest.NewKey("p256", "ES256"), p384: tokentest.NewKey("p384", "ES384"),
		p521: tokentest.NewKey("p521", "ES512"), ed: tokentest.NewKey("ed", "EdDSA"),
		hmac: []byte("0123456789abcdef0123456789abcdef"),
	}
}

// keys are the keys that count.
func (f *forger) keys() []tokentest.Key { return []tokentest.Key{f.rsa, f.p256, f.p384, f.p521, f.ed} }

// set is the issuer's JWK set. The RSA key is for every RSA algorithm.
func (f *forger) set() []byte {
	keys := []any{map[string]any{"kty": "oct", "kid": "hmac", "k": tokentest.Encode(f.hmac)}}
	for _, k := range f.keys() {
		keys = append(keys, edit(k.JWK(), "alg", nil))
	}
	return tokentest.Marshal(map[string]any{"keys": keys})
}

// sign makes a token with the key for ES256 and a changed header and claims.
func (f *forger) sign(header []any, claims ...any) string {
	h := edit(map[string]any{"alg": "ES256", "kid": "p256", "typ": "JWT"}, header...)
	return f.p256.SignText(string(tokentest.Marshal(h)), string(tokentest.Marshal(goodClaims(claims...))))
}

// texts makes a token with the key for ES256 of a header and claims as written.
func (f *forger) texts(header, claims string) string { return f.p256.SignText(header, claims) }

// h is changes of a header.
func h(changes ...any) []any { return changes }

func TestForgedTokens(t *testing.T) {
	f := newForger()
	tokens := slices.Concat(
		f.good(), f.unsigned(), f.confused(), f.crossed(), f.keyNames(), f.headers(), f.shapes(),
		f.audiences(), f.issuers(), f.times(), f.claimTexts(), f.ecdsaSignatures(), f.rsaSignatures(), f.edSignatures())
	for _, remember := range []int{0, 1000} {
		v := verifierOf(t, f.set(), func(cfg *Config) { cfg.Remember = remember })
		refused := 0
		names := make(map[string]bool)
		for _, token := range tokens {
			if names[token.name] {
				t.Fatalf("the name %q is taken", token.name)
			}
			names[token.name] = true
			for range 2 { // the second time from memory
				claims, err := v.Verify(t.Context(), token.text)
				got := reasonOf(t, err)
				if got != token.want {
					t.Errorf("%s: got reason %q, want %q, input: %.200q", token.name, got, token.want, token.text)
				}
				if err != nil && len(claims.Map()) > 0 {
					t.Errorf("%s: got claims of a token that was refused", token.name)
				}
			}
			if token.want != "" {
				refused++
			}
		}
		if refused < 250 {
			t.Errorf("got %d forged tokens, want at least 250", refused)
		}
	}
}

// good are tokens that must be accepted.
func (f *forger) good() []forged {
	tokens := []forged{
		{"good", f.sign(nil), ""},
		{"at+jwt", f.sign(h("typ", "at+jwt")), ""},
		{"application/at+jwt", f.sign(h("typ", "APPLICATION/AT+JWT")), ""},
		{"jwt in small letters", f.sign(h("typ", "jwt")), ""},
		{"without typ", f.sign(h("typ", nil)), ""},
		{"unknown header member", f.sign(h("x5t", "abc", "x5t#S256", "abc", "whatever", map[string]any{"jwk": 1})), ""},
		{"audience in a list", f.sign(nil, "aud", []string{"a", testAudience, "b"}), ""},
		{"second audience", f.sign(nil, "aud", "urn:other"), ""},
		{"without iat", f.sign(nil, "iat", nil), ""},
		{"without sub", f.sign(nil, "sub", nil), ""},
		{"exp with a fraction", f.sign(nil, "exp", json.RawMessage(fmt.Sprintf("%d.5", now.Unix()+10))), ""},
		{"exp with an exponent", f.sign(nil, "exp", json.RawMessage("2.6e9")), ""},
		{"exp within the leeway", f.sign(nil, "exp", now.Unix()-9), ""},
		{"nbf now", f.sign(nil, "nbf", now.Unix()), ""},
		{"nbf within the leeway", f.sign(nil, "nbf", now.Unix()+10), ""},
		{"iat within the leeway", f.sign(nil, "iat", now.Unix()+10), ""},
		{"escaped member name", f.texts(`{"\u0061lg":"ES256","kid":"p25\u0036"}`, string(tokentest.Marshal(goodClaims()))), ""},
		{"white space inside", f.texts("{\n\t\"alg\" : \"ES256\",\r\n \"kid\":\"p256\" }", string(tokentest.Marshal(goodClaims()))+" \n"), ""},
		{"longest", longest(f, MaxBytes), ""},
	}
	for _, k := range f.keys() {
		tokens = append(tokens, forged{"signed by " + k.ID, k.Sign(goodClaims()), ""})
	}
	for _, algorithm := range []string{"RS384", "RS512", "PS256", "PS384", "PS512"} {
		k := tokentest.Key{ID: "rsa", Algorithm: algorithm, Private: f.rsa.Private}
		tokens = append(tokens, forged{"signed with " + algorithm, k.Sign(goodClaims()), ""})
	}
	return tokens
}

// longest is a good token of this many bytes.
func longest(f *forger, size int) string {
	for pad := size * 3 / 4; ; pad-- {
		if text := f.sign(nil, "pad", strings.Repeat("x", pad)); len(text) <= size {
			return text
		}
	}
}

// unsigned are tokens with the algorithm none, in every spelling.
func (f *forger) unsigned() []forged {
	var tokens []forged
	claims := tokentest.Encode(tokentest.Marshal(goodClaims()))
	_, _, signature := split(f.sign(nil))
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", " none", "none\x00", "", "null", "plain", "NoNe\n"} {
		header := tokentest.Encode(tokentest.Marshal(map[string]any{"alg": alg, "typ": "JWT", "kid": "p256"}))
		for name, last := range map[string]string{"": "", " with a signature": signature, " with a short signature": "AA"} {
			tokens = append(tokens, forged{fmt.Sprintf("alg %q%s", alg, name), header + "." + claims + "." + last, ReasonAlgorithm})
		}
	}
	for name, header := range map[string]string{
		"no alg": `{"kid":"p256"}`, "alg null": `{"alg":null,"kid":"p256"}`, "alg 0": `{"alg":0,"kid":"p256"}`,
		"alg in a list": `{"alg":["ES256"],"kid":"p256"}`, "alg false": `{"alg":false,"kid":"p256"}`,
		"ALG": `{"ALG":"ES256","kid":"p256"}`, "header of nothing": `{}`,
	} {
		tokens = append(tokens, forged{name, f.texts(header, string(tokentest.Marshal(goodClaims()))), ReasonMalformed})
	}
	return append(tokens,
		forged{"alg in small letters", f.sign(h("alg", "es256")), ReasonAlgorithm},
		forged{"alg of a key exchange", f.sign(h("alg", "RSA-OAEP")), ReasonAlgorithm},
		forged{"alg ES256K", f.sign(h("alg", "ES256K")), ReasonAlgorithm},
		forged{"alg dir", f.sign(h("alg", "dir")), ReasonAlgorithm},
		forged{"only header and claims", tokentest.Encode([]byte(`{"alg":"none"}`)) + "." + claims, ReasonMalformed},
	)
}

// confused are tokens signed with HMAC and what everybody knows of the RSA key, and
// with the symmetric key of the set.
func (f *forger) confused() []forged {
	public := f.rsa.Private.Public().(*rsa.PublicKey)
	pkix, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	secrets := map[string][]byte{
		"PKIX": pkix, "PKIX PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}),
		"PKCS1": pkcs1, "PKCS1 PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		"modulus": public.N.Bytes(), "modulus text": []byte(tokentest.Encode(public.N.Bytes())),
		"JWK": tokentest.Marshal(f.rsa.JWK()), "set": f.set(), "nothing": nil, "kid": []byte("rsa"),
	}
	hashes := map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}
	var tokens []forged
	for alg, newHash := range hashes {
		hmacOf := func(kid string, secret []byte) string {
			input := tokentest.Encode(tokentest.Marshal(map[string]any{"alg": alg, "kid": kid})) + "." + tokentest.Encode(tokentest.Marshal(goodClaims()))
			mac := hmac.New(newHash, secret)
			mac.Write([]byte(input))
			return input + "." + tokentest.Encode(mac.Sum(nil))
		}
		for name, secret := range secrets {
			tokens = append(tokens, forged{alg + " with the public key as " + name, hmacOf("rsa", secret), ReasonAlgorithm})
		}
		tokens = append(tokens, forged{alg + " with the symmetric key of the set", hmacOf("hmac", f.hmac), ReasonAlgorithm})
	}
	return append(tokens, forged{"ES256 with the symmetric key of the set", f.sign(h("kid", "hmac")), ReasonKey})
}

// crossed are tokens that name an algorithm and a key that are not of each other.
func (f *forger) crossed() []forged {
	var tokens []forged
	for _, alg := range allAlgorithms() {
		for _, k := range f.keys() {
			fits := alg == k.Algorithm || k.ID == "rsa" && (alg[0] == 'R' || alg[0] == 'P')
			if !fits {
				text := k.SignText(fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, k.ID), string(tokentest.Marshal(goodClaims())))
				tokens = append(tokens, forged{alg + " with the key " + k.ID, text, ReasonAlgorithm})
			}
		}
	}
	return tokens
}

// keyNames are tokens that name keys that the issuer does not have.
func (f *forger) keyNames() []forged {
	var tokens []forged
	for _, kid := range []string{
		"unknown", "P256", "p256 ", " p256", "p25", "p2567", "p256\x00", "p256\n", "../../../../dev/null", "/etc/passwd", "file:///dev/null",
		"https://attacker.test/jwks.json", "p256' OR '1'='1", "x' UNION SELECT 'key", "*", "$(id)", "|id", "{{7*7}}", "0", "constructor", "__proto__",
		"ｐ256", "p256\u200b", "../p256", "./p256", "p256#", "p256?", strings.Repeat("k", 2000),
	} {
		tokens = append(tokens, forged{fmt.Sprintf("kid %.40q", kid), f.sign(h("kid", kid)), ReasonKey})
	}
	tokens = append(tokens, forged{"no kid and many keys", f.sign(h("kid", nil)), ReasonKey})
	for name, kid := range map[string]any{
		"empty": "", "null": null, "number": 256, "list": []string{"p256"}, "object": map[string]any{"kid": "p256"}, "true": true,
	} {
		tokens = append(tokens, forged{"kid " + name, f.sign(h("kid", kid)), ReasonMalformed})
	}
	return tokens
}

// headers are tokens whose header asks for what is not done.
func (f *forger) headers() []forged {
	attacker := tokentest.NewKey("p256", "ES256")
	own := string(tokentest.Marshal(goodClaims()))
	bring := func(name string, v any) string {
		return attacker.SignText(string(tokentest.Marshal(map[string]any{"alg": "ES256", "kid": "p256", name: v})), own)
	}
	tokens := []forged{
		{"jwk of the attacker", bring("jwk", attacker.JWK()), ReasonMalformed},
		{"jku of the attacker", bring("jku", "https://attacker.test/jwks.json"), ReasonMalformed},
		{"jku of the issuer", f.sign(h("jku", testIssuer+"/jwks")), ReasonMalformed},
		{"jwk of the issuer", f.sign(h("jwk", f.p256.JWK())), ReasonMalformed},
		{"jwk null", f.sign(h("jwk", null)), ReasonMalformed},
		{"x5u of the attacker", bring("x5u", "https://attacker.test/cert.pem"), ReasonMalformed},
		{"x5c of the attacker", bring("x5c", []string{"MIIB"}), ReasonMalformed},
		{"x5c empty", f.sign(h("x5c", []string{})), ReasonMalformed},
		{"escaped jwk", attacker.SignText(`{"alg":"ES256","kid":"p256","\u006awk":{}}`, own), ReasonMalformed},
		{"other claims in the header", f.sign(h("typ", "JWT", "iss", "https://attacker.test"), "iss", nil), ReasonMalformed},
	}
	for name, crit := range map[string]any{
		"unknown": []string{"exp"}, "b64": []string{"b64"}, "empty": []string{}, "text": "b64", "null": null, "known": []string{"alg"},
	} {
		tokens = append(tokens, forged{"crit " + name, f.sign(h("crit", crit)), ReasonMalformed})
	}
	for name, v := range map[string]any{"b64": false, "zip": "DEF", "enc": "A256GCM", "cty": "JWT"} {
		tokens = append(tokens, forged{"header " + name, f.sign(h(name, v)), ReasonMalformed})
	}
	tokens = append(tokens,
		forged{"b64 true", f.sign(h("b64", true)), ReasonMalformed},
		forged{"claims that are not encoded", func() string { // RFC 7797
			input := tokentest.Encode([]byte(`{"alg":"ES256","kid":"p256","b64":false,"crit":["b64"]}`)) + "." + own
			return input + "." + tokentest.Encode(f.p256.Signature(input))
		}(), ReasonMalformed})
	for _, typ := range []string{"dpop+jwt", "logout+jwt", "secevent+jwt", "JWS", "JOSE+JSON", "at+jwt ", "text/at+jwt", "application/", "application/application/jwt", "JWE"} {
		tokens = append(tokens, forged{fmt.Sprintf("typ %q", typ), f.sign(h("typ", typ)), ReasonType})
	}
	for name, typ := range map[string]any{"empty": "", "null": null, "number": 1, "list": []string{"JWT"}} {
		tokens = append(tokens, forged{"typ " + name, f.sign(h("typ", typ)), ReasonMalformed})
	}
	for name, header := range map[string]string{
		"two alg": `{"alg":"ES256","kid":"p256","alg":"ES256"}`, "two alg, one none": `{"alg":"none","kid":"p256","alg":"ES256"}`,
		"two alg, one escaped": `{"alg":"ES256","kid":"p256","\u0061lg":"none"}`, "two kid": `{"alg":"ES256","kid":"p256","kid":"p256"}`,
		"two members inside": `{"alg":"ES256","kid":"p256","x":{"a":1,"a":2}}`, "header in a list": `[{"alg":"ES256","kid":"p256"}]`,
		"header of text": `"ES256"`, "header null": `null`, "empty header": ``, "half a header": `{"alg":"ES256","kid":"p256"`,
		"more after the header": `{"alg":"ES256","kid":"p256"}{}`, "byte order mark": "\ufeff" + `{"alg":"ES256","kid":"p256"}`,
		"header not in UTF-8": "{\"alg\":\"ES256\",\"kid\":\"p256\",\"x\":\"\xff\"}", "half a surrogate pair": `{"alg":"ES256","kid":"p256","x":"\ud800"}`,
		"comment in the header": `{"alg":"ES256",/**/"kid":"p256"}`, "comma at the end": `{"alg":"ES256","kid":"p256",}`,
		"single quotes": `{'alg':'ES256','kid':'p256'}`, "deep header": `{"alg":"ES256","kid":"p256","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		tokens = append(tokens, forged{name, f.texts(header, own), ReasonMalformed})
	}
	return tokens
}

// split takes a token apart.
func split(text string) (header, claims, signature string) {
	parts := strings.Split(text, ".")
	return parts[0], parts[1], parts[2]
}

// shapes are tokens in other than the one compact form.
func (f *forger) shapes() []forged {
	text := f.sign(nil)
	header, claims, signature := split(text)
	twin := func(part string) string { // the same octets, with other bits behind them
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(alphabet, part[len(part)-1])
		return part[:len(part)-1] + string(alphabet[last^1])
	}
	padded := func(part string) string { return part + strings.Repeat("=", (4-len(part)%4)%4) }
	// Claims of a length at which the last character has bits to spare.
	body := string(tokentest.Marshal(goodClaims()))
	spareHeader, spareClaims, spareSignature := split(f.texts(`{"alg":"ES256","kid":"p256"}`, body+strings.Repeat(" ", (4-len(body)%3)%3)))
	general := func(v map[string]any) string { return string(tokentest.Marshal(v)) }
	one := map[string]any{"protected": header, "signature": signature}
	standard := f.texts(`{"alg":"ES256","kid":"p256","x":"???>>>~~~"}`, string(tokentest.Marshal(goodClaims())))
	h64, c64, s64 := split(standard)

	tokens := []forged{
		{"nothing", "", ReasonMalformed},
		{"one part", header, ReasonMalformed},
		{"two parts", header + "." + claims, ReasonMalformed},
		{"dot at the end", text + ".", ReasonMalformed},
		{"dot at the start", "." + text, ReasonMalformed},
		{"two dots", header + ".." + claims + "." + signature, ReasonMalformed},
		{"no header", "." + claims + "." + signature, ReasonMalformed},
		{"no claims", header + ".." + signature, ReasonMalformed},
		{"detached claims", header + ".." + f.detached(header), ReasonMalformed},
		{"no signature", header + "." + claims + ".", ReasonSignature},
		{"four parts", text + "." + signature, ReasonMalformed},
		{"five parts", text + "." + signature + "." + signature, ReasonMalformed},
		{"only dots", strings.Repeat(".", MaxBytes), ReasonMalformed},
		{"two dots only", "..", ReasonMalformed},
		{"JWE", tokentest.Encode([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM","kid":"rsa"}`)) + ".AA.AA.AA.AA", ReasonMalformed},
		{"JWE with PBES2", tokentest.Encode([]byte(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA"}`)) + ".AA.AA.AA.AA", ReasonMalformed},
		{"JWE in three parts", tokentest.Encode([]byte(`{"alg":"dir","enc":"A256GCM"}`)) + "." + claims + "." + signature, ReasonMalformed},
		{"JSON, flattened", general(map[string]any{"protected": header, "payload": claims, "signature": signature}), ReasonMalformed},
		{"JSON, general", general(map[string]any{"payload": claims, "signatures": []any{one}}), ReasonMalformed},
		{"JSON, two signatures", general(map[string]any{"payload": claims, "signatures": []any{one, map[string]any{"protected": header, "signature": "AA"}}}), ReasonMalformed},
		{"space before", " " + text, ReasonMalformed},
		{"space after", text + " ", ReasonMalformed},
		{"line end after", text + "\n", ReasonMalformed},
		{"line ends after", text + "\r\n", ReasonMalformed},
		{"line end in the header", header[:4] + "\n" + header[4:] + "." + claims + "." + signature, ReasonMalformed},
		{"line end in the claims", header + "." + claims[:4] + "\r" + claims[4:] + "." + signature, ReasonMalformed},
		{"line end in the signature", header + "." + claims + "." + signature[:4] + "\r\n" + signature[4:], ReasonMalformed},
		{"tab inside", header + ".\t" + claims + "." + signature, ReasonMalformed},
		{"NUL after", text + "\x00", ReasonMalformed},
		{"Bearer before", "Bearer " + text, ReasonMalformed},
		{"in quotes", `"` + text + `"`, ReasonMalformed},
		{"percent encoded", header + "%2E" + claims + "%2E" + signature, ReasonMalformed},
		{"other dots", header + "．" + claims + "．" + signature, ReasonMalformed},
		{"padding behind the header", f.resigned(header+"=", claims), ReasonMalformed},
		{"padded claims", f.resigned(spareHeader, padded(spareClaims)), ReasonMalformed},
		{"padded signature", header + "." + claims + "." + padded(signature), ReasonMalformed},
		{"other bits behind the claims", f.resigned(spareHeader, twin(spareClaims)), ReasonMalformed},
		{"other bits behind the signature", spareHeader + "." + spareClaims + "." + twin(spareSignature), ReasonMalformed},
		{"one character too many", f.resigned(header, claims+strings.Repeat("A", (5-len(claims)%4)%4)), ReasonMalformed},
		{"standard alphabet", strings.NewReplacer("-", "+", "_", "/").Replace(h64) + "." + c64 + "." + s64, ReasonMalformed},
		{"too long", longest(f, MaxBytes) + "A", ReasonTooLarge},
		{"far too long", strings.Repeat("A", 10<<20), ReasonTooLarge},
	}
	return tokens
}

// detached signs the header with no claims behind it (RFC 7515 appendix F).
func (f *forger) detached(header string) string {
	return tokentest.Encode(f.p256.Signature(header + "."))
}

// resigned signs parts as they are written.
func (f *forger) resigned(header, claims string) string {
	return header + "." + claims + "." + tokentest.Encode(f.p256.Signature(header+"."+claims))
}

// audiences are tokens for somebody else.
func (f *forger) audiences() []forged {
	var tokens []forged
	for name, aud := range map[string]any{
		"missing": nil, "null": null, "empty": "", "empty list": []string{}, "list of nothing": []string{""}, "other": "somebody-else",
		"others": []string{"a", "b"}, "prefix": "forset", "suffix": "orseti", "longer": "forseti2", "letter case": "Forseti",
		"with spaces": " forseti ", "with others in one text": "a forseti b", "with a slash": "forseti/", "as a URL": "https://forseti",
		"pattern": "*", "with NUL": "forseti\x00",
	} {
		tokens = append(tokens, forged{"aud " + name, f.sign(nil, "aud", aud), ReasonAudience})
	}
	for name, aud := range map[string]any{
		"number": 1, "object": map[string]any{"forseti": true}, "list in a list": []any{[]string{testAudience}},
		"list with a number": []any{testAudience, 1}, "list with null": []any{testAudience, nil}, "true": true,
	} {
		tokens = append(tokens, forged{"aud " + name, f.sign(nil, "aud", aud), ReasonMalformed})
	}
	return tokens
}

// issuers are tokens of issuers that are almost the one that is configured.
func (f *forger) issuers() []forged {
	var tokens []forged
	for name, iss := range map[string]any{
		"empty": "", "other": "https://attacker.test", "prefix": testIssuer[:len(testIssuer)-1], "suffix": testIssuer[1:],
		"longer": testIssuer + ".attacker.test", "with a slash": testIssuer + "/", "letter case": strings.ToUpper(testIssuer),
		"with space": testIssuer + " ", "other scheme": strings.Replace(testIssuer, "https", "http", 1), "with NUL": testIssuer + "\x00",
		"with port": testIssuer + ":443", "in look-alike letters": strings.Replace(testIssuer, "e", "е", 1),
	} {
		tokens = append(tokens, forged{"iss " + name, f.sign(nil, "iss", iss), ReasonIssuer})
	}
	for name, iss := range map[string]any{
		"missing": nil, "null": null, "number": 1, "list": []string{testIssuer}, "object": map[string]any{"iss": testIssuer},
	} {
		tokens = append(tokens, forged{"iss " + name, f.sign(nil, "iss", iss), ReasonMalformed})
	}
	return append(tokens,
		forged{"sub number", f.sign(nil, "sub", 1), ReasonMalformed},
		forged{"sub null", f.sign(nil, "sub", null), ReasonMalformed},
		forged{"sub list", f.sign(nil, "sub", []string{"root"}), ReasonMalformed})
}

// times are tokens that are too old, from the future, or of no time.
func (f *forger) times() []forged {
	var tokens []forged
	for name, exp := range map[string]any{
		"long ago": now.Add(-time.Hour).Unix(), "at the end of the leeway": now.Unix() - 10, "in 1970": 0, "just past with a fraction": json.RawMessage(fmt.Sprintf("%d.25", now.Unix()-11)),
		"minus zero": json.RawMessage("-0"), "small": json.RawMessage("1e-300"),
	} {
		tokens = append(tokens, forged{"exp " + name, f.sign(nil, "exp", exp), ReasonExpired})
	}
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	for name, v := range map[string]any{
		"null": null, "text": fmt.Sprint(now.Add(time.Hour).Unix()), "date": now.Add(time.Hour).Format(time.RFC3339), "negative": -1,
		"true": true, "list": []int64{now.Add(time.Hour).Unix()}, "object": map[string]any{}, "huge": raw("1e300"), "over double": raw("1e400"),
		"over int64": raw("9223372036854775808"), "in milliseconds": now.Add(time.Hour).UnixMilli(), "after 9999": raw("253402300800"),
		"negative and huge": raw("-1e300"),
	} {
		for _, claim := range []string{"exp", "nbf", "iat"} {
			tokens = append(tokens, forged{claim + " " + name, f.sign(nil, claim, v), ReasonMalformed})
		}
	}
	return append(tokens,
		forged{"exp missing", f.sign(nil, "exp", nil), ReasonMalformed},
		forged{"EXP", f.sign(nil, "exp", nil, "EXP", now.Add(time.Hour).Unix()), ReasonMalformed},
		forged{"nbf in the future", f.sign(nil, "nbf", now.Unix()+11), ReasonNotYetValid},
		forged{"nbf after exp", f.sign(nil, "nbf", now.Unix()+3600), ReasonNotYetValid},
		forged{"iat in the future", f.sign(nil, "iat", now.Unix()+11), ReasonNotYetValid},
		forged{"bound to a key", f.sign(nil, "cnf", map[string]any{"jkt": "abc"}), ReasonBound},
		forged{"bound to nothing", f.sign(nil, "cnf", null), ReasonBound})
}

// claimTexts are tokens whose claims can be read in two ways, or in none.
func (f *forger) claimTexts() []forged {
	body := string(tokentest.Marshal(goodClaims()))
	body = body[1 : len(body)-1]
	header := `{"alg":"ES256","kid":"p256"}`
	var tokens []forged
	for name, claims := range map[string]string{
		"two exp": `{` + body + `,"exp":9999999999}`, "two iss": `{"iss":"https://attacker.test",` + body + `}`,
		"two sub, one escaped": `{` + body + `,"su\u0062":"root"}`, "two aud": `{"aud":"x",` + body + `}`,
		"two other claims": `{` + body + `,"role":"user","role":"admin"}`, "two inside": `{` + body + `,"x":{"a":{"b":1,"b":1}}}`,
		"two inside a list": `{` + body + `,"x":[{"a":1,"a":2}]}`, "two by half surrogates": `{` + body + `,"\ud800":1,"\ud801":2}`,
		"claims in a list": `[{` + body + `}]`, "claims null": `null`, "claims text": `"x"`, "no claims at all": `{}`, "half": `{` + body,
		"more after": `{` + body + `}{` + body + `}`, "text after": `{` + body + `}x`, "not UTF-8": "{" + body + ",\"x\":\"\xc3\"}",
		"NUL": "{" + body + ",\"x\":\"\x00\"}", "byte order mark before": "\ufeff{" + body + "}", "deep": `{` + body + `,"x":` + strings.Repeat(`{"a":`, 500) + `1` + strings.Repeat(`}`, 500) + `}`,
		"nested token": f.sign(nil), "XML": `<claims/>`, "number too long to be one": `{` + body + `,"x":0123}`,
		"replacement character": `{` + body + `,"x":"\ufffd"}`,
	} {
		tokens = append(tokens, forged{"claims: " + name, f.texts(header, claims), ReasonMalformed})
	}
	return tokens
}

// ecdsaSignatures are signatures that are not quite those of ES256.
func (f *forger) ecdsaSignatures() []forged {
	text := f.p256.Sign(goodClaims())
	header, claims, encoded := split(text)
	input := header + "." + claims
	signature, _ := base64.RawURLEncoding.DecodeString(encoded)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	n := elliptic.P256().Params().N
	raw := func(b []byte) string { return input + "." + tokentest.Encode(b) }
	pair := func(r, s *big.Int) string {
		b := make([]byte, 64)
		r.FillBytes(b[:32])
		s.FillBytes(b[32:])
		return raw(b)
	}
	zero, one := new(big.Int), big.NewInt(1)
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		panic(err)
	}
	other := tokentest.NewKey("p256", "ES256")
	_, _, anotherSignature := split(f.sign(nil, "sub", "somebody else"))
	claims2 := tokentest.Encode(tokentest.Marshal(goodClaims("sub", "root")))
	digest := sha512.Sum512([]byte(input))
	r2, s2, err := ecdsa.Sign(rand.Reader, f.p256.Private.(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		panic(err)
	}
	flipped := slices.Clone(signature)
	flipped[0] ^= 1

	tokens := []forged{
		// ECDSA has two signatures for each; both say the same of the token.
		{"ECDSA: the other s", pair(r, new(big.Int).Sub(n, s)), ""},
	}
	for name, text := range map[string]string{
		"zeros": pair(zero, zero), "r zero": pair(zero, s), "s zero": pair(r, zero), "r the order": pair(n, s), "s the order": pair(r, n),
		"both the order": pair(n, n), "ones": pair(one, one), "swapped": pair(s, r), "a bit": raw(flipped), "DER": raw(der),
		"nothing": raw(nil), "one octet": raw([]byte{0}), "63 octets": raw(signature[:63]), "65 octets": raw(append(slices.Clone(signature), 0)),
		"twice": raw(slices.Concat(signature, signature)), "all ones": raw(slices.Repeat([]byte{0xff}, 64)), "of P-384": raw(f.p384.Signature(input)),
		"with SHA-512": pair(r2, s2), "of another token": input + "." + anotherSignature, "of other claims": header + "." + claims2 + "." + encoded,
		"of the claims only": input + "." + tokentest.Encode(f.p256.Signature(claims)), "of another key": other.Sign(goodClaims()),
		"with the header of another": tokentest.Encode([]byte(`{"alg":"ES256","kid":"p256"}`)) + "." + claims + "." + encoded,
	} {
		tokens = append(tokens, forged{"ECDSA: " + name, text, ReasonSignature})
	}
	return tokens
}

// rsaSignatures are signatures that are not quite those of RS256 and PS256.
func (f *forger) rsaSignatures() []forged {
	private := f.rsa.Private.(*rsa.PrivateKey)
	claims := tokentest.Encode(tokentest.Marshal(goodClaims()))
	input := func(alg string) string {
		return tokentest.Encode([]byte(`{"alg":"`+alg+`","kid":"rsa"}`)) + "." + claims
	}
	raw := func(alg string, b []byte) string { return input(alg) + "." + tokentest.Encode(b) }
	good := f.rsa.Signature(input("RS256"))
	n := private.N
	sized := func(i *big.Int) []byte { return i.FillBytes(make([]byte, private.Size())) }
	pssOf := func(salt int) []byte {
		digest := sha256.Sum256([]byte(input("PS256")))
		b, err := rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: salt})
		if err != nil {
			panic(err)
		}
		return b
	}
	signed := func(method jwt.SigningMethod, input string) []byte {
		b, err := method.Sign(input, private)
		if err != nil {
			panic(err)
		}
		return b
	}
	digest := sha256.Sum256([]byte(input("RS256")))
	bare, err := rsa.SignPKCS1v15(nil, private, 0, digest[:]) // without saying which hash
	if err != nil {
		panic(err)
	}
	var tokens []forged
	for name, text := range map[string]string{
		"zero": raw("RS256", sized(new(big.Int))), "one": raw("RS256", sized(big.NewInt(1))), "minus one": raw("RS256", sized(new(big.Int).Sub(n, big.NewInt(1)))),
		"the modulus": raw("RS256", n.Bytes()), "zero before": raw("RS256", append([]byte{0}, good...)), "one octet short": raw("RS256", good[1:]),
		"nothing": raw("RS256", nil), "negative": raw("RS256", sized(new(big.Int).Sub(n, new(big.Int).SetBytes(good)))), "the hash": raw("RS256", digest[:]),
		"without the name of the hash": raw("RS256", bare), "RS512 as RS256": raw("RS256", signed(jwt.SigningMethodRS512, input("RS256"))),
		"PS256 as RS256": raw("RS256", signed(jwt.SigningMethodPS256, input("RS256"))), "RS256 as PS256": raw("PS256", signed(jwt.SigningMethodRS256, input("PS256"))),
		"PSS without salt": raw("PS256", pssOf(0)), "PSS with a short salt": raw("PS256", pssOf(20)), "PSS with the longest salt": raw("PS256", pssOf(rsa.PSSSaltLengthAuto)),
		"of another key": otherRSA().Sign(goodClaims()),
	} {
		tokens = append(tokens, forged{"RSA: " + name, text, ReasonSignature})
	}
	return tokens
}

// edSignatures are signatures that are not quite those of EdDSA.
func (f *forger) edSignatures() []forged {
	text := f.ed.Sign(goodClaims())
	header, claims, encoded := split(text)
	signature, _ := base64.RawURLEncoding.DecodeString(encoded)
	raw := func(b []byte) string { return header + "." + claims + "." + tokentest.Encode(b) }
	// s and s plus the order of the group are the same to a careless verifier.
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	little := slices.Clone(signature[32:])
	slices.Reverse(little)
	sum := new(big.Int).Add(new(big.Int).SetBytes(little), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	identity := make([]byte, 64)
	identity[0] = 1
	context, err := f.ed.Private.Sign(rand.Reader, []byte(header+"."+claims), &ed25519.Options{Context: "x"})
	if err != nil {
		panic(err)
	}
	var tokens []forged
	for name, b := range map[string][]byte{
		"zeros": make([]byte, 64), "identity": identity, "s and the order": slices.Concat(signature[:32], sum), "nothing": nil,
		"63 octets": signature[:63], "65 octets": append(slices.Clone(signature), 0), "with a context": context,
	} {
		tokens = append(tokens, forged{"EdDSA: " + name, raw(b), ReasonSignature})
	}
	return tokens
}
