package jwks

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// set writes a JWK set of keys as members.
func set(keys ...map[string]any) []byte {
	if keys == nil {
		keys = []map[string]any{}
	}
	return tokentest.Marshal(map[string]any{"keys": keys})
}

// with is the key with changed members; nil removes one.
func with(key tokentest.Key, changes map[string]any) map[string]any {
	members := key.JWK()
	for name, v := range changes {
		if v == nil {
			delete(members, name)
		} else {
			members[name] = v
		}
	}
	return members
}

func TestParseTellsAlgorithms(t *testing.T) {
	rsa := tokentest.NewKey("r", "RS256")
	rsaAlgorithms := []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	tests := []struct {
		name string
		key  map[string]any
		want []string
	}{
		{"RSA", with(rsa, map[string]any{"alg": nil}), rsaAlgorithms},
		{"RSA for one", rsa.JWK(), []string{"RS256"}},
		{"RSA for another", with(rsa, map[string]any{"alg": "PS512"}), []string{"PS512"}},
		{"without use", with(rsa, map[string]any{"alg": nil, "use": nil}), rsaAlgorithms},
		{"to verify", with(rsa, map[string]any{"use": nil, "key_ops": []any{"verify"}}), []string{"RS256"}},
		{"with a certificate", with(rsa, map[string]any{"x5c": []any{"bm9uZQ=="}, "x5t": "x", "unknown": 1}), []string{"RS256"}},
		{"P-256", with(tokentest.NewKey("k", "ES256"), map[string]any{"alg": nil}), []string{"ES256"}},
		{"P-384", with(tokentest.NewKey("k", "ES384"), map[string]any{"alg": nil}), []string{"ES384"}},
		{"P-521", with(tokentest.NewKey("k", "ES512"), map[string]any{"alg": nil}), []string{"ES512"}},
		{"Ed25519", with(tokentest.NewKey("k", "EdDSA"), map[string]any{"alg": nil}), []string{"EdDSA"}},
	}
	for _, test := range tests {
		s, err := Parse(set(test.key))
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		key, ok := s.Key(test.key["kid"].(string))
		if !ok {
			t.Errorf("%s: got no key, refused %v", test.name, s.Refused())
			continue
		}
		var got []string
		for _, a := range append(rsaAlgorithms, "ES256", "ES384", "ES512", "EdDSA", "HS256", "none", "") {
			if key.Fits(a) {
				got = append(got, a)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestParseRefusesKeys(t *testing.T) {
	rsa, ec, okp := tokentest.NewKey("r", "RS256"), tokentest.NewKey("e", "ES256"), tokentest.NewKey("o", "EdDSA")
	good := tokentest.NewKey("good", "ES256")
	modulus := func(bits int, odd bool) string {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		if odd {
			n.SetBit(n, 0, 1)
		}
		return tokentest.Encode(n.Bytes())
	}
	tests := []struct {
		name string
		key  map[string]any
		want Refusal
	}{
		{"symmetric", map[string]any{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}, RefusedSecret},
		{"symmetric without the secret", map[string]any{"kty": "oct", "kid": "s"}, RefusedType},
		{"private RSA", with(rsa, map[string]any{"d": "AQAB"}), RefusedSecret},
		{"private RSA by a prime", with(rsa, map[string]any{"p": "AQAB"}), RefusedSecret},
		{"private EC", with(ec, map[string]any{"d": "AQAB"}), RefusedSecret},
		{"private OKP", with(okp, map[string]any{"d": "AQAB"}), RefusedSecret},

		{"no kty", with(rsa, map[string]any{"kty": nil}), RefusedType},
		{"kty in small letters", with(rsa, map[string]any{"kty": "rsa"}), RefusedType},
		{"kty that is no text", with(rsa, map[string]any{"kty": []any{"RSA"}}), RefusedType},
		{"unknown curve", with(ec, map[string]any{"crv": "secp256k1"}), RefusedType},
		{"P-224", with(ec, map[string]any{"crv": "P-224"}), RefusedType},
		{"Ed448", with(okp, map[string]any{"crv": "Ed448"}), RefusedType},
		{"X25519", with(okp, map[string]any{"crv": "X25519"}), RefusedType},

		{"for encryption", with(rsa, map[string]any{"use": "enc"}), RefusedUse},
		{"unknown use", with(rsa, map[string]any{"use": "SIG"}), RefusedUse},
		{"to sign", with(rsa, map[string]any{"key_ops": []any{"sign"}}), RefusedUse},
		{"to do nothing", with(rsa, map[string]any{"key_ops": []any{}}), RefusedUse},

		{"RSA for ES256", with(rsa, map[string]any{"alg": "ES256"}), RefusedAlgorithm},
		{"RSA for HS256", with(rsa, map[string]any{"alg": "HS256"}), RefusedAlgorithm},
		{"RSA for none", with(rsa, map[string]any{"alg": "none"}), RefusedAlgorithm},
		{"RSA for encryption by alg", with(rsa, map[string]any{"use": nil, "alg": "RSA-OAEP"}), RefusedAlgorithm},
		{"P-256 for ES384", with(ec, map[string]any{"alg": "ES384"}), RefusedAlgorithm},
		{"P-256 for RS256", with(ec, map[string]any{"alg": "RS256"}), RefusedAlgorithm},

		{"1024 bits", with(rsa, map[string]any{"n": modulus(1024, true)}), RefusedWeak},
		{"2047 bits", with(rsa, map[string]any{"n": modulus(2047, true)}), RefusedWeak},
		{"modulus 0", with(rsa, map[string]any{"n": tokentest.Encode(make([]byte, 256))}), RefusedWeak},
		{"8193 bits", with(rsa, map[string]any{"n": modulus(8193, true)}), RefusedWeak},
		{"even modulus", with(rsa, map[string]any{"n": modulus(2048, false)}), RefusedWeak},
		{"exponent 0", with(rsa, map[string]any{"e": "AA"}), RefusedWeak},
		{"exponent 1", with(rsa, map[string]any{"e": "AQ"}), RefusedWeak},
		{"exponent 2", with(rsa, map[string]any{"e": "Ag"}), RefusedWeak},
		{"exponent of 32 bits", with(rsa, map[string]any{"e": "gAAAAQ"}), RefusedWeak},

		{"kid that is no text", with(rsa, map[string]any{"kid": 7}), RefusedMalformed},
		{"use that is no text", with(rsa, map[string]any{"use": []any{"sig"}}), RefusedMalformed},
		{"key_ops that is no list", with(rsa, map[string]any{"key_ops": "verify"}), RefusedMalformed},
		{"alg that is no text", with(rsa, map[string]any{"alg": true}), RefusedMalformed},
		{"no modulus", with(rsa, map[string]any{"n": nil}), RefusedMalformed},
		{"empty modulus", with(rsa, map[string]any{"n": ""}), RefusedMalformed},
		{"modulus that is no text", with(rsa, map[string]any{"n": 3}), RefusedMalformed},
		{"modulus in base64", with(rsa, map[string]any{"n": "+/+/"}), RefusedMalformed},
		{"padded exponent", with(rsa, map[string]any{"e": "AQ=="}), RefusedMalformed},
		{"exponent of odd bits", with(rsa, map[string]any{"e": "AR"}), RefusedMalformed},
		{"no y", with(ec, map[string]any{"y": nil}), RefusedMalformed},
		{"short x", with(ec, map[string]any{"x": "AQAB"}), RefusedMalformed},
		{"not on the curve", with(ec, map[string]any{"x": tokentest.Encode(make([]byte, 32))}), RefusedMalformed},
		{"P-256 said to be P-384", with(ec, map[string]any{"alg": nil, "crv": "P-384"}), RefusedMalformed},
		{"short Ed25519", with(okp, map[string]any{"x": "AQAB"}), RefusedMalformed},
	}
	for _, test := range tests {
		s, err := Parse(set(test.key, good.JWK()))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff(map[Refusal]int{test.want: 1}, s.Refused()); diff != "" {
			t.Errorf("%s: refused (-want +got):\n%s", test.name, diff)
		}
		if _, ok := s.Key("good"); !ok || s.Len() != 1 {
			t.Errorf("%s: got %d keys, want the good one only", test.name, s.Len())
		}
	}
}

func TestParseRefusesAllKeysOfAKid(t *testing.T) {
	a, b, c := tokentest.NewKey("same", "ES256"), tokentest.NewKey("same", "EdDSA"), tokentest.NewKey("other", "ES256")
	s, err := Parse(tokentest.Set(a, c, b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[Refusal]int{RefusedDuplicate: 2}, s.Refused()); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if _, ok := s.Key("same"); ok {
		t.Error("got a key of a kid that is used twice, want none")
	}
	if _, ok := s.Only(); !ok {
		t.Error("got no key, want the other one")
	}
}

func TestParseRefusesSets(t *testing.T) {
	key := string(tokentest.Marshal(tokentest.NewKey("k", "ES256").JWK()))
	for _, text := range []string{
		``, `null`, `[]`, `"keys"`, `{}`, `{"keys":null}`, `{"keys":{}}`, `{"keys":"x"}`, `{"KEYS":[]}`, `{"keys":[null]}`, `{"keys":[[]]}`,
		`<html><body>503</body></html>`, `{"keys":[]`, `{"keys":[]} {"keys":[]}`, `{"keys":[],"keys":[` + key + `]}`, `{"keys":[],"\u006beys":[]}`,
		`{"keys":[{"kty":"EC","kty":"RSA"}]}`, key,
		`{"keys":[` + strings.Repeat(`{},`, MaxKeys) + `{}]}`,
		`{"keys":[],"x":"` + strings.Repeat("x", MaxBytes) + `"}`,
	} {
		if s, err := Parse([]byte(text)); err == nil {
			t.Errorf("got %d keys, want an error, input: %.60q", s.Len(), text)
		}
	}
}

func TestParseTakesASetWithoutKeys(t *testing.T) {
	s, err := Parse(set())
	if err != nil || s.Len() != 0 {
		t.Errorf("got %v, want a set without keys", err)
	}
	if _, ok := s.Only(); ok {
		t.Error("got a key of an empty set")
	}
}

func TestOnly(t *testing.T) {
	a, b := tokentest.NewKey("a", "ES256"), tokentest.NewKey("", "ES256")
	for _, test := range []struct {
		keys []tokentest.Key
		want bool
	}{{nil, false}, {[]tokentest.Key{a}, true}, {[]tokentest.Key{b}, true}, {[]tokentest.Key{a, b}, false}} {
		s, err := Parse(tokentest.Set(test.keys...))
		if err != nil {
			t.Fatal(err)
		}
		if key, ok := s.Only(); ok != test.want || ok && !key.Fits("ES256") {
			t.Errorf("got %v for %d keys, want %v", ok, len(test.keys), test.want)
		}
	}
}

// FuzzParse holds what is accepted to what a key must be.
func FuzzParse(f *testing.F) {
	for _, algorithm := range []string{"RS256", "ES256", "ES512", "EdDSA"} {
		f.Add(tokentest.Set(tokentest.NewKey("a", algorithm), tokentest.NewKey("b", "ES256")))
	}
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"x"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQ","e":"AQ"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		s, err := Parse(data)
		if err != nil {
			return
		}
		var document struct{ Keys []json.RawMessage }
		if err := json.Unmarshal(data, &document); err != nil {
			t.Fatalf("got a set, want an error: %v", err)
		}
		refused := 0
		for _, n := range s.Refused() {
			refused += n
		}
		if s.Len()+refused != len(document.Keys) {
			t.Fatalf("got %d keys and %d refused, want %d in all", s.Len(), refused, len(document.Keys))
		}
		for kid, key := range s.keys {
			if len(key.algorithms) == 0 || key.Public == nil {
				t.Fatalf("got a key %q without algorithm", kid)
			}
			if text := fmt.Sprint(key.algorithms); strings.Contains(text, "HS") || strings.Contains(text, "none") {
				t.Fatalf("got a key for %s", text)
			}
		}
	})
}
