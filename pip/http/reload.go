package http

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// recheck is the time between two looks at a file.
	recheck = time.Second
	// grace is how long the last good content stays in use when the files cannot be
	// used. A pair of files that is replaced one after the other does not match for
	// a moment.
	grace = time.Minute
	// maxFile bounds a file in bytes.
	maxFile = 1 << 20
)

// reloaded is something that is made of files, and made again when their content
// changes. The files are read at most once a second, while somebody asks.
type reloaded[T any] struct {
	files []string
	build func(contents [][]byte) (T, error)
	drop  func(T) // called with what is replaced; may be nil
	now   func() time.Time

	mu      sync.Mutex
	loaded  bool
	value   T
	sum     [sha256.Size]byte
	good    time.Time // when the files could be used
	checked time.Time
}

// get gives what the files make. After a minute without usable files it fails.
func (r *reloaded[T]) get() (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	usable := r.loaded && now.Sub(r.good) < grace
	if usable && now.Sub(r.checked) < recheck {
		return r.value, nil
	}
	r.checked = now
	err := r.load()
	if err == nil {
		r.good = now
	}
	if err == nil || usable {
		return r.value, nil
	}
	var zero T
	return zero, err
}

// last is what was made last; ok is false if nothing was.
func (r *reloaded[T]) last() (made T, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.value, r.loaded
}

// load reads the files, and builds if they changed.
func (r *reloaded[T]) load() error {
	contents := make([][]byte, len(r.files))
	hash := sha256.New()
	for i, name := range r.files {
		data, err := readFile(name)
		if err != nil {
			return err
		}
		contents[i] = data
		one := sha256.Sum256(data)
		hash.Write(one[:])
	}
	sum := [sha256.Size]byte(hash.Sum(nil))
	if r.loaded && sum == r.sum {
		return nil
	}
	made, err := r.build(contents)
	if err != nil {
		return err
	}
	if r.loaded && r.drop != nil {
		r.drop(r.value)
	}
	r.loaded, r.value, r.sum = true, made, sum
	return nil
}

// readFile reads a file of a reasonable size.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: the file is larger than %d bytes", name, maxFile)
	}
	return data, nil
}

// secret is the text of a file, without the line break at its end.
func secret(name string) *reloaded[string] {
	return &reloaded[string]{
		files: []string{name},
		now:   time.Now,
		build: func(contents [][]byte) (string, error) {
			s := string(bytes.TrimRight(contents[0], "\r\n"))
			if s == "" {
				return "", fmt.Errorf("%s: the file is empty", name)
			}
			if err := field(s); err != nil {
				return "", fmt.Errorf("%s: the secret %w", name, err)
			}
			return s, nil
		},
	}
}
