package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// disk is the operations on one folder of files. Names have no folders in them.
// Tests have disks that fail, or that lose what was not synced.
type disk interface {
	// names lists the files. It is an error if what has the name of one that counts is
	// something else.
	names() ([]string, error)
	// create makes a new file for appending; it is an error if there is one.
	create(name string) (file, error)
	// extend opens a file for appending.
	extend(name string) (file, error)
	// open opens a file for reading.
	open(name string) (io.ReadCloser, error)
	// replace makes the content of a file another one, whole or not at all.
	replace(name string, content []byte) error
	// holds reports whether the file that is open is still the one with the name.
	holds(name string, open file) bool
	// truncate cuts a file off, on disk too.
	truncate(name string, size int64) error
	remove(name string) error
	// sync puts on disk which files there are.
	sync() error
	// lock keeps other processes from the folder, until it is closed.
	lock(name string) (io.Closer, error)
}

// file is a file that is only appended to.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// folder is a disk of the operating system.
type folder struct{ path string }

// The records hold what people do: nobody but the operator may read them.
const (
	fileMode   = 0o600
	folderMode = 0o700
)

// newFolder makes the folder, if there is none.
func newFolder(path string) (folder, error) { return folder{path}, os.MkdirAll(path, folderMode) }

func (f folder) names() ([]string, error) {
	entries, err := os.ReadDir(f.path)
	var out []string
	for _, e := range entries {
		switch {
		case e.Type().IsRegular():
			out = append(out, e.Name())
		case isChainFile(e.Name()) || e.Name() == headName:
			// Passed over, a link would be records that are not there.
			return nil, fmt.Errorf("%s is not a regular file", filepath.Join(f.path, e.Name()))
		}
	}
	return out, err
}

func (f folder) create(name string) (file, error) {
	return opened(os.OpenFile(filepath.Join(f.path, name), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, fileMode))
}

func (f folder) extend(name string) (file, error) {
	return opened(os.OpenFile(filepath.Join(f.path, name), os.O_WRONLY|os.O_APPEND, 0))
}

// opened keeps a nil *os.File from becoming a file that is not nil.
func opened(f *os.File, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (f folder) open(name string) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(f.path, name))
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (f folder) replace(name string, content []byte) error {
	next := filepath.Join(f.path, name+".new")
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(f.path, name))
}

func (f folder) holds(name string, open file) bool {
	o, ok := open.(*os.File)
	if !ok {
		return false
	}
	is, err := o.Stat()
	named, missing := os.Lstat(filepath.Join(f.path, name))
	return err == nil && missing == nil && os.SameFile(is, named)
}

func (f folder) truncate(name string, size int64) error {
	file, err := os.OpenFile(filepath.Join(f.path, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Truncate(size), file.Sync(), file.Close())
}

func (f folder) remove(name string) error { return os.Remove(filepath.Join(f.path, name)) }

func (f folder) sync() error {
	dir, err := os.Open(f.path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (f folder) lock(name string) (io.Closer, error) {
	file, err := os.OpenFile(filepath.Join(f.path, name), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s is in use by another process: %w", file.Name(), err)
	}
	return file, nil
}
