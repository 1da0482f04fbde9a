package sql

import (
	"context"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// Database is an SQLite file or a PostgreSQL server, open for reading.
type Database struct{ backend }

// Open opens the database with a URL that begins with postgres:// or
// postgresql://, as [OpenPostgres] does, or else the SQLite database in an
// existing file. maxConnections bounds the queries that run at the same time;
// zero stands for 10 and 4.
func Open(ctx context.Context, database string, maxConnections int) (*Database, error) {
	if IsPostgres(database) {
		return OpenPostgres(ctx, PostgresConfig{URL: database, MaxConnections: maxConnections})
	}
	return openFile(ctx, database, maxConnections)
}

// IsPostgres reports whether Open takes database for the URL of a PostgreSQL
// server and not for the name of a file.
func IsPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// backend is what SQLite and PostgreSQL do each in their own way.
type backend interface {
	// prepare reads a query with a parameter for each need; lists makes each
	// parameter a list.
	prepare(ctx context.Context, query string, needs []pip.Need, lists bool) (statement, error)
	// Close ends all connections.
	Close() error
}

// statement is a query that a backend has read.
type statement interface {
	// check compares the parameters with the needs. The error is an [pip.Error]
	// with a cause.
	check(ctx context.Context) error
	// fits tells why the database cannot be asked with a value, after check: one
	// value that it refuses would be an error for all that are asked together.
	fits(need int, v value.Value) error
	// query asks with the values of each need: one, or several for a list, or NULL
	// for every need if there are no args. The error is a [pip.Error].
	query(ctx context.Context, args [][]value.Value) (rows, error)
	Close() error
}

// rows are the rows of a result, one after the other. They are closed whether
// or not they were read to the end.
type rows interface {
	// next goes to the first or next row, if there is one.
	next() bool
	// err is why there is none: nil at the end of the result, else a [pip.Error].
	err() error
	// columns describes the columns; called after next.
	columns() []column
	// size is that of the row in bytes, about.
	size() int
	// cell gives the lexical forms of a cell for a data type: none for NULL, one,
	// or those of an array. ok is false if it has none.
	cell(i int, t value.Type) (texts []string, ok bool)
	close()
}

// column is a column of a result.
type column struct {
	name string
	kind string // the type, for messages
	list bool   // a cell can have several values
	// gives reports whether the column can have values of a data type.
	gives func(value.Type) bool
}
