package http

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/pip"
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
// changes. The files are read at most once a second, while somebody asks, and by one
// at a time: a disk that is slow, or does not answer, holds up nobody as long as the
// last good content may be used.
type reloaded[T any] struct {
	files []string
	read  func(name string) ([]byte, error)
	build func(contents [][]byte) (T, error)
	drop  func(T) // called with what is replaced; may be nil
	now   func() time.Time

	mu      sync.Mutex
	loaded  bool
	value   T
	sum     [sha256.Size]byte
	good    time.Time // when the files could be used
	checked time.Time
	reading *reading[T] // nil: nobody reads
}

// reading is a look at the files. Its results may be read when done is closed.
type reading[T any] struct {
	done chan struct{}
	made T
	err  error
}

// get gives what the files make. After a minute without usable files it fails. The
// one who finds that it is time for a look waits for it until ctx is done.
func (r *reloaded[T]) get(ctx context.Context) (T, error) {
	r.mu.Lock()
	now, last := r.now(), r.value
	usable := r.loaded && now.Sub(r.good) < grace
	if usable && (r.reading != nil || now.Sub(r.checked) < recheck) {
		r.mu.Unlock()
		return last, nil
	}
	if r.reading == nil {
		r.begin(now)
	}
	look := r.reading
	r.mu.Unlock()
	var err error
	select {
	case <-look.done:
		if err = look.err; err == nil {
			return look.made, nil
		}
	case <-ctx.Done():
		err = pip.Failure(ctx, ctx.Err())
	}
	if usable {
		return last, nil
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

// begin begins a look. Nobody waits for its end at the end of the source: no disk may
// keep the service from ending. The caller holds the lock.
func (r *reloaded[T]) begin(now time.Time) {
	look := &reading[T]{done: make(chan struct{})}
	r.reading, r.checked = look, now
	go func() {
		defer close(look.done)
		r.look(look, now)
	}()
}

// look reads the files, builds if they changed, and takes what was made into use. It
// is alone: what is not read under the lock nobody else writes.
func (r *reloaded[T]) look(look *reading[T], now time.Time) {
	contents, sum, err := r.contents()
	changed := err == nil && (!r.loaded || sum != r.sum)
	old, replaced := r.value, r.loaded && changed
	switch {
	case err != nil:
		look.err = err
	case changed:
		look.made, look.err = r.rebuilt(contents)
	default:
		look.made = old
	}
	r.mu.Lock()
	r.reading = nil
	if look.err == nil {
		r.loaded, r.value, r.sum, r.good = true, look.made, sum, now
	}
	r.mu.Unlock()
	if replaced && look.err == nil && r.drop != nil {
		r.drop(old)
	}
}

// rebuilt is build, where nobody else would recover.
func (r *reloaded[T]) rebuilt(contents [][]byte) (made T, err error) {
	defer func() {
		if e := pip.Panicked(recover()); e != nil {
			err = e
		}
	}()
	return r.build(contents)
}

// contents reads the files, and gives a sum that tells them from others.
func (r *reloaded[T]) contents() (contents [][]byte, sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	for _, name := range r.files {
		data, err := r.read(name)
		if err != nil {
			return nil, sum, err
		}
		contents = append(contents, data)
		one := sha256.Sum256(data)
		hash.Write(one[:])
	}
	return contents, [sha256.Size]byte(hash.Sum(nil)), nil
}

// unusable is the error of a question while there is nothing that the files make. An
// error that says more about the question than about the files stays what it is.
func unusable(what string, err error) error {
	if e, ok := errors.AsType[*pip.Error](err); ok {
		return e
	}
	return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: what + " cannot be used", Err: err}
}

// readFile reads a file of a reasonable size.
func readFile(name string) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a pipe would wait for a writer
		return nil, fmt.Errorf("%s: it is not a regular file", name)
	}
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
		read:  readFile,
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
