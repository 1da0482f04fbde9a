package token

import "errors"

// Reason says why a token was refused. The set is closed: reasons are labels of
// metrics. They are for the operator, not for whoever presents the token.
type Reason string

// The reasons.
const (
	ReasonTooLarge    Reason = "too_large"     // longer than MaxBytes
	ReasonMalformed   Reason = "malformed"     // not a token, or one that can be read in two ways
	ReasonIssuer      Reason = "issuer"        // of an issuer that is not configured
	ReasonAlgorithm   Reason = "algorithm"     // signed in a way that is not allowed
	ReasonType        Reason = "type"          // a token of another kind
	ReasonKey         Reason = "key"           // signed with a key that the issuer does not have
	ReasonSignature   Reason = "signature"     // not signed by the issuer
	ReasonAudience    Reason = "audience"      // for somebody else
	ReasonExpired     Reason = "expired"       // too old
	ReasonNotYetValid Reason = "not_yet_valid" // from the future
	ReasonBound       Reason = "bound"         // for the holder of a key only
	ReasonStale       Reason = "stale"         // the keys of the issuer are too old
	ReasonUnavailable Reason = "unavailable"   // the keys of the issuer were never read
	ReasonCanceled    Reason = "canceled"      // the caller did not wait for the keys
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		ReasonTooLarge, ReasonMalformed, ReasonIssuer, ReasonAlgorithm, ReasonType, ReasonKey, ReasonSignature,
		ReasonAudience, ReasonExpired, ReasonNotYetValid, ReasonBound, ReasonStale, ReasonUnavailable, ReasonCanceled,
	}
}

// ErrInvalid is what every error of [Verifier.Verify] is, and all that its text says.
var ErrInvalid = errors.New("the token is not valid")

// Error is a token that was refused.
type Error struct {
	Reason Reason
	// Err is the error of the context if the reason is ReasonCanceled, else nil.
	Err error
}

// Error is the text of [ErrInvalid], whatever the reason.
func (e *Error) Error() string { return ErrInvalid.Error() }

// Is makes every Error an [ErrInvalid].
func (e *Error) Is(target error) bool { return target == ErrInvalid }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Unknown reports whether the token may be good after all: the keys to tell could
// not be had, which says nothing of the token.
func (e *Error) Unknown() bool {
	return e.Reason == ReasonUnavailable || e.Reason == ReasonStale || e.Reason == ReasonCanceled
}

// refused makes an error of a reason.
func refused(r Reason) *Error { return &Error{Reason: r} }
