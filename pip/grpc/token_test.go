package grpc

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A disk that does not answer holds up only the call that looked, and that only for
// as long as it can wait; after a minute there is no token.
func TestToken_DiskThatDoesNotAnswer(t *testing.T) {
	var clock time.Time
	texts, stuck := make(chan string, 2), errors.New("no token")
	token := &token{now: func() time.Time { return clock }, read: func(string) (string, error) {
		text, ok := <-texts
		if !ok {
			return "", stuck
		}
		return text, nil
	}}
	get := func(patience time.Duration) (string, codes.Code) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		header, err := token.current(ctx)
		return header, status.Code(err)
	}
	texts <- "first"
	if got, code := get(10 * time.Second); got != "Bearer first" || code != codes.OK {
		t.Fatalf("got %q, %v", got, code)
	}
	clock = clock.Add(tokenAge)
	if got, code := get(20 * time.Millisecond); got != "" || code != codes.DeadlineExceeded {
		t.Errorf("who looks: got %q, %v, want DeadlineExceeded", got, code)
	}
	if got, code := get(10 * time.Second); got != "Bearer first" || code != codes.OK {
		t.Errorf("others: got %q, %v, want the last token", got, code)
	}
	clock = clock.Add(tokenGrace)
	if got, code := get(20 * time.Millisecond); got != "" || code != codes.DeadlineExceeded {
		t.Errorf("after a minute: got %q, %v, want DeadlineExceeded", got, code)
	}
	texts <- "second"
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		token.mu.Lock()
		over := token.looking == nil
		token.mu.Unlock()
		if over {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the look does not end")
		}
	}
	texts <- "third"
	if got, code := get(10 * time.Second); got != "Bearer third" || code != codes.OK {
		t.Errorf("got %q, %v, want the new token", got, code)
	}
	clock = clock.Add(tokenAge)
	close(texts)
	if got, code := get(10 * time.Second); got != "" || code == codes.OK {
		t.Errorf("a file that cannot be read: got %q, %v", got, code)
	}
}
