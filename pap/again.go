package pap

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// again reads documents of a snapshot again: their text is not kept.
type again struct {
	folder  folder
	inForce *atomic.Pointer[sight]
	read    func(File) (policy.Document, bool)
}

// Document reads the policy file of that name again, for explanations. Without ok
// it is not to be had as it was when the snapshot was made: the file changed or is
// gone, or another snapshot is in force by now. The document must not be changed.
func (s *Snapshot) Document(name string) (document policy.Document, ok bool) {
	a := s.again
	if a == nil || a.read == nil {
		return policy.Document{}, false
	}
	seen := a.inForce.Load()
	if seen == nil || seen.digest != s.digest {
		return policy.Document{}, false
	}
	i, found := slices.BinarySearchFunc(seen.files, name, func(f file, name string) int { return strings.Compare(f.name, name) })
	if !found {
		return policy.Document{}, false
	}
	data, ok := a.data(name)
	if !ok || sha256.Sum256(data) != seen.files[i].digest {
		return policy.Document{}, false
	}
	return a.read(File{Name: name, Data: data})
}

// data is what the file holds now.
func (a *again) data(name string) ([]byte, bool) {
	t, err := a.folder.open(a.folder.dir)
	if err != nil {
		return nil, false
	}
	defer func() { _ = t.Close() }() // nothing was written
	var buffer bytes.Buffer
	if err := readFile(t, name, &buffer, a.folder.limits.FileBytes); err != nil {
		return nil, false
	}
	return buffer.Bytes(), true
}
