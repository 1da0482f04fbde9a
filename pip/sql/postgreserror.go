package sql

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/forseti-pdp/forseti/pip"
)

// postgresFailure is why a question to PostgreSQL has no answer. The messages of
// the server are the cause alone, because they may quote values.
func postgresFailure(ctx context.Context, err error) *pip.Error {
	if e, ok := errors.AsType[*pip.Error](err); ok {
		return e
	}
	if ctx.Err() != nil {
		return pip.Failure(ctx, err)
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return &pip.Error{Outcome: outcomeOf(e.Code), Detail: "SQLSTATE " + sqlstate(e.Code), Err: err}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "no connection", Err: err}
	}
	if lost(err) {
		return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the connection was lost", Err: err}
	}
	return &pip.Error{Outcome: pip.OutcomeInvalid, Detail: "the server does not keep to the protocol", Err: err}
}

// outcomeOf classifies the SQLSTATE of an error (PostgreSQL, appendix A).
func outcomeOf(code string) pip.Outcome {
	switch code {
	case "57014": // query_canceled: the statement timeout
		return pip.OutcomeTimeout
	case "55P03", "55006", "25P03": // lock_not_available, object_in_use, idle_in_transaction_session_timeout
		return pip.OutcomeUnavailable
	}
	switch class := code[:min(2, len(code))]; class {
	case "08", // connection exceptions
		"40", // serialization failures and deadlocks, and conflicts with recovery on a standby
		"53", // insufficient resources: connections, memory, disk
		"57", // operator intervention: shutdown, crash, cannot connect now
		"58": // system errors
		return pip.OutcomeUnavailable
	default:
		return pip.OutcomeError
	}
}

// sqlstate is a code that is fit for messages: five letters and digits.
func sqlstate(code string) string {
	if len(code) != 5 || strings.Trim(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "unknown"
	}
	return code
}

// lost reports whether an error is about the connection and not about what came
// over it.
func lost(err error) bool {
	type network interface { // net.Error
		error
		Timeout() bool
		Temporary() bool
	}
	_, isNetwork := errors.AsType[network](err)
	return isNetwork || pgconn.SafeToRetry(err) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
