package rpc

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// twoWays is a service that reads messages by hand, and one that leaves all of
// them to generated code: a Handler with an observer has no short way.
func twoWays(t testing.TB) (byHand, general *service) {
	snapshot := newSnapshot(t, "one")
	dictionary, err := contexthandler.NewDictionary([]contexthandler.Attribute{
		{Category: xacml.CategoryAccessSubject, ID: "urn:test:user", Aliases: []string{"user-id"}, Single: true},
		{Category: xacml.CategoryEnvironment, ID: "urn:test:level", Aliases: []string{"level"}, Type: value.TypeInteger},
		{Category: xacml.CategoryAction, ID: xacml.AttributeActionID, Forms: []contexthandler.Form{{Match: "view-(?P<what>read|write)", Value: "{what}"}}},
		{Category: "urn:test:category", ID: "urn:test:custom", Aliases: []string{"custom"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	newService := func(observe func(*xacml.Request, []xacml.Attributes)) *service {
		server, err := New(Config{Handler: contexthandler.New(contexthandler.Config{
			Snapshot:   func() *pap.Snapshot { return snapshot },
			Dictionary: dictionary,
			Sources: []pip.Source{{
				Name: "asked",
				Provides: []pip.Provided{{Key: xacml.AttributeKey{
					Category: xacml.CategoryEnvironment, ID: "urn:test:asked", Type: value.TypeString,
				}}},
				Provider: fetch(func(context.Context) error { return nil }),
			}},
			Supplies: []contexthandler.Supply{{
				Caller: contexthandler.Everybody, Category: xacml.CategoryEnvironment, Attributes: []string{xacml.AttributeCurrentTime},
			}},
			Observe: observe,
		})})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Shutdown(context.Background()) })
		return server.service
	}
	return newService(nil), newService(func(*xacml.Request, []xacml.Attributes) {})
}

// called is what a call answers: the bytes, or the error with its reason.
func called(s *service, method string, data []byte) (answer []byte, failed string) {
	for _, m := range s.description().Methods {
		if m.MethodName != method {
			continue
		}
		c := newCodec()
		decode := func(m any) error { // as gRPC does it
			if err := c.Unmarshal(mem.BufferSlice{mem.SliceBuffer(data)}, m); err != nil {
				return status.Error(codes.Internal, "cannot unmarshal")
			}
			return nil
		}
		reply, err := m.Handler(s, context.Background(), decode, nil)
		if err != nil {
			if f, ok := errors.AsType[*failure](err); ok {
				return nil, f.name() + ": " + f.message
			}
			return nil, status.Convert(err).String()
		}
		return deterministic(c, reply), ""
	}
	return nil, "no such method"
}

// expected is what generated code makes of a call: the message read, decided in
// the general way, and the answer written.
func expected(s *service, method string, data []byte) (answer []byte, failed string) {
	var reply proto.Message
	var err error
	if method == methodAuthorize {
		m := new(v1.AuthorizeRequest)
		if proto.Unmarshal(data, m) != nil {
			return nil, status.New(codes.Internal, "cannot unmarshal").String()
		}
		reply, err = s.Authorize(context.Background(), m)
	} else {
		m := new(v1.AuthorizeBatchRequest)
		if proto.Unmarshal(data, m) != nil {
			return nil, status.New(codes.Internal, "cannot unmarshal").String()
		}
		snapshot, _ := s.handler.Snapshot()
		response := &v1.AuthorizeBatchResponse{Snapshot: snapshot.ID}
		for _, r := range m.GetRequests() {
			response.Items = append(response.Items, s.batchItem(context.Background(), snapshot, r))
		}
		reply = response
	}
	if err != nil {
		f := asFailure(err)
		return nil, f.name() + ": " + f.message
	}
	return deterministic(newCodec(), reply), ""
}

// deterministic is the bytes of a message. Those that are written by hand are not
// read again.
func deterministic(c encoding.CodecV2, m any) []byte {
	if general, ok := m.(proto.Message); ok {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(general)
		if err != nil {
			return []byte(err.Error())
		}
		return data
	}
	data, err := c.Marshal(m)
	if err != nil {
		return []byte(err.Error())
	}
	defer data.Free()
	return data.Materialize()
}

// compare has one message decided by both.
func compare(t testing.TB, byHand, general *service, method string, data []byte) {
	t.Helper()
	got, gotError := called(byHand, method, data)
	want, wantError := expected(general, method, data)
	if gotError != wantError || !bytes.Equal(got, want) {
		t.Errorf("%s: got %x %s, want %x %s, input: %x", method, got, gotError, want, wantError, data)
	}
}

// wireRequests are requests that are plain, almost plain and not plain.
func wireRequests() map[string]*v1.AuthorizeRequest {
	with := func(change func(*v1.AuthorizeRequest)) *v1.AuthorizeRequest {
		m := action("read")
		change(m)
		return m
	}
	attribute := func(category, id, dataType string, values ...string) *v1.AuthorizeRequest {
		return with(func(m *v1.AuthorizeRequest) {
			m.Attributes = append(m.Attributes, &v1.RequestAttribute{Category: category, AttributeId: id, DataType: dataType, Values: values})
		})
	}
	return map[string]*v1.AuthorizeRequest{
		"empty":            {},
		"read":             action("read"),
		"write":            action("write"),
		"form":             action("view-read"),
		"lack":             action("lack"),
		"ask":              action("ask"),
		"level":            with(func(m *v1.AuthorizeRequest) { m.Action, m.Environment = "level", map[string]string{"level": "3"} }),
		"policies":         with(func(m *v1.AuthorizeRequest) { m.ReturnPolicyIds = true }),
		"no request id":    with(func(m *v1.AuthorizeRequest) { m.RequestId = "" }),
		"large request id": with(func(m *v1.AuthorizeRequest) { m.RequestId = strings.Repeat("é", 9000) }),
		"umlaut":           with(func(m *v1.AuthorizeRequest) { m.Subject["urn:ä"] = "ö" }),
		"control":          with(func(m *v1.AuthorizeRequest) { m.Subject["urn:a"] = "\x00" }),
		"white space":      with(func(m *v1.AuthorizeRequest) { m.Subject["urn:a"] = " \t\n" }),
		"no character":     with(func(m *v1.AuthorizeRequest) { m.Subject["urn:a"] = "\uFFFF" }),
		"control in name":  with(func(m *v1.AuthorizeRequest) { m.Subject["urn:a\x7f"] = "a" }),
		"unknown name":     with(func(m *v1.AuthorizeRequest) { m.Subject["name"] = "a" }),
		"empty name":       with(func(m *v1.AuthorizeRequest) { m.Subject[""] = "a" }),
		"empty value":      with(func(m *v1.AuthorizeRequest) { m.Subject["urn:a"] = "" }),
		"alias and name":   with(func(m *v1.AuthorizeRequest) { m.Subject["urn:test:user"] = "42" }),
		"same twice":       with(func(m *v1.AuthorizeRequest) { m.Subject["urn:test:user"] = "1337" }),
		"owned":            with(func(m *v1.AuthorizeRequest) { m.Environment = map[string]string{"urn:test:asked": "yes"} }),
		"allowed":          with(func(m *v1.AuthorizeRequest) { m.Environment = map[string]string{xacml.AttributeCurrentTime: "x"} }),
		"clock":            with(func(m *v1.AuthorizeRequest) { m.Environment = map[string]string{xacml.AttributeCurrentDate: "x"} }),
		"scope":            with(func(m *v1.AuthorizeRequest) { m.Resource = map[string]string{xacml.AttributeScope: "Immediate"} }),
		"values":           attribute("subject", "urn:a", "", "1", "2", "2"),
		"typed":            attribute("subject", "urn:a", "integer", "1", "2"),
		"wrong typed":      attribute("subject", "urn:a", "integer", "x"),
		"string":           attribute("subject", "urn:a", "string", "1"),
		"string type":      attribute("subject", "urn:a", value.TypeString.ID(), "1"),
		"unknown type":     attribute("subject", "urn:a", "urn:test:type", "1"),
		"no type":          attribute("subject", "urn:a", "what", "1"),
		"no values":        attribute("subject", "urn:a", ""),
		"two users":        attribute("subject", "user-id", "", "1337", "42"),
		"action by hand":   attribute("action", xacml.AttributeActionID, "", "write"),
		"category":         attribute("urn:test:category", "custom", "", "1"),
		"other category":   attribute("urn:test:other", "urn:a", "", "1"),
		"bad category":     attribute("other", "urn:a", "", "1"),
		"xpath":            attribute("resource", "urn:a", "xpathExpression", "/"),
		"included": with(func(m *v1.AuthorizeRequest) {
			m.Attributes = []*v1.RequestAttribute{{Category: "subject", AttributeId: "urn:a", Values: []string{"x"}, IncludeInResult: true}}
		}),
		"issuer": with(func(m *v1.AuthorizeRequest) {
			m.Attributes = []*v1.RequestAttribute{{Category: "subject", AttributeId: "urn:a", Values: []string{"x"}, Issuer: "urn:i"}}
		}),
		"many": with(func(m *v1.AuthorizeRequest) {
			for i := range 40 {
				m.Subject["urn:"+strings.Repeat("x", i)] = "x"
			}
		}),
	}
}

// wireOddities are bytes that generated code reads in its own way.
func wireOddities() map[string][]byte {
	entry := func(field protowire.Number, parts ...string) []byte {
		var body []byte
		for i, p := range parts {
			body = protowire.AppendTag(body, protowire.Number(i%2+1), protowire.BytesType)
			body = protowire.AppendString(body, p)
		}
		return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), body)
	}
	text := func(field protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), s)
	}
	number := func(field protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), n)
	}
	return map[string][]byte{
		"action twice":       slices.Concat(text(3, "read"), text(3, "write")),
		"action before":      slices.Concat(text(3, "read"), entry(1, "user-id", "1")),
		"key twice":          slices.Concat(entry(1, "user-id", "1"), entry(1, "user-id", "2"), text(3, "read")),
		"entry twice":        slices.Concat(entry(1, "urn:a", "1", "urn:b", "2"), text(3, "read")),
		"value before key":   slices.Concat([]byte{0x0a, 10, 0x12, 1, 'x', 0x0a, 5}, []byte("urn:a"), text(3, "read")),
		"entry without key":  slices.Concat([]byte{0x0a, 3, 0x12, 1, 'x'}, text(3, "read")),
		"entry without text": slices.Concat(entry(1, "urn:a"), text(3, "read")),
		"empty entry":        slices.Concat([]byte{0x0a, 0}, text(3, "read")),
		"unknown field":      slices.Concat(text(3, "read"), text(99, "x")),
		"unknown in entry":   slices.Concat([]byte{0x0a, 10, 0x0a, 5}, []byte("urn:a"), []byte{0x18, 1, 0x18}, text(3, "read")),
		"wrong wire type":    slices.Concat(number(3, 7), text(3, "read")),
		"bool 2":             slices.Concat(text(3, "read"), number(7, 2)),
		"bool 0":             slices.Concat(text(3, "read"), number(7, 0)),
		"bool twice":         slices.Concat(text(3, "read"), number(7, 1), number(7, 0)),
		"bool as octets":     slices.Concat(text(3, "read"), text(7, "x")),
		"no UTF-8":           text(3, "\xff"),
		"no UTF-8 in id":     slices.Concat(text(3, "read"), text(6, "\xff")),
		"no UTF-8 in value":  slices.Concat(entry(1, "urn:a", "\xff"), text(3, "read")),
		"truncated":          {0x1a, 4, 'r'},
		"no length":          {0x1a},
		"long length":        {0x1a, 0x84, 0x80, 0x80, 0x80, 0x00, 'r', 'e', 'a', 'd'},
		"length of 2 octets": {0x1a, 0x84, 0x00, 'r', 'e', 'a', 'd'},
		"overflow":           {0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"group":              {0x0b, 0x0c},
		"field 0":            {0x02, 0},
		"long tag":           {0x9a, 0x00, 4, 'r', 'e', 'a', 'd'},
	}
}

// What is read and written by hand is what generated code reads and writes.
func TestWire_IsThatOfGeneratedCode(t *testing.T) {
	byHand, general := twoWays(t)
	var all [][]byte
	for name, m := range wireRequests() {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			for range 3 { // the source becomes known to be quick
				compare(t, byHand, general, methodAuthorize, data)
			}
		})
		all = append(all, data)
	}
	for name, data := range wireOddities() {
		t.Run(name, func(t *testing.T) { compare(t, byHand, general, methodAuthorize, data) })
		all = append(all, data)
	}
	var batch []byte
	for i, data := range all {
		compare(t, byHand, general, methodBatch, batchOf(data))
		compare(t, byHand, general, methodBatch, batchOf(data, all[(i+1)%len(all)]))
		if proto.Unmarshal(data, &v1.AuthorizeRequest{}) == nil {
			batch = append(batch, batchOf(data)...)
		}
	}
	compare(t, byHand, general, methodBatch, batch)
	compare(t, byHand, general, methodBatch, nil)
	compare(t, byHand, general, methodBatch, append(batch, 0x98, 0x06, 0x01)) // an unknown field
	compare(t, byHand, general, methodBatch, append(batch, 0x0a, 0x05))       // a truncated one
	for _, data := range all {
		compareStreamed(t, byHand, general, batchOf(data)) // the fields are the same
		compareStreamed(t, byHand, general, batchOf(data, data))
	}
	compareStreamed(t, byHand, general, nil)
}

func batchOf(requests ...[]byte) []byte {
	var batch []byte
	for _, data := range requests {
		batch = protowire.AppendBytes(protowire.AppendTag(batch, 1, protowire.BytesType), data)
	}
	return batch
}

// compareStreamed has one message of a stream decided by both.
func compareStreamed(t testing.TB, byHand, general *service, data []byte) {
	t.Helper()
	ctx, got, want := context.Background(), "cannot unmarshal", "cannot unmarshal"
	m, message := &streamed{service: byHand}, new(v1.AuthorizeStreamRequest)
	if newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer(data)}, m) == nil {
		got = string(deterministic(newCodec(), byHand.streamAnswer(ctx, m)))
	}
	if proto.Unmarshal(data, message) == nil {
		want = string(deterministic(newCodec(), general.streamItem(ctx, message)))
	}
	if got != want {
		t.Errorf("got %x, want %x, input: %x", got, want, data)
	}
}

// Whatever the bytes are, both ways give the same.
func FuzzWire(f *testing.F) {
	for _, m := range wireRequests() {
		data, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, data := range wireOddities() {
		f.Add(data)
		f.Add(batchOf(data, data))
	}
	byHand, general := twoWays(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		compare(t, byHand, general, methodAuthorize, data)
		compare(t, byHand, general, methodBatch, data)
		compareStreamed(t, byHand, general, data)
	})
}

// Most requests are plain: the short way is taken.
func TestWire_Plain(t *testing.T) {
	byHand, _ := twoWays(t)
	for name, plain := range map[string]bool{
		"read": true, "form": true, "policies": true, "values": true, "umlaut": false, "category": true, "allowed": true, "string": true,
		"owned": false, "alias and name": false, "typed": false, "level": false, "included": false, "scope": false,
	} {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(wireRequests()[name])
		if err != nil {
			t.Fatal(err)
		}
		q := byHand.newQuestion()
		if err := q.read(mem.BufferSlice{mem.SliceBuffer(data)}); err != nil || (q.query != nil) != plain {
			t.Errorf("%s: got plain %t, %v, want %t", name, q.query != nil, err, plain)
		}
		q.release()
	}
}
