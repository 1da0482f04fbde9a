package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"slices"
)

// The bounds of RSA keys. RFC 7518 §3.3 asks for 2048 bits at least; more than the
// upper bound is a way to make verification slow.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// secretMembers are those of private and of symmetric keys (RFC 7518 §6).
var secretMembers = [...]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// parseKey reads one JWK (RFC 7517 §4).
func parseKey(members map[string]any) (key Key, kid string, refusal Refusal) {
	for _, name := range secretMembers {
		if _, has := members[name]; has {
			return Key{}, "", RefusedSecret
		}
	}
	kid, ok := optional(members, "kid")
	if !ok {
		return Key{}, "", RefusedMalformed
	}
	if refusal := checkUse(members); refusal != "" {
		return Key{}, "", refusal
	}
	switch members["kty"] {
	case "RSA":
		key, refusal = parseRSA(members)
	case "EC":
		key, refusal = parseEC(members)
	case "OKP":
		key, refusal = parseOKP(members)
	default:
		return Key{}, "", RefusedType
	}
	if refusal != "" {
		return Key{}, "", refusal
	}
	// RFC 7517 §4.4: the algorithm that the key is intended for, if it says.
	algorithm, ok := optional(members, "alg")
	switch {
	case !ok:
		return Key{}, "", RefusedMalformed
	case algorithm == "":
		return key, kid, ""
	case !key.Fits(algorithm):
		return Key{}, "", RefusedAlgorithm
	default:
		key.algorithms = []string{algorithm}
		return key, kid, ""
	}
}

// checkUse refuses a key that is not for the verification of signatures (RFC 7517
// §4.2 and §4.3).
func checkUse(members map[string]any) Refusal {
	use, ok := optional(members, "use")
	switch {
	case !ok:
		return RefusedMalformed
	case use != "" && use != "sig":
		return RefusedUse
	}
	operations, has := members["key_ops"]
	if !has {
		return ""
	}
	list, ok := operations.([]any)
	switch {
	case !ok:
		return RefusedMalformed
	case !slices.Contains(list, any("verify")):
		return RefusedUse
	default:
		return ""
	}
}

// parseRSA reads a key of RFC 7518 §6.3.
func parseRSA(members map[string]any) (Key, Refusal) {
	modulus, ok := octets(members, "n")
	if !ok {
		return Key{}, RefusedMalformed
	}
	exponent, ok := octets(members, "e")
	if !ok {
		return Key{}, RefusedMalformed
	}
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	// With the exponent 1 everything is a signature of itself.
	if n.BitLen() < minRSABits || n.BitLen() > maxRSABits || n.Bit(0) == 0 ||
		e.BitLen() < 2 || e.BitLen() > 31 || e.Bit(0) == 0 {
		return Key{}, RefusedWeak
	}
	return Key{
		Public:     &rsa.PublicKey{N: n, E: int(e.Int64())},
		algorithms: []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
	}, ""
}

// parseEC reads a key of RFC 7518 §6.2. Each curve is for one algorithm (§3.4).
func parseEC(members map[string]any) (Key, Refusal) {
	var curve elliptic.Curve
	var algorithm string
	switch members["crv"] {
	case "P-256":
		curve, algorithm = elliptic.P256(), "ES256"
	case "P-384":
		curve, algorithm = elliptic.P384(), "ES384"
	case "P-521":
		curve, algorithm = elliptic.P521(), "ES512"
	default:
		return Key{}, RefusedType
	}
	x, okX := octets(members, "x")
	y, okY := octets(members, "y")
	size := (curve.Params().BitSize + 7) / 8
	if !okX || !okY || len(x) != size || len(y) != size {
		return Key{}, RefusedMalformed
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y)) // on the curve, or an error
	if err != nil {
		return Key{}, RefusedMalformed
	}
	return Key{Public: public, algorithms: []string{algorithm}}, ""
}

// parseOKP reads a key of RFC 8037 §2.
func parseOKP(members map[string]any) (Key, Refusal) {
	if members["crv"] != "Ed25519" {
		return Key{}, RefusedType
	}
	x, ok := octets(members, "x")
	if !ok || len(x) != ed25519.PublicKeySize {
		return Key{}, RefusedMalformed
	}
	var public crypto.PublicKey = ed25519.PublicKey(x)
	return Key{Public: public, algorithms: []string{"EdDSA"}}, ""
}

// optional is a text that may be absent; ok is false for anything but a text.
func optional(members map[string]any, name string) (text string, ok bool) {
	v, has := members[name]
	if !has {
		return "", true
	}
	text, ok = v.(string)
	return text, ok
}

// octets decodes base64url without padding.
func octets(members map[string]any, name string) ([]byte, bool) {
	text, ok := members[name].(string)
	if !ok || text == "" {
		return nil, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return data, err == nil
}
