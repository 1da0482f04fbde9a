package ldap

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/pip"
)

// resultCode is the code of a result that the server gave (RFC 4511 §4.1.9). ok
// is false if err is something else: the library uses codes of its own as well.
func resultCode(err error) (code uint16, ok bool) {
	e, ok := errors.AsType[*ldap.Error](err)
	if !ok || e.Packet == nil || e.ResultCode >= ldap.ErrorNetwork && e.ResultCode <= ldap.ErrorMalformedPacket {
		return 0, false
	}
	return e.ResultCode, true
}

// classify makes an error of what went wrong on a connection. What a server says
// about a result may quote values, and is left out.
func classify(ctx context.Context, err error, g *guard) *pip.Error {
	if code, ok := resultCode(err); ok {
		return resultError(code, err)
	}
	broken, hostile := g.state()
	switch {
	case hostile:
		return &pip.Error{Outcome: pip.OutcomeInvalid, Detail: broken.Error(), Err: err}
	case errors.Is(err, ldap.ErrSizeLimitExceeded):
		return &pip.Error{Outcome: pip.OutcomeInvalid, Detail: "the server sent more entries than an answer may hold", Err: err}
	case ctx.Err() != nil:
		return pip.Failure(ctx, err)
	case broken != nil && !errors.Is(err, ldap.ErrMalformedPacket):
		return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the connection broke", Err: errors.Join(err, broken)}
	default:
		return &pip.Error{Outcome: pip.OutcomeInvalid, Detail: errFraming.Error(), Err: err}
	}
}

// resultError says what a result means for the question.
func resultError(code uint16, err error) *pip.Error {
	e := &pip.Error{Outcome: pip.OutcomeError, Err: err}
	e.Detail = fmt.Sprintf("the server gave the result code %d", code)
	if name, known := ldap.LDAPResultCodeMap[code]; known {
		e.Detail += fmt.Sprintf(" (%s)", name)
	}
	switch code {
	case ldap.LDAPResultTimeLimitExceeded:
		e.Outcome = pip.OutcomeTimeout
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		e.Outcome = pip.OutcomeUnavailable
	case ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded, ldap.LDAPResultResultsTooLarge,
		ldap.LDAPResultReferral:
		// There is more than the server gave, here or elsewhere.
		e.Outcome = pip.OutcomeInvalid
	}
	return e
}

// usable reports whether the connection can take the next question after this
// one ended with err.
func usable(err error) bool {
	code, ok := resultCode(err)
	if !ok {
		return false
	}
	switch code {
	case ldap.LDAPResultNoSuchObject, ldap.LDAPResultTimeLimitExceeded,
		ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded:
		return true
	default:
		// Whatever it is, a new connection may be better: bound again, or to
		// another server.
		return false
	}
}

// blamed reports whether err says something about the server or the way to it,
// and not only about the question.
func blamed(err error, g *guard) bool {
	if code, ok := resultCode(err); ok {
		return code == ldap.LDAPResultBusy || code == ldap.LDAPResultUnavailable
	}
	broken, _ := g.state()
	return broken != nil && !errors.Is(broken, errTooLarge)
}
