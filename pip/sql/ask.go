package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// The limits of one bulk query.
const (
	maxKeys   = 1000     // questions
	maxResult = 16 << 20 // bytes in all rows
)

// Bulk gives the provider for several questions at once; ok is false if the
// configuration has no [Config].Bulk.
func (p *Provider) Bulk() (b pip.BulkProvider, ok bool) {
	if p.bulk == nil {
		return nil, false
	}
	return bulkProvider{p}, true
}

// bulkProvider is a provider with a bulk query.
type bulkProvider struct{ *Provider }

// FetchAll asks the bulk query, up to maxKeys questions at a time.
func (b bulkProvider) FetchAll(ctx context.Context, qs []pip.Question) []pip.Reply {
	var replies []pip.Reply
	for part := range slices.Chunk(qs, maxKeys) {
		replies = append(replies, b.ask(ctx, b.bulk, part)...)
	}
	return replies
}

// ask gives a reply to each question, from one result.
func (p *Provider) ask(ctx context.Context, s statement, qs []pip.Question) []pip.Reply {
	replies := make([]pip.Reply, len(qs))
	err := p.Check(ctx)
	var asked []int // positions of the questions that can be asked
	for i, q := range qs {
		if replies[i].Err = err; err == nil {
			replies[i].Err = p.fits(s, q)
		}
		if replies[i].Err == nil {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return replies
	}
	fit := make([]pip.Question, len(asked))
	for i, at := range asked {
		fit[i] = qs[at]
	}
	answers, err := p.answers(ctx, s, fit)
	for i, at := range asked {
		if err != nil {
			replies[at].Err = err
			continue
		}
		replies[at] = answers[i].reply(p.cfg.Provides)
	}
	return replies
}

// fits tells why a question cannot be asked.
func (p *Provider) fits(s statement, q pip.Question) error {
	if len(q) != len(p.cfg.Needs) {
		return pip.Invalidf("the question has %d values for %d needs", len(q), len(p.cfg.Needs))
	}
	for i, v := range q {
		if err := s.fits(i, v); err != nil {
			return err
		}
	}
	return nil
}

// answers reads the rows that belong to each question.
func (p *Provider) answers(ctx context.Context, s statement, qs []pip.Question) ([]*answer, error) {
	args := make([][]value.Value, len(p.cfg.Needs))
	for _, q := range qs {
		for i, v := range q {
			args[i] = append(args[i], v)
		}
	}
	rs, err := s.query(ctx, args)
	if err != nil {
		return nil, err
	}
	defer rs.close()
	return p.read(rs, qs)
}

// read takes the rows of a result apart.
func (p *Provider) read(rs rows, qs []pip.Question) ([]*answer, error) {
	more := rs.next()
	if !more && rs.err() != nil {
		return nil, rs.err()
	}
	at, err := p.cfg.layout(rs.columns())
	if err != nil {
		return nil, err
	}
	// Two questions with the same text share an answer.
	answers := make([]*answer, len(qs))
	asked := make(map[string]*answer, len(qs))
	for i, q := range qs {
		k := p.cfg.key(q)
		if asked[k] == nil {
			asked[k] = newAnswer(len(p.cfg.Provides))
		}
		answers[i] = asked[k]
	}
	total := 0
	for ; more; more = rs.next() {
		size := rs.size()
		if total += size; total > max(maxResult, p.cfg.MaxBytes) {
			return nil, pip.Invalidf("the rows hold more than %d bytes", max(maxResult, p.cfg.MaxBytes))
		}
		k, ok := at.key(rs)
		a := asked[k]
		if !ok || a == nil {
			return nil, pip.Invalidf("a row does not carry what was asked for in its echo columns")
		}
		if a.rows++; a.rows > p.cfg.MaxRows {
			return nil, pip.Invalidf("the answer has more than %d rows", p.cfg.MaxRows)
		}
		if a.bytes += size; a.bytes > p.cfg.MaxBytes {
			return nil, pip.Invalidf("the rows of the answer hold more than %d bytes", p.cfg.MaxBytes)
		}
		a.add(rs, at, p.cfg.Provides)
	}
	// An error here may have cut the rows short.
	if err := rs.err(); err != nil {
		return nil, err
	}
	return answers, nil
}

// layout says where in a row the values are.
type layout struct {
	from [][]int // columns of each provided attribute
	echo []echo  // in the order of the needs
}

// echo is a column that repeats a need.
type echo struct {
	column int
	typ    value.Type
}

// layout finds the columns that the configuration names.
func (cfg Config) layout(columns []column) (layout, error) {
	var errs []error
	find := func(user, name string, t value.Type) int {
		at, count := -1, 0
		for i, c := range columns {
			if c.name == name {
				at = i
				count++
			}
		}
		switch {
		case count == 0:
			errs = append(errs, fmt.Errorf("%s: the query has no column %q", user, name))
		case count > 1:
			errs = append(errs, fmt.Errorf("%s: the query has %d columns %q", user, count, name))
		case !columns[at].gives(t):
			errs = append(errs, fmt.Errorf("%s: column %q is a %s, which does not give a %s as it is; select it as text, with cast(... as text)",
				user, name, columns[at].kind, t))
		}
		return at
	}
	var l layout
	for _, out := range cfg.Provides {
		var from []int
		for _, name := range out.From {
			from = append(from, find(fmt.Sprintf("attribute %q", out.Key.ID), name, out.Key.Type))
		}
		l.from = append(l.from, from)
	}
	for _, n := range cfg.Needs {
		name, echoed := cfg.Echo[n.Name]
		if !echoed {
			continue
		}
		user := fmt.Sprintf("echo of need %q", n.Name)
		c := find(user, name, n.Key.Type)
		if c >= 0 && columns[c].list {
			errs = append(errs, fmt.Errorf("%s: column %q has several values", user, name))
		}
		l.echo = append(l.echo, echo{c, n.Key.Type})
	}
	if err := errors.Join(errs...); err != nil {
		return layout{}, &pip.Error{Outcome: pip.OutcomeInvalid, Detail: "the columns of the query are not those of the configuration", Err: err}
	}
	return l, nil
}

// key tells questions apart by the needs that are echoed.
func (cfg Config) key(q pip.Question) string {
	var key []byte
	for i, n := range cfg.Needs {
		if _, echoed := cfg.Echo[n.Name]; echoed {
			key = strconv.AppendQuote(key, q[i].String())
		}
	}
	return string(key)
}

// key is the key of the question that a row is about.
func (l layout) key(rs rows) (string, bool) {
	var key []byte
	for _, e := range l.echo {
		texts, ok := rs.cell(e.column, e.typ)
		if !ok || len(texts) != 1 {
			return "", false
		}
		key = strconv.AppendQuote(key, texts[0])
	}
	return string(key), true
}

// answer is what the rows say about one question.
type answer struct {
	rows   int
	bytes  int
	values [][]value.Value
	seen   []map[string]bool
	err    error // why there is no answer
}

// newAnswer is an answer with a number of attributes.
func newAnswer(n int) *answer {
	a := &answer{values: make([][]value.Value, n), seen: make([]map[string]bool, n)}
	for i := range a.seen {
		a.seen[i] = make(map[string]bool)
	}
	return a
}

// add takes the values of a row, each once.
func (a *answer) add(rs rows, at layout, provides []pip.Provided) {
	for i, columns := range at.from {
		key := provides[i].Key
		for _, c := range columns {
			texts, ok := rs.cell(c, key.Type)
			if !ok && a.err == nil {
				a.err = pip.Invalidf("attribute %q has a value that is not text in UTF-8, or a number or boolean that does not give a %s as it is; select it as text, with cast(... as text)", key.ID, key.Type)
			}
			for _, text := range texts {
				v, err := pip.Parse(key.Type, text)
				if err != nil {
					a.err = err
					return
				}
				if id := value.Identity(v); !a.seen[i][id] {
					a.seen[i][id] = true
					a.values[i] = append(a.values[i], v)
				}
			}
		}
	}
}

// reply makes the bags.
func (a *answer) reply(provides []pip.Provided) pip.Reply {
	if a.err != nil {
		return pip.Reply{Err: a.err}
	}
	bags := make([]value.Bag, len(provides))
	for i, out := range provides {
		bags[i] = value.NewBag(out.Key.Type, a.values[i]...)
	}
	return pip.Reply{Answer: pip.Answer{Bags: bags}}
}
