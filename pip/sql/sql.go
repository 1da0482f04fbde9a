package sql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/forseti-pdp/forseti/pip"
)

// The limits of one answer.
const (
	DefaultMaxRows  = 10_000
	DefaultMaxBytes = 1 << 20
)

// Config describes a query as a source.
type Config struct {
	DB *Database
	// Query is one statement that reads. Its parameters are :name for each need,
	// no more and no fewer.
	Query string
	// Bulk is the query for several questions at once: each parameter is a list
	// with one element for each question, the columns have the names that those of
	// Query have, and Echo must name every need. Empty: one question at a time.
	Bulk  string
	Needs []pip.Need
	// Provides lists result columns in From.
	Provides []pip.Provided
	// Echo maps needs to result columns. Each row must carry the value that was
	// asked for, byte by byte; a row that does not makes the answer invalid.
	Echo map[string]string
	// MaxRows bounds the rows of one answer; zero stands for [DefaultMaxRows].
	MaxRows int
	// MaxBytes bounds the rows of one answer, the sum of what their cells hold;
	// zero stands for [DefaultMaxBytes].
	MaxBytes int
}

// check reports everything that is wrong apart from the queries.
func (cfg Config) check() error {
	errs := []error{pip.CheckDeclaration(cfg.Needs, cfg.Provides)}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if cfg.DB == nil {
		fail("a query needs a database")
	}
	if cfg.MaxRows < 0 || cfg.MaxBytes < 0 {
		fail("the number of rows and of bytes must not be negative")
	}
	for _, out := range cfg.Provides {
		if len(out.From) == 0 {
			fail("attribute %q has no column", out.Key.ID)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Echo)) {
		if !slices.ContainsFunc(cfg.Needs, func(n pip.Need) bool { return n.Name == name }) {
			fail("echo names the unknown need %q", name)
		}
	}
	if cfg.Bulk != "" && (len(cfg.Needs) == 0 || len(cfg.Echo) < len(cfg.Needs)) {
		fail("a bulk query needs an echo of every need, to tell the rows apart")
	}
	return errors.Join(errs...)
}

// Provider answers from a database.
type Provider struct {
	cfg     Config
	single  statement
	bulk    statement // nil without Config.Bulk
	checked atomic.Bool
}

// New reads the queries and compares them with the configuration and, if it can
// be asked, with the database; see [Provider.Check]. It reports everything that
// is wrong. Close the provider before the database.
func New(ctx context.Context, cfg Config) (*Provider, error) {
	err := cfg.check()
	cfg.MaxRows = cmp.Or(cfg.MaxRows, DefaultMaxRows)
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, DefaultMaxBytes)
	p := &Provider{cfg: cfg}
	if cfg.DB != nil {
		err = errors.Join(err, p.prepare(ctx))
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	err = p.Check(ctx)
	if e, ok := errors.AsType[*pip.Error](err); ok && e.Outcome != pip.OutcomeError && e.Outcome != pip.OutcomeInvalid {
		// Not there, or too slow: that will pass. The first question checks.
		return p, nil
	}
	if err != nil {
		return nil, errors.Join(cause(err), p.Close())
	}
	return p, nil
}

// prepare reads the queries.
func (p *Provider) prepare(ctx context.Context) (err error) {
	if p.single, err = p.cfg.DB.prepare(ctx, p.cfg.Query, p.cfg.Needs, false); err != nil {
		return err
	}
	if p.cfg.Bulk == "" {
		return nil
	}
	if p.bulk, err = p.cfg.DB.prepare(ctx, p.cfg.Bulk, p.cfg.Needs, true); err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	return nil
}

// Check compares the parameters and columns of the queries with the
// configuration, by asking each once with NULL for every need. It does so only
// until it succeeded once. The error is a [pip.Error] that says with its outcome
// whether the database could not be asked or does not fit.
func (p *Provider) Check(ctx context.Context) error {
	if p.checked.Load() {
		return nil
	}
	for _, s := range p.statements() {
		if err := p.probe(ctx, s); err != nil {
			return err
		}
	}
	p.checked.Store(true)
	return nil
}

// probe checks one statement.
func (p *Provider) probe(ctx context.Context, s statement) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	rs, err := s.query(ctx, nil)
	if err != nil {
		return err
	}
	defer rs.close()
	// Rows are not expected, but a few do no harm.
	for n := 0; n < p.cfg.MaxRows && rs.next(); n++ {
	}
	if err := rs.err(); err != nil {
		return err
	}
	_, err = p.cfg.layout(rs.columns())
	return err
}

// statements are those that the configuration has.
func (p *Provider) statements() []statement {
	var all []statement
	for _, s := range []statement{p.single, p.bulk} {
		if s != nil {
			all = append(all, s)
		}
	}
	return all
}

// Close releases the prepared queries. It does not close the database.
func (p *Provider) Close() error {
	var errs []error
	for _, s := range p.statements() {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Fetch asks the query.
func (p *Provider) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	r := p.ask(ctx, p.single, []pip.Question{q})[0]
	return r.Answer, r.Err
}

// checkNames compares the parameters of a query with the needs.
func checkNames(names []string, needs []pip.Need) error {
	var errs []error
	for _, name := range names {
		if !slices.ContainsFunc(needs, func(n pip.Need) bool { return n.Name == name }) {
			errs = append(errs, fmt.Errorf("the parameter %q is not a need", ":"+name))
		}
	}
	for _, n := range needs {
		if !slices.Contains(names, n.Name) {
			errs = append(errs, fmt.Errorf("the query does not use the need %q", n.Name))
		}
	}
	return errors.Join(errs...)
}

// cause is what is behind an error, for whoever wrote the configuration: no
// attribute value has been near it yet.
func cause(err error) error {
	if e, ok := errors.AsType[*pip.Error](err); ok && e.Err != nil {
		return e.Err
	}
	return err
}
