package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
)

// Open opens the SQLite database in an existing file, for reading only: the
// file is opened without the right to write, and connections refuse statements
// that write. A misspelled "column" is an error, not a text. maxConnections
// bounds the queries that run at the same time; zero stands for 4.
func Open(ctx context.Context, path string, maxConnections int) (*sql.DB, error) {
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
	// A connection alone does not read the file; this does.
	if _, err := db.ExecContext(ctx, "select count(*) from sqlite_schema"); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	return db, nil
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
