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
)

const (
	// maxToken is the size in bytes that a token may have.
	maxToken = 8 << 10
	// tokenAge is for how long a token is used before its file is read again.
	tokenAge = time.Second
)

// token adds the token in a file to each call. A file that cannot be read makes
// calls fail.
type token struct {
	file string

	mu      sync.Mutex
	header  string
	fetched time.Time
}

// newToken reads the token.
func newToken(file string) (*token, error) {
	t := &token{file: file}
	_, err := t.GetRequestMetadata(context.Background())
	return t, err
}

// GetRequestMetadata gives the header of a call.
func (t *token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.header == "" || time.Since(t.fetched) >= tokenAge {
		t.header = ""
		text, err := readToken(t.file)
		if err != nil {
			return nil, err
		}
		t.header, t.fetched = "Bearer "+text, time.Now()
	}
	return map[string]string{"authorization": t.header}, nil
}

// RequireTransportSecurity makes gRPC refuse to send the token in plaintext.
func (t *token) RequireTransportSecurity() bool { return true }

// readToken reads a token, which must be one word of ASCII. Errors do not hold it.
func readToken(file string) (string, error) {
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
