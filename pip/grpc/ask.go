package grpc

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// FetchAll asks questions in as few calls as the limits allow, one after the
// other. Each reply has an answer or an error as [Provider.Fetch] has it.
func (p *Provider) FetchAll(ctx context.Context, qs []pip.Question) []pip.Reply {
	replies := make([]pip.Reply, len(qs))
	all := make([]int, len(qs))
	for i := range all {
		all[i] = i
	}
	for part := range slices.Chunk(all, p.cfg.MaxQuestions) {
		p.fetch(ctx, qs, part, replies)
	}
	return replies
}

// errTooLarge marks a question that does not fit into one message together with
// those that it was asked with.
var errTooLarge = errors.New("the message is too large")

// fetch asks those questions that part names, and fills in their replies. Those
// that are too large together are asked again in parts of at most half the size:
// fewer than two calls a question in all, whatever the service does.
func (p *Provider) fetch(ctx context.Context, qs []pip.Question, part []int, replies []pip.Reply) {
	asked := make([]pip.Question, len(part))
	for i, at := range part {
		asked[i] = qs[at]
	}
	var again []int
	for i, r := range p.ask(ctx, asked) {
		if errors.Is(r.Err, errTooLarge) && len(part) > 1 {
			again = append(again, part[i])
		}
		replies[part[i]] = r
	}
	for smaller := range slices.Chunk(again, (len(part)+1)/2) {
		p.fetch(ctx, qs, smaller, replies)
	}
}

// ask makes one call.
func (p *Provider) ask(ctx context.Context, qs []pip.Question) []pip.Reply {
	request := &v1.GetAttributesRequest{Needs: p.form.needs, Attributes: p.form.attributes}
	for _, q := range qs {
		inputs, err := p.inputs(q)
		if err != nil {
			return all(len(qs), err)
		}
		request.Questions = append(request.Questions, &v1.Question{Inputs: inputs})
	}
	if proto.Size(request) > maxRequestBytes {
		return all(len(qs), &pip.Error{Outcome: pip.OutcomeError, Detail: "the question is too large", Err: errTooLarge})
	}
	var response octets
	if err := p.conn.Invoke(traced(ctx), v1.AttributeService_GetAttributes_FullMethodName, request, &response, grpc.ForceCodecV2(codec())); err != nil {
		return all(len(qs), failure(ctx, err))
	}
	return p.form.read(response, qs, p.cfg.MaxValues)
}

// all gives n replies with one error.
func all(n int, err error) []pip.Reply { return slices.Repeat([]pip.Reply{{Err: err}}, n) }

// inputs are the values of a question with the names of their needs.
func (p *Provider) inputs(q pip.Question) ([]*v1.Input, error) {
	if len(q) != len(p.cfg.Needs) {
		return nil, pip.Invalidf("the question has %d values for %d needs", len(q), len(p.cfg.Needs))
	}
	inputs := make([]*v1.Input, len(q))
	for i, v := range q {
		if v == nil {
			return nil, pip.Invalidf("the need %q has no value", p.cfg.Needs[i].Name)
		}
		inputs[i] = &v1.Input{Name: p.cfg.Needs[i].Name, Value: v.String()}
	}
	return inputs, nil
}

// octets is a message that was not read yet. Reading it here, and not in gRPC,
// tells garbage from a fault of the service, whose code would be the same.
type octets []byte

// rawCodec writes messages and keeps those that come as octets.
type rawCodec struct{ encoding.CodecV2 }

func codec() rawCodec { return rawCodec{encoding.GetCodecV2(protocodec.Name)} }

// Unmarshal copies the data, which goes back to a pool.
func (c rawCodec) Unmarshal(data mem.BufferSlice, m any) error {
	if o, ok := m.(*octets); ok {
		*o = data.Materialize()
		return nil
	}
	return c.CodecV2.Unmarshal(data, m)
}
