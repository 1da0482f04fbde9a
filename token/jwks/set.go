package jwks

import (
	"crypto"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/forseti-pdp/forseti/token/internal/strictjson"
)

// The bounds of a set.
const (
	MaxBytes = 256 << 10
	MaxKeys  = 100
)

// Key is a public key and the algorithms (RFC 7518 §3.1) that it is for.
type Key struct {
	// Public is a *rsa.PublicKey, an *ecdsa.PublicKey or an ed25519.PublicKey.
	Public     crypto.PublicKey
	algorithms []string
}

// Fits reports whether signatures of this algorithm may be verified with the key.
func (k Key) Fits(algorithm string) bool { return slices.Contains(k.algorithms, algorithm) }

// Refusal says why a key of a set is not used. The set of refusals is closed: they
// are labels of metrics.
type Refusal string

// The refusals.
const (
	RefusedType      Refusal = "type"      // a type or curve that is not supported
	RefusedUse       Refusal = "use"       // not for signatures
	RefusedAlgorithm Refusal = "algorithm" // of an algorithm that is not of its type
	RefusedSecret    Refusal = "secret"    // private or symmetric: whoever reads the set could sign
	RefusedWeak      Refusal = "weak"      // an RSA modulus or exponent out of bounds
	RefusedMalformed Refusal = "malformed" // not a key
	RefusedDuplicate Refusal = "duplicate" // one of several with its kid
)

// Refusals lists every refusal.
func Refusals() []Refusal {
	return []Refusal{
		RefusedType, RefusedUse, RefusedAlgorithm, RefusedSecret, RefusedWeak, RefusedMalformed, RefusedDuplicate,
	}
}

// Set is the keys of an issuer by their kid. It is immutable.
type Set struct {
	keys    map[string]Key
	refused map[Refusal]int
}

// Parse reads a JWK set. A key that cannot be used is left out and counted, and so
// are all keys that share their kid: which of them is meant is not known. The
// error is for a text that is no set at all.
func Parse(data []byte) (*Set, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("the key set is longer than %d bytes", MaxBytes)
	}
	document, err := strictjson.Object(data)
	if err != nil {
		return nil, errors.New("the key set is not a JSON object, or names a member twice")
	}
	list, ok := document["keys"].([]any)
	if !ok {
		return nil, errors.New("the key set has no list of keys")
	}
	if len(list) > MaxKeys {
		return nil, fmt.Errorf("the key set has more than %d keys", MaxKeys)
	}
	s := &Set{keys: make(map[string]Key), refused: make(map[Refusal]int)}
	count := make(map[string]int)
	for _, item := range list {
		members, ok := item.(map[string]any)
		if !ok {
			return nil, errors.New("the key set has a key that is not an object")
		}
		key, kid, refusal := parseKey(members)
		if refusal != "" {
			s.refused[refusal]++
			continue
		}
		s.keys[kid] = key
		count[kid]++
	}
	for kid, n := range count {
		if n > 1 {
			delete(s.keys, kid)
			s.refused[RefusedDuplicate] += n
		}
	}
	return s, nil
}

// Len is the number of keys that can be used.
func (s *Set) Len() int { return len(s.keys) }

// Key is the key with this kid. A key without kid has the empty one.
func (s *Set) Key(kid string) (Key, bool) {
	k, ok := s.keys[kid]
	return k, ok
}

// Only is the key of a set in which one key can be used.
func (s *Set) Only() (key Key, ok bool) {
	if len(s.keys) != 1 {
		return Key{}, false
	}
	for _, key = range s.keys {
	}
	return key, true
}

// Refused counts the keys that are not used.
func (s *Set) Refused() map[Refusal]int { return maps.Clone(s.refused) }
