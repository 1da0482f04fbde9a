package static

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// MaxKeys bounds the combinations of values that one row may match, if it has
// lists in the columns that are matched.
const MaxKeys = 10_000

// Config describes a table as a source.
type Config struct {
	Table Table
	Needs []pip.Need
	// Provides lists columns in From.
	Provides []pip.Provided
	// Match gives the column that each need is compared with. A row with a list
	// in such a column matches each value of the list.
	Match map[string]string
}

// Provider answers from a table. It never fails.
type Provider struct {
	answers map[string]pip.Answer // by the key of the question
	none    pip.Answer
}

// New indexes the table, or reports everything that is wrong with it.
func New(cfg Config) (*Provider, error) {
	errs := []error{pip.CheckDeclaration(cfg.Needs, cfg.Provides)}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	// A column that nobody declared is most likely a typing error, and would
	// make values vanish.
	columns := cfg.Table.Columns
	if columns == nil {
		columns = cfg.columns()
	}
	known := make(map[string]bool, len(columns))
	for _, c := range columns {
		if known[c] {
			fail("the column %q is declared twice", c)
		}
		known[c] = true
	}
	for _, n := range cfg.Needs {
		if column, ok := cfg.Match[n.Name]; !ok {
			fail("match does not say which column the need %q is compared with", n.Name)
		} else if !known[column] {
			fail("match of need %q: unknown column %q", n.Name, column)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Match)) {
		if !slices.ContainsFunc(cfg.Needs, func(n pip.Need) bool { return n.Name == name }) {
			fail("match names the unknown need %q", name)
		}
	}
	for _, p := range cfg.Provides {
		if len(p.From) == 0 {
			fail("attribute %q has no column", p.Key.ID)
		}
		for _, column := range p.From {
			if !known[column] {
				fail("attribute %q: unknown column %q", p.Key.ID, column)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, cfg.Table.located(err)
	}

	x := index{cfg: cfg, answers: make(map[string]*collected)}
	for i, row := range cfg.Table.Rows {
		for _, err := range x.add(row, known) {
			errs = append(errs, fmt.Errorf("%s: %w", cfg.Table.place(i), err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return x.provider(), nil
}

// columns lists the columns that the source uses.
func (cfg Config) columns() []string {
	var columns []string
	for _, c := range cfg.Match {
		columns = append(columns, c)
	}
	for _, p := range cfg.Provides {
		columns = append(columns, p.From...)
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// Fetch answers with the values of all rows that match.
func (p *Provider) Fetch(_ context.Context, q pip.Question) (pip.Answer, error) {
	if a, ok := p.answers[q.Normal().Key()]; ok {
		return a, nil
	}
	return p.none, nil
}

// index gathers the answer to each question that the table knows.
type index struct {
	cfg     Config
	answers map[string]*collected
}

// collected is an answer in the making.
type collected struct {
	values [][]value.Value // for each provided attribute
	seen   []map[string]bool
}

// add puts a row under each question that it matches.
func (x *index) add(row Row, known map[string]bool) []error {
	var errs []error
	for _, column := range slices.Sorted(maps.Keys(row.Cells)) {
		if !known[column] {
			errs = append(errs, fmt.Errorf("unknown column %q", column))
		}
	}
	questions := []pip.Question{{}}
	for _, n := range x.cfg.Needs {
		column := x.cfg.Match[n.Name]
		values, err := row.values(column, n.Key.Type)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(values) == 0 {
			errs = append(errs, fmt.Errorf("column %q: a value is missing", column))
			continue
		}
		if len(questions)*len(values) > MaxKeys {
			return append(errs, fmt.Errorf("the row matches more than %d combinations", MaxKeys))
		}
		questions = product(questions, values)
	}
	provided := make([][]value.Value, len(x.cfg.Provides))
	for i, p := range x.cfg.Provides {
		for _, column := range p.From {
			values, err := row.values(column, p.Key.Type)
			if err != nil {
				errs = append(errs, err)
			}
			provided[i] = append(provided[i], values...)
		}
	}
	if len(errs) > 0 {
		return errs
	}
	for _, q := range questions {
		x.collect(q.Normal().Key(), provided)
	}
	return nil
}

// product appends each value to each question.
func product(questions []pip.Question, values []value.Value) []pip.Question {
	longer := make([]pip.Question, 0, len(questions)*len(values))
	for _, q := range questions {
		for _, v := range values {
			longer = append(longer, append(slices.Clip(q), v))
		}
	}
	return longer
}

// collect adds the values to the answer under the key, each once.
func (x *index) collect(key string, provided [][]value.Value) {
	c := x.answers[key]
	if c == nil {
		c = &collected{
			values: make([][]value.Value, len(provided)),
			seen:   make([]map[string]bool, len(provided)),
		}
		x.answers[key] = c
	}
	for i, values := range provided {
		if c.seen[i] == nil {
			c.seen[i] = make(map[string]bool)
		}
		for _, v := range values {
			if id := value.Identity(v); !c.seen[i][id] {
				c.seen[i][id] = true
				c.values[i] = append(c.values[i], v)
			}
		}
	}
}

// provider freezes the index.
func (x *index) provider() *Provider {
	p := &Provider{answers: make(map[string]pip.Answer, len(x.answers))}
	answer := func(values [][]value.Value) pip.Answer {
		bags := make([]value.Bag, len(x.cfg.Provides))
		for i, out := range x.cfg.Provides {
			bags[i] = value.NewBag(out.Key.Type)
			if values != nil {
				bags[i] = value.NewBag(out.Key.Type, values[i]...)
			}
		}
		return pip.Answer{Bags: bags}
	}
	for key, c := range x.answers {
		p.answers[key] = answer(c.values)
	}
	p.none = answer(nil)
	return p
}
