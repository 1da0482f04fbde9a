package rpc

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// BenchmarkAuthorize is what the service does for a call beside what gRPC does.
func BenchmarkAuthorize(b *testing.B) {
	for _, w := range []*workload.Apps{workload.W1(), workload.W2()} {
		p, problems := pdp.New(pdp.Config{}, slices.Collect(w.Documents()))
		if p == nil {
			b.Fatal(problems)
		}
		snapshot := &pap.Snapshot{ID: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", PDP: p}
		server, err := New(Config{Handler: contexthandler.New(contexthandler.Config{Snapshot: func() *pap.Snapshot { return snapshot }})})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = server.Shutdown(within(b)) }()
		var messages []mem.BufferSlice
		for _, q := range w.Requests {
			data, err := proto.MarshalOptions{Deterministic: true}.Marshal(&v1.AuthorizeRequest{
				Subject:    map[string]string{"urn:altinn:userid": q.User},
				Resource:   map[string]string{"urn:altinn:org": q.Org, "urn:altinn:app": q.App, "urn:altinn:task": q.Task},
				Action:     q.Action,
				Attributes: []*v1.RequestAttribute{{Category: xacml.CategoryAccessSubject, AttributeId: "urn:altinn:rolecode", Values: q.Roles}},
				RequestId:  "7d2b3f0c-8a1e-4c55-9a0e-000000000000",
			})
			if err != nil {
				b.Fatal(err)
			}
			messages = append(messages, mem.BufferSlice{mem.SliceBuffer(data)})
		}
		b.Run(w.Name(), func(b *testing.B) {
			b.ReportAllocs()
			s, ctx, written, i := server.service, context.Background(), newCodec(), 0
			for b.Loop() {
				q := s.newQuestion()
				if err := q.read(messages[i]); err != nil {
					b.Fatal(err)
				}
				answer, _, err := q.answer(ctx, time.Now())
				if err != nil {
					b.Fatal(err)
				}
				q.release()
				buffers, err := written.Marshal(answer)
				if err != nil {
					b.Fatal(err)
				}
				buffers.Free()
				if i++; i == len(messages) {
					i = 0
				}
			}
		})
	}
}
