package reload

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

const (
	// Interval is the time between two looks at the files.
	Interval = time.Second
	// Grace is how long what was made last stays in use without a look that went well. A
	// pair of files that is replaced one after the other does not match for a moment, and a
	// disk may not answer for a while; neither may keep old content in use for ever.
	Grace = time.Minute
)

// Files are files, and what is made of them. The fields are not changed after the first
// Get; the zero value of the others is ready for use.
type Files[T any] struct {
	// Names are the files. Without any, Make is called once, with nothing.
	Names []string
	// Make makes the value of the contents, in the order of the names. It is called by one
	// at a time, and only with contents that are not those of the value in use.
	Make func(contents [][]byte) (T, error)
	// Drop is called with each value that went out of use; it may be nil.
	Drop func(T)
	// Strict ends the use of a value at the first look that fails: whoever removes the file
	// takes the secret away.
	Strict bool

	// Read gives the content of a file; nil stands for [Read].
	Read func(name string) ([]byte, error)
	// Now is the clock; nil stands for that of the system.
	Now func() time.Time

	mu      sync.Mutex
	made    bool
	value   T
	sum     [sha256.Size]byte // of the contents that the value was made of
	good    time.Time         // when the last look began that went well
	checked time.Time         // when the last look began
	looking *look[T]          // nil: nobody looks
}

// look is a look at the files. Its results may be read when done is closed.
type look[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// Get gives the value for the content of the files as it was a second ago at the most, or
// a minute ago while a look does not end, or fails. It waits until ctx is done for a look
// that it began, or without which there is no value. An error is that of the files, or a
// [pip.Error] by ctx.
func (f *Files[T]) Get(ctx context.Context) (T, error) {
	f.mu.Lock()
	now, last := f.now(), f.value
	usable := f.made && now.Sub(f.good) < Grace
	if usable && (f.looking != nil || now.Sub(f.checked) < Interval) {
		f.mu.Unlock()
		return last, nil
	}
	if f.looking == nil {
		f.begin(now)
	}
	l := f.looking
	f.mu.Unlock()
	err := l.wait(ctx)
	switch {
	case err == nil:
		return l.value, nil
	case usable && !f.Strict:
		return last, nil
	default:
		var none T
		return none, err
	}
}

// Last is the value that was made last; ok is false if there is none.
func (f *Files[T]) Last() (value T, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.value, f.made
}

// begin begins a look. Nobody waits for its end when the source is closed: no disk may
// keep the service from ending. The caller holds the lock.
func (f *Files[T]) begin(now time.Time) {
	l := &look[T]{done: make(chan struct{})}
	f.looking, f.checked = l, now
	go func() {
		defer close(l.done)
		sum, err := f.look(l)
		f.end(l, sum, err, now)
	}()
}

// look reads the files, and makes a value if they changed. It is alone: what it reads of f
// without the lock nobody else writes.
func (f *Files[T]) look(l *look[T]) (sum [sha256.Size]byte, err error) {
	// Nobody else would recover here.
	defer func() {
		if e := pip.Panicked(recover()); e != nil {
			err = e
		}
	}()
	contents, sum, err := f.contents()
	switch {
	case err != nil:
	case f.made && sum == f.sum:
		l.value = f.value
	default:
		l.value, err = f.Make(contents)
	}
	return sum, err
}

// end takes what the look found into use.
func (f *Files[T]) end(l *look[T], sum [sha256.Size]byte, err error, began time.Time) {
	l.err = err
	f.mu.Lock()
	old, replaced := f.value, f.made
	f.looking = nil
	switch {
	case err == nil:
		replaced = replaced && sum != f.sum
		f.made, f.value, f.sum, f.good = true, l.value, sum, began
	case f.Strict:
		var none T
		f.made, f.value = false, none
	default:
		replaced = false
	}
	f.mu.Unlock()
	if replaced && f.Drop != nil {
		f.Drop(old)
	}
}

// contents reads the files, and gives a sum that tells them from others.
func (f *Files[T]) contents() (contents [][]byte, sum [sha256.Size]byte, err error) {
	read := f.Read
	if read == nil {
		read = Read
	}
	all := sha256.New()
	for _, name := range f.Names {
		data, err := read(name)
		if err != nil {
			return nil, sum, err
		}
		contents = append(contents, data)
		one := sha256.Sum256(data)
		all.Write(one[:])
	}
	return contents, [sha256.Size]byte(all.Sum(nil)), nil
}

// now is the time.
func (f *Files[T]) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

// wait waits for the end of the look until ctx is done.
func (l *look[T]) wait(ctx context.Context) error {
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return pip.Failure(ctx, ctx.Err())
	}
}
