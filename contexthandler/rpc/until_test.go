package rpc

import (
	"context"
	"testing"
	"time"
)

// TestUntil_End: what was derived from the context of a message may outlive it, and
// is told why it ended.
func TestUntil_End(t *testing.T) {
	for range 1000 {
		u := &until{Context: t.Context(), deadline: time.Now().Add(time.Minute)}
		u.place.begin(&gate{}, new(host))
		child, cancel := context.WithCancel(u) // as a question to a source is
		u.end()
		<-child.Done()
		if err := child.Err(); err == nil || u.Err() == nil {
			t.Fatalf("got %v and %v", err, u.Err())
		}
		cancel()
	}
}
