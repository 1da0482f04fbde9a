package xacmljson

import (
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// MalformedError is the error of a document that is not JSON, not of the shape of
// the profile, or beyond the limits: no request came to be, so that a transport
// refuses the message instead of answering it (profile of REST: 400). It wraps the
// [*xacml.Error] with StatusSyntaxError for callers that answer all the same.
type MalformedError struct {
	Err *xacml.Error
}

// Error is the message of the status.
func (e *MalformedError) Error() string { return e.Err.Error() }

// Unwrap gives the status.
func (e *MalformedError) Unwrap() error { return e.Err }

// problem is one thing that is wrong with a document, at a place in it.
type problem struct {
	policy.Position
	path    string // a JSON pointer, or nothing
	message string
}

func problemf(at policy.Position, format string, args ...any) *problem {
	return &problem{Position: at, message: fmt.Sprintf(format, args...)}
}

// status is the problem as an error of evaluation (§7.19).
func (p *problem) status() *xacml.Error {
	switch {
	case p.Position == (policy.Position{}):
		return xacml.SyntaxErrorf("%s", p.message)
	case p.path == "":
		return xacml.SyntaxErrorf("%s: %s", p.Position, p.message)
	default:
		return xacml.SyntaxErrorf("%s: %s: %s", p.Position, p.path, p.message)
	}
}
