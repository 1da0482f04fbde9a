package token

import (
	"crypto"
	"crypto/rsa"

	"github.com/golang-jwt/jwt/v5"
)

// methods are the algorithms that may be allowed: asymmetric ones only, because
// who verifies must not be able to sign.
func methods() map[string]jwt.SigningMethod {
	list := []jwt.SigningMethod{
		jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512,
		pss("PS256", crypto.SHA256), pss("PS384", crypto.SHA384), pss("PS512", crypto.SHA512),
		jwt.SigningMethodES256, jwt.SigningMethodES384, jwt.SigningMethodES512,
		jwt.SigningMethodEdDSA,
	}
	byName := make(map[string]jwt.SigningMethod, len(list))
	for _, m := range list {
		byName[m.Alg()] = m
	}
	return byName
}

// pss is RSASSA-PSS with a salt as long as the hash (RFC 7518 §3.5); that of the
// library takes a salt of any length.
func pss(name string, hash crypto.Hash) jwt.SigningMethod {
	return &jwt.SigningMethodRSAPSS{
		SigningMethodRSA: &jwt.SigningMethodRSA{Name: name, Hash: hash},
		Options:          &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash},
	}
}
