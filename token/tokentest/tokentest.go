// Package tokentest makes keys and signs tokens, for tests and for trying things
// out. It checks nothing: it also makes what a verifier must refuse.
package tokentest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// Key is a key pair for one algorithm.
type Key struct {
	ID        string
	Algorithm string
	Private   crypto.Signer
}

// NewKey makes a key for an algorithm of RFC 7518 §3.1 or RFC 8037; RSA keys have
// 2048 bits. It panics on any other algorithm.
func NewKey(id, algorithm string) Key {
	private, err := newPrivate(algorithm)
	if err != nil {
		panic(fmt.Sprintf("tokentest: no key for the algorithm %q: %v", algorithm, err))
	}
	return Key{ID: id, Algorithm: algorithm, Private: private}
}

func newPrivate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	default:
		return nil, fmt.Errorf("unknown algorithm")
	}
}

// JWK is the public key as members of a JWK, which the caller may change.
func (k Key) JWK() map[string]any {
	members := map[string]any{"use": "sig", "alg": k.Algorithm}
	if k.ID != "" {
		members["kid"] = k.ID
	}
	switch public := k.Private.Public().(type) {
	case *rsa.PublicKey:
		members["kty"] = "RSA"
		members["n"] = Encode(public.N.Bytes())
		members["e"] = Encode(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			panic("tokentest: " + err.Error())
		}
		size := (len(point) - 1) / 2
		members["kty"] = "EC"
		members["crv"] = public.Curve.Params().Name
		members["x"] = Encode(point[1 : 1+size])
		members["y"] = Encode(point[1+size:])
	case ed25519.PublicKey:
		members["kty"] = "OKP"
		members["crv"] = "Ed25519"
		members["x"] = Encode(public)
	}
	return members
}

// Set is a JWK set with the public keys.
func Set(keys ...Key) []byte {
	list := []any{}
	for _, k := range keys {
		list = append(list, k.JWK())
	}
	return Marshal(map[string]any{"keys": list})
}

// Sign makes a token of claims with the usual header.
func (k Key) Sign(claims map[string]any) string {
	header := map[string]any{"alg": k.Algorithm, "typ": "JWT"}
	if k.ID != "" {
		header["kid"] = k.ID
	}
	return k.SignText(string(Marshal(header)), string(Marshal(claims)))
}

// SignText makes a token of a header and claims as they are written.
func (k Key) SignText(header, claims string) string {
	input := Encode([]byte(header)) + "." + Encode([]byte(claims))
	return input + "." + Encode(k.Signature(input))
}

// Signature signs a text.
func (k Key) Signature(input string) []byte {
	signature, err := jwt.GetSigningMethod(k.Algorithm).Sign(input, k.Private)
	if err != nil {
		panic("tokentest: " + err.Error())
	}
	return signature
}

// Encode is base64url without padding.
func Encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// Marshal writes JSON.
func Marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("tokentest: " + err.Error())
	}
	return data
}
