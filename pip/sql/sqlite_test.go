package sql

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOpenIsReadOnly(t *testing.T) {
	db := database(t).backend.(sqliteFile)
	for _, statement := range []string{
		"insert into roles values ('2', '1', 'x', 1)",
		"create table other (a)",
		"pragma user_version = 7",
		"pragma query_only = 0; delete from roles",
		"vacuum",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%q: got no error", statement)
		}
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "select count(*) from roles where user_id = '1'").Scan(&n); err != nil || n != 4 {
		t.Errorf("got %d rows, %v, want 4", n, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte("<html>this is not a database, but long enough to be read as one</html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "none.db"), garbage, dir} {
		if db, err := Open(t.Context(), path, 1); err == nil {
			t.Errorf("%s: got no error", path)
			_ = db.Close()
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("the missing file was created")
	}
}

// rowCount is the number of rows of the table a.
func rowCount(t *testing.T, path string) int {
	t.Helper()
	db, err := Open(t.Context(), path, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // read-only
	var n int
	if err := db.backend.(sqliteFile).QueryRowContext(t.Context(), "select count(*) from a").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// files lists the names in a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCreateFromSeedAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := CreateFromSeed(t.Context(), path, "create table a (b); insert into a values (1), (2);"); err != nil {
				t.Error(err)
				return
			}
			// Whoever returns sees the whole database.
			if n := rowCount(t, path); n != 2 {
				t.Errorf("got %d rows, want 2", n)
			}
		})
	}
	wg.Wait()
	if names := files(t, dir); len(names) != 1 {
		t.Errorf("got the files %q, want a.db alone", names)
	}
}

func TestCreateFromSeedKeepsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	for _, s := range []string{"create table a (b); insert into a values (1)", "create table a (b)", "not sql"} {
		if err := CreateFromSeed(t.Context(), path, s); err != nil {
			t.Fatal(err)
		}
		if n := rowCount(t, path); n != 1 {
			t.Errorf("got %d rows, want 1", n)
		}
	}
}

func TestCreateFromSeedFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := CreateFromSeed(t.Context(), path, "create table a (b); insert into c values (1)"); err == nil {
		t.Error("got no error for a bad seed")
	}
	if err := CreateFromSeed(canceled, path, "create table a (b)"); err == nil {
		t.Error("got no error for a cancelled context")
	}
	if err := CreateFromSeed(t.Context(), filepath.Join(dir, "none", "a.db"), "create table a (b)"); err == nil {
		t.Error("got no error for a missing folder")
	}
	if names := files(t, dir); len(names) != 0 {
		t.Errorf("got the files %q, want none", names)
	}
}

// A file that took the place of the database is asked within [reopen].
func TestOpenTakesAnotherFile(t *testing.T) {
	dir := t.TempDir()
	write := func(t *testing.T, name, role string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		text := "create table roles (user_id text, role text); insert into roles values ('1', '" + role + "')"
		if err := CreateFromSeed(t.Context(), path, text); err != nil {
			t.Fatal(err)
		}
		return path
	}
	synctest.Test(t, func(t *testing.T) {
		path := write(t, "roles.db", "dagl")
		db, err := Open(t.Context(), path, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		p := provider(t, byUser(db, "select user_id as echo, role from roles where user_id = :user", true))
		for _, want := range []string{"dagl", "none"} {
			a, err := p.Fetch(t.Context(), ask("1"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]string{{want}}, texts(a)); diff != "" {
				t.Error(diff)
			}
			if err := os.Rename(write(t, "new.db", "none"), path); err != nil {
				t.Fatal(err)
			}
			time.Sleep(reopen + 1)
		}
	})
}
