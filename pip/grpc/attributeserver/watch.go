package attributeserver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/pdp/value"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// maxWatchers is how many streams may watch at a time.
const maxWatchers = 1000

// maxPending bounds in bytes the inputs that wait for one who watches.
const maxPending = maxMessageBytes / 4

// Changed says that the answers to all questions with these inputs, by the names
// of needs, may have changed; without inputs, that all answers may have. Everybody
// who watches hears of it. Call it when questions already see the change: an
// answer that is given before the call may be kept. Forseti watches one instance of a
// service: where several run, each must call it for every change.
func (s *Server) Changed(inputs map[string]string) {
	if err := s.checkPattern(inputs); err != nil {
		s.cfg.OnError(context.Background(), err)
		inputs = nil // something changed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		w.add(inputs)
	}
}

// checkPattern reports what is wrong with the inputs of a change.
func (s *Server) checkPattern(inputs map[string]string) error {
	known := make(map[string]value.Type, len(s.cfg.Needs))
	for _, n := range s.cfg.Needs {
		known[n.Name] = n.Key.Type
	}
	for name, text := range inputs {
		t, ok := known[name]
		if !ok {
			return fmt.Errorf("a change names the input %q, which is no need", name)
		}
		if _, err := value.Parse(t, text); err != nil {
			return fmt.Errorf("a change has a value of the input %q that is not a lexical form of the data type %s", name, t)
		}
	}
	return nil
}

// WatchAttributes tells of changes until the caller leaves or the server is
// closed. It is for gRPC.
func (s *Server) WatchAttributes(m *v1.WatchAttributesRequest, stream grpc.ServerStreamingServer[v1.WatchAttributesResponse]) error {
	f, err := s.newForm(m.GetNeeds(), m.GetAttributes())
	if err != nil {
		return s.refuse(stream.Context(), err)
	}
	w := &watcher{form: f, wake: make(chan struct{}, 1)}
	if err := s.join(w); err != nil {
		return err
	}
	defer s.leave(w)

	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	for {
		// The first message says that the watch has begun.
		if err := stream.Send(&v1.WatchAttributesResponse{Invalidations: w.take()}); err != nil {
			return err
		}
		select {
		case <-w.wake:
		case <-beat.C:
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		case <-s.closed:
			return errClosed()
		}
	}
}

// join adds a watcher, unless there are too many or the server is closed.
func (s *Server) join(w *watcher) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return errClosed()
	default:
	}
	if len(s.watchers) >= maxWatchers {
		return status.Error(codes.ResourceExhausted, "too many watch already")
	}
	s.watchers[w] = struct{}{}
	return nil
}

func errClosed() error { return status.Error(codes.Unavailable, "the service ends") }

func (s *Server) leave(w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watchers, w)
}

// watcher is what waits for one who watches. If too much does, it is everything.
type watcher struct {
	form *form
	wake chan struct{}

	mu      sync.Mutex
	pending []*v1.Invalidation
	bytes   int
	all     bool
}

// add has the watcher told of a change.
func (w *watcher) add(inputs map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(inputs) == 0 || len(w.pending) == maxInvalidations || w.bytes > maxPending {
		w.all, w.pending, w.bytes = true, nil, 0
	}
	if !w.all {
		change := new(v1.Invalidation)
		for _, n := range w.form.needs {
			if text, ok := inputs[n.Name]; ok {
				change.Inputs = append(change.Inputs, &v1.Input{Name: n.callers, Value: text})
				w.bytes += len(n.callers) + len(text)
			}
		}
		w.pending = append(w.pending, change)
	}
	select {
	case w.wake <- struct{}{}:
	default: // it is awake
	}
}

// take gives what waits.
func (w *watcher) take() []*v1.Invalidation {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.pending
	if w.all {
		taken = []*v1.Invalidation{{}}
	}
	w.all, w.pending, w.bytes = false, nil, 0
	return taken
}
