// Package jwks keeps the public keys with which an issuer of tokens signs: a JWK
// set (RFC 7517), from a file or from a URL.
//
// [Parse] reads a set. [Open] keeps one up to date: the keys of the last good
// reading count, until they are too old. A set that was read is believed in
// whole, so a key that it does not hold any more is gone, and a set without keys
// is a set without keys. What cannot be read changes nothing.
//
// The package does not verify anything; it says which algorithms a key is for.
package jwks
