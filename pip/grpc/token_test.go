package grpc

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// A disk that does not answer holds up only the call that looked, and that only for
// as long as it can wait; after a minute there is no token.
func TestToken_DiskThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := make(chan string, 1)
		token := fromFile("token")
		token.file.Read = func(string) ([]byte, error) {
			text, ok := <-texts
			if !ok {
				return nil, errors.New("no token")
			}
			return []byte(text), nil
		}
		get := func() (string, codes.Code) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			header, err := token.GetRequestMetadata(ctx)
			return header["authorization"], status.Code(err)
		}
		texts <- "first"
		if got, code := get(); got != "Bearer first" || code != codes.OK {
			t.Fatalf("got %q, %v", got, code)
		}
		time.Sleep(reload.Interval)
		if got, code := get(); got != "" || code != codes.DeadlineExceeded {
			t.Errorf("who looks: got %q, %v, want DeadlineExceeded", got, code)
		}
		if got, code := get(); got != "Bearer first" || code != codes.OK {
			t.Errorf("others: got %q, %v, want the last token", got, code)
		}
		time.Sleep(reload.Grace)
		if got, code := get(); got != "" || code != codes.DeadlineExceeded {
			t.Errorf("after a minute: got %q, %v, want DeadlineExceeded", got, code)
		}
		texts <- "second"
		synctest.Wait() // for the look that waited for the disk
		texts <- "third"
		if got, code := get(); got != "Bearer third" || code != codes.OK {
			t.Errorf("got %q, %v, want the new token", got, code)
		}
		time.Sleep(reload.Interval)
		close(texts)
		if got, code := get(); got != "" || code == codes.OK {
			t.Errorf("a file that cannot be read: got %q, %v", got, code)
		}
	})
}
