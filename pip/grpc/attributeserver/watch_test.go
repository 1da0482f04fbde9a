package attributeserver

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

func nothing(context.Context, Question) (Answer, error) { return Answer{}, nil }

// watch begins a watch and waits until it has begun.
func watch(t testing.TB, client v1.AttributeServiceClient) grpc.ServerStreamingClient[v1.WatchAttributesResponse] {
	t.Helper()
	form := call()
	stream, err := client.WatchAttributes(within(t), &v1.WatchAttributesRequest{Needs: form.Needs, Attributes: form.Attributes})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := stream.Recv(); err != nil || len(m.GetInvalidations()) != 0 {
		t.Fatalf("at first: got %v, %v, want nothing", m, err)
	}
	return stream
}

// hear gives the next changes, as text: inputs by the names of the caller.
func hear(t testing.TB, stream grpc.ServerStreamingClient[v1.WatchAttributesResponse]) []string {
	t.Helper()
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, i := range m.GetInvalidations() {
			var one []string
			for _, in := range i.GetInputs() {
				one = append(one, in.GetName()+"="+in.GetValue())
			}
			all = append(all, strings.Join(one, " "))
		}
		if all != nil {
			return all
		}
	}
}

func TestWatch(t *testing.T) {
	var heard problems
	cfg := roles(nothing)
	cfg.OnError = heard.add
	s := newServer(t, cfg)
	client := serve(t, s)
	s.Changed(map[string]string{"user": "ann"}) // nobody listens
	one, two := watch(t, client), watch(t, client)
	tests := []struct {
		changed map[string]string
		want    string
		heard   string
	}{
		{map[string]string{"user": "ann"}, "u=ann", ""},
		{map[string]string{"user": "ann", "party": "7"}, "p=7 u=ann", ""},
		{nil, "", ""},
		// What makes no sense stands for everything.
		{map[string]string{"org": "x"}, "", `"org"`},
		{map[string]string{"party": "x"}, "", `"party"`},
	}
	for _, tt := range tests {
		s.Changed(tt.changed)
		for _, stream := range []grpc.ServerStreamingClient[v1.WatchAttributesResponse]{one, two} {
			if diff := cmp.Diff([]string{tt.want}, hear(t, stream)); diff != "" {
				t.Errorf("%v (-want +got):\n%s", tt.changed, diff)
			}
		}
		if text := heard.text(); !strings.Contains(text, tt.heard) || (tt.heard == "") != (text == "") {
			t.Errorf("%v: got %q, want %q", tt.changed, text, tt.heard)
		}
	}
}

// Too many changes become one that stands for all.
func TestWatchOverflow(t *testing.T) {
	form, err := newServer(t, roles(nothing)).newForm(call().Needs, call().Attributes)
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{form: form, wake: make(chan struct{}, 1)}
	fill := func(n int, size int) int {
		for i := range n {
			w.add(map[string]string{"user": fmt.Sprint(i, strings.Repeat("x", size))})
		}
		return len(w.take())
	}
	if n := fill(maxInvalidations, 1); n != maxInvalidations {
		t.Errorf("got %d changes, want %d", n, maxInvalidations)
	}
	if n := fill(maxInvalidations+1, 1); n != 1 {
		t.Errorf("one too many: got %d changes, want one for all", n)
	}
	if n := fill(100, 10_000); n != 1 {
		t.Errorf("too many bytes: got %d changes, want one for all", n)
	}
	if n := fill(2, 1); n != 2 {
		t.Errorf("after that: got %d changes, want 2", n)
	}
}

func TestWatchHeartbeat(t *testing.T) {
	s := newServer(t, roles(nothing))
	s.heartbeat = 10 * time.Millisecond
	stream := watch(t, serve(t, s))
	for range 3 {
		if m, err := stream.Recv(); err != nil || len(m.GetInvalidations()) != 0 {
			t.Fatalf("got %v, %v, want nothing", m, err)
		}
	}
}

func TestWatchEnds(t *testing.T) {
	s := newServer(t, roles(nothing))
	client := serve(t, s)
	stream := watch(t, client)
	s.Close()
	s.Close()
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
	form := call()
	late, err := client.WatchAttributes(within(t), &v1.WatchAttributesRequest{Needs: form.Needs, Attributes: form.Attributes})
	if err == nil {
		_, err = late.Recv()
	}
	if status.Code(err) != codes.Unavailable {
		t.Errorf("after the end: got %v, want Unavailable", err)
	}
	// A caller that leaves is forgotten.
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.watchers); n != 0 {
		t.Errorf("got %d watchers, want none", n)
	}
}

func TestWatchRefused(t *testing.T) {
	s := newServer(t, roles(nothing))
	client := serve(t, s)
	stream, err := client.WatchAttributes(within(t), &v1.WatchAttributesRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("got %v, want InvalidArgument", err)
	}
	for range maxWatchers {
		if err := s.join(new(watcher)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.join(new(watcher)); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("one too many: got %v, want ResourceExhausted", err)
	}
}
