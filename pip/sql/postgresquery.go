package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// postgres is a PostgreSQL server.
type postgres struct {
	pool    *pgxpool.Pool
	types   map[uint32]postgresType
	mode    pgx.QueryExecMode
	maxWait time.Duration
}

// Close ends all connections, after the queries that run.
func (p *postgres) Close() error {
	p.pool.Close()
	return nil
}

func (p *postgres) prepare(_ context.Context, query string, needs []pip.Need, lists bool) (statement, error) {
	t, err := scan(query, dialectPostgres)
	if err != nil {
		return nil, err
	}
	if err := checkNames(t.parameters(), needs); err != nil {
		return nil, err
	}
	var names []string
	for _, n := range needs {
		names = append(names, n.Name)
	}
	return &postgresStatement{server: p, text: t.numbered(names), needs: needs, lists: lists}, nil
}

// acquire takes a connection out of the pool.
func (p *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	waiting := ctx
	if p.maxWait > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, p.maxWait)
		defer cancel()
	}
	c, err := p.pool.Acquire(waiting)
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() == nil && waiting.Err() != nil:
		return nil, &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "no connection became free in time", Err: err}
	}
	e := postgresFailure(ctx, err)
	if e.Outcome == pip.OutcomeInvalid {
		// It was not asked anything yet: the pool is closed, or the session is no
		// session.
		e = &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "no connection", Err: err}
	}
	return nil, e
}

// postgresStatement is a query of a PostgreSQL server. It holds nothing there:
// each connection prepares it when it is asked first.
type postgresStatement struct {
	server *postgres
	text   string
	needs  []pip.Need
	lists  bool
	// parameters are the types that the server gave the parameters, by check.
	parameters atomic.Pointer[[]postgresType]
}

func (s *postgresStatement) Close() error { return nil }

// check compares the types that the server gives the parameters with the needs.
func (s *postgresStatement) check(ctx context.Context) error {
	c, err := s.server.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	described, err := c.Conn().Prepare(ctx, "", s.text)
	if err != nil {
		e := postgresFailure(ctx, err)
		e.Err = fmt.Errorf("the query cannot be prepared: %w", err)
		return e
	}
	if len(described.ParamOIDs) != len(s.needs) {
		return pip.Invalidf("the server has %d parameters of a query with %d", len(described.ParamOIDs), len(s.needs))
	}
	parameters := make([]postgresType, len(s.needs))
	var errs []error
	for i, need := range s.needs {
		oid := described.ParamOIDs[i]
		t, known := s.server.types[oid]
		parameters[i] = t
		if !known || t.list != s.lists || !slices.Contains(t.parameters, need.Key.Type) {
			what := "a value"
			if s.lists {
				what = "an array of values"
			}
			errs = append(errs, fmt.Errorf("the parameter %q is a %s, which does not take %s of type %s; cast it, or what it is compared with",
				":"+need.Name, typeName(t, oid), what, need.Key.Type))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &pip.Error{Outcome: pip.OutcomeError, Detail: "the parameters of the query are not of the types of the needs", Err: err}
	}
	s.parameters.Store(&parameters)
	return nil
}

func (s *postgresStatement) fits(need int, v value.Value) error {
	t := (*s.parameters.Load())[need]
	if text := v.String(); !takesText(text) || t.takes != nil && !t.takes(text) {
		return &pip.Error{Outcome: pip.OutcomeError, Detail: fmt.Sprintf("the value of the need %q is none of the type %s of its parameter", s.needs[need].Name, t.name)}
	}
	return nil
}

func (s *postgresStatement) query(ctx context.Context, args [][]value.Value) (rows, error) {
	bound := []any{s.server.mode, pgx.QueryResultFormats{pgx.TextFormatCode}}
	for i := range s.needs {
		// All texts: the server reads them as the types that the query gives them.
		switch {
		case args == nil:
			bound = append(bound, nil)
		case s.lists:
			bound = append(bound, arrayText(args[i]))
		default:
			bound = append(bound, args[i][0].String())
		}
	}
	c, err := s.server.acquire(ctx)
	if err != nil {
		return nil, err
	}
	r, err := c.Query(ctx, s.text, bound...)
	if err != nil {
		c.Release()
		return nil, postgresFailure(ctx, err)
	}
	return &postgresRows{ctx: ctx, conn: c, rows: r, types: s.server.types}, nil
}

// arrayText is a list of values as PostgreSQL writes an array.
func arrayText(values []value.Value) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + escape.Replace(v.String()) + `"`)
	}
	b.WriteByte('}')
	return b.String()
}

// postgresRows are the rows of a result, as texts.
type postgresRows struct {
	ctx   context.Context // of the one call that the rows live in
	conn  *pgxpool.Conn
	rows  pgx.Rows
	types map[uint32]postgresType
	done  bool
	bad   error
}

func (r *postgresRows) next() bool {
	if r.done || !r.rows.Next() {
		r.done = true
		return false
	}
	if len(r.rows.RawValues()) != len(r.rows.FieldDescriptions()) {
		r.bad = pip.Invalidf("a row has not as many values as there are columns")
		return false
	}
	return true
}

func (r *postgresRows) err() error {
	if r.bad != nil {
		return r.bad
	}
	if err := r.rows.Err(); err != nil {
		return postgresFailure(r.ctx, err)
	}
	return nil
}

func (r *postgresRows) columns() []column {
	fields := r.rows.FieldDescriptions()
	columns := make([]column, len(fields))
	for i, f := range fields {
		t := r.types[f.DataTypeOID]
		columns[i] = column{
			name: f.Name, kind: typeName(t, f.DataTypeOID), list: t.list,
			gives: func(v value.Type) bool { return slices.Contains(t.results, v) },
		}
	}
	return columns
}

func (r *postgresRows) size() int {
	n := 0
	for _, cell := range r.rows.RawValues() {
		n += len(cell)
	}
	return n
}

func (r *postgresRows) cell(i int, t value.Type) ([]string, bool) {
	raw := r.rows.RawValues()[i]
	if raw == nil {
		return nil, true
	}
	kind := r.types[r.rows.FieldDescriptions()[i].DataTypeOID]
	if !utf8.Valid(raw) {
		return nil, false
	}
	if !kind.list {
		return []string{kind.lexicalForm(string(raw), t)}, true
	}
	// Every array is written as one of texts is.
	var elements pgtype.FlatArray[pgtype.Text]
	if err := r.conn.Conn().TypeMap().Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, raw, &elements); err != nil {
		return nil, false
	}
	var texts []string
	for _, e := range elements {
		if e.Valid {
			texts = append(texts, kind.lexicalForm(e.String, t))
		}
	}
	return texts, true
}

// close lets go of the connection. One with rows left is closed: the rows may
// have no end, and to read them would wait for it.
func (r *postgresRows) close() {
	if !r.done {
		_ = r.conn.Conn().PgConn().Conn().Close() // whatever it says, it is over
	}
	r.rows.Close()
	r.conn.Release()
}
