package pip

import (
	"encoding/binary"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Key encodes the question such that different questions have different keys:
// each value is its data type and its identity, and each of the two is
// preceded by its length. Nothing is joined by delimiters, so no value can
// pretend to be two.
func (q Question) Key() string {
	key := make([]byte, 0, 256) // most keys need no other memory than their own
	for _, v := range q {
		var dataType, text string
		if v != nil {
			dataType, text = value.TypeID(v), value.Identity(v)
		}
		key = appendText(key, dataType)
		key = appendText(key, text)
	}
	return string(key)
}

// appendText appends the length of s in bytes, and s.
func appendText(key []byte, s string) []byte {
	return append(binary.AppendUvarint(key, uint64(len(s))), s...)
}
