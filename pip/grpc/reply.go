package grpc

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// read makes the replies to the questions of a GetAttributesResponse, of whose
// octets nothing is taken for granted.
func (f *form) read(data octets, qs []pip.Question, maxValues int) []pip.Reply {
	var response v1.GetAttributesResponse
	if !f.bounded(data, response.ProtoReflect().Descriptor(), len(qs)) {
		return all(len(qs), pip.Invalidf("the response holds more than an answer can"))
	}
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(data, &response); err != nil {
		return all(len(qs), &pip.Error{Outcome: pip.OutcomeInvalid, Detail: "the response is not a message of the contract", Err: err})
	}
	if got := len(response.GetReplies()); got != len(qs) {
		return all(len(qs), pip.Invalidf("the response has %d replies to %d questions", got, len(qs)))
	}
	replies := make([]pip.Reply, len(qs))
	for i, r := range response.GetReplies() {
		replies[i].Answer, replies[i].Err = f.reply(r, qs[i], maxValues)
	}
	return replies
}

// bounded reports whether the response has no more messages inside of it than
// replies to n questions can have: an empty one is two octets on the wire and a
// hundred in memory.
func (f *form) bounded(data octets, response protoreflect.MessageDescriptor, n int) bool {
	// A reply, its inputs, the answer with its duration, the bags with their keys.
	left := n * (3 + len(f.needs) + 2*len(f.attributes))
	return spend(&left, data, response)
}

// spend takes the number of messages inside of a message from left, and reports
// whether that was enough. What is no message at all is left to be found later.
func spend(left *int, data []byte, message protoreflect.MessageDescriptor) bool {
	for len(data) > 0 {
		number, kind, tag := protowire.ConsumeTag(data)
		if tag < 0 {
			return true
		}
		length := protowire.ConsumeFieldValue(number, kind, data[tag:])
		if length < 0 {
			return true
		}
		field := message.Fields().ByNumber(number)
		if kind == protowire.BytesType && field != nil && field.Message() != nil {
			inside, _ := protowire.ConsumeBytes(data[tag:])
			if *left--; *left < 0 || !spend(left, inside, field.Message()) {
				return false
			}
		}
		data = data[tag+length:]
	}
	return true
}

// reply reads one reply.
func (f *form) reply(r *v1.Reply, q pip.Question, maxValues int) (pip.Answer, error) {
	if err := f.checkEcho(r.GetInputs(), q); err != nil {
		return pip.Answer{}, err
	}
	switch outcome := r.GetOutcome().(type) {
	case *v1.Reply_Answer:
		return f.answer(outcome.Answer, maxValues)
	case *v1.Reply_Error:
		return pip.Answer{}, questionFailure(outcome.Error)
	default: // nil, or what a later version of the contract has
		return pip.Answer{}, pip.Invalidf("the reply has neither an answer nor an error")
	}
}

// checkEcho compares the inputs of a reply with those of the question.
func (f *form) checkEcho(inputs []*v1.Input, q pip.Question) error {
	if len(inputs) != len(q) {
		return pip.Invalidf("the reply repeats %d of %d inputs", len(inputs), len(q))
	}
	for i, v := range q {
		name := f.needs[i].GetName()
		if inputs[i].GetName() != name || inputs[i].GetValue() != v.String() {
			return pip.Invalidf("the reply does not repeat the value of the need %q that was asked for", name)
		}
	}
	return nil
}

// answer reads the bags of an answer: one for each attribute that was asked for,
// neither more nor fewer.
func (f *form) answer(a *v1.Answer, maxValues int) (pip.Answer, error) {
	found := make([]*v1.Bag, len(f.attributes))
	total := 0
	for _, b := range a.GetBags() {
		at, asked := f.index[keyOf(b.GetAttribute())]
		if !asked {
			return pip.Answer{}, pip.Invalidf("the answer has an attribute, or a data type of one, that was not asked for")
		}
		if found[at] != nil {
			return pip.Answer{}, pip.Invalidf("the answer has attribute %q twice", f.attributes[at].GetAttributeId())
		}
		found[at] = b
		if total += len(b.GetValues()); total > maxValues {
			return pip.Answer{}, pip.Invalidf("the answer has more than %d values", maxValues)
		}
	}
	for at, b := range found {
		if b == nil {
			return pip.Answer{}, pip.Invalidf("the answer lacks attribute %q", f.attributes[at].GetAttributeId())
		}
	}
	answer := pip.Answer{Bags: make([]value.Bag, len(f.from))}
	for i, from := range f.from {
		bag, err := f.merge(found, from)
		if err != nil {
			return pip.Answer{}, err
		}
		answer.Bags[i] = bag
	}
	if d := a.GetValidFor(); d != nil {
		if d.CheckValid() != nil || d.AsDuration() < 0 {
			return pip.Answer{}, pip.Invalidf("the time for which the answer is valid is none")
		}
		if answer.ValidFor = d.AsDuration(); answer.ValidFor == 0 {
			answer.ValidFor = -1 // pip: must not be kept
		}
	}
	return answer, nil
}

// merge makes one bag of the attributes that a provided one is made of.
func (f *form) merge(found []*v1.Bag, from []int) (value.Bag, error) {
	dataType := f.types[from[0]]
	var values []value.Value
	seen := make(map[string]bool)
	for _, at := range from {
		for _, text := range found[at].GetValues() {
			v, err := pip.Parse(dataType, text)
			if err != nil {
				return value.Bag{}, err
			}
			if id := value.Identity(v); !seen[id] {
				seen[id] = true
				values = append(values, v)
			}
		}
	}
	return value.NewBag(dataType, values...), nil
}
