package sql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/internal/pgtest"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// server is the PostgreSQL server of all tests.
var server pgtest.Server

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := server.Close(); err != nil && code == 0 {
			code = 1
		}
		os.Exit(code)
	}))
}

const seed = `
create table roles (user_id text, party_id text, role text, level integer);
insert into roles values
  ('1', '1000', 'regna', 3), ('1', '1000', 'dagl', null), ('1', '1000', 'dagl', 4), ('1', '1000', null, 3),
  ('Alice', '7', 'a', null), ('bob', '7', 'b', null), ('carol ', '7', 'c', null),
  ('nobody', '7', null, null), ('bad', '7', 'x', 'three'), ('bin', '7', x'ff', null), ('o''neil', '7', 'o', 1),
  ('a"b\c,{}', '7', 'quote', null);
create table folded (user_id text collate nocase, trimmed text collate rtrim, role text, since date);
insert into folded values ('Alice', 'bob', 'admin', '2026-01-02');
create table numbers (user_id integer, role text);
insert into numbers values (7, 'seven');
`

// database makes a database of the seed and opens it for reading.
func database(t testing.TB) *Database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pip ?#%.db")
	if err := CreateFromSeed(t.Context(), path, seed); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// key is a subject attribute.
func key(id string, t value.Type) xacml.AttributeKey {
	return xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: id, Type: t}
}

// roles is a query for roles and levels.
func roles(db *Database) Config {
	return Config{
		DB:    db,
		Query: "select user_id, role, level from roles where user_id = :user and party_id = :party order by rowid",
		Needs: []pip.Need{
			{Name: "user", Key: key("urn:altinn:userid", value.TypeString)},
			{Name: "party", Key: key("urn:altinn:partyid", value.TypeString)},
		},
		Provides: []pip.Provided{
			{Key: key("urn:altinn:rolecode", value.TypeString), From: []string{"role"}},
			{Key: key("urn:altinn:level", value.TypeInteger), From: []string{"level"}},
		},
		Echo: map[string]string{"user": "user_id"},
	}
}

// byUser is a query for the roles of a user alone.
func byUser(db *Database, query string, echo bool) Config {
	cfg := Config{
		DB:       db,
		Query:    query,
		Needs:    []pip.Need{{Name: "user", Key: key("urn:altinn:userid", value.TypeString)}},
		Provides: []pip.Provided{{Key: key("urn:altinn:rolecode", value.TypeString), From: []string{"role"}}},
	}
	if echo {
		cfg.Echo = map[string]string{"user": "echo"}
	}
	return cfg
}

// provider is New with a good configuration.
func provider(t testing.TB, cfg Config) *Provider {
	t.Helper()
	p, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// ask is a question of strings.
func ask(texts ...string) pip.Question {
	q := pip.Question{}
	for _, s := range texts {
		q = append(q, value.String(s))
	}
	return q
}

// texts gives the values of each bag.
func texts(a pip.Answer) [][]string {
	var bags [][]string
	for _, b := range a.Bags {
		var values []string
		for _, v := range b.Values() {
			values = append(values, v.String())
		}
		bags = append(bags, values)
	}
	return bags
}

// wantOutcome fails the test unless err is an Error with the outcome that does
// not quote the values.
func wantOutcome(t *testing.T, err error, want pip.Outcome, values ...string) {
	t.Helper()
	e, ok := errors.AsType[*pip.Error](err)
	if !ok || e.Outcome != want {
		t.Errorf("got error %v, want outcome %q", err, want)
		return
	}
	for _, v := range values {
		if strings.Contains(e.Error(), v) {
			t.Errorf("the message %q holds %q", e, v)
		}
	}
}

func TestFetch(t *testing.T) {
	p := provider(t, roles(database(t)))
	tests := []struct {
		user, party string
		want        [][]string
	}{
		{"1", "1000", [][]string{{"regna", "dagl"}, {"3", "4"}}},
		{"1", "1001", [][]string{nil, nil}},
		{"nobody", "7", [][]string{nil, nil}},
		{"o'neil", "7", [][]string{{"o"}, {"1"}}},
		{"' or 1=1 --", "7", [][]string{nil, nil}},
		{"alice", "7", [][]string{nil, nil}},
		{"bob ", "7", [][]string{nil, nil}},
		{"carol", "7", [][]string{nil, nil}},
		{"carol ", "7", [][]string{{"c"}, nil}},
		{"1\x00", "1000", [][]string{nil, nil}},
		{"", "", [][]string{nil, nil}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q,%s", tt.user, tt.party), func(t *testing.T) {
			a, err := p.Fetch(t.Context(), ask(tt.user, tt.party))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, texts(a)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, user := range []string{"bad", "bin"} {
		_, err := p.Fetch(t.Context(), ask(user, "7"))
		wantOutcome(t, err, pip.OutcomeInvalid, "three", "\xff")
	}
	_, err := p.Fetch(t.Context(), ask("1"))
	wantOutcome(t, err, pip.OutcomeInvalid)
}

// A database that compares more loosely than we do finds the row of somebody
// else; the echo tells.
func TestEcho(t *testing.T) {
	db := database(t)
	tests := []struct {
		name, query string
		good, bad   string
	}{
		{"case", "select user_id as echo, role from folded where user_id = :user", "Alice", "alice"},
		{"trailing space", "select trimmed as echo, role from folded where trimmed = :user", "bob", "bob "},
		{"affinity", "select user_id as echo, role from numbers where user_id = :user", "7", "07"},
		{"another's row", "select 'Alice' as echo, role from folded where :user <> ''", "Alice", "bob"},
		{"null", "select case when :user = 'Alice' then 'Alice' end as echo, role from folded", "Alice", "bob"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checked := provider(t, byUser(db, tt.query, true))
			if a, err := checked.Fetch(t.Context(), ask(tt.good)); err != nil || a.Empty() {
				t.Errorf("%q: got %v, %v, want a role", tt.good, a, err)
			}
			_, err := checked.Fetch(t.Context(), ask(tt.bad))
			wantOutcome(t, err, pip.OutcomeInvalid, "lice", "bob")

			// The premise: without the echo the row would have been believed.
			blind := provider(t, byUser(db, tt.query, false))
			if a, err := blind.Fetch(t.Context(), ask(tt.bad)); err != nil || a.Empty() {
				t.Errorf("%q without echo: got %v, %v, want a role", tt.bad, a, err)
			}
		})
	}
}

func TestIntegerNeed(t *testing.T) {
	cfg := byUser(database(t), "select role, user_id as echo from (select role, user_id + 0 as user_id from numbers) where user_id = :user", true)
	cfg.Needs[0].Key.Type = value.TypeInteger
	p := provider(t, cfg)
	seven, err := value.Parse(value.TypeInteger, "07")
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Fetch(t.Context(), pip.Question{seven})
	if err != nil || a.Bags[0].Len() != 1 {
		t.Errorf("got %v, %v, want one role", a, err)
	}
}

// A number that SQLite keeps with a fraction has no one text: it is a value of a double
// and of nothing else, and the key of nobody.
func TestFractionsAreDoubles(t *testing.T) {
	for _, tt := range []struct {
		column string
		want   value.Type
		text   string // empty: refused
	}{
		{"cast(1234567 as real)", value.TypeString, ""},
		{"cast(1234567 as real)", value.TypeInteger, ""},
		{"cast(1234567 as real)", value.TypeDouble, "1.234567E6"},
		{"cast(cast(1234567 as real) as text)", value.TypeString, "1234567.0"},
		{"1234567", value.TypeString, "1234567"},
		{"9007199254740993", value.TypeString, "9007199254740993"},
	} {
		cfg := byUser(database(t), "select "+tt.column+" as role from folded where :user <> '' limit 1", false)
		cfg.Provides[0].Key.Type = tt.want
		a, err := provider(t, cfg).Fetch(t.Context(), ask("bob"))
		if tt.text == "" {
			wantOutcome(t, err, pip.OutcomeInvalid, "1234567")
			continue
		}
		if err != nil || a.Bags[0].Len() != 1 || a.Bags[0].At(0).String() != tt.text {
			t.Errorf("%s as a %s: got %v, %v, want %s", tt.column, tt.want, a, err, tt.text)
		}
	}
}

func TestMaxRows(t *testing.T) {
	const query = `with recursive n(i) as (select 1 union all select i + 1 from n where i < cast(:user as integer)) select i as role from n`
	cfg := byUser(database(t), query, false)
	cfg.MaxRows = 100
	p := provider(t, cfg)
	if a, err := p.Fetch(t.Context(), ask("100")); err != nil || a.Bags[0].Len() != 100 {
		t.Errorf("got %v, want 100 values", err)
	}
	_, err := p.Fetch(t.Context(), ask("101"))
	wantOutcome(t, err, pip.OutcomeInvalid)
}

func TestCanceledQuery(t *testing.T) {
	// Endless for every user but nobody.
	const query = `with recursive n(i) as (select 1 union all select i + 1 from n where :user is not null) select count(*) as role from n`
	p := provider(t, byUser(database(t), query, false))

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := p.Fetch(ctx, ask("1"))
	wantOutcome(t, err, pip.OutcomeTimeout)

	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = p.Fetch(ctx, ask("1"))
	wantOutcome(t, err, pip.OutcomeCanceled)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("the two queries took %v", took)
	}
}

// A lookup that is cancelled at any moment gives its own rows or an error, and
// disturbs nobody.
func TestCancelAtAnyMoment(t *testing.T) {
	p := provider(t, roles(database(t)))
	want := [][]string{{"regna", "dagl"}, {"3", "4"}}
	for i := range 500 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Microsecond)
		a, err := p.Fetch(ctx, ask("1", "1000"))
		cancel()
		if err == nil && !cmp.Equal(texts(a), want) {
			t.Fatalf("got %q, want %q or an error", texts(a), want)
		}
	}
	a, err := p.Fetch(t.Context(), ask("1", "1000"))
	if err != nil || !cmp.Equal(texts(a), want) {
		t.Errorf("got %q, %v, want %q", texts(a), err, want)
	}
}

func TestUnavailable(t *testing.T) {
	for kind, cfg := range map[string]Config{"sqlite": roles(database(t)), "postgres": postgresRoles(postgresDatabase(t))} {
		p := provider(t, cfg)
		if err := cfg.DB.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := p.Fetch(t.Context(), ask("1", "1000"))
		t.Run(kind, func(t *testing.T) { wantOutcome(t, err, pip.OutcomeUnavailable) })
	}
}

func TestNewRefuses(t *testing.T) {
	db := database(t)
	tests := []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"no database", func(c *Config) { c.DB = nil }, "needs a database"},
		{"unknown parameter", func(c *Config) { c.Query += " limit :max" }, `":max" is not a need`},
		{"unused need", func(c *Config) { c.Query = "select user_id, role, level from roles where user_id = :user" }, `does not use the need "party"`},
		{"positional parameter", func(c *Config) { c.Query += " limit ?" }, `"?" is not of the form`},
		{"unknown result column", func(c *Config) { c.Provides[0].From = []string{"rolle"} }, `no column "rolle"`},
		{"result column in other case", func(c *Config) { c.Provides[0].From = []string{"Role"} }, `no column "Role"`},
		{"ambiguous result column", func(c *Config) { c.Query = strings.Replace(c.Query, "role,", "role, user_id as role,", 1) }, `2 columns "role"`},
		{"no result column", func(c *Config) { c.Provides[0].From = nil }, "has no column"},
		{"unknown echo column", func(c *Config) { c.Echo["user"] = "user" }, `no column "user"`},
		{"unknown echo need", func(c *Config) { c.Echo["org"] = "user_id" }, `unknown need "org"`},
		{"unknown table", func(c *Config) { c.Query = strings.Replace(c.Query, "roles", "rolls", 1) }, "cannot be prepared"},
		{"unknown column", func(c *Config) { c.Query = strings.Replace(c.Query, "party_id", `"party"`, 1) }, "cannot be prepared"},
		{"no query", func(c *Config) { c.Query = " " }, "query is empty"},
		{"statement that writes", func(c *Config) { c.Query = "delete from roles where user_id = :user and party_id = :party" }, "begins with select"},
		{"two statements", func(c *Config) { c.Query += "; select 1" }, "one statement"},
		{"negative limit", func(c *Config) { c.MaxRows = -1 }, "must not be negative"},
		{"bulk without echo", func(c *Config) { c.Bulk = c.Query }, "echo of every need"},
		{"bulk of other columns", func(c *Config) {
			c.Echo["party"] = "party"
			c.Query = strings.Replace(c.Query, "role,", "role, party_id as party,", 1)
			c.Bulk = strings.Replace(c.Query, "role,", "role as rolle,", 1)
		}, `no column "role"`},
		{"bulk with another parameter", func(c *Config) {
			c.Echo["party"] = "party"
			c.Bulk = "select :user"
		}, `bulk: the query does not use the need "party"`},
		{"declaration", func(c *Config) { c.Provides = nil }, "must provide"},
		{"date column", func(c *Config) {
			c.Query = "select since as user_id, role, since as level from folded where :user = :party"
		}, "cast(... as text)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles(db)
			tt.change(&cfg)
			p, err := New(t.Context(), cfg)
			if err == nil {
				t.Cleanup(func() { _ = p.Close() })
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
