package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/derive"
	"github.com/forseti-pdp/forseti/pip/sql"
	"github.com/forseti-pdp/forseti/pip/static"
)

// Logger makes the logger that the configuration describes.
func (l Log) Logger(to io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		level = slog.LevelInfo // a checked configuration has a level
	}
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

// Dictionary is the dictionary of the context handler.
func (c *Config) Dictionary() (*contexthandler.Dictionary, error) {
	var attributes []contexthandler.Attribute
	for _, a := range c.Attributes {
		category, _ := categoryURI(a.Category)
		t, _ := dataType(a.DataType)
		made := contexthandler.Attribute{Category: category, ID: a.ID, Type: t, Aliases: a.Aliases, Single: a.Single}
		for _, f := range a.Forms {
			made.Forms = append(made.Forms, contexthandler.Form(f))
		}
		attributes = append(attributes, made)
	}
	return contexthandler.NewDictionary(attributes)
}

// Supplies is what callers may supply of what they do not own.
func (c *Config) Supplies() []contexthandler.Supply {
	var out []contexthandler.Supply
	for _, caller := range c.Callers {
		category, _ := categoryURI(caller.Category)
		out = append(out, contexthandler.Supply{Caller: caller.Caller, Category: category, Attributes: caller.MaySupply})
	}
	return out
}

// Databases lists the database files that sources use, each once.
func (c *Config) Databases() []string {
	var out []string
	seen := make(map[string]bool)
	for _, s := range c.Sources {
		if s.SQL != nil && !seen[s.SQL.Database] {
			seen[s.SQL.Database] = true
			out = append(out, s.SQL.Database)
		}
	}
	return out
}

// reserve is the part of the deadline of a call that sources leave for the
// evaluation and the answer: a source that is late makes the decision
// Indeterminate, and not the call fail.
const reserve = 2 * time.Millisecond

// Sources are the sources, open.
type Sources struct {
	// List is in the order of the configuration.
	List    []pip.Source
	closers []io.Closer
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

// OpenSources opens the files and databases of the sources and puts a timeout,
// cache and metrics around each. The error holds a [Problems] with everything
// that is wrong, and nothing stays open then. metrics may be nil.
func (c *Config) OpenSources(ctx context.Context, metrics *pip.Metrics) (*Sources, error) {
	out := &Sources{}
	names := c.names()
	var problems Problems

	// Sources of one database share its connections.
	databases := remember(sql.Open)
	for i := range c.Sources {
		s := &c.Sources[i]
		key := fmt.Sprintf("sources[%d]", i)
		source := pip.Source{Name: s.Name, Needs: names.needs(s.Needs), Provides: names.provides(s.Provides)}
		surrounding := pip.Config{Timeout: s.Timeout, Reserve: reserve, Cache: s.cache(), Local: s.Kind != KindSQL}
		var err error
		switch s.Kind {
		case KindDerive:
			source.Provider, err = derive.New(derive.Config{Needs: source.Needs, Provides: source.Provides, Match: s.match()})
		case KindStatic:
			source.Provider, err = openTable(s, source)
		case KindSQL:
			key += ".sql"
			db, opened, openErr := databases(ctx, s.SQL.Database)
			if opened {
				out.closers = append(out.closers, db)
			}
			if err = openErr; err == nil {
				var provider *sql.Provider
				provider, err = sql.New(ctx, sql.Config{
					DB: db, Query: s.SQL.Query, Needs: source.Needs, Provides: source.Provides, Echo: s.SQL.Echo,
				})
				if err == nil {
					source.Provider = provider
					out.closers = append(out.closers, provider)
				}
			}
		default:
			err = fmt.Errorf("unknown kind %q", s.Kind)
		}
		if err == nil {
			source, err = pip.Assemble(source, surrounding, metrics)
		}
		if err != nil {
			for _, e := range parts(err) {
				problems = append(problems, Problem{c.place(key), key, fmt.Sprintf("source %q: %v", s.Name, e)})
			}
			continue
		}
		out.List = append(out.List, source)
	}
	if err := problems.orNil(); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return out, nil
}

// openTable reads the table of a source of the kind static.
func openTable(s *Source, source pip.Source) (pip.Provider, error) {
	table, err := static.ReadFile(s.Static.File)
	if err != nil {
		return nil, err
	}
	return static.New(static.Config{Table: table, Needs: source.Needs, Provides: source.Provides, Match: s.match()})
}

// remember makes of a function that opens a file one that opens each file once,
// and tells whether it just did. A file that cannot be opened is not tried
// again.
func remember[T any](open func(context.Context, string, int) (T, error)) func(context.Context, string) (T, bool, error) {
	type result struct {
		file T
		err  error
	}
	known := make(map[string]result)
	return func(ctx context.Context, path string) (T, bool, error) {
		r, ok := known[path]
		if !ok {
			r.file, r.err = open(ctx, path, 0)
			known[path] = r
		}
		return r.file, !ok && r.err == nil, r.err
	}
}
