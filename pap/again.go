package pap

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// readers is how many documents are read again at a time: where a disk does not answer, so
// many goroutines wait for it.
const readers = 16

// again reads documents of a snapshot again: their text is not kept.
type again struct {
	folder  folder
	inForce *atomic.Pointer[sight]
	read    func(File) (policy.Document, bool)
	readers chan struct{} // of all snapshots of a store
}

// File reads the policy file of that name again, for explanations. Without ok it is not
// to be had as it was when the snapshot was made: the file changed or is gone, another
// snapshot is in force by now, or the disk did not answer before ctx was done.
func (s *Snapshot) File(ctx context.Context, name string) (_ File, ok bool) {
	a := s.again
	if a == nil || a.read == nil {
		return File{}, false
	}
	seen := a.inForce.Load()
	if seen == nil || seen.digest != s.digest {
		return File{}, false
	}
	i, found := slices.BinarySearchFunc(seen.files, name, func(f file, name string) int { return strings.Compare(f.name, name) })
	if !found {
		return File{}, false
	}
	data, ok := a.data(ctx, name)
	if !ok || sha256.Sum256(data) != seen.files[i].digest {
		return File{}, false
	}
	return File{Name: name, Data: data}, true
}

// Document is what is in a file of [Snapshot.File]. It must not be changed.
func (s *Snapshot) Document(file File) (document policy.Document, ok bool) {
	return s.again.read(file)
}

// data is what the file holds now. Nobody waits for a disk longer than ctx.
func (a *again) data(ctx context.Context, name string) (data []byte, ok bool) {
	select {
	case a.readers <- struct{}{}:
	case <-ctx.Done():
		return nil, false
	}
	done := make(chan struct{})
	var found []byte
	var err error
	go func() {
		defer func() { <-a.readers }()
		defer close(done)
		found, err = a.folder.content(name)
	}()
	select {
	case <-done:
		return found, err == nil
	case <-ctx.Done():
		return nil, false
	}
}

// content is what a file of the folder holds now.
func (f folder) content(name string) ([]byte, error) {
	t, err := f.open(f.dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.Close() }() // nothing was written
	var buffer bytes.Buffer
	err = readFile(t, name, &buffer, f.limits.FileBytes)
	return buffer.Bytes(), err
}
