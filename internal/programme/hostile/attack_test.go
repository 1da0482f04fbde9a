package hostile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// attack is something that a hostile host does until its context ends.
type attack struct {
	name string
	rate int // a second, of what is said in the comment at run
	run  func(*attacker)

	secured bool // it is about TLS or tokens
}

// attacks are all of them.
func attacks() []attack {
	return slices.Concat(floods(), headers(), bodies(), answers(), connections(), calls(), callers())
}

const (
	authorize       = "/forseti.authorization.v1.AuthorizationService/Authorize"
	authorizeStream = "/forseti.authorization.v1.AuthorizationService/AuthorizeStream"
	healthCheck     = "/grpc.health.v1.Health/Check"
	healthWatch     = "/grpc.health.v1.Health/Watch"
	reflectionInfo  = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
)

// empty is a message without content, as the health service takes it.
var empty = framed(nil)

// framed puts the length before a message (the length-prefixed message of gRPC).
func framed(message []byte) []byte { return prefixed(0, uint32(len(message)), message) }

func prefixed(compressed byte, length uint32, message []byte) []byte {
	out := binary.BigEndian.AppendUint32([]byte{compressed}, length)
	return append(out, message...)
}

// question is a question as others ask it.
func question() []byte { return marshal(harness.DemoRequest(0)) }

// echoed is a question whose answer holds the octets, too.
func echoed(octets int) []byte {
	r := harness.DemoRequest(0)
	r.Attributes = []*v1.RequestAttribute{{
		Category: "environment", AttributeId: "urn:hostile:echo", IncludeInResult: true, Values: []string{strings.Repeat("x", octets)},
	}}
	return marshal(r)
}

func marshal(m proto.Message) []byte {
	octets, err := proto.Marshal(m)
	if err != nil {
		panic(err) // it is made here
	}
	return framed(octets)
}

// zeros is a message of so many zeros, compressed.
func zeros(octets int) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(make([]byte, octets)) // to memory
	_ = w.Close()
	return prefixed(1, uint32(out.Len()), out.Bytes())
}
