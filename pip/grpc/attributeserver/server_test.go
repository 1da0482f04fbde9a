package attributeserver

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/value"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

func TestGetAttributes(t *testing.T) {
	s := newServer(t, roles(func(_ context.Context, q Question) (Answer, error) {
		return Answer{
			Values:   map[string][]string{"role": {q.Inputs["user"] + "-reader", "clerk"}, "level": nil, "other": {"x"}},
			ValidFor: 90 * time.Second,
		}, nil
	}))
	m := call([2]string{"ann", "7"})
	got, err := serve(t, s).GetAttributes(within(t), m)
	if err != nil {
		t.Fatal(err)
	}
	want := &v1.GetAttributesResponse{Replies: []*v1.Reply{{
		Inputs: m.Questions[0].Inputs,
		Outcome: &v1.Reply_Answer{Answer: &v1.Answer{
			Bags: []*v1.Bag{
				{Attribute: m.Attributes[0]},
				{Attribute: m.Attributes[1], Values: []string{"ann-reader", "clerk"}},
			},
			ValidFor: durationpb.New(90 * time.Second),
		}},
	}}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// ask calls the server and gives the code of the only reply, and its message; OK
// is ERROR_CODE_UNSPECIFIED.
func ask(t testing.TB, s *Server, user, party string) *v1.QuestionError {
	t.Helper()
	m := call([2]string{user, party})
	r, err := s.GetAttributes(within(t), m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Questions[0].Inputs, r.Replies[0].Inputs, protocmp.Transform()); diff != "" {
		t.Errorf("the echo (-want +got):\n%s", diff)
	}
	return r.Replies[0].GetError()
}

// TestFaultsOfTheSource: what a source does wrong is an error of its question, and
// never an empty bag.
func TestFaultsOfTheSource(t *testing.T) {
	full := func() map[string][]string { return map[string][]string{"role": {"a"}, "level": {"1"}} }
	tests := []struct {
		name   string
		answer Func
		want   v1.ErrorCode
		heard  string // by OnError
	}{
		{
			"no answer at all", func(context.Context, Question) (Answer, error) { return Answer{}, nil },
			v1.ErrorCode_ERROR_CODE_INTERNAL, `lacks the attribute "level"`,
		},
		{"a missing attribute", func(context.Context, Question) (Answer, error) {
			return Answer{Values: map[string][]string{"level": {"1"}}}, nil
		}, v1.ErrorCode_ERROR_CODE_INTERNAL, `lacks the attribute "role"`},
		{"no lexical form", func(context.Context, Question) (Answer, error) {
			a := full()
			a["level"] = []string{"high"}
			return Answer{Values: a}, nil
		}, v1.ErrorCode_ERROR_CODE_INTERNAL, `attribute "level"`},
		{"not UTF-8", func(context.Context, Question) (Answer, error) {
			a := full()
			a["role"] = []string{"\xff"}
			return Answer{Values: a}, nil
		}, v1.ErrorCode_ERROR_CODE_INTERNAL, `attribute "role"`},
		{"too many values", func(context.Context, Question) (Answer, error) {
			a := full()
			a["role"] = make([]string, maxValues+1)
			return Answer{Values: a}, nil
		}, v1.ErrorCode_ERROR_CODE_INTERNAL, "more than 10000"},
		{
			"panic", func(context.Context, Question) (Answer, error) { panic("boom") },
			v1.ErrorCode_ERROR_CODE_INTERNAL, "boom",
		},
		{"end of the goroutine", func(context.Context, Question) (Answer, error) {
			runtime.Goexit()
			return Answer{}, nil
		}, v1.ErrorCode_ERROR_CODE_INTERNAL, ""},
		{
			"any error", func(context.Context, Question) (Answer, error) {
				return Answer{Values: full()}, errors.New("db is down")
			},
			v1.ErrorCode_ERROR_CODE_UNAVAILABLE, "db is down",
		},
		{
			"unavailable", func(context.Context, Question) (Answer, error) {
				return Answer{}, fmt.Errorf("x: %w", Unavailable(time.Second))
			},
			v1.ErrorCode_ERROR_CODE_UNAVAILABLE, "",
		},
		{
			"invalid question", func(context.Context, Question) (Answer, error) { return Answer{}, InvalidQuestion("no \xff") },
			v1.ErrorCode_ERROR_CODE_INVALID_QUESTION, "",
		},
		{
			"not allowed", func(context.Context, Question) (Answer, error) { return Answer{}, NotAllowed("no") },
			v1.ErrorCode_ERROR_CODE_NOT_ALLOWED, "",
		},
		{
			"an error without a code", func(context.Context, Question) (Answer, error) { return Answer{}, new(Error) },
			v1.ErrorCode_ERROR_CODE_INTERNAL, "",
		},
		{
			"an error with an unknown code", func(context.Context, Question) (Answer, error) { return Answer{}, &Error{Code: 99} },
			v1.ErrorCode_ERROR_CODE_INTERNAL, "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var heard problems
			cfg := roles(tt.answer)
			cfg.OnError = heard.add
			e := ask(t, newServer(t, cfg), "ann", "7")
			text := heard.text()
			if e.GetCode() != tt.want || !strings.Contains(text, tt.heard) || (tt.heard == "") != (text == "") {
				t.Errorf("got %s and %q, want %s and %q", e.GetCode(), text, tt.want, tt.heard)
			}
			if strings.Contains(e.GetMessage(), "boom") || strings.Contains(e.GetMessage(), "db") {
				t.Errorf("the caller hears %q", e.GetMessage())
			}
			if _, err := proto.Marshal(e); err != nil {
				t.Error(err)
			}
			if (e.GetRetryAfter() != nil) != (tt.name == "unavailable") {
				t.Errorf("got %v to wait", e.GetRetryAfter())
			}
		})
	}
}

// One bad question spoils no other, and none gets the answer of another.
func TestQuestionsApart(t *testing.T) {
	var most, now atomic.Int32
	cfg := roles(func(_ context.Context, q Question) (Answer, error) {
		for n := now.Add(1); ; {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		defer now.Add(-1)
		time.Sleep(time.Millisecond)
		if q.Inputs["user"] == "user-13" {
			panic("boom")
		}
		return Answer{Values: map[string][]string{"role": {q.Inputs["user"]}, "level": {q.Inputs["party"]}}}, nil
	})
	cfg.Parallel = 3
	var askers [][2]string
	for i := range 40 {
		askers = append(askers, [2]string{fmt.Sprintf("user-%d", i), fmt.Sprint(i)})
	}
	askers[5][1] = "not a number"
	r, err := newServer(t, cfg).GetAttributes(within(t), call(askers...))
	if err != nil {
		t.Fatal(err)
	}
	for i, reply := range r.GetReplies() {
		switch code := reply.GetError().GetCode(); i {
		case 5:
			if code != v1.ErrorCode_ERROR_CODE_INVALID_QUESTION {
				t.Errorf("%d: got %v, want invalid", i, reply)
			}
		case 13:
			if code != v1.ErrorCode_ERROR_CODE_INTERNAL {
				t.Errorf("%d: got %v, want internal", i, reply)
			}
		default:
			bags := reply.GetAnswer().GetBags()
			if len(bags) != 2 || bags[0].GetValues()[0] != fmt.Sprint(i) || bags[1].GetValues()[0] != fmt.Sprintf("user-%d", i) {
				t.Errorf("%d: got %v", i, reply)
			}
		}
	}
	if n := most.Load(); n > 3 {
		t.Errorf("got %d questions at a time, want 3", n)
	}
}

// bulk is a BulkSource.
type bulk struct {
	Func
	all func(ctx context.Context, qs []Question) []Reply
}

func (b bulk) AnswerAll(ctx context.Context, qs []Question) []Reply { return b.all(ctx, qs) }

func TestBulkSource(t *testing.T) {
	ok := Answer{Values: map[string][]string{"role": nil, "level": {"1"}}}
	tests := []struct {
		name string
		all  func(ctx context.Context, qs []Question) []Reply
		want [3]v1.ErrorCode // the second question is not valid
	}{
		{"all", func(_ context.Context, qs []Question) []Reply {
			if len(qs) != 2 || qs[1].Inputs["user"] != "cat" {
				t.Errorf("got the questions %v", qs)
			}
			return []Reply{{Answer: ok}, {Answer: ok}}
		}, [3]v1.ErrorCode{0, 2, 0}},
		{"one fails", func(context.Context, []Question) []Reply {
			return []Reply{{Err: errors.New("down")}, {Answer: ok}}
		}, [3]v1.ErrorCode{1, 2, 0}},
		{"one is missing", func(context.Context, []Question) []Reply { return []Reply{{Answer: ok}} }, [3]v1.ErrorCode{5, 2, 5}},
		{"panic", func(context.Context, []Question) []Reply { panic("boom") }, [3]v1.ErrorCode{5, 2, 5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles(nil)
			cfg.Source = bulk{all: tt.all}
			r, err := newServer(t, cfg).GetAttributes(within(t), call([2]string{"ann", "1"}, [2]string{"bob", "x"}, [2]string{"cat", "3"}))
			if err != nil {
				t.Fatal(err)
			}
			var got [3]v1.ErrorCode
			for i, reply := range r.GetReplies() {
				got[i] = reply.GetError().GetCode()
			}
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestRefusedCalls: a call that breaks the contract, or is meant for another
// source, is refused whole, and the operator hears why.
func TestRefusedCalls(t *testing.T) {
	tests := []struct {
		name   string
		change func(m *v1.GetAttributesRequest)
		want   string
	}{
		{"no needs", func(m *v1.GetAttributesRequest) { m.Needs = nil }, "0 needs"},
		{"a need is missing", func(m *v1.GetAttributesRequest) { m.Needs = m.Needs[1:] }, "1 needs"},
		{"a need too many", func(m *v1.GetAttributesRequest) { m.Needs = append(m.Needs, m.Needs[0]) }, "3 needs"},
		{"a need twice", func(m *v1.GetAttributesRequest) { m.Needs[0].Attribute = m.Needs[1].Attribute }, "twice"},
		{"a name twice", func(m *v1.GetAttributesRequest) { m.Needs[0].Name = "u" }, "twice"},
		{"no name", func(m *v1.GetAttributesRequest) { m.Needs[0].Name = "" }, "letter"},
		{"unknown need", func(m *v1.GetAttributesRequest) { m.Needs[0].Attribute.AttributeId = "urn:test:org" }, "urn:test:org"},
		{"a need of another data type", func(m *v1.GetAttributesRequest) {
			m.Needs[0].Attribute.DataType = value.TypeString.ID()
		}, "#string"},
		{"a need without its attribute", func(m *v1.GetAttributesRequest) { m.Needs[0].Attribute = nil }, "does not know"},
		{"no attributes", func(m *v1.GetAttributesRequest) { m.Attributes = nil }, "0 attributes"},
		{"too many attributes", func(m *v1.GetAttributesRequest) { m.Attributes = make([]*v1.AttributeKey, 101) }, "101 attributes"},
		{"unknown attribute", func(m *v1.GetAttributesRequest) { m.Attributes[0].AttributeId = "urn:test:mail" }, "urn:test:mail"},
		{"unknown data type", func(m *v1.GetAttributesRequest) { m.Attributes[0].DataType = "integer" }, "does not know"},
		{"unknown issuer", func(m *v1.GetAttributesRequest) { m.Attributes[0].Issuer = "urn:test:me" }, "urn:test:me"},
		{"an attribute twice", func(m *v1.GetAttributesRequest) { m.Attributes[0] = m.Attributes[1] }, "twice"},
		{"no questions", func(m *v1.GetAttributesRequest) { m.Questions = nil }, "0 questions"},
		{"too many questions", func(m *v1.GetAttributesRequest) { m.Questions = make([]*v1.Question, maxQuestions+1) }, "1001 questions"},
		{"an input is missing", func(m *v1.GetAttributesRequest) { m.Questions[0].Inputs = m.Questions[0].Inputs[1:] }, "1 inputs"},
		{"inputs out of order", func(m *v1.GetAttributesRequest) {
			in := m.Questions[0].Inputs
			in[0], in[1] = in[1], in[0]
		}, "not \"p\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var heard problems
			cfg := roles(func(context.Context, Question) (Answer, error) {
				t.Error("the source was asked")
				return Answer{}, nil
			})
			cfg.OnError = heard.add
			m := call([2]string{"ann", "7"})
			tt.change(m)
			_, err := newServer(t, cfg).GetAttributes(within(t), m)
			if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), tt.want) || !strings.Contains(heard.text(), tt.want) {
				t.Errorf("got %v, want InvalidArgument with %q", err, tt.want)
			}
		})
	}
}

// A need without an issuer takes values of every issuer.
func TestIssuerOfNeeds(t *testing.T) {
	cfg := roles(func(context.Context, Question) (Answer, error) {
		return Answer{Values: map[string][]string{"role": nil, "level": nil}}, nil
	})
	m := call([2]string{"ann", "7"})
	m.Needs[0].Attribute.Issuer = "urn:test:me"
	if _, err := newServer(t, cfg).GetAttributes(within(t), m); err != nil {
		t.Errorf("got %v, want an answer", err)
	}
	cfg.Needs[1].Key.Issuer = "urn:test:you"
	if _, err := newServer(t, cfg).GetAttributes(within(t), m); status.Code(err) != codes.InvalidArgument {
		t.Errorf("got %v, want InvalidArgument", err)
	}
}

// What does not fit is left out, and said to be.
func TestAnswersThatDoNotFit(t *testing.T) {
	cfg := roles(func(_ context.Context, q Question) (Answer, error) {
		return Answer{Values: map[string][]string{"level": {q.Inputs["party"]}, "role": {strings.Repeat("x", 100_000)}}}, nil
	})
	var askers [][2]string
	for i := range 20 {
		askers = append(askers, [2]string{"ann", fmt.Sprint(i)})
	}
	r, err := serve(t, newServer(t, cfg)).GetAttributes(within(t), call(askers...))
	if err != nil {
		t.Fatal(err)
	}
	answered := 0
	for i, reply := range r.GetReplies() {
		switch {
		case reply.GetAnswer() != nil:
			answered++
		case reply.GetError().GetCode() != v1.ErrorCode_ERROR_CODE_TOO_LARGE:
			t.Errorf("%d: got %v, want that it is too large", i, reply.GetError())
		}
		if reply.GetInputs()[0].GetValue() != fmt.Sprint(i) {
			t.Errorf("%d: got the inputs %v", i, reply.GetInputs())
		}
	}
	if answered != 10 || proto.Size(r) > maxMessageBytes {
		t.Errorf("got %d answers in %d bytes, want 10 in a message", answered, proto.Size(r))
	}
	// A message of inputs alone.
	long := strings.Repeat("y", 60_000)
	askers = nil
	for i := range 17 {
		askers = append(askers, [2]string{long, fmt.Sprint(i)})
	}
	m := call(askers...)
	m.Questions = append(m.Questions, m.Questions[0])
	if _, err := newServer(t, cfg).GetAttributes(within(t), m); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v, want ResourceExhausted", err)
	}
}

func TestDeadlines(t *testing.T) {
	cfg := roles(func(ctx context.Context, _ Question) (Answer, error) {
		<-ctx.Done()
		return Answer{}, ctx.Err()
	})
	cfg.Parallel, cfg.Timeout = 1, 50*time.Millisecond
	s := newServer(t, cfg)
	if _, err := s.GetAttributes(t.Context(), call([2]string{"ann", "1"}, [2]string{"ann", "2"})); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.GetAttributes(ctx, call([2]string{"ann", "1"})); status.Code(err) != codes.Canceled {
		t.Errorf("got %v, want Canceled", err)
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"no source", func(c *Config) { c.Source = nil }, "source is required"},
		{"no attributes", func(c *Config) { c.Provides = nil }, "must provide"},
		{"no name", func(c *Config) { c.Needs[1].Name = "" }, "need 2"},
		{"no id", func(c *Config) { c.Provides[0].Key.ID = "" }, "attribute 1"},
		{"no data type", func(c *Config) { c.Provides[0].Key.Type = value.TypeUnknown }, "data type unknown"},
		{"an expression", func(c *Config) { c.Needs[0].Key.Type = value.TypeXPathExpression }, "xpathExpression"},
		{"a name twice", func(c *Config) { c.Needs[1].Name = "user" }, "twice"},
		{"a key twice", func(c *Config) { c.Provides[1].Key = c.Provides[0].Key }, "twice"},
		{"too many", func(c *Config) { c.Provides = make([]Attribute, 101) }, "more than 100"},
		{"negative", func(c *Config) { c.Timeout = -1 }, "negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles(func(context.Context, Question) (Answer, error) { return Answer{}, nil })
			tt.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// FuzzGetAttributes: any message is refused or answered, one reply a question.
func FuzzGetAttributes(f *testing.F) {
	s, err := New(roles(func(_ context.Context, q Question) (Answer, error) {
		return Answer{Values: map[string][]string{"role": {q.Inputs["user"]}, "level": {q.Inputs["party"]}}}, nil
	}))
	if err != nil {
		f.Fatal(err)
	}
	for _, m := range []*v1.GetAttributesRequest{call([2]string{"ann", "7"}), call([2]string{"ann", "x"}), {}} {
		data, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		var m v1.GetAttributesRequest
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		r, err := s.GetAttributes(t.Context(), &m)
		if err != nil {
			return
		}
		if len(r.GetReplies()) != len(m.GetQuestions()) {
			t.Fatalf("got %d replies to %d questions", len(r.GetReplies()), len(m.GetQuestions()))
		}
		for i, reply := range r.GetReplies() {
			if reply.GetOutcome() == nil {
				t.Errorf("%d: got no outcome", i)
			}
		}
		if _, err := proto.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
