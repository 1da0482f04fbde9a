package sql

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"

	"github.com/forseti-pdp/forseti/pip"
)

// sqliteFailure is why a question to SQLite has no answer. Its messages are the cause
// alone, because they may quote values.
func sqliteFailure(ctx context.Context, err error) *pip.Error {
	e := pip.Failure(ctx, err)
	if cause, ok := errors.AsType[*sqlite.Error](err); ok && e.Detail == "" && e.Outcome == pip.OutcomeUnavailable {
		e.Detail = sqliteDetail(cause.Code())
	}
	return e
}

// sqliteDetail describes a result code, of which the last octet is the primary one
// (sqlite.org/rescode.html).
func sqliteDetail(code int) string {
	switch code & 0xff {
	case 5, 6: // SQLITE_BUSY, SQLITE_LOCKED
		return "the database is locked"
	case 10: // SQLITE_IOERR
		return "the database file cannot be read"
	case 11, 26: // SQLITE_CORRUPT, SQLITE_NOTADB
		return "the database file is damaged, or is none"
	case 14: // SQLITE_CANTOPEN
		return "the database file cannot be opened"
	default:
		return fmt.Sprintf("SQLite result code %d", code)
	}
}
