package client

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// key stands for a question. It is a digest, so that no tokens are kept, and that
// each takes the same memory.
type key [sha256.Size]byte

// maxKept is the size in bytes that a question and its answer may each have, to be
// kept.
const maxKept = 16 << 10

// keyOf is the key of a question; ok is false if it must not be kept.
func keyOf(ctx context.Context, token string, r *Request) (k key, ok bool) {
	header, _ := metadata.FromOutgoingContext(ctx)
	question, err := encode(token, header, r.message())
	if err != nil || len(question) > maxKept {
		return key{}, false // what is no message is refused when it is asked
	}
	return sha256.Sum256(question), true
}

// encode writes all that an answer depends on, such that different questions have
// different encodings: who asks, by token and metadata, and the whole message.
// Each part is preceded by its length, so that none can pretend to be two, and what
// is added to the message later is in it. Equal questions have equal encodings but
// for the order of lists.
func encode(token string, header metadata.MD, m *v1.AuthorizeRequest) ([]byte, error) {
	out := appendText(make([]byte, 0, 512), token)
	out = binary.AppendUvarint(out, uint64(len(header)))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		out = appendText(out, name)
		out = binary.AppendUvarint(out, uint64(len(header[name])))
		for _, value := range header[name] {
			out = appendText(out, value)
		}
	}
	return proto.MarshalOptions{Deterministic: true}.MarshalAppend(out, m)
}

// appendText appends the length of s in bytes, and s.
func appendText(to []byte, s string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}
