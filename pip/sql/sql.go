package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// DefaultMaxRows is the number of rows that one answer may take.
const DefaultMaxRows = 10_000

// Config describes a query as a source.
type Config struct {
	DB *sql.DB
	// Query is one statement that reads. Its parameters are :name for each need,
	// no more and no fewer.
	Query string
	Needs []pip.Need
	// Provides lists result columns in From.
	Provides []pip.Provided
	// Echo maps needs to result columns. Each row must carry the value that was
	// asked for, byte by byte; a row that does not makes the answer invalid.
	Echo map[string]string
	// MaxRows bounds the rows of one answer; zero stands for [DefaultMaxRows].
	MaxRows int
}

// Provider answers from a database.
type Provider struct {
	cfg     Config
	stmt    *sql.Stmt
	columns int
	from    [][]int     // result columns of each provided attribute
	echo    map[int]int // result column by need
}

// New prepares the query and asks it once with NULL for every need, in order to
// compare the names of the result columns with the configuration. It reports
// everything that is wrong. Close the provider before the database.
func New(ctx context.Context, cfg Config) (*Provider, error) {
	errs := []error{pip.CheckDeclaration(cfg.Needs, cfg.Provides)}
	if cfg.DB == nil {
		errs = append(errs, errors.New("a query needs a database"))
	}
	if cfg.MaxRows < 0 {
		errs = append(errs, errors.New("the number of rows must not be negative"))
	}
	if cfg.MaxRows == 0 {
		cfg.MaxRows = DefaultMaxRows
	}
	errs = append(errs, checkParameters(cfg.Query, cfg.Needs))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	stmt, err := cfg.DB.PrepareContext(ctx, cfg.Query)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be prepared: %w", err)
	}
	p := &Provider{cfg: cfg, stmt: stmt}
	if err := p.resolve(ctx); err != nil {
		return nil, errors.Join(err, stmt.Close())
	}
	return p, nil
}

// Close releases the prepared query. It does not close the database.
func (p *Provider) Close() error { return p.stmt.Close() }

// checkParameters compares the parameters of the query with the needs.
func checkParameters(query string, needs []pip.Need) error {
	names, err := parameters(query)
	if err != nil {
		return err
	}
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

// resolve finds the result columns that the configuration names.
func (p *Provider) resolve(ctx context.Context) error {
	args := make([]any, len(p.cfg.Needs))
	for i, n := range p.cfg.Needs {
		args[i] = sql.Named(n.Name, nil)
	}
	rows, err := p.stmt.QueryContext(ctx, args...)
	if err != nil {
		return fmt.Errorf("the query fails: %w", err)
	}
	types, err := rows.ColumnTypes()
	if err := errors.Join(err, rows.Close()); err != nil {
		return fmt.Errorf("the query has no result columns: %w", err)
	}
	p.columns = len(types)

	var errs []error
	column := func(user, name string) int {
		at, count := -1, 0
		for i, t := range types {
			if t.Name() == name {
				at = i
				count++
			}
		}
		switch {
		case count == 0:
			errs = append(errs, fmt.Errorf("%s: the query has no column %q", user, name))
		case count > 1:
			errs = append(errs, fmt.Errorf("%s: the query has %d columns %q", user, count, name))
		case temporal(types[at].DatabaseTypeName()):
			// Drivers turn such columns into points in time, and the text is lost.
			errs = append(errs, fmt.Errorf("%s: column %q is a %s; select it as text, with cast(... as text)",
				user, name, types[at].DatabaseTypeName()))
		}
		return at
	}
	for _, out := range p.cfg.Provides {
		user := fmt.Sprintf("attribute %q", out.Key.ID)
		if len(out.From) == 0 {
			errs = append(errs, fmt.Errorf("%s has no column", user))
		}
		var from []int
		for _, name := range out.From {
			from = append(from, column(user, name))
		}
		p.from = append(p.from, from)
	}
	p.echo = make(map[int]int, len(p.cfg.Echo))
	for _, name := range slices.Sorted(maps.Keys(p.cfg.Echo)) {
		need := slices.IndexFunc(p.cfg.Needs, func(n pip.Need) bool { return n.Name == name })
		if need < 0 {
			errs = append(errs, fmt.Errorf("echo names the unknown need %q", name))
			continue
		}
		p.echo[need] = column(fmt.Sprintf("echo of need %q", name), p.cfg.Echo[name])
	}
	return errors.Join(errs...)
}

// temporal reports whether the declared type of a column is about time.
func temporal(declared string) bool {
	switch strings.ToUpper(declared) {
	case "DATE", "DATETIME", "TIME", "TIMESTAMP":
		return true
	default:
		return false
	}
}

// Fetch asks the query.
func (p *Provider) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	if len(q) != len(p.cfg.Needs) {
		return pip.Answer{}, pip.Invalidf("the question has %d values for %d needs", len(q), len(p.cfg.Needs))
	}
	args := make([]any, len(q))
	for i, v := range q {
		args[i] = sql.Named(p.cfg.Needs[i].Name, argument(v))
	}
	rows, err := p.stmt.QueryContext(ctx, args...)
	if err != nil {
		return pip.Answer{}, pip.Failure(ctx, err)
	}
	bags, err := p.read(ctx, rows, q)
	if closeErr := rows.Close(); err == nil && closeErr != nil {
		err = pip.Failure(ctx, closeErr)
	}
	if err != nil {
		return pip.Answer{}, err
	}
	return pip.Answer{Bags: bags}, nil
}

// argument is a value as a parameter: an integer as a number, so that it equals
// numbers that have no column to take a type from; every other type as text.
func argument(v value.Value) any {
	if v.Type() == value.TypeInteger {
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
	}
	return v.String()
}

// read makes the bags of the rows.
func (p *Provider) read(ctx context.Context, rows *sql.Rows, q pip.Question) ([]value.Bag, error) {
	values := make([][]value.Value, len(p.from))
	seen := make([]map[string]bool, len(p.from))
	for i := range seen {
		seen[i] = make(map[string]bool)
	}
	cells := make([]any, p.columns)
	targets := make([]any, p.columns)
	for i := range cells {
		targets[i] = &cells[i]
	}
	for count := 0; rows.Next(); count++ {
		if count == p.cfg.MaxRows {
			return nil, pip.Invalidf("the answer has more than %d rows", p.cfg.MaxRows)
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, pip.Failure(ctx, err)
		}
		if err := p.checkEcho(cells, q); err != nil {
			return nil, err
		}
		for i, columns := range p.from {
			for _, c := range columns {
				v, err := cellValue(cells[c], p.cfg.Provides[i])
				if err != nil {
					return nil, err
				}
				if v != nil && !seen[i][v.String()] {
					seen[i][v.String()] = true
					values[i] = append(values[i], v)
				}
			}
		}
	}
	// An error here may have cut the rows short.
	if err := rows.Err(); err != nil {
		return nil, pip.Failure(ctx, err)
	}
	bags := make([]value.Bag, len(values))
	for i, out := range p.cfg.Provides {
		bags[i] = value.NewBag(out.Key.Type, values[i]...)
	}
	return bags, nil
}

// checkEcho compares the key columns of a row with the question.
func (p *Provider) checkEcho(cells []any, q pip.Question) error {
	for need, column := range p.echo {
		text, null, ok := lexical(cells[column])
		if !ok || null || text != q[need].String() {
			return pip.Invalidf("a row does not carry the value of the need %q that was asked for", p.cfg.Needs[need].Name)
		}
	}
	return nil
}

// cellValue makes a value of a cell; nil for NULL.
func cellValue(cell any, out pip.Provided) (value.Value, error) {
	text, null, ok := lexical(cell)
	switch {
	case !ok:
		return nil, pip.Invalidf("attribute %q has a value that is not text in UTF-8, a number or a boolean", out.Key.ID)
	case null:
		return nil, nil
	default:
		return pip.Parse(out.Key.Type, text)
	}
}

// lexical is the lexical form of a cell; ok is false if it has none.
func lexical(cell any) (s string, null, ok bool) {
	switch c := cell.(type) {
	case nil:
		return "", true, true
	case string:
		return c, false, utf8.ValidString(c)
	case []byte:
		return string(c), false, utf8.Valid(c)
	case int64:
		return strconv.FormatInt(c, 10), false, true
	case float64:
		return strconv.FormatFloat(c, 'g', -1, 64), false, true
	case bool:
		return strconv.FormatBool(c), false, true
	default:
		return "", false, false
	}
}
