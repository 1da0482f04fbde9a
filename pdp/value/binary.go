package value

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// HexBinary is a value of http://www.w3.org/2001/XMLSchema#hexBinary: the
// octets themselves. Values are comparable with ==.
type HexBinary string

// Type is TypeHexBinary.
func (HexBinary) Type() Type { return TypeHexBinary }

// Kind is a single hexBinary.
func (HexBinary) Kind() Kind { return One(TypeHexBinary) }

// String is the canonical form, with upper-case digits.
func (h HexBinary) String() string {
	return strings.ToUpper(hex.EncodeToString([]byte(h)))
}

func (HexBinary) datum() {}

func parseHexBinary(s string) (HexBinary, error) {
	octets, err := hex.DecodeString(s)
	if err != nil {
		return "", errForm
	}
	return HexBinary(octets), nil
}

// Base64Binary is a value of http://www.w3.org/2001/XMLSchema#base64Binary:
// the octets themselves. Values are comparable with ==.
type Base64Binary string

// Type is TypeBase64Binary.
func (Base64Binary) Type() Type { return TypeBase64Binary }

// Kind is a single base64Binary.
func (Base64Binary) Kind() Kind { return One(TypeBase64Binary) }

// String is the canonical form, without white space.
func (b Base64Binary) String() string {
	return base64.StdEncoding.EncodeToString([]byte(b))
}

func (Base64Binary) datum() {}

// parseBase64Binary is strict: padding must be there and the unused bits of
// the last quantum must be 0 (XML Schema part 2, §3.2.16).
func parseBase64Binary(s string) (Base64Binary, error) {
	s = strings.Join(strings.FieldsFunc(s, isSpace), "")
	octets, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return "", errForm
	}
	return Base64Binary(octets), nil
}
