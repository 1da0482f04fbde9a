package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/status"
)

const (
	// maxToken is the size in bytes that a token may have.
	maxToken = 8 << 10
	// tokenAge is for how long a token is used before its file is read again.
	tokenAge = time.Second
	// tokenGrace is for how long it is used while the file is being read: a disk that
	// is slow must not hold up all calls, nor one that does not answer keep a token in
	// use for ever.
	tokenGrace = time.Minute
)

// token adds the token in a file to each call. A file that cannot be read makes
// calls fail.
type token struct {
	file string
	read func(file string) (string, error)
	now  func() time.Time

	mu      sync.Mutex
	last    tokenLook // the last that ended
	looking *tokenLook
}

// tokenLook is a look at the file. Its results may be read when done is closed.
type tokenLook struct {
	done   chan struct{}
	began  time.Time
	header string
	err    error
}

// newToken reads the token.
func newToken(file string) (*token, error) {
	t := &token{file: file, read: readToken, now: time.Now}
	_, err := t.GetRequestMetadata(context.Background())
	return t, err
}

// GetRequestMetadata gives the header of a call.
func (t *token) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	header, err := t.current(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": header}, nil
}

// current is the header with the token, by a new look at the file if it is time for
// one. The one who begins it waits for it until ctx is done.
func (t *token) current(ctx context.Context) (string, error) {
	t.mu.Lock()
	if age := t.now().Sub(t.last.began); t.last.header != "" && (age < tokenAge || t.looking != nil && age < tokenGrace) {
		defer t.mu.Unlock()
		return t.last.header, nil
	}
	if t.looking == nil {
		t.looking = &tokenLook{done: make(chan struct{}), began: t.now()}
		go t.look(t.looking)
	}
	look := t.looking
	t.mu.Unlock()
	select {
	case <-look.done:
		return look.header, look.err
	case <-ctx.Done():
		return "", status.FromContextError(ctx.Err()).Err()
	}
}

// look reads the file. It is alone, and nobody waits for its end at the end of the
// source: no disk may keep the service from ending.
func (t *token) look(look *tokenLook) {
	defer close(look.done)
	text, err := t.read(t.file)
	if look.err = err; err == nil {
		look.header = "Bearer " + text
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last, t.looking = *look, nil
}

// RequireTransportSecurity makes gRPC refuse to send the token in plaintext.
func (t *token) RequireTransportSecurity() bool { return true }

// readToken reads a token, which must be one word of ASCII. Errors do not hold it.
func readToken(file string) (string, error) {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() { // a pipe would wait for a writer
		return "", fmt.Errorf("%s: it is not a regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read-only
	data, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(data), "\r\n")
	notOfToken := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case len(data) > maxToken:
		err = fmt.Errorf("the token is longer than %d bytes", maxToken)
	case text == "":
		err = errors.New("the token is empty")
	case strings.ContainsFunc(text, notOfToken):
		err = errors.New("the token is not one word of printable ASCII")
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return text, nil
}
