package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/derive"
	"github.com/forseti-pdp/forseti/pip/grpc"
	"github.com/forseti-pdp/forseti/pip/http"
	"github.com/forseti-pdp/forseti/pip/jwt"
	"github.com/forseti-pdp/forseti/pip/ldap"
	"github.com/forseti-pdp/forseti/pip/sql"
	"github.com/forseti-pdp/forseti/pip/static"
)

// reserve is the part of the deadline of a call that sources leave for the
// evaluation and the answer: a source that is late makes the decision
// Indeterminate, and not the call fail.
const reserve = 2 * time.Millisecond

// Environment is what sources work with.
type Environment struct {
	// Tokens are for sources of the kind jwt; nil if there are no issuers.
	Tokens *Identifier
	// Logger is told of what happens to sources. Required.
	Logger *slog.Logger
	// Metrics may be nil.
	Metrics *pip.Metrics
	// Tracer makes spans of questions; nil if nobody traces.
	Tracer trace.Tracer
	// OnPanic is told of panics while a source is asked; may be nil.
	OnPanic func(source string, p *pip.Panic)
	// OnFailing is told that a source fails, and that it answers again; may be nil.
	OnFailing func(source string, f pip.Failing)
}

// Sources are the sources, open.
type Sources struct {
	// List is in the order of the configuration.
	List []pip.Source
	// Watches hear what sources do not remember rightly any more. They are begun by
	// whoever wants to know, and end before Close.
	Watches []Watch
	// Required are those that are required at the start.
	Required []Requirement
	closers  []io.Closer
}

// Close closes what the sources opened, the last first.
func (s *Sources) Close() error {
	var errs []error
	for _, closer := range slices.Backward(s.closers) {
		errs = append(errs, closer.Close())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// OpenSources opens what the sources work on and puts around each what its
// declaration asks for. A file that cannot be read and a declaration that does not
// fit is an error; a server that does not answer is none, and is asked again by
// each question. The error holds a [Problems] with everything that is wrong, and
// nothing stays open then.
func (c *Config) OpenSources(ctx context.Context, env Environment) (*Sources, error) {
	dictionary, err := c.Dictionary()
	if err != nil {
		return nil, err
	}
	o := opener{
		config: c, env: env, names: c.names(), dictionary: dictionary, out: &Sources{},
		files: make(map[string]database), servers: make(map[sql.PostgresConfig]database),
	}
	var problems Problems
	for i := range c.Sources {
		s, key := &c.Sources[i], element("sources", i)
		source, part, err := o.open(ctx, s)
		if err != nil {
			key += part
			for _, message := range parts(err) {
				problems = append(problems, Problem{c.place(key), key, fmt.Sprintf("source %q: %s", s.Name, message)})
			}
			continue
		}
		o.out.List = append(o.out.List, source)
	}
	if err := problems.orNil(); err != nil {
		return nil, errors.Join(err, o.out.Close())
	}
	o.listen()
	return o.out, nil
}

// opener opens sources.
type opener struct {
	config     *Config
	env        Environment
	names      names
	dictionary *contexthandler.Dictionary
	out        *Sources

	// Sources of one database share its connections. One that cannot be opened is
	// not tried again.
	files   map[string]database
	servers map[sql.PostgresConfig]database
	// channels are in the order in which they were met first.
	channels []channels
}

// database is an open database, or why it is not.
type database struct {
	*sql.Database
	err error
}

// open opens one source. part is the part of the declaration that an error is about.
func (o *opener) open(ctx context.Context, s *Source) (source pip.Source, part string, err error) {
	source = pip.Source{
		Name: s.Name, Needs: o.names.needs(s.Needs), Provides: o.names.provides(s.Provides), Fallback: s.Fallback,
	}
	var watched *grpc.Provider
	switch s.Kind {
	case KindDerive:
		source.Provider, err = derive.New(derive.Config{Needs: source.Needs, Provides: source.Provides, Match: s.match()})
	case KindStatic:
		source.Provider, err = o.table(s, source)
	case KindJWT:
		source.Provider, err = jwt.New(jwt.Config{Verifier: o.env.Tokens.Verifier(), Needs: source.Needs, Provides: source.Provides})
	case KindSQL:
		source.Provider, err = o.sql(ctx, s, source)
		part = ".sql"
	case KindHTTP:
		source.Provider, err = keep(o, s, func() (*http.Provider, error) { return http.New(s.HTTP.config(source.Needs, source.Provides)) })
		part = ".http"
	case KindLDAP:
		source.Provider, err = keep(o, s, func() (*ldap.Provider, error) { return ldap.New(s.ldap(source.Needs, source.Provides)) })
		part = ".ldap"
	case KindGRPC:
		cfg := s.grpc(source.Needs, source.Provides)
		cfg.Logger = o.env.Logger.With("source", s.Name)
		watched, err = grpc.New(cfg)
		if err == nil {
			source.Provider = watched
			o.out.closers = append(o.out.closers, watched)
		}
		part = ".grpc"
	default:
		err = fmt.Errorf("unknown kind %q", s.Kind)
	}
	if err != nil {
		return pip.Source{}, part, err
	}
	if checker, ok := source.Provider.(pip.Checker); ok && s.RequiredAtStart {
		o.out.Required = append(o.out.Required, Requirement{"source " + s.Name, checker.Check})
	}
	around := s.surroundings(o.names)
	around.Tracer = o.env.Tracer
	if told := o.env.OnPanic; told != nil {
		around.OnPanic = func(p *pip.Panic) { told(s.Name, p) }
	}
	if told := o.env.OnFailing; told != nil {
		around.OnFailing = func(f pip.Failing) { told(s.Name, f) }
	}
	if source, err = pip.Assemble(source, around, o.env.Metrics); err != nil {
		return pip.Source{}, "", err
	}
	if s.Kind == KindSQL && s.SQL.Postgres != nil && s.SQL.Postgres.Listen != nil {
		o.hear(s.SQL.Postgres, source)
	}
	if s.Kind == KindGRPC && s.GRPC.Watch {
		o.out.Watches = append(o.out.Watches, watchService(watched, o.dictionary, source))
	}
	return source, "", nil
}

// table opens the table of a source of the kind static.
func (o *opener) table(s *Source, source pip.Source) (pip.Provider, error) {
	logger := o.env.Logger.With("source", s.Name, "file", s.Static.File)
	f, err := static.Open(s.Static.File, static.Config{Needs: source.Needs, Provides: source.Provides, Match: s.match()}, func(err error) {
		if err != nil {
			logger.Warn("the file of a table cannot be used; the last table answers for a minute", "error", err)
			return
		}
		logger.Info("another table is in force")
	})
	if err != nil {
		return nil, err
	}
	o.out.closers = append(o.out.closers, f)
	return f, nil
}

// sql opens the query of a source, on a database that may be open already.
func (o *opener) sql(ctx context.Context, s *Source, source pip.Source) (pip.Provider, error) {
	db, err := o.database(ctx, s.SQL)
	if err != nil {
		return nil, err
	}
	return keep(o, s, func() (*sql.Provider, error) {
		return sql.New(ctx, sql.Config{
			DB: db, Query: s.SQL.Query, Bulk: s.SQL.Bulk, Needs: source.Needs, Provides: source.Provides, Echo: s.SQL.Echo,
			MaxRows: s.SQL.MaxRows, MaxBytes: s.SQL.MaxBytes,
		})
	})
}

func (o *opener) database(ctx context.Context, q *SQL) (*sql.Database, error) {
	if q.Postgres != nil {
		return once(o, o.servers, q.Postgres.config(), func(c sql.PostgresConfig) (*sql.Database, error) { return sql.OpenPostgres(ctx, c) })
	}
	return once(o, o.files, q.Database, func(file string) (*sql.Database, error) { return sql.Open(ctx, file, 0) })
}

// once opens a database that was not opened before.
func once[K comparable](o *opener, known map[K]database, key K, open func(K) (*sql.Database, error)) (*sql.Database, error) {
	db, ok := known[key]
	if !ok {
		db.Database, db.err = open(key)
		known[key] = db
		if db.err == nil {
			o.out.closers = append(o.out.closers, db.Database)
		}
	}
	return db.Database, db.err
}

// several is a provider that may take several questions at once.
type several interface {
	pip.Provider
	io.Closer
	Bulk() (pip.BulkProvider, bool)
}

// keep makes a provider and sees to its end. If questions are to be put together,
// it is the one that takes several.
func keep[P several](o *opener, s *Source, open func() (P, error)) (pip.Provider, error) {
	p, err := open()
	if err != nil {
		return nil, err
	}
	o.out.closers = append(o.out.closers, p)
	if bulk, ok := p.Bulk(); ok && s.Gather != nil {
		return bulk, nil
	}
	return p, nil
}
