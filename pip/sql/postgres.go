package sql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/internal/reload"
)

// The defaults of [PostgresConfig].
const (
	DefaultMaxConnections   = 10
	DefaultConnectTimeout   = 2 * time.Second
	DefaultStatementTimeout = 5 * time.Second
)

// maxMessage bounds one message of the server, and so one row, in bytes.
const maxMessage = 8 << 20

// PostgresConfig says how to reach a PostgreSQL server.
type PostgresConfig struct {
	// URL is postgres://user@host:port/database?sslmode=verify-full and more
	// parameters of libpq; several hosts are tried in order. What it does not say
	// comes from the environment variables and files of libpq, a password from
	// PGPASSFILE for example. sslmode is verify-full unless the URL says disable,
	// require or verify-ca; the modes that go on without TLS when they must are
	// refused.
	URL string
	// PasswordFile holds the password; it is read for each new connection. Empty:
	// the password of the URL, or of libpq.
	PasswordFile string
	// MaxConnections bounds the connections, and so the queries that run at the
	// same time; zero stands for [DefaultMaxConnections].
	MaxConnections int
	// MaxWait bounds the wait for a connection, be it for a free one or for a new
	// one, which is part of the time of the question in any case. Zero: no bound of
	// its own.
	MaxWait time.Duration
	// ConnectTimeout bounds the making of a connection; zero stands for
	// [DefaultConnectTimeout].
	ConnectTimeout time.Duration
	// StatementTimeout is when the server gives up a query by itself; zero stands
	// for [DefaultStatementTimeout]. The longest timeout of the sources is a good
	// one: a query that is cancelled costs its connection, one that the server
	// gives up does not.
	StatementTimeout time.Duration
	// Pooler is for a server behind a pooler such as PgBouncer, which gives a
	// connection to somebody else after each transaction. Nothing is then kept in
	// the session: no prepared statements, and the role must have the settings
	//
	//	alter role forseti set default_transaction_read_only = on;
	//	alter role forseti set statement_timeout = '5s';
	//
	// because the session cannot. A session that may write is refused either way.
	Pooler bool
}

// OpenPostgres makes a pool of connections to a PostgreSQL server, whose
// sessions can only read. It does not ask the server, which may be down. Error
// messages never hold the password.
func OpenPostgres(ctx context.Context, cfg PostgresConfig) (*Database, error) {
	pool, err := cfg.connection()
	if err != nil {
		return nil, err
	}
	gate := &gate{now: time.Now}
	pool.ConnConfig.Tracer = gate
	timeout := pool.ConnConfig.ConnectTimeout
	pool.MaxConns = int32(min(cmp.Or(cfg.MaxConnections, DefaultMaxConnections), 1000))
	pool.PingTimeout = timeout
	pool.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		if err := gate.enter(); err != nil {
			return err
		}
		return cfg.readFiles(c)
	}
	pool.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		err := requireReadOnly(ctx, c, timeout)
		gate.leave(err)
		return err
	}
	p := &postgres{types: postgresTypes(), mode: pgx.QueryExecModeCacheStatement, maxWait: cfg.MaxWait}
	if cfg.Pooler {
		p.mode = pgx.QueryExecModeCacheDescribe
	}
	if p.pool, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return nil, err
	}
	return &Database{p}, nil
}

// connection checks the configuration and makes that of the connections.
func (cfg PostgresConfig) connection() (*pgxpool.Config, error) {
	if cfg.MaxConnections < 0 || cfg.MaxWait < 0 || cfg.ConnectTimeout < 0 || cfg.StatementTimeout < 0 {
		return nil, errors.New("the times and numbers of a database must not be negative")
	}
	bare, password, err := splitURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	// The password is not in what is parsed, so that no message can hold it.
	pool, err := pgxpool.ParseConfig(bare)
	if err != nil {
		return nil, fmt.Errorf("the database URL: %w", err)
	}
	conn := pool.ConnConfig
	if password != "" {
		conn.Password = password
	}
	if cfg.PasswordFile != "" {
		if password != "" {
			return nil, errors.New("the password of the database is both in its URL and in a file")
		}
		if err := cfg.readPassword(conn); err != nil {
			return nil, cause(err)
		}
	}
	conn.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, DefaultConnectTimeout)
	conn.MaxProtocolMessageBodyLen = maxMessage
	// These a pooler knows, too.
	set := conn.RuntimeParams
	set["application_name"] = "forseti"
	set["client_encoding"] = "UTF8"
	set["datestyle"] = "ISO"
	set["timezone"] = "UTC"
	if !cfg.Pooler {
		set["default_transaction_read_only"] = "on"
		set["statement_timeout"] = strconv.FormatInt(max(1, cmp.Or(cfg.StatementTimeout, DefaultStatementTimeout).Milliseconds()), 10)
		set["standard_conforming_strings"] = "on"
		set["bytea_output"] = "hex"
		set["extra_float_digits"] = "1"
	}
	return pool, nil
}

// splitURL takes the password out of a URL, and sees to its sslmode.
func splitURL(text string) (bare, password string, err error) {
	u, err := url.Parse(text)
	if err != nil || !IsPostgres(text) {
		// The error of the parser quotes the URL.
		return "", "", errors.New("the database URL is not of the form postgres://user@host/database; what is special in a password must be escaped with %")
	}
	if u.User != nil {
		password, _ = u.User.Password()
		u.User = url.User(u.User.Username())
	}
	parameters, err := url.ParseQuery(u.RawQuery)
	switch {
	case err != nil:
		return "", "", errors.New("the parameters of the database URL are not of the form name=value&name=value")
	case parameters.Has("password") || parameters.Has("sslpassword"):
		return "", "", errors.New("a password in the parameters of the database URL is not allowed")
	}
	mode := strings.Join(parameters["sslmode"], ",")
	if mode == "disable" && (parameters.Has("sslrootcert") || parameters.Has("sslcert") || parameters.Has("sslkey")) {
		return "", "", errors.New("there are files for TLS, and the database URL has sslmode=disable")
	}
	switch mode {
	case "":
		// Sockets of the file system do not use it.
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&sslmode=verify-full", "&")
	case "disable", "require", "verify-ca", "verify-full":
	default:
		return "", "", errors.New("the sslmode of the database URL must be verify-full, verify-ca, require or disable")
	}
	return u.String(), password, nil
}

// readFiles reads the files of TLS and of the password again, for a connection to come:
// a certificate that was replaced would expire, and an authority that was taken away be
// trusted, until the service is started again.
func (cfg PostgresConfig) readFiles(c *pgx.ConnConfig) error {
	if c.TLSConfig == nil {
		return cfg.readPassword(c)
	}
	bare, _, err := splitURL(cfg.URL)
	if err != nil {
		return err
	}
	again, err := pgx.ParseConfig(bare)
	if err != nil {
		return &pip.Error{Outcome: pip.OutcomeError, Detail: "the files of TLS cannot be used", Err: err}
	}
	c.TLSConfig, c.Fallbacks = again.TLSConfig, again.Fallbacks
	return cfg.readPassword(c)
}

// readPassword reads the password file, if there is one.
func (cfg PostgresConfig) readPassword(c *pgx.ConnConfig) error {
	if cfg.PasswordFile == "" {
		return nil
	}
	password, err := reload.Read(cfg.PasswordFile)
	if err != nil {
		return &pip.Error{Outcome: pip.OutcomeError, Detail: "the password file cannot be read", Err: err}
	}
	c.Password = strings.TrimRight(string(password), "\r\n")
	return nil
}

// requireReadOnly refuses a session that could write.
func requireReadOnly(ctx context.Context, c *pgx.Conn, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	result := c.PgConn().ExecParams(ctx, "select current_setting('transaction_read_only')", nil, nil, nil, nil).Read()
	if result.Err != nil {
		return result.Err
	}
	if len(result.Rows) != 1 || len(result.Rows[0]) != 1 || string(result.Rows[0][0]) != "on" {
		return &pip.Error{Outcome: pip.OutcomeError, Detail: "the session is not read-only"}
	}
	return nil
}
