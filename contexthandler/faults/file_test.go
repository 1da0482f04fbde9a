package faults

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to write what the source reads

	"github.com/forseti-pdp/forseti/pip"
	pipsql "github.com/forseti-pdp/forseti/pip/sql"
	"github.com/forseti-pdp/forseti/pip/static"
)

// closeBoth closes the first and then the second.
func closeBoth(first, second interface{ Close() error }) func() error {
	return func() error { return errors.Join(first.Close(), second.Close()) }
}

// sqliteQuery tells the truth about the users of a list, unless there is another
// mode.
const sqliteQuery = `
	with recursive times(n) as (
		select 1 union all select n + 1 from times, modes where n < case mode when 'twice' then 2 else 1 end
	)
	select cast(case mode when 'wrong row' then 'admin-other' else asked.value end as text) as user_id,
		case mode when 'huge' then hex(zeroblob(600000)) else role end as role, cast(case mode when 'wrong type' then 'high' else level end as text) as level
	from %s as asked, modes, times
	join roles on sort = substr(case mode when 'wrong row' then 'admin-other' else asked.value end, 1,
		instr(case mode when 'wrong row' then 'admin-other' else asked.value end, '-') - 1)`

// startSQLite makes a database in a file.
func startSQLite(t testing.TB, _ lane) *backend {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.db")
	writer, err := sql.Open("sqlite", "file:"+path+"?_busy_timeout=10000")
	must(t, err)
	writer.SetMaxOpenConns(1)
	t.Cleanup(func() { must(t, writer.Close()) })
	exec := func(statements string) error {
		_, err := writer.ExecContext(context.Background(), statements)
		return err
	}
	must(t, exec(`
		create table modes (mode text not null); insert into modes values ('');
		create table roles (sort text, role text, level text);
		insert into roles values ('admin', 'admin', '3'), ('blocked', 'blocked', '1'), ('both', 'admin', '3'), ('both', 'blocked', '3')`))

	db, err := pipsql.Open(t.Context(), path, 0)
	must(t, err)
	needs, provides := declaration([]string{"role"}, []string{"level"})
	p, err := pipsql.New(t.Context(), pipsql.Config{
		DB:    db,
		Query: fmt.Sprintf(sqliteQuery, "(select :user as value)"),
		Bulk:  fmt.Sprintf(sqliteQuery, "json_each(:user)"),
		Needs: needs, Provides: provides,
		Echo: map[string]string{"user": "user_id"},
	})
	must(t, err)
	b := &backend{}
	b.declare(p, needs, provides)
	b.close = closeBoth(p, db)
	mend := func() error { return nil }
	b.set = func(m mode) error {
		if err := mend(); err != nil {
			return err
		}
		mend = func() error { return nil }
		switch m {
		case locked:
			mend = func() error { return exec("rollback") }
			return exec("begin exclusive")
		case broken:
			was, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			mend = func() error { return overwrite(path, was) }
			return overwrite(path, bytes.Repeat([]byte("x"), len(was)))
		case vanished:
			mend = func() error { return os.Rename(path+".away", path) }
			return os.Rename(path, path+".away")
		default:
			return exec("update modes set mode = '" + string(m) + "'")
		}
	}
	return b
}

// overwrite changes a file that is open elsewhere.
func overwrite(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	return errors.Join(err, f.Close())
}

// newcomer is a user whom the table knows only once the fault is over.
const newcomer = "admin-new"

// startFile makes a table in a file.
func startFile(t testing.TB, _ lane) *backend {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.yaml")
	b := &backend{local: true}
	for _, sort := range sorts() {
		for n := range int64(8) {
			b.users = append(b.users, someone(sort, n))
		}
	}
	whole := table(b.users...)
	replace := func(text string) error {
		if err := os.WriteFile(path+".next", []byte(text), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".next", path)
	}
	must(t, replace(whole))
	needs, provides := declaration([]string{"role"}, []string{"level"})
	p, err := static.Open(path, static.Config{Needs: needs, Provides: provides, Match: map[string]string{"user": "user"}}, nil)
	must(t, err)
	b.declare(p, needs, provides)
	b.set = func(m mode) error {
		switch m {
		case good:
			return replace(table(append(b.users, newcomer)...))
		case wrongType:
			return replace(strings.Replace(whole, "level: 3", "level: high", 1))
		case twice:
			return replace(whole + strings.TrimPrefix(whole, "rows:\n"))
		case partial:
			return os.WriteFile(path, []byte(whole[:len(whole)*2/3]+`"`), 0o600)
		case broken:
			return os.WriteFile(path, []byte("<html>"), 0o600)
		case huge:
			return os.Truncate(path, static.MaxFile+1)
		case vanished:
			return os.Remove(path)
		default:
			return fmt.Errorf("the mode %q does not fit a file", m)
		}
	}
	return b
}

// table has the truth about users.
func table(users ...string) string {
	var b strings.Builder
	b.WriteString("rows:\n")
	for _, u := range users {
		for _, r := range rowsOf(u) {
			fmt.Fprintf(&b, "  - {user: %s, role: %s, level: %s}\n", u, r.role, r.level)
		}
	}
	return b.String()
}

// _ makes sure that a table is a provider like the others.
var _ pip.Provider = (*static.File)(nil)
