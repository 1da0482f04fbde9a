package rpc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// mebibyte is the largest message by default.
const mebibyte = 1 << 20

// raw is a message in its octets, for a client that sends what it likes.
type raw []byte

// rawCodec sends messages as they are.
type rawCodec struct{}

func (rawCodec) Marshal(m any) ([]byte, error)      { return *m.(*raw), nil }
func (rawCodec) Unmarshal(data []byte, m any) error { *m.(*raw) = bytes.Clone(data); return nil }
func (rawCodec) Name() string                       { return "proto" }

// repeated is as many of a field as go into a message of that size.
func repeated(number protowire.Number, content []byte, size int) []byte {
	one := protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
	return bytes.Repeat(one, (size-16)/len(one))
}

// nested puts a message into a field of another.
func nested(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

// distinct are entries of a map with short keys.
func distinct(number protowire.Number, size int) []byte {
	var out []byte
	for i := 0; ; i++ {
		entry := nested(1, []byte(fmt.Sprintf("%x", i)))
		one := nested(number, entry)
		if len(out)+len(one) > size-16 {
			return out
		}
		out = append(out, one...)
	}
}

// bombs are messages that take much more in memory than on the wire.
func bombs() []struct {
	name, method string
	into         proto.Message
	data         []byte
} {
	empty := func(n protowire.Number) []byte { return repeated(n, nil, mebibyte) }
	const service = "/forseti.authorization.v1.AuthorizationService/"
	return []struct {
		name, method string
		into         proto.Message
		data         []byte
	}{
		{"empty attributes", service + "Authorize", new(v1.AuthorizeRequest), empty(5)},
		{"empty values", service + "Authorize", new(v1.AuthorizeRequest), nested(5, repeated(4, nil, mebibyte-16))},
		{"entries", service + "Authorize", new(v1.AuthorizeRequest), distinct(1, mebibyte)},
		{"entries with the same key", service + "Authorize", new(v1.AuthorizeRequest), empty(2)},
		{"empty requests", service + "AuthorizeBatch", new(v1.AuthorizeBatchRequest), empty(1)},
		{"requests with an empty attribute", service + "AuthorizeBatch", new(v1.AuthorizeBatchRequest), repeated(1, nested(5, nil), mebibyte)},
		{"a request with empty attributes", service + "AuthorizeBatch", new(v1.AuthorizeBatchRequest), nested(1, repeated(5, nil, mebibyte-16))},
		{"empty categories", service + "Evaluate", new(v1.EvaluateRequest), empty(1)},
		{"empty attributes of a category", service + "Evaluate", new(v1.EvaluateRequest), nested(1, repeated(4, nil, mebibyte-16))},
		{"empty values of an attribute", service + "Evaluate", new(v1.EvaluateRequest), nested(1, nested(4, repeated(4, nil, mebibyte-32)))},
		{"empty references", service + "Evaluate", new(v1.EvaluateRequest), empty(5)},
		{"empty ids", service + "Evaluate", new(v1.EvaluateRequest), nested(5, repeated(1, nil, mebibyte-16))},
		{"entries to forget", "/forseti.authorization.v1.AdministrationService/Invalidate", new(v1.InvalidateRequest), distinct(2, mebibyte)},
	}
}

// allocated is how many octets f allocates.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc) //nolint:gosec // a test does not allocate 2^63 octets
}

// What a message takes is known before it is read: about, and not less than half of it.
func TestWeight(t *testing.T) {
	for _, bomb := range bombs() {
		var w weight
		shapeOf(bomb.into).weigh(bomb.data, 1<<40, &w)
		took := allocated(func() {
			if err := proto.Unmarshal(bomb.data, bomb.into); err != nil {
				t.Errorf("%s: %v", bomb.name, err)
			}
		})
		t.Logf("%s: %d octets are estimated at %d, and took %d", bomb.name, len(bomb.data), w.message, took)
		if took > 2*w.message {
			t.Errorf("%s: estimated at %d octets, and took %d", bomb.name, w.message, took)
		}
	}
}

// What is no message has no weight to speak of, and ends.
func TestWeight_Garbage(t *testing.T) {
	s := shapeOf(new(v1.EvaluateRequest))
	for _, data := range [][]byte{
		{0xFF}, {0x0A}, {0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, {0x0B}, {0x0B, 0x0C}, bytes.Repeat([]byte{0x0B}, 1000), {0x00}, {0x07}, {0x0A, 0x02, 0x22},
	} {
		var w weight
		s.weigh(data, mebibyte, &w)
		if w.message < s.size || w.message > 4*s.size {
			t.Errorf("%x: got %d", data[:min(len(data), 8)], w.message)
		}
	}
	var w weight
	s.weigh(nested(7, make([]byte, 1000)), mebibyte, &w)
	if w.document != 1000*documentWeight {
		t.Errorf("a document: got %d, want %d", w.document, 1000*documentWeight)
	}
}

// Row 35: a message that is small on the wire and large in memory is refused before it
// is. Nothing is left of it.
func TestBounded_Bombs(t *testing.T) {
	r := start(t, func(c *Config) { c.Administration = true })
	conn := r.dial(grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
	defer conn.Close() //nolint:errcheck // nothing is under way
	for _, bomb := range bombs() {
		data := raw(bomb.data)
		took := allocated(func() {
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					var answer raw
					err := conn.Invoke(within(t), bomb.method, &data, &answer)
					if code := codeOf(err); code != codes.ResourceExhausted && code != codes.InvalidArgument {
						t.Errorf("%s: got %v", bomb.name, err)
					}
				})
			}
			wg.Wait()
		})
		t.Logf("%s: eight calls took %d MiB", bomb.name, took>>20)
		if took > 8*2*mostOfOne*mebibyte {
			t.Errorf("%s: eight calls took %d octets", bomb.name, took)
		}
	}
	stream, err := v1.NewAuthorizationServiceClient(conn).AuthorizeStream(within(t), grpc.ForceCodec(rawCodec{}))
	if err != nil {
		t.Fatal(err)
	}
	bomb := raw(nested(1, repeated(5, nil, mebibyte-16)))
	if err := stream.(grpc.ClientStream).SendMsg(&bomb); err != nil {
		t.Fatal(err)
	}
	var answer raw
	if err := stream.(grpc.ClientStream).RecvMsg(&answer); err != nil {
		t.Fatal(err)
	}
	got := new(v1.AuthorizeStreamResponse)
	if err := proto.Unmarshal(answer, got); err != nil || got.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE {
		t.Errorf("stream: got %v, %v", got, err)
	}
	if n := r.server.service.room.inside.Load(); n != 0 {
		t.Errorf("got %d octets that nobody gave back", n)
	}
}

// Large messages that hold something are read.
func TestBounded_LargeMessages(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.MaxSendBytes = 64 << 20 })
	many := action("read")
	values := make([]string, 90_000)
	for i := range values {
		values[i] = fmt.Sprint(i)
	}
	many.Attributes = []*v1.RequestAttribute{{Category: "subject", AttributeId: "urn:a", Values: values}}
	if _, err := r.client.Authorize(within(t), many); err != nil {
		t.Errorf("many values: got %v", err)
	}
	batch := &v1.AuthorizeBatchRequest{}
	for range 1000 {
		m := action("read")
		for i := range 20 {
			m.Resource = map[string]string{fmt.Sprintf("urn:resource:attribute:%d", i): strings.Repeat("x", 400)}
		}
		batch.Requests = append(batch.Requests, m)
	}
	if got, err := r.client.AuthorizeBatch(within(t), batch); err != nil || len(got.GetItems()) != 1000 {
		t.Errorf("batch: got %d items, %v", len(got.GetItems()), err)
	}
	document := `<Request xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" ReturnPolicyIdList="false" CombinedDecision="false">` +
		`<Attributes Category="urn:oasis:names:tc:xacml:3.0:attribute-category:resource"><Content><r>` + strings.Repeat("<a>x</a>", 100_000) + `</r></Content></Attributes></Request>`
	if _, err := r.client.Evaluate(within(t), &v1.EvaluateRequest{Document: &v1.EvaluateRequest_Xml{Xml: []byte(document)}}); err != nil {
		t.Errorf("document: got %v", err)
	}
	if n := r.server.service.room.inside.Load(); n != 0 {
		t.Errorf("got %d octets that nobody gave back", n)
	}
}

// All messages together have a bound. What is small is read all the same.
func TestBounded_Together(t *testing.T) {
	r := start(t, nil)
	room := &r.server.service.room
	room.take(new(host), room.limit)
	big := action("read")
	big.Attributes = []*v1.RequestAttribute{{Category: "subject", AttributeId: "urn:a", Values: []string{strings.Repeat("x", 2*unasked)}}}
	_, err := r.client.Authorize(within(t), big)
	wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
	_, err = r.client.Evaluate(within(t), &v1.EvaluateRequest{Document: &v1.EvaluateRequest_Xml{Xml: make([]byte, 2*unasked)}})
	wantError(t, err, codes.ResourceExhausted, "OVERLOADED")
	stream, err := r.client.AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&v1.AuthorizeStreamRequest{Request: big}); err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Recv(); err != nil || got.GetError().GetReason() != v1.ErrorReason_ERROR_REASON_OVERLOADED {
		t.Errorf("stream: got %v, %v", got, err)
	}
	if _, err := r.client.Authorize(within(t), action("read")); err != nil {
		t.Errorf("a small one: got %v", err)
	}
	if n := r.metric("forseti_shed_total", "decoded"); n != 3 {
		t.Errorf("got %v refusals counted, want 3", n)
	}
	room.leave(new(host), room.limit)
	if _, err := r.client.Authorize(within(t), big); err != nil {
		t.Errorf("afterwards: got %v", err)
	}
	if n := room.inside.Load(); n != 0 {
		t.Errorf("got %d octets that nobody gave back", n)
	}
}

// brokenStream is a stream whose messages take room, and then cannot be read.
type brokenStream struct {
	grpc.ServerStream
	fail func() error
}

func (brokenStream) Context() context.Context { return context.Background() }

func (b brokenStream) RecvMsg(m any) error {
	data := repeated(14, nil, 2*unasked) // fields that nobody knows
	if err := m.(incoming).read(mem.BufferSlice{mem.SliceBuffer(data)}); err != nil {
		return err
	}
	return b.fail()
}

// A message of a stream that cannot be read gives its room back, whoever finds that out.
func TestBounded_BrokenMessageOfAStream(t *testing.T) {
	s := start(t, nil).server.service
	for name, fail := range map[string]func() error{
		"read":           func() error { return nil },
		"failed":         func() error { return io.ErrUnexpectedEOF },
		"panicked about": func() error { panic("a fault of the codec") },
	} {
		m, err := s.receive(brokenStream{fail: fail})
		if wrong := name != "read"; (err != nil) != wrong || (m.bounded.held == 0) != wrong {
			t.Errorf("%s: got error %v with %d octets held", name, err, m.bounded.held)
		}
		m.bounded.drop()
	}
	if n := s.room.inside.Load(); n != 0 {
		t.Errorf("got %d octets that nobody gave back", n)
	}
}

// What a request wants back is in each of its results. A small message with many parts
// is refused before that takes more memory than there is.
func TestEvaluate_ResultsOfManyParts(t *testing.T) {
	r := start(t, nil)
	message := func(attributes, parts int) *v1.EvaluateRequest {
		c := &v1.AttributeCategory{Category: "resource", Id: "r"}
		for i := range attributes {
			c.Attributes = append(c.Attributes, &v1.Attribute{
				AttributeId: fmt.Sprintf("urn:%x", i), IncludeInResult: true, Values: []*v1.AttributeValue{{Value: "x"}},
			})
		}
		m := &v1.EvaluateRequest{Attributes: []*v1.AttributeCategory{c}}
		for range parts {
			m.MultiRequests = append(m.MultiRequests, &v1.RequestReference{Ids: []string{"r"}})
		}
		return m
	}
	const most = 128 * mebibyte
	took := allocated(func() {
		_, err := r.client.Evaluate(within(t), message(3000, 1000))
		wantError(t, err, codes.InvalidArgument, "TOO_MANY_DECISIONS")
	})
	if took > most {
		t.Errorf("the call took %d octets, want at most %d", took, most)
	}
	for _, size := range []struct{ attributes, parts int }{{3000, 1}, {30_000, 1}, {3, 1000}} {
		got, err := r.client.Evaluate(within(t), message(size.attributes, size.parts))
		if err != nil || len(got.GetResults()) != size.parts || len(got.GetResults()[size.parts-1].GetAttributes()[0].GetAttributes()) != size.attributes {
			t.Errorf("%d attributes in %d parts: got %d results, %v", size.attributes, size.parts, len(got.GetResults()), err)
		}
	}
}
