package sql

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// CreateFromSeed makes an SQLite database of the SQL text in seed, if there is
// no file at path yet; an existing file is left as it is. The database appears
// under its name complete or not at all. If several processes start at once,
// the first one to finish wins, and the others use its file.
func CreateFromSeed(ctx context.Context, path, seed string) (err error) {
	switch _, err := os.Stat(path); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if e := os.Remove(temp.Name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	if err := temp.Close(); err != nil {
		return err
	}
	if err := runSeed(ctx, temp.Name(), seed); err != nil {
		return fmt.Errorf("the seed of %s: %w", path, err)
	}
	if err := flush(temp.Name()); err != nil {
		return err
	}
	// A link, unlike a rename, never replaces a file that another process has
	// put there and reads already.
	switch err := os.Link(temp.Name(), path); {
	case err == nil:
	case errors.Is(err, fs.ErrExist):
		return nil
	default: // a file system without links
		if err := os.Rename(temp.Name(), path); err != nil {
			return err
		}
	}
	return flush(dir)
}

// runSeed executes the statements of the seed. The journal stays in memory:
// a database that is not complete is thrown away.
func runSeed(ctx context.Context, path, seed string) error {
	db, err := openSQLite(path, url.Values{
		"mode":          {"rw"},
		"_dqs":          {"0"},
		"_journal_mode": {"MEMORY"},
		"_synchronous":  {"OFF"},
	})
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, seed)
	return errors.Join(err, db.Close())
}

// flush makes sure that the contents of a file or folder survive a power loss.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
