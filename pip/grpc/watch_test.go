package grpc

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

type watchStream = grpc.ServerStreamingServer[v1.WatchAttributesResponse]

// watching watches until the end of the test, and gives what is heard.
func watching(t testing.TB, cfg Config, s *service) <-chan Invalidation {
	t.Helper()
	if cfg.Address == "" {
		cfg.Address = serve(t, s.register)
	}
	p := open(t, cfg)
	heard := make(chan Invalidation, 100)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Watch(ctx, func(i Invalidation) { heard <- i })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return heard
}

func next(t testing.TB, heard <-chan Invalidation) Invalidation {
	t.Helper()
	select {
	case i := <-heard:
		return i
	case <-time.After(9 * time.Second):
		t.Fatal("nothing was heard within 9 s")
		return Invalidation{}
	}
}

func inputs(pairs ...string) *v1.Invalidation {
	i := new(v1.Invalidation)
	for at := 0; at < len(pairs); at += 2 {
		i.Inputs = append(i.Inputs, &v1.Input{Name: pairs[at], Value: pairs[at+1]})
	}
	return i
}

func TestWatch(t *testing.T) {
	send := make(chan *v1.WatchAttributesResponse)
	heard := watching(t, roles(), &service{watch: func(m *v1.WatchAttributesRequest, stream watchStream) error {
		if len(m.GetNeeds()) != 2 || len(m.GetAttributes()) != 3 {
			t.Errorf("got %v", m)
		}
		_ = stream.Send(&v1.WatchAttributesResponse{})
		for {
			select {
			case m := <-send:
				_ = stream.Send(m)
			case <-stream.Context().Done():
				return nil
			}
		}
	}})
	if i := next(t, heard); i.Patterns != nil {
		t.Errorf("at first: got %v, want all", i)
	}
	ann7, ann8, bob7 := question("ann", 7), question("ann", 8), question("bob", 7)
	tests := []struct {
		name       string
		sent       []*v1.Invalidation
		want, spot []pip.Question // what changed, and what did not
	}{
		{"one input", []*v1.Invalidation{inputs("user", "ann")}, []pip.Question{ann7, ann8}, []pip.Question{bob7}},
		{"both inputs", []*v1.Invalidation{inputs("party", "7", "user", "ann")}, []pip.Question{ann7}, []pip.Question{ann8, bob7}},
		{"two at once", []*v1.Invalidation{inputs("user", "bob"), inputs("party", "8")}, []pip.Question{bob7, ann8}, []pip.Question{ann7}},
		{"equal in another form", []*v1.Invalidation{inputs("party", "007")}, []pip.Question{ann7, bob7}, []pip.Question{ann8}},
		{"equal but for case", []*v1.Invalidation{inputs("user", "ANN")}, []pip.Question{ann7, ann8}, []pip.Question{bob7}},
		{"equal but for spaces", []*v1.Invalidation{inputs("user", "ann  ")}, []pip.Question{ann7, ann8}, []pip.Question{bob7}},
		{"nobody", []*v1.Invalidation{inputs("user", "cat")}, nil, []pip.Question{ann7, ann8, bob7}},
		{"all", []*v1.Invalidation{inputs("user", "cat"), inputs()}, []pip.Question{ann7, ann8, bob7}, nil},
		// What makes no sense stands for all.
		{"unknown need", []*v1.Invalidation{inputs("org", "x")}, []pip.Question{ann7, bob7}, nil},
		{"no lexical form", []*v1.Invalidation{inputs("party", "x")}, []pip.Question{ann7, bob7}, nil},
		{"a need twice", []*v1.Invalidation{inputs("user", "ann", "user", "bob")}, []pip.Question{ann8, bob7}, nil},
		{"too many", make([]*v1.Invalidation, maxInvalidations+1), []pip.Question{ann7, bob7}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for at, i := range tt.sent {
				if i == nil {
					tt.sent[at] = inputs("user", "cat")
				}
			}
			send <- &v1.WatchAttributesResponse{} // changes nothing
			send <- &v1.WatchAttributesResponse{Invalidations: tt.sent}
			got := next(t, heard)
			for _, q := range tt.want {
				if !got.Matches(q) {
					t.Errorf("%v is not matched by %v", q, got)
				}
			}
			for _, q := range tt.spot {
				if got.Matches(q) {
					t.Errorf("%v is matched by %v", q, got)
				}
			}
		})
	}
}

// The value of a need that equals nothing, itself included, is found as well.
func TestMatchesNaN(t *testing.T) {
	nan, err := value.Parse(value.TypeDouble, "NaN")
	if err != nil {
		t.Fatal(err)
	}
	if i := (Invalidation{Patterns: []Pattern{{{nan}}}}); !i.Matches(pip.Question{nan}) {
		t.Error("NaN does not match NaN")
	}
}

// TestWatchBeginsAgain: after each end of the stream everything may have changed.
func TestWatchBeginsAgain(t *testing.T) {
	var streams atomic.Int32
	heard := watching(t, roles(), &service{watch: func(_ *v1.WatchAttributesRequest, stream watchStream) error {
		_ = stream.Send(&v1.WatchAttributesResponse{})
		if streams.Add(1) < 3 {
			return status.Error(codes.Unavailable, "moving")
		}
		_ = stream.Send(&v1.WatchAttributesResponse{Invalidations: []*v1.Invalidation{inputs("user", "ann")}})
		<-stream.Context().Done()
		return nil
	}})
	for range 3 {
		if i := next(t, heard); i.Patterns != nil {
			t.Errorf("got %v, want all", i)
		}
	}
	if i := next(t, heard); len(i.Patterns) != 1 {
		t.Errorf("got %v, want ann", i)
	}
}

// TestWatchServiceRestarts: the watch survives the service.
func TestWatchServiceRestarts(t *testing.T) {
	watch := &service{watch: func(_ *v1.WatchAttributesRequest, stream watchStream) error {
		_ = stream.Send(&v1.WatchAttributesResponse{})
		<-stream.Context().Done()
		return nil
	}}
	l := listen(t, "127.0.0.1:0")
	g := grpc.NewServer()
	watch.register(g)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Serve(l)
	}()
	cfg := roles()
	cfg.Address = l.Addr().String()
	heard := watching(t, cfg, nil)
	next(t, heard)
	g.Stop()
	<-done
	serveOn(t, listen(t, cfg.Address), watch.register)
	if i := next(t, heard); i.Patterns != nil {
		t.Errorf("got %v, want all", i)
	}
}

// TestWatchSilence: a stream on which nothing is heard is broken.
func TestWatchSilence(t *testing.T) {
	log := new(lines)
	cfg := roles()
	cfg.WatchSilence = 100 * time.Millisecond
	cfg.Logger = slog.New(secrettest.Planted().Handler(t, log))
	heard := watching(t, cfg, &service{watch: func(_ *v1.WatchAttributesRequest, stream watchStream) error {
		_ = stream.Send(&v1.WatchAttributesResponse{})
		<-stream.Context().Done()
		return nil
	}})
	for range 2 {
		next(t, heard)
	}
	if n := log.count("code=DeadlineExceeded"); n == 0 {
		t.Error("the log does not say why")
	}
}

// lines is a writer for loggers.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

// TestWatchUnimplemented: a service without a watch is tried again, and logged
// once.
func TestWatchUnimplemented(t *testing.T) {
	var tries atomic.Int32
	log := new(lines)
	cfg := roles()
	cfg.Logger = slog.New(secrettest.Planted().Handler(t, log))
	heard := watching(t, cfg, &service{watch: func(_ *v1.WatchAttributesRequest, stream watchStream) error {
		if tries.Add(1) < 4 {
			return status.Error(codes.Unimplemented, "not yet")
		}
		_ = stream.Send(&v1.WatchAttributesResponse{})
		<-stream.Context().Done()
		return nil
	}})
	next(t, heard)
	if n, m := log.count("not watched"), log.count("is watched"); n != 1 || m != 1 || log.count("Unimplemented") != 1 {
		t.Errorf("got %d and %d lines, want 1 and 1", n, m)
	}
}
