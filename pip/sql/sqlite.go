package sql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// reopen is how long a connection stays with its file: another one may have taken
// its place, and only a new connection sees that.
const reopen = 10 * time.Second

// openFile opens the SQLite database in an existing file, for reading only: the
// file is opened without the right to write, and connections refuse statements
// that write. A misspelled "column" is an error, not a text.
func openFile(ctx context.Context, path string, maxConnections int) (*Database, error) {
	if maxConnections <= 0 {
		maxConnections = 4
	}
	db, err := openSQLite(path, url.Values{
		"mode":          {"ro"},
		"_query_only":   {"1"},
		"_defensive":    {"1"},
		"_dqs":          {"0"},
		"_busy_timeout": {"500"},
	})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	db.SetConnMaxLifetime(reopen)
	// A connection alone does not read the file; this does.
	if _, err := db.ExecContext(ctx, "select count(*) from sqlite_schema"); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	return &Database{sqliteFile{db}}, nil
}

// openSQLite makes a handle for the database in a file.
func openSQLite(path string, options url.Values) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: options.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// sqliteFile is an SQLite database.
type sqliteFile struct{ *sql.DB }

func (f sqliteFile) prepare(ctx context.Context, query string, needs []pip.Need, lists bool) (statement, error) {
	t, err := scan(query, dialectSQLite)
	if err != nil {
		return nil, err
	}
	if err := checkNames(t.parameters(), needs); err != nil {
		return nil, err
	}
	stmt, err := f.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be prepared: %w", err)
	}
	return &sqliteStatement{stmt, needs, lists}, nil
}

// sqliteStatement is a query of an SQLite database.
type sqliteStatement struct {
	*sql.Stmt
	needs []pip.Need
	lists bool
}

// check has nothing to do: a parameter takes any value.
func (s *sqliteStatement) check(context.Context) error { return nil }

// fits has nothing to do either.
func (s *sqliteStatement) fits(int, value.Value) error { return nil }

func (s *sqliteStatement) query(ctx context.Context, args [][]value.Value) (rows, error) {
	bound := make([]any, len(s.needs))
	for i, n := range s.needs {
		var arg any
		switch {
		case args == nil:
		case s.lists:
			arg = jsonList(args[i])
		default:
			arg = sqliteArgument(args[i][0])
		}
		bound[i] = sql.Named(n.Name, arg)
	}
	r, err := s.QueryContext(ctx, bound...)
	if err != nil {
		return nil, sqliteFailure(ctx, err)
	}
	types, err := r.ColumnTypes()
	if err != nil {
		_ = r.Close() // one error is enough
		return nil, sqliteFailure(ctx, err)
	}
	rs := &sqliteRows{ctx: ctx, rows: r, types: types, cells: make([]any, len(types)), targets: make([]any, len(types))}
	for i := range rs.cells {
		rs.targets[i] = &rs.cells[i]
	}
	return rs, nil
}

// sqliteArgument is a value as a parameter: an integer as a number, so that it
// equals numbers that have no column to take a type from; every other type as text.
func sqliteArgument(v value.Value) any {
	if v.Type() == value.TypeInteger {
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
	}
	return v.String()
}

// jsonList is a list of values as a parameter, for json_each.
func jsonList(values []value.Value) string {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = sqliteArgument(v)
	}
	text, _ := json.Marshal(list) // texts and numbers only
	return string(text)
}

// sqliteRows are the rows of a result.
type sqliteRows struct {
	ctx     context.Context // of the one call that the rows live in
	rows    *sql.Rows
	types   []*sql.ColumnType
	cells   []any
	targets []any
	scanErr error
}

func (r *sqliteRows) next() bool {
	if r.scanErr != nil || !r.rows.Next() {
		return false
	}
	r.scanErr = r.rows.Scan(r.targets...)
	return r.scanErr == nil
}

func (r *sqliteRows) err() error {
	if err := errors.Join(r.scanErr, r.rows.Err()); err != nil {
		return sqliteFailure(r.ctx, err)
	}
	return nil
}

func (r *sqliteRows) columns() []column {
	columns := make([]column, len(r.types))
	for i, t := range r.types {
		kind := t.DatabaseTypeName()
		columns[i] = column{name: t.Name(), kind: kind, gives: func(value.Type) bool { return !temporal(kind) }}
	}
	return columns
}

// temporal reports whether the declared type of a column is about time. The
// driver turns such columns into points in time, and the text is lost.
func temporal(declared string) bool {
	switch strings.ToUpper(declared) {
	case "DATE", "DATETIME", "TIME", "TIMESTAMP":
		return true
	default:
		return false
	}
}

func (r *sqliteRows) size() int {
	n := 0
	for _, c := range r.cells {
		switch c := c.(type) {
		case string:
			n += len(c)
		case []byte:
			n += len(c)
		default:
			n += 8
		}
	}
	return n
}

// cell takes a number with a fraction for a double only: there is no one text of it,
// and 1234567 in a column of REAL would become the string 1.234567e+06.
func (r *sqliteRows) cell(i int, t value.Type) ([]string, bool) {
	switch c := r.cells[i].(type) {
	case nil:
		return nil, true
	case string:
		return []string{c}, utf8.ValidString(c)
	case []byte:
		return []string{string(c)}, utf8.Valid(c)
	case int64:
		return []string{strconv.FormatInt(c, 10)}, true
	case float64:
		return []string{strconv.FormatFloat(c, 'g', -1, 64)}, t == value.TypeDouble
	case bool:
		return []string{strconv.FormatBool(c)}, true
	default:
		return nil, false
	}
}

// close has nothing to report: what went wrong is an error of the rows.
func (r *sqliteRows) close() { _ = r.rows.Close() }
