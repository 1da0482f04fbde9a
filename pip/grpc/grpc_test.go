package grpc

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

func TestFetchAnswers(t *testing.T) {
	var asked atomic.Pointer[v1.GetAttributesRequest]
	p := asking(t, &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		asked.Store(m)
		return respond(m), nil
	}})
	a, err := p.Fetch(within(t), question("ann", 7))
	if err != nil {
		t.Fatal(err)
	}
	// Each value once, of all attributes that the provided one is made of.
	if diff := cmp.Diff(expected("ann", 7), texts(a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a.Bags[0].Type() != value.TypeString || a.Bags[1].Type() != value.TypeInteger || a.ValidFor != 0 {
		t.Errorf("got types %s and %s, valid for %s", a.Bags[0].Type(), a.Bags[1].Type(), a.ValidFor)
	}
	key := func(id, dataType string) *v1.AttributeKey {
		return &v1.AttributeKey{
			Category: "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject", AttributeId: id,
			DataType: "http://www.w3.org/2001/XMLSchema#" + dataType,
		}
	}
	want := &v1.GetAttributesRequest{
		Needs:      []*v1.Need{{Name: "user", Attribute: key("urn:test:user", "string")}, {Name: "party", Attribute: key("urn:test:party", "integer")}},
		Attributes: []*v1.AttributeKey{key("urn:test:role", "string"), key("urn:test:old-role", "string"), key("urn:test:level", "integer")},
		Questions:  []*v1.Question{{Inputs: []*v1.Input{{Name: "user", Value: "ann"}, {Name: "party", Value: "7"}}}},
	}
	if diff := cmp.Diff(want, asked.Load(), protocmp.Transform()); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
}

// None is an answer.
func TestFetchEmptyBags(t *testing.T) {
	p := asking(t, &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		r := respond(m)
		for _, b := range r.GetReplies()[0].GetAnswer().GetBags() {
			b.Values = nil
		}
		return r, nil
	}})
	a, err := p.Fetch(within(t), question("ann", 7))
	if err != nil || len(a.Bags) != 2 || !a.Empty() {
		t.Errorf("got %v, %v, want two empty bags", a, err)
	}
}

func TestFetchWithoutNeeds(t *testing.T) {
	s := &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		bag := &v1.Bag{Attribute: m.GetAttributes()[0], Values: []string{"3"}}
		return &v1.GetAttributesResponse{Replies: []*v1.Reply{{Outcome: &v1.Reply_Answer{Answer: &v1.Answer{Bags: []*v1.Bag{bag}}}}}}, nil
	}}
	p := open(t, Config{
		Address: serve(t, s.register), Plaintext: true, RoundRobin: true,
		Provides: []pip.Provided{{Key: subject("urn:test:level", value.TypeInteger)}},
	})
	a, err := p.Fetch(within(t), pip.Question{})
	if err != nil || a.Bags[0].Len() != 1 {
		t.Errorf("got %v, %v, want 3", texts(a), err)
	}
}

func TestValidFor(t *testing.T) {
	tests := []struct {
		sent *durationpb.Duration
		want time.Duration
	}{
		{nil, 0},
		{durationpb.New(90 * time.Second), 90 * time.Second},
		{durationpb.New(0), -1}, // must not be kept
		{&durationpb.Duration{Seconds: 315_576_000_000}, 1<<63 - 1},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.sent), func(t *testing.T) {
			p := asking(t, &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
				r := respond(m)
				r.GetReplies()[0].GetAnswer().ValidFor = tt.sent
				return r, nil
			}})
			a, err := p.Fetch(within(t), question("ann", 7))
			if err != nil || a.ValidFor != tt.want {
				t.Errorf("got %s, %v, want %s", a.ValidFor, err, tt.want)
			}
		})
	}
}

func TestFetchAll(t *testing.T) {
	var calls atomic.Int32
	p := asking(t, &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		calls.Add(1)
		r := respond(m)
		for i, q := range m.GetQuestions() {
			if q.GetInputs()[0].GetValue() == "user-17" { // one bad question spoils no other
				r.Replies[i].Outcome = &v1.Reply_Error{Error: &v1.QuestionError{Code: v1.ErrorCode_ERROR_CODE_NOT_ALLOWED}}
			}
		}
		return r, nil
	}})
	var qs []pip.Question
	for i := range 250 {
		qs = append(qs, question(fmt.Sprintf("user-%d", i), int64(i)))
	}
	replies := p.FetchAll(within(t), qs)
	if len(replies) != len(qs) || calls.Load() != 3 {
		t.Fatalf("got %d replies by %d calls, want %d by 3", len(replies), calls.Load(), len(qs))
	}
	for i, r := range replies {
		if i == 17 {
			if outcome, _ := outcomeOf(t, r.Err); outcome != pip.OutcomeError {
				t.Errorf("17: got %v, want an error", r.Err)
			}
			continue
		}
		if r.Err != nil {
			t.Fatalf("%d: %v", i, r.Err)
		}
		if diff := cmp.Diff(expected(fmt.Sprintf("user-%d", i), int64(i)), texts(r.Answer)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", i, diff)
		}
	}
}

// A call that fails, fails its own questions only.
func TestFetchAllOneCallFails(t *testing.T) {
	p := asking(t, &service{get: func(_ context.Context, m *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		if m.GetQuestions()[0].GetInputs()[1].GetValue() == "100" {
			return nil, status.Error(codes.Unavailable, "not now")
		}
		return respond(m), nil
	}})
	var qs []pip.Question
	for i := range 201 {
		qs = append(qs, question("ann", int64(i)))
	}
	for i, r := range p.FetchAll(within(t), qs) {
		want := pip.OutcomeOK
		if i >= 100 && i < 200 {
			want = pip.OutcomeUnavailable
		}
		if outcome, _ := outcomeOf(t, r.Err); outcome != want {
			t.Errorf("%d: got %s, want %s", i, outcome, want)
		}
	}
}

func TestFetchSideBySide(t *testing.T) {
	p := asking(t, &service{})
	ctx := within(t)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			user := fmt.Sprintf("user-%d", i)
			a, err := p.Fetch(ctx, question(user, int64(i)))
			if err != nil {
				t.Error(err)
				return
			}
			if diff := cmp.Diff(expected(user, int64(i)), texts(a)); diff != "" {
				t.Errorf("%d (-want +got):\n%s", i, diff)
			}
		})
	}
	wg.Wait()
}

func TestFetchWrongQuestion(t *testing.T) {
	p := asking(t, &service{get: func(context.Context, *v1.GetAttributesRequest) (*v1.GetAttributesResponse, error) {
		t.Error("the service was asked")
		return nil, nil
	}})
	for _, q := range []pip.Question{nil, {value.String("ann")}, {value.String("ann"), nil}} {
		if outcome, _ := outcomeOf(t, errorOf(p.Fetch(within(t), q))); outcome != pip.OutcomeInvalid {
			t.Errorf("%v: got %s, want invalid", q, outcome)
		}
	}
	large := question(strings.Repeat("x", maxRequestBytes), 1)
	if outcome, _ := outcomeOf(t, errorOf(p.Fetch(within(t), large))); outcome != pip.OutcomeError {
		t.Errorf("a large question: got %s, want error", outcome)
	}
}

func errorOf(_ pip.Answer, err error) error { return err }

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tests := []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"no address", func(c *Config) { c.Address = "" }, "address"},
		{"address of the web", func(c *Config) { c.Address = "https://roles.example" }, "https://roles.example"},
		{"plaintext and TLS", func(c *Config) { c.TLS.ServerName = "a" }, "plaintext"},
		{"token in plaintext", func(c *Config) { c.TokenFile = write("good", "abc") }, "plaintext"},
		{"certificate without key", func(c *Config) { c.Plaintext, c.TLS.CertFile = false, "a" }, "one of them is missing"},
		{"no authorities", func(c *Config) { c.Plaintext, c.TLS.CAFile = false, filepath.Join(dir, "none") }, "none"},
		{"empty authorities", func(c *Config) { c.Plaintext, c.TLS.CAFile = false, write("empty", "") }, "no certificate"},
		{"bad certificate", func(c *Config) { c.Plaintext = false; c.TLS.CertFile, c.TLS.KeyFile = write("c", "x"), write("k", "x") }, "PEM"},
		{"no token", func(c *Config) { c.Plaintext, c.TokenFile = false, filepath.Join(dir, "none") }, "none"},
		{"empty token", func(c *Config) { c.Plaintext, c.TokenFile = false, write("t0", "\n") }, "empty"},
		{"two tokens", func(c *Config) { c.Plaintext, c.TokenFile = false, write("t1", "secret secret") }, "one word"},
		{"long token", func(c *Config) { c.Plaintext, c.TokenFile = false, write("t2", strings.Repeat("x", maxToken+1)) }, "longer"},
		{"declaration", func(c *Config) { c.Provides = nil }, "must provide"},
		{"empty id", func(c *Config) { c.Provides[0].From = []string{""} }, "without an id"},
		{"questions", func(c *Config) { c.MaxQuestions = 1001 }, "1001"},
		{"size", func(c *Config) { c.MaxReceiveBytes = -1 }, "-1"},
		{"values", func(c *Config) { c.MaxValues = -2 }, "-2"},
		{"keepalive", func(c *Config) { c.KeepaliveTime = time.Second }, "1s"},
		{"silence", func(c *Config) { c.WatchSilence = -1 }, "silence"},
		{"needs", func(c *Config) {
			for i := range 100 {
				c.Needs = append(c.Needs, pip.Need{Name: fmt.Sprintf("n%d", i), Key: c.Needs[0].Key})
			}
		}, "at most 100 needs"},
		{"attributes", func(c *Config) {
			for i := range 101 {
				c.Provides[0].From = append(c.Provides[0].From, fmt.Sprint(i))
			}
		}, "at most 100 attributes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles()
			cfg.Address = "127.0.0.1:1"
			tt.change(&cfg)
			p, err := New(cfg)
			if err == nil {
				_ = p.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
