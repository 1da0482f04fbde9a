package grpc

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// FuzzResponse: whatever octets a service sends, there is one reply for each
// question, and an answer holds what was asked for, for whom it was asked.
func FuzzResponse(f *testing.F) {
	cfg := roles()
	form, err := newForm(cfg.Needs, cfg.Provides)
	if err != nil {
		f.Fatal(err)
	}
	qs := []pip.Question{question("ann", 7), question("bob", 8)}
	request := &v1.GetAttributesRequest{Needs: form.needs, Attributes: form.attributes}
	for _, q := range qs {
		request.Questions = append(request.Questions, &v1.Question{Inputs: []*v1.Input{
			{Name: "user", Value: q[0].String()}, {Name: "party", Value: q[1].String()},
		}})
	}
	good := respond(request)
	seed := func(change func(r *v1.GetAttributesResponse)) {
		r := proto.CloneOf(good)
		change(r)
		data, err := proto.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	seed(func(*v1.GetAttributesResponse) {})
	seed(func(r *v1.GetAttributesResponse) { r.Replies[0], r.Replies[1] = r.Replies[1], r.Replies[0] })
	seed(func(r *v1.GetAttributesResponse) {
		r.Replies[1].Outcome = &v1.Reply_Error{Error: &v1.QuestionError{Code: v1.ErrorCode_ERROR_CODE_UNAVAILABLE}}
	})
	seed(func(r *v1.GetAttributesResponse) { r.Replies[0].GetAnswer().Bags[2].Values = nil })
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		replies := form.read(data, qs, 100)
		if len(replies) != len(qs) {
			t.Fatalf("got %d replies", len(replies))
		}
		var parsed v1.GetAttributesResponse
		isMessage := proto.Unmarshal(data, &parsed) == nil
		for i, r := range replies {
			if r.Err != nil {
				if len(r.Answer.Bags) != 0 {
					t.Errorf("%d: got an answer with the error %v", i, r.Err)
				}
				continue
			}
			if !isMessage || parsed.GetReplies()[i].GetInputs()[0].GetValue() != qs[i][0].String() {
				t.Errorf("%d: got an answer that is not to %v", i, qs[i])
			}
			for at, b := range r.Answer.Bags {
				if b.Type() != cfg.Provides[at].Key.Type {
					t.Errorf("%d: got a bag of %s", i, b.Type())
				}
				for _, v := range b.Values() {
					if v.Type() != b.Type() {
						t.Errorf("%d: got a %s in a bag of %s", i, v.Type(), b.Type())
					}
				}
			}
			if len(r.Answer.Bags) != len(cfg.Provides) {
				t.Errorf("%d: got %d bags", i, len(r.Answer.Bags))
			}
		}
	})
}
