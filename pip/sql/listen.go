package sql

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DefaultHeartbeat is how often a silent server is asked whether it is there.
const DefaultHeartbeat = 15 * time.Second

// ListenConfig says where to listen.
type ListenConfig struct {
	// Postgres is the server; not through a pooler. Of the numbers only
	// ConnectTimeout matters: there is one connection.
	Postgres PostgresConfig
	// Channels are the names of NOTIFY, as they are in the database: those that
	// were not quoted there are in lower case.
	Channels []string
	// Heartbeat is how often a silent server is asked whether it is there; zero
	// stands for [DefaultHeartbeat].
	Heartbeat time.Duration
	// Logger is told when listening begins and fails; nil: nobody is.
	Logger *slog.Logger
}

// Listen calls notify, one call at a time, for what the database says on the
// channels, until ctx is done; the error is then that of ctx. Any other error
// is one of the configuration.
//
// A connection that is lost is made again, with growing pauses. Nobody knows
// what was said meanwhile, so the first call after each connection, the very
// first too, says that everything may have changed. While there is none, answers
// that changed stay remembered until their time is over.
func Listen(ctx context.Context, cfg ListenConfig, notify func(Notification)) error {
	pool, err := cfg.Postgres.connection()
	if err != nil {
		return err
	}
	l := &listener{cfg: cfg, conn: pool.ConnConfig, notify: notify, logger: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))}
	l.cfg.Heartbeat = cmp.Or(cfg.Heartbeat, DefaultHeartbeat)
	if len(cfg.Channels) == 0 || cfg.Postgres.Pooler || cfg.Heartbeat < 0 {
		return errors.New("listening needs a channel, a connection without a pooler, and a heartbeat that is not negative")
	}
	var pause backoff
	for {
		err := l.listen(ctx, func() { pause = backoff{} })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := pause.next()
		l.logger.WarnContext(ctx, "not listening for changes in the database", "error", err, "retry_in", wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// listener is the state of Listen.
type listener struct {
	cfg    ListenConfig
	conn   *pgx.ConnConfig
	notify func(Notification)
	logger *slog.Logger
}

// listen makes a connection and reads from it until it fails.
func (l *listener) listen(ctx context.Context, connected func()) error {
	conn := l.conn.Copy()
	if err := l.cfg.Postgres.readFiles(conn); err != nil {
		return err
	}
	c, err := pgx.ConnectConfig(ctx, conn)
	if err != nil {
		return postgresFailure(ctx, err)
	}
	defer l.close(ctx, c)
	for _, channel := range l.cfg.Channels {
		if err := l.exec(ctx, c, "listen "+pgx.Identifier{channel}.Sanitize()); err != nil {
			return err
		}
	}
	connected()
	l.logger.InfoContext(ctx, "listening for changes in the database", "channels", l.cfg.Channels)
	l.notify(Notification{})
	for {
		if err := l.wait(ctx, c); err != nil {
			return err
		}
	}
}

// wait reports the next notification, or asks whether the server is there.
func (l *listener) wait(ctx context.Context, c *pgx.Conn) error {
	silence, cancel := context.WithTimeout(ctx, l.cfg.Heartbeat)
	defer cancel()
	said, err := c.WaitForNotification(silence)
	switch {
	case said != nil:
		l.report(ctx, said)
	case ctx.Err() == nil && silence.Err() != nil && !c.IsClosed():
		return l.exec(ctx, c, "select 1")
	}
	if err != nil {
		return postgresFailure(ctx, err)
	}
	return nil
}

// report calls notify.
func (l *listener) report(ctx context.Context, said *pgconn.Notification) {
	n, ok := parseNotification(said.Payload)
	if !ok && said.Payload != "" {
		// The payload is not logged: it may hold attribute values.
		l.logger.WarnContext(ctx, "a notification is not of the known form; everything is forgotten", "channel", said.Channel)
	}
	l.notify(n)
}

// exec runs a statement that has no result to speak of.
func (l *listener) exec(ctx context.Context, c *pgx.Conn, statement string) error {
	timed, cancel := context.WithTimeout(ctx, l.conn.ConnectTimeout)
	defer cancel()
	if err := c.PgConn().ExecParams(timed, statement, nil, nil, nil, nil).Read().Err; err != nil {
		return postgresFailure(ctx, err)
	}
	return nil
}

// close ends a connection, in short time.
func (l *listener) close(ctx context.Context, c *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = c.Close(ctx)              // the server notices by itself,
	_ = c.PgConn().Conn().Close() // and is not waited for
	select {
	case <-c.PgConn().CleanupDone():
	case <-ctx.Done():
	}
}
