package symbol

import "math/bits"

// Key is what a table finds a string by: all of a string of at most sixteen
// octets, and the length and a hash of a longer one.
type Key struct {
	x, y   uint64
	length uint32
}

// saidByKey is the length of strings that are equal if their keys are.
const saidByKey = 16

// high is the bits that no ASCII character has.
const high = 0x8080808080808080

// Numbers that are odd, without a pattern.
const mixA, mixB = 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03

// KeyOf is the key of s, and whether all of s is ASCII.
func KeyOf(s string) (k Key, ascii bool) {
	if len(s) > saidByKey {
		return keyOfLong(s)
	}
	k = keyOfShort(s)
	return k, (k.x|k.y)&high == 0
}

// keyOfShort is the first and the last octets: with the length they say all.
func keyOfShort(s string) Key {
	switch n := len(s); {
	case n >= 8:
		return Key{octets(s), octets(s[n-8:]), uint32(n)}
	case n >= 4:
		return Key{uint64(four(s)), uint64(four(s[n-4:])), uint32(n)}
	case n > 0:
		return Key{uint64(s[0]) | uint64(s[n/2])<<8, uint64(s[n-1]), uint32(n)}
	default:
		return Key{}
	}
}

func keyOfLong(s string) (Key, bool) {
	n := len(s)
	sum, seen := uint64(n)*mixA, uint64(0)
	for rest := s; len(rest) > 16; rest = rest[16:] {
		x, y := octets(rest), octets(rest[8:])
		seen |= x | y
		hi, lo := bits.Mul64(sum^x, mixB^y)
		sum = hi ^ lo
	}
	x, y := octets(s[n-16:]), octets(s[n-8:])
	seen |= x | y
	return Key{sum ^ x, y, uint32(n)}, seen&high == 0
}

// hash is where the search for the key begins.
func (k Key) hash() uint64 {
	hi, lo := bits.Mul64(k.x^mixA, k.y^mixB^uint64(k.length)<<32)
	return hi ^ lo
}

// four is the first four octets as a number.
func four(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// octets is the first eight octets as a number: one load.
func octets(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
