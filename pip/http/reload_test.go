package http

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// A disk that does not answer holds up only the question that looks, and that only for as
// long as it can wait; after a minute questions time out, and they say so.
func TestReloaded_DiskThatDoesNotAnswer(t *testing.T) {
	var got http.Header
	cfg := byUser(recorded(t, &got).URL, "$.roles")
	cfg.Headers = []Header{{Name: "X-Api-Key", File: file(t, "key", []byte("first"))}}
	p := provider(t, cfg)
	clock, stuck := time.Now(), make(chan struct{})
	key := p.exchange.headers.files["X-Api-Key"]
	key.Now = func() time.Time { return clock }
	key.Read = func(string) ([]byte, error) { <-stuck; return []byte("second"), nil }
	fetch := func(patience time.Duration) error {
		got = nil
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		_, err := p.Fetch(ctx, ask("1337"))
		return err
	}

	clock = clock.Add(reload.Interval)
	wantOutcome(t, fetch(20*time.Millisecond), pip.OutcomeTimeout)
	for range 3 {
		if err := fetch(10 * time.Second); err != nil || got.Get("X-Api-Key") != "first" {
			t.Errorf("others: got %q, %v, want the last good content", got.Get("X-Api-Key"), err)
		}
	}
	clock = clock.Add(reload.Grace)
	if wantOutcome(t, fetch(20*time.Millisecond), pip.OutcomeTimeout, "first"); got != nil {
		t.Error("after a minute: the service was asked")
	}
	close(stuck)
	if err := fetch(10 * time.Second); err != nil || got.Get("X-Api-Key") != "second" {
		t.Errorf("got %q, %v, want the new content", got.Get("X-Api-Key"), err)
	}
}
