package rpc

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash"
	"maps"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

const testIssuer = "https://issuer.test"

// planted is in each forged token, to be looked for where it must not be.
const planted = "planted-secret-4711"

// forger makes tokens that look like those of an issuer.
type forger struct{ ec, rsa tokentest.Key }

func newForger() forger {
	return forger{tokentest.NewKey("ec", "ES256"), tokentest.NewKey("rsa", "RS256")}
}

func (f forger) keys() []tokentest.Key { return []tokentest.Key{f.ec, f.rsa} }

// claims are those of a good token with changes: pairs of a name and a value, where nil
// removes the claim.
func claims(changes ...any) map[string]any {
	now := time.Now().Unix()
	return changed(map[string]any{
		"iss": testIssuer, "aud": "forseti", "sub": "pep", "iat": now, "exp": now + 300, "planted": planted,
	}, changes...)
}

func changed(members map[string]any, changes ...any) map[string]any {
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == nil {
			delete(members, changes[i].(string))
		} else {
			members[changes[i].(string)] = changes[i+1]
		}
	}
	return members
}

// sign makes a token with a changed header and claims.
func (f forger) sign(header []any, changes ...any) string {
	h := changed(map[string]any{"alg": "ES256", "kid": "ec", "typ": "JWT"}, header...)
	return f.ec.SignText(string(tokentest.Marshal(h)), string(tokentest.Marshal(claims(changes...))))
}

// good are tokens that must be accepted, so that a server that refuses everything fails.
func (f forger) good() []string {
	return []string{f.sign(nil), f.rsa.Sign(claims()), f.sign(nil, "aud", []string{"other", "forseti"}), f.sign([]any{"typ", "at+jwt"})}
}

// tokens are those that must be refused, by what is wrong with them. All can be sent in
// a header; what cannot is a matter of package token.
func (f forger) tokens() map[string]string {
	all := make(map[string]string)
	for _, part := range []map[string]string{
		f.unsigned(), f.confused(), f.headers(), f.audiences(), f.issuers(), f.times(), f.callers(), f.shapes(), f.signatures(),
	} {
		maps.Copy(all, part)
	}
	return all
}

var null = json.RawMessage("null")

// unsigned are tokens with the algorithm none, and with none of the known ones.
func (f forger) unsigned() map[string]string {
	out := make(map[string]string)
	_, body, signature := split(f.sign(nil))
	for _, alg := range []any{"none", "None", "NONE", "nOnE", "none ", "", "null", "HS256", "es256", "ES256K", "ES384", "PS256", "RSA-OAEP", "dir", nil, 0, []string{"ES256"}, null} {
		header := tokentest.Encode(tokentest.Marshal(changed(map[string]any{"kid": "ec"}, "alg", alg)))
		for name, end := range map[string]string{"": "", " with a signature": signature} {
			out[fmt.Sprintf("alg %#v%s", alg, name)] = header + "." + body + "." + end
		}
	}
	return out
}

// confused are tokens signed with HMAC and what everybody knows of the key, or with
// one key in the name of another.
func (f forger) confused() map[string]string {
	public := f.rsa.Private.Public().(*rsa.PublicKey)
	pkix, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	out := map[string]string{
		"RS256 with the key for ES256":       f.rsa.SignText(`{"alg":"RS256","kid":"ec"}`, string(tokentest.Marshal(claims()))),
		"ES256 with the key for RS256":       f.ec.SignText(`{"alg":"ES256","kid":"rsa"}`, string(tokentest.Marshal(claims()))),
		"ES256 by somebody else":             tokentest.NewKey("ec", "ES256").Sign(claims()),
		"RS256 by somebody else":             tokentest.NewKey("rsa", "RS256").Sign(claims()),
		"EdDSA by somebody else":             tokentest.NewKey("ec", "EdDSA").Sign(claims()),
		"an allowed key, an algorithm not":   tokentest.Key{ID: "rsa", Algorithm: "RS512", Private: f.rsa.Private}.Sign(claims()),
		"the same with PSS":                  tokentest.Key{ID: "rsa", Algorithm: "PS256", Private: f.rsa.Private}.Sign(claims()),
		"no kid and several keys":            f.sign([]any{"kid", nil}),
		"signed claims of another signature": f.spliced(),
	}
	hashes := map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}
	secrets := map[string][]byte{
		"PKIX": pkix, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}), "modulus": public.N.Bytes(),
		"JWK": tokentest.Marshal(f.rsa.JWK()), "set": tokentest.Set(f.keys()...), "nothing": nil,
	}
	for alg, newHash := range hashes {
		for name, secret := range secrets {
			input := tokentest.Encode(tokentest.Marshal(map[string]any{"alg": alg, "kid": "rsa"})) + "." + tokentest.Encode(tokentest.Marshal(claims()))
			mac := hmac.New(newHash, secret)
			mac.Write([]byte(input))
			out[alg+" with "+name] = input + "." + tokentest.Encode(mac.Sum(nil))
		}
	}
	return out
}

// spliced is the claims of one good token with the signature of another.
func (f forger) spliced() string {
	_, _, signature := split(f.sign(nil))
	header, body, _ := split(f.sign(nil, "sub", "admin"))
	return header + "." + body + "." + signature
}

// headers are tokens whose header names strange keys or asks for what is not done.
func (f forger) headers() map[string]string {
	out := make(map[string]string)
	attacker := tokentest.NewKey("ec", "ES256")
	for _, kid := range []any{
		"", "unknown", "EC", "ec ", "../../dev/null", "/etc/passwd", "https://attacker.test/jwks.json", "x' OR '1'='1", "*", "$(id)",
		"ec\x00", strings.Repeat("k", 2000), null, 1,
		[]string{"ec"},
		map[string]any{"kid": "ec"},
		true,
	} {
		out[fmt.Sprintf("kid %.40v", kid)] = f.sign([]any{"kid", kid})
	}
	for name, v := range map[string]any{
		"jwk": attacker.JWK(), "jku": "https://attacker.test/jwks.json", "x5u": "https://attacker.test/cert.pem", "x5c": []string{"MIIB"},
	} {
		header := string(tokentest.Marshal(map[string]any{"alg": "ES256", "kid": "ec", name: v}))
		out[name+" of the attacker"] = attacker.SignText(header, string(tokentest.Marshal(claims())))
		out[name+" in a good token"] = f.sign([]any{name, v})
	}
	for name, crit := range map[string]any{"unknown": []string{"exp"}, "b64": []string{"b64"}, "empty": []string{}, "text": "b64", "null": null} {
		out["crit "+name] = f.sign([]any{"crit", crit})
	}
	for name, v := range map[string]any{"b64": false, "zip": "DEF", "enc": "A256GCM", "cty": "JWT"} {
		out["header "+name] = f.sign([]any{name, v})
	}
	for _, typ := range []any{"dpop+jwt", "logout+jwt", "secevent+jwt", "JWS", "JWE", "text/jwt", "", null, 1} {
		out[fmt.Sprintf("typ %v", typ)] = f.sign([]any{"typ", typ})
	}
	own := string(tokentest.Marshal(claims()))
	for name, header := range map[string]string{
		"two alg": `{"alg":"ES256","kid":"ec","alg":"ES256"}`, "two alg, one none": `{"alg":"none","kid":"ec","alg":"ES256"}`,
		"two kid": `{"alg":"ES256","kid":"x","kid":"ec"}`, "a list": `[{"alg":"ES256","kid":"ec"}]`, "null": `null`, "half": `{"alg":"ES256"`,
		"more behind it": `{"alg":"ES256","kid":"ec"}{}`, "comment": `{"alg":"ES256",/**/"kid":"ec"}`, "not UTF-8": "{\"alg\":\"ES256\",\"kid\":\"ec\",\"x\":\"\xff\"}",
		"very deep": `{"alg":"ES256","kid":"ec","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		out["header: "+name] = f.ec.SignText(header, own)
	}
	return out
}

// audiences are tokens for somebody else.
func (f forger) audiences() map[string]string {
	out := make(map[string]string)
	for name, aud := range map[string]any{
		"missing": nil, "null": null, "empty": "", "no list": []string{}, "other": "somebody", "others": []string{"a", "b"}, "prefix": "forset",
		"longer": "forseti2", "letter case": "Forseti", "space": "forseti ", "in one text": "a forseti", "pattern": "*", "number": 1,
		"object": map[string]any{"forseti": true}, "list in a list": []any{[]string{"forseti"}}, "with a number": []any{"forseti", 1}, "NUL": "forseti\x00",
	} {
		out["aud "+name] = f.sign(nil, "aud", aud)
	}
	return out
}

// issuers are tokens of nobody whom the server trusts.
func (f forger) issuers() map[string]string {
	out := make(map[string]string)
	for name, iss := range map[string]any{
		"missing": nil, "null": null, "empty": "", "other": "https://attacker.test", "prefix": testIssuer[:10], "longer": testIssuer + ".attacker.test",
		"slash": testIssuer + "/", "letter case": strings.ToUpper(testIssuer), "other scheme": "http://issuer.test", "port": testIssuer + ":443",
		"number": 1, "list": []string{testIssuer}, "NUL": testIssuer + "\x00",
	} {
		out["iss "+name] = f.sign(nil, "iss", iss)
	}
	return out
}

// times are tokens that are not good now.
func (f forger) times() map[string]string {
	out := make(map[string]string)
	now := time.Now().Unix()
	for name, changes := range map[string][]any{
		"no exp": {"exp", nil}, "exp null": {"exp", null}, "exp text": {"exp", fmt.Sprint(now + 300)}, "exp past": {"exp", now - 60}, "exp now": {"exp", now},
		"exp 0": {"exp", 0}, "exp negative": {"exp", -1}, "exp in milliseconds": {"exp", (now + 300) * 1000}, "exp huge": {"exp", json.RawMessage("1e400")},
		"exp list": {"exp", []int64{now + 300}}, "exp true": {"exp", true}, "nbf future": {"nbf", now + 120}, "nbf text": {"nbf", "0"}, "nbf null": {"nbf", null},
		"iat future": {"iat", now + 120}, "iat text": {"iat", "0"}, "iat null": {"iat", null},
	} {
		out[name] = f.sign(nil, changes...)
	}
	body := string(tokentest.Marshal(claims("exp", nil)))
	out["two exp"] = f.ec.SignText(`{"alg":"ES256","kid":"ec"}`, fmt.Sprintf(`%s,"exp":%d,"exp":1}`, strings.TrimSuffix(body, "}"), now+300))
	return out
}

// callers are tokens that are bound to a key, or do not name one caller.
func (f forger) callers() map[string]string {
	out := map[string]string{
		"bound to a certificate": f.sign(nil, "cnf", map[string]any{"x5t#S256": "AA"}), "bound to a key": f.sign(nil, "cnf", map[string]any{"jkt": "AA"}),
	}
	for name, sub := range map[string]any{
		"missing": nil, "null": null, "empty": "", "number": 1, "list": []string{"pep"}, "object": map[string]any{"pep": 1}, "line end": "pep\nadmin",
		"NUL": "pep\x00", "very long": strings.Repeat("x", 1000), "bidi": "pep\u202e",
	} {
		out["sub "+name] = f.sign(nil, "sub", sub)
	}
	return out
}

func split(text string) (header, body, signature string) {
	parts := strings.Split(text, ".")
	return parts[0], parts[1], parts[2]
}

// shapes are other than the one compact form.
func (f forger) shapes() map[string]string {
	text := f.sign(nil)
	header, body, signature := split(text)
	return map[string]string{
		"nothing": "", "one part": header, "two parts": header + "." + body, "dot at the end": text + ".", "dot at the start": "." + text,
		"four parts": text + "." + signature, "five parts": text + "." + signature + "." + signature, "no header": "." + body + "." + signature,
		"no claims": header + ".." + signature, "no signature": header + "." + body + ".", "only dots": strings.Repeat(".", token.MaxBytes), "dots": "..",
		"JWE":       tokentest.Encode([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM"}`)) + ".AA.AA.AA.AA",
		"JSON":      string(tokentest.Marshal(map[string]any{"protected": header, "payload": body, "signature": signature})),
		"in quotes": `"` + text + `"`, "percent encoded": header + "%2E" + body + "%2E" + signature, "twice": text + "," + text, "two": text + " " + text,
		"padded": header + "=." + body + "." + signature, "too long": f.sign(nil, "pad", strings.Repeat("x", token.MaxBytes)),
		"far too long": strings.Repeat("A", 12<<10), "a word": "garbage", "Bearer": "Bearer " + text,
	}
}

// signatures are not quite those of the issuer.
func (f forger) signatures() map[string]string {
	out := make(map[string]string)
	for _, key := range f.keys() {
		header, body, encoded := split(key.Sign(claims()))
		signature, err := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil {
			panic(err)
		}
		raw := func(name string, b []byte) {
			out[key.ID+" signature: "+name] = header + "." + body + "." + tokentest.Encode(b)
		}
		raw("zeros", make([]byte, len(signature)))
		raw("shorter", signature[:len(signature)-1])
		raw("longer", append([]byte{0}, signature...))
		for i := range 8 {
			flipped := append([]byte(nil), signature...)
			flipped[i*len(flipped)/8] ^= 1 << i
			raw(fmt.Sprintf("bit %d", i), flipped)
		}
	}
	return out
}
