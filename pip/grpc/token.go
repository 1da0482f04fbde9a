package grpc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// maxToken is the size in bytes that a token may have.
const maxToken = 8 << 10

// token adds the token in a file to each call. A file that cannot be read makes
// calls fail.
type token struct {
	file *reload.Files[string]
}

// newToken reads the token.
func newToken(file string) (*token, error) {
	t := fromFile(file)
	_, err := t.file.Get(context.Background())
	return t, err
}

// fromFile is the token in the file, which is not read yet.
func fromFile(name string) *token {
	t := &token{file: reload.Secret(name, checkToken)}
	t.file.Strict = true
	return t
}

// GetRequestMetadata gives the header of a call.
func (t *token) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	text, err := t.file.Get(ctx)
	switch {
	case err == nil:
		return map[string]string{"authorization": "Bearer " + text}, nil
	case ctx.Err() != nil: // gRPC takes anything but a status for a bad token
		return nil, status.FromContextError(ctx.Err()).Err()
	default:
		return nil, err
	}
}

// RequireTransportSecurity makes gRPC refuse to send the token in plaintext.
func (t *token) RequireTransportSecurity() bool { return true }

// checkToken says why the text is not a token, which is one word of ASCII.
func checkToken(text string) error {
	switch {
	case len(text) > maxToken:
		return fmt.Errorf("is longer than %d bytes", maxToken)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("is not one word of printable ASCII")
	default:
		return nil
	}
}
