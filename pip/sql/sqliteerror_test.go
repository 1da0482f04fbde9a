package sql

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/forseti-pdp/forseti/pip"
)

// TestSQLite_SaysWhyItCannotBeAsked: a file that is gone is told from one that is damaged,
// in words that quote nothing.
func TestSQLite_SaysWhyItCannotBeAsked(t *testing.T) {
	for _, tt := range []struct {
		want string
		harm func(file string) error
	}{
		{"the database file cannot be opened", os.Remove},
		{"the database file is damaged, or is none", func(file string) error {
			return os.WriteFile(file, []byte("<html>this is not a database, but long enough to be read as one</html>"), 0o600)
		}},
	} {
		t.Run(tt.want, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pip.db")
			if err := CreateFromSeed(t.Context(), path, seed); err != nil {
				t.Fatal(err)
			}
			db, err := Open(t.Context(), path, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			db.backend.(sqliteFile).SetMaxIdleConns(0) // the next question opens the file
			p, err := New(t.Context(), roles(db))
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.harm(path); err != nil {
				t.Fatal(err)
			}
			_, err = p.Fetch(t.Context(), ask("1", "1"))
			e, ok := errors.AsType[*pip.Error](err)
			if !ok || e.Outcome != pip.OutcomeUnavailable || e.Detail != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
