package claims

import "fmt"

// Reason says why claims make no subject. The set is closed: reasons are labels of
// metrics.
type Reason string

// The reasons.
const (
	ReasonUntyped       Reason = "untyped"       // of no type that is configured
	ReasonMissing       Reason = "missing"       // without what identifies the subject
	ReasonAmbiguous     Reason = "ambiguous"     // several values where there is one
	ReasonContradictory Reason = "contradictory" // of two types that exclude each other
	ReasonInvalid       Reason = "invalid"       // a value of another form than it must have
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{ReasonUntyped, ReasonMissing, ReasonAmbiguous, ReasonContradictory, ReasonInvalid}
}

// Error is claims that make no subject.
type Error struct {
	Reason Reason
	// Detail is for people. It names what the configuration names, and never holds
	// values of claims.
	Detail string
}

// Error is the detail.
func (e *Error) Error() string { return "claims: " + e.Detail }

// errorf makes an Error; the arguments must not hold values of claims.
func errorf(r Reason, format string, args ...any) *Error {
	return &Error{Reason: r, Detail: fmt.Sprintf(format, args...)}
}
