package sql

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/pip"
)

const postgresSeed = `
create table roles (id serial, user_id text, party_id text, role text, level text);
insert into roles (user_id, party_id, role, level) values
  ('1', '1000', 'regna', '3'), ('1', '1000', 'dagl', null), ('1', '1000', 'dagl', '4'), ('1', '1000', null, '3'),
  ('Alice', '7', 'a', null), ('bob', '7', 'b', null), ('carol ', '7', 'c', null), ('a"b\c,{}', '7', 'quote', null),
  ('nobody', '7', null, null), ('bad', '7', 'x', 'three'), ('o''neil', '7', 'o', '1');
create function meddle() returns text language plpgsql as $$ begin delete from roles; return 'x'; end $$;
`

// postgresDatabase makes a database of the seed and opens it.
func postgresDatabase(t testing.TB) *Database {
	t.Helper()
	return openPostgres(t, PostgresConfig{URL: server.Database(t, postgresSeed)})
}

// openPostgres is OpenPostgres with a good configuration.
func openPostgres(t testing.TB, cfg PostgresConfig) *Database {
	t.Helper()
	db, err := OpenPostgres(t.Context(), cfg)
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

// postgresRoles is roles for PostgreSQL.
func postgresRoles(db *Database) Config {
	cfg := roles(db)
	cfg.Query = strings.Replace(cfg.Query, "rowid", "id", 1)
	return cfg
}

func TestPostgresFetch(t *testing.T) {
	database := server.Database(t, postgresSeed)
	for name, cfg := range map[string]PostgresConfig{
		"statement": {URL: database},
		"one":       {URL: database, MaxConnections: 1},
		"describe":  {URL: database + "&options=-c%20default_transaction_read_only%3Don", Pooler: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := provider(t, postgresRoles(openPostgres(t, cfg)))
			for _, tt := range []struct {
				user, party string
				want        [][]string
			}{
				{"1", "1000", [][]string{{"regna", "dagl"}, {"3", "4"}}},
				{"1", "1001", [][]string{nil, nil}},
				{"nobody", "7", [][]string{nil, nil}},
				{"o'neil", "7", [][]string{{"o"}, {"1"}}},
				{"' or 1=1 --", "7", [][]string{nil, nil}},
				{"$1", "7", [][]string{nil, nil}},
				{"alice", "7", [][]string{nil, nil}},
				{"carol", "7", [][]string{nil, nil}},
				{"carol ", "7", [][]string{{"c"}, nil}},
				{"", "", [][]string{nil, nil}},
			} {
				a, err := p.Fetch(t.Context(), ask(tt.user, tt.party))
				if diff := cmp.Diff(tt.want, texts(a)); err != nil || diff != "" {
					t.Errorf("%q, %q: error %v (-want +got):\n%s", tt.user, tt.party, err, diff)
				}
			}
			_, err := p.Fetch(t.Context(), ask("bad", "7"))
			wantOutcome(t, err, pip.OutcomeInvalid, "three")
			// PostgreSQL has no text with a zero in it.
			_, err = p.Fetch(t.Context(), ask("1\x00", "1000"))
			wantOutcome(t, err, pip.OutcomeError)
			if a, err := p.Fetch(t.Context(), ask("1", "1000")); err != nil || a.Empty() {
				t.Errorf("got %v, %v after an error, want roles", a, err)
			}
		})
	}
}

// A collation that does not tell letters apart finds the row of somebody else.
func TestPostgresEcho(t *testing.T) {
	db := openPostgres(t, PostgresConfig{URL: server.Database(t, postgresSeed+`
		create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
		create table folded (user_id text collate loose, role text);
		insert into folded values ('Alice', 'admin');`)})
	const query = "select user_id as echo, role from folded where user_id = :user"
	p := provider(t, byUser(db, query, true))
	if a, err := p.Fetch(t.Context(), ask("Alice")); err != nil || a.Empty() {
		t.Errorf("got %v, %v, want a role", a, err)
	}
	_, err := p.Fetch(t.Context(), ask("álice"))
	wantOutcome(t, err, pip.OutcomeInvalid, "lice")
	// The premise: without the echo the row would have been believed.
	if a, err := provider(t, byUser(db, query, false)).Fetch(t.Context(), ask("álice")); err != nil || a.Empty() {
		t.Errorf("without echo: got %v, %v, want a role", a, err)
	}
}

func TestPostgresNewRefuses(t *testing.T) {
	db := postgresDatabase(t)
	for _, tt := range []struct{ name, query, want string }{
		{"unknown table", "select role from rolls where user_id = :user", "cannot be prepared"},
		{"unknown column", "select role from roles where usr = :user", "cannot be prepared"},
		{"unknown result column", "select level from roles where user_id = :user", `no column "role"`},
		{"two result columns", "select role, level as role from roles where user_id = :user", `2 columns "role"`},
		{"unused need", "select role from roles", `does not use the need "user"`},
		{"parameter", "select role from roles where user_id = $1", "not of the form"},
		{"statement that writes", "delete from roles where user_id = :user returning role", "begins with select"},
		{"query that writes", "with x as (delete from roles where user_id = :user returning role) select role from x", "25006"},
		{"query that locks", "select role from roles where user_id = :user for update", "25006"},
		{"two statements", "select role from roles where user_id = :user; delete from roles", "one statement"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(t.Context(), byUser(db, tt.query, false)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// Sessions cannot write, whatever the role may.
func TestPostgresIsReadOnly(t *testing.T) {
	database := server.Database(t, postgresSeed)
	p := provider(t, byUser(openPostgres(t, PostgresConfig{URL: database}), "select case when :user = '1' then meddle() end as role", false))
	_, err := p.Fetch(t.Context(), ask("1"))
	wantOutcome(t, err, pip.OutcomeError)

	// A session that could write is not used: a pooler does not pass the setting
	// on, and a URL may try to take it back.
	p = provider(t, byUser(openPostgres(t, PostgresConfig{URL: database + "&options=-c%20default_transaction_read_only%3Doff"}), "select :user as role", false))
	if _, err := p.Fetch(t.Context(), ask("1")); err != nil {
		t.Errorf("the session setting should win over the URL: %v", err)
	}
	db := openPostgres(t, PostgresConfig{URL: database, Pooler: true})
	if _, err := New(t.Context(), byUser(db, "select :user as role", false)); err == nil || !strings.Contains(err.Error(), "not read-only") {
		t.Errorf("got %v, want an error", err)
	}
}

// What a DBA changes while the service runs is noticed.
func TestPostgresColumnsChange(t *testing.T) {
	database := server.Database(t, postgresSeed)
	p := provider(t, byUser(openPostgres(t, PostgresConfig{URL: database}), "select * from roles where user_id = :user", false))
	if _, err := p.Fetch(t.Context(), ask("1")); err != nil {
		t.Fatal(err)
	}
	server.Exec(t, database, "alter table roles rename role to rolle")
	for i := range 3 {
		if a, err := p.Fetch(t.Context(), ask("nobody else")); err == nil {
			t.Fatalf("question %d: got %v, want an error", i, a)
		}
	}
	server.Exec(t, database, "alter table roles rename rolle to role; alter table roles drop column level")
	var err error
	for range 3 { // prepared statements are made again after an error
		if _, err = p.Fetch(t.Context(), ask("1")); err == nil {
			break
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// running counts the queries that the server works on.
func running(t *testing.T, database, query string) int {
	t.Helper()
	db := openPostgres(t, PostgresConfig{URL: database})
	p := provider(t, byUser(db, "select count(*) as role from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%"+query+"%' and :user <> ''", false))
	a, err := p.Fetch(t.Context(), ask("x"))
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscan(texts(a)[0][0], &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPostgresTimeouts(t *testing.T) {
	database := server.Database(t, postgresSeed)
	const query = "select 'slow' as role from pg_sleep(case when :user = 'slow' then 20 else 0 end)"
	db := openPostgres(t, PostgresConfig{URL: database, StatementTimeout: 300 * time.Millisecond})
	p := provider(t, byUser(db, query, false))

	// The server gives up by itself, and the connection stays.
	_, err := p.Fetch(t.Context(), ask("slow"))
	wantOutcome(t, err, pip.OutcomeTimeout)
	if n := db.backend.(*postgres).pool.Stat().NewConnsCount(); n != 1 {
		t.Errorf("got %d connections, want 1", n)
	}

	// Whoever waits for a connection gives up, too.
	db = openPostgres(t, PostgresConfig{URL: database, MaxConnections: 1, MaxWait: 50 * time.Millisecond})
	p = provider(t, byUser(db, query, false))
	for p.Check(t.Context()) != nil { // the first connection may take longer than MaxWait
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	busy := make(chan error)
	go func() {
		_, err := p.Fetch(ctx, ask("slow"))
		busy <- err
	}()
	for db.backend.(*postgres).pool.Stat().AcquiredConns() == 0 {
		time.Sleep(time.Millisecond)
	}
	_, err = p.Fetch(t.Context(), ask("1"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
	short, cancelShort := context.WithTimeout(t.Context(), 10*time.Millisecond)
	_, err = p.Fetch(short, ask("1"))
	cancelShort()
	wantOutcome(t, err, pip.OutcomeTimeout)
	cancel()
	wantOutcome(t, <-busy, pip.OutcomeCanceled)
}

// A query of a caller who left ends in the server, too.
func TestPostgresCancel(t *testing.T) {
	database := server.Database(t, postgresSeed)
	p := provider(t, byUser(openPostgres(t, PostgresConfig{URL: database, StatementTimeout: time.Minute}),
		"select 'left alone' as role from pg_sleep(case when :user = 'slow' then 60 else 0 end)", false))
	for _, want := range []pip.Outcome{pip.OutcomeTimeout, pip.OutcomeCanceled} {
		ctx, cancel := context.WithCancel(t.Context())
		if want == pip.OutcomeTimeout {
			ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
		} else {
			time.AfterFunc(100*time.Millisecond, cancel)
		}
		start := time.Now()
		_, err := p.Fetch(ctx, ask("slow"))
		cancel()
		wantOutcome(t, err, want)
		if took := time.Since(start); took > time.Second {
			t.Errorf("the question took %v, want 100 ms", took)
		}
		for deadline := time.Now().Add(5 * time.Second); running(t, database, "left alone") > 0; {
			if time.Now().After(deadline) {
				t.Fatal("the query still runs")
			}
		}
	}
}

// Rows that never end, many rows, much in a row.
func TestPostgresLimits(t *testing.T) {
	database := server.Database(t, postgresSeed)
	db := openPostgres(t, PostgresConfig{URL: database})
	series := func(bound string) Config {
		return byUser(db, "select i as role from generate_series(1, "+bound+") i where :user <> ''", false)
	}
	cfg := series("100")
	cfg.MaxRows = 100
	if a, err := provider(t, cfg).Fetch(t.Context(), ask("1")); err != nil || a.Bags[0].Len() != 100 {
		t.Errorf("got %v, want 100 values", err)
	}
	for name, cfg := range map[string]Config{
		"rows":  series("10001"),
		"never": byUser(db, "select generate_series(1, 1000000000) as role where :user <> ''", false),
		"bytes": byUser(db, "select repeat('x', 1000) || i as role from generate_series(1, 1100) i where :user <> ''", false),
		"row":   byUser(db, "select repeat('x', 2000000) as role where :user <> ''", false),
		"huge":  byUser(db, "select repeat('x', 9000000) as role where :user <> ''", false),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := provider(t, cfg).Fetch(t.Context(), ask("1"))
			wantOutcome(t, err, pip.OutcomeInvalid, "xxx")
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// A server that is down neither keeps the service from starting, nor is it
// stormed, and is used as soon as it is there.
func TestPostgresDownAtStart(t *testing.T) {
	database := server.Database(t, postgresSeed)
	proxy := newProxy(t, database)
	proxy.refuse(true)
	db := openPostgres(t, PostgresConfig{URL: proxy.url})
	p := provider(t, postgresRoles(db))
	// With a fault that only the server can tell.
	bad := provider(t, byUser(db, "select role from rolls where user_id = :user", false))

	wantOutcome(t, p.Check(t.Context()), pip.OutcomeUnavailable)
	for range 1000 {
		_, err := p.Fetch(t.Context(), ask("1", "1000"))
		wantOutcome(t, err, pip.OutcomeUnavailable)
	}
	if n := proxy.attempts.Load(); n > 20 {
		t.Errorf("got %d attempts to connect for 1,000 questions", n)
	}
	proxy.refuse(false)
	back := time.Now()
	for time.Since(back) < 5*time.Second {
		if a, err := p.Fetch(t.Context(), ask("1", "1000")); err == nil {
			if diff := cmp.Diff([][]string{{"regna", "dagl"}, {"3", "4"}}, texts(a)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if took := time.Since(back); took > 2*time.Second {
		t.Errorf("recovery took %v, want 2 s at most", took)
	}
	_, err := bad.Fetch(t.Context(), ask("1"))
	wantOutcome(t, err, pip.OutcomeError)

	// Sessions that an administrator ends.
	server.Exec(t, database, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'forseti'")
	if _, err = p.Fetch(t.Context(), ask("1", "1000")); err != nil { // nil if the pool noticed first
		wantOutcome(t, err, pip.OutcomeUnavailable)
	}
	if _, err := p.Fetch(t.Context(), ask("1", "1000")); err != nil {
		t.Errorf("got %v after a reconnect", err)
	}
}

// More clients than the server has room for.
func TestPostgresTooManyConnections(t *testing.T) {
	database := server.Database(t, postgresSeed)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	// Roles belong to the server and not to the database: the test may run again.
	server.Exec(t, database, "drop role if exists crowded; create role crowded login password 'p' connection limit 1")
	u.User = url.UserPassword("crowded", "p")
	first := openPostgres(t, PostgresConfig{URL: u.String()})
	if _, err := provider(t, byUser(first, "select :user as role", false)).Fetch(t.Context(), ask("1")); err != nil {
		t.Fatal(err)
	}
	second := provider(t, byUser(openPostgres(t, PostgresConfig{URL: u.String()}), "select :user as role", false))
	_, err = second.Fetch(t.Context(), ask("1"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
	if e, ok := errors.AsType[*pip.Error](err); ok && e.RetryAfter == 0 && !strings.Contains(e.Detail, "53300") {
		t.Errorf("got %v, want SQLSTATE 53300 or a pause", err)
	}
}

// A lookup that is cancelled at any moment gives its own rows or an error, and
// disturbs nobody: no row of another question, ever (CVE-2025-47907).
func TestPostgresCancelAtAnyMoment(t *testing.T) {
	n := 20_000
	if os.Getenv("FORSETI_LONG") != "" {
		n = 1_000_000
	}
	db := openPostgres(t, PostgresConfig{URL: server.Database(t, postgresSeed), MaxConnections: 8})
	cfg := byUser(db, "select :user || ':' || i as role from generate_series(1, 5) i", false)
	p := provider(t, cfg)
	cancelAtAnyMoment(t, p, n)
}

func TestPostgresPassword(t *testing.T) {
	database := server.Database(t, postgresSeed)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	u.User = url.User("postgres")
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := provider(t, byUser(openPostgres(t, PostgresConfig{URL: u.String(), PasswordFile: file}), "select :user as role", false))
	if _, err := p.Fetch(t.Context(), ask("1")); err != nil {
		t.Error(err)
	}
	pgpass := filepath.Join(t.TempDir(), "pgpass")
	if err := os.WriteFile(pgpass, []byte("*:*:*:*:"+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGPASSFILE", pgpass)
	p = provider(t, byUser(openPostgres(t, PostgresConfig{URL: u.String()}), "select :user as role", false))
	if _, err := p.Fetch(t.Context(), ask("1")); err != nil {
		t.Error(err)
	}

	// Whatever goes wrong, the password is in no message.
	const secret = "s3cr3t"
	for _, config := range []PostgresConfig{
		{URL: "postgres://u:" + secret + "%zz@127.0.0.1/db"},
		{URL: "postgres://u:" + secret + "@127.0.0.1:port/db"},
		{URL: "postgres://u:" + secret + "@127.0.0.1/db?sslmode=prefer"},
		{URL: "postgres://u:" + secret + "@127.0.0.1/db?sslmode=verify-full&sslmode=disable"},
		{URL: "postgres://u:" + secret + "@127.0.0.1/db?sslmode=verify-full&sslrootcert=none"},
		{URL: "postgres://u:" + secret + "@127.0.0.1/db?%zz"},
		{URL: "postgres://u:" + secret + "@127.0.0.1/db?sslmode=disable&sslrootcert=ca.pem"},
		{URL: "postgres://u@127.0.0.1/db?password=" + secret},
		{URL: "postgres://u:" + secret + "@127.0.0.1/db?pool_max_conns=x"},
		{URL: "postgres://u:" + secret + "@127.0.0.1/db", PasswordFile: file},
		{URL: "postgres://u@127.0.0.1/db", PasswordFile: file + secret[:2]},
		{URL: "host=127.0.0.1 password=" + secret},
		{URL: strings.Replace(database, password, secret, 1)},
	} {
		db, err := OpenPostgres(t.Context(), config)
		if err == nil {
			_, err = New(t.Context(), byUser(db, "select :user as role", false))
			_ = db.Close()
		}
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want an error without the password", config.URL, err)
		}
	}
}

func TestPostgresTLS(t *testing.T) {
	database := server.Database(t, postgresSeed)
	secure := func(host, parameters string) string {
		u, err := url.Parse(database)
		if err != nil {
			t.Fatal(err)
		}
		u.Host, u.RawQuery = host+":"+u.Port(), parameters
		return u.String()
	}
	ca := "&sslrootcert=" + url.QueryEscape(server.CA(t))
	for _, tt := range []struct {
		url  string
		good bool
	}{
		{secure("127.0.0.1", "sslmode=verify-full"+ca), true},
		{secure("localhost", ca[1:]), true}, // verify-full by itself
		{secure("127.0.0.1", "sslmode=require"), true},
		{secure("127.0.0.1", ""), false}, // nobody knows who signed it
		{secure("127.0.0.2", "sslmode=verify-full"+ca), false},
	} {
		db := openPostgres(t, PostgresConfig{URL: tt.url})
		p := provider(t, byUser(db, "select case when ssl then :user end as role from pg_stat_ssl where pid = pg_backend_pid()", false))
		a, err := p.Fetch(t.Context(), ask("1"))
		switch {
		case tt.good && (err != nil || a.Empty()):
			t.Errorf("%s: got %v, %v, want a row over TLS", tt.url, a, err)
		case !tt.good:
			wantOutcome(t, err, pip.OutcomeUnavailable)
		}
	}
}

// An authority that is taken away is not trusted by connections that begin later, and
// one that comes back is.
func TestPostgresTLSFilesChange(t *testing.T) {
	u, err := url.Parse(server.Database(t, postgresSeed))
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(server.CA(t))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(own)
	u.Host, u.RawQuery = "127.0.0.1:"+u.Port(), "sslrootcert="+url.QueryEscape(file)
	db := openPostgres(t, PostgresConfig{URL: u.String()})
	p := provider(t, byUser(db, "select :user as role", false))
	fetch := func() error {
		db.backend.(*postgres).pool.Reset()
		for {
			_, err := p.Fetch(t.Context(), ask("1"))
			e, ok := errors.AsType[*pip.Error](err)
			if !ok || e.RetryAfter == 0 {
				return err
			}
			time.Sleep(e.RetryAfter) // the gate
		}
	}
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	write(certtest.New("another").PEM())
	wantOutcome(t, fetch(), pip.OutcomeUnavailable)
	write([]byte("half a file"))
	wantOutcome(t, fetch(), pip.OutcomeError)
	write(own)
	if err := fetch(); err != nil {
		t.Errorf("got %v, want an answer by the authority that is back", err)
	}
}
