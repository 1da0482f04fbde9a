package pap

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// File is a policy file.
type File struct {
	Name string // slash path below the policy folder
	Data []byte
}

// ReadFolder reads the policy files of a folder once, sorted by name, as a
// [Store] would see them. The problems tell what makes a store refuse the
// folder, and warnings; no file is given if one is an error. The error is that
// of the context.
func ReadFolder(ctx context.Context, dir string, limits Limits) ([]File, policy.Problems, error) {
	source := folder{dir: dir, limits: limits.orDefault(), open: openRoot}
	seen, err := source.look(ctx, true, nil)
	return seen.content, seen.problems, err
}

// ID is the identity of a snapshot: "sha256:" and the first 32 hexadecimal
// digits of a hash of the root combining algorithm (as configured) and of the
// names and contents of the files, which are sorted by name. Every part is
// preceded by its length, so that no two different folders give the same bytes
// to hash.
func ID(rootAlgorithm string, files []File) string {
	sums := make([]sum, len(files))
	for i, f := range files {
		sums[i] = sum{name: f.Name, size: int64(len(f.Data)), digest: sha256.Sum256(f.Data)}
	}
	return hashFiles(rootAlgorithm, sums).id()
}

// digest identifies what a policy folder holds: its files, or why it cannot be
// loaded.
type digest [sha256.Size]byte

// id is the digest as the identity of a snapshot.
func (d digest) id() string { return "sha256:" + hex.EncodeToString(d[:16]) }

// sum stands for a file without its content.
type sum struct {
	name   string
	size   int64
	digest digest
}

// hashFiles is the digest of a folder that can be loaded.
func hashFiles(rootAlgorithm string, sums []sum) digest {
	h := newPartHash("forseti policy files 1")
	h.part(rootAlgorithm)
	h.number(uint64(len(sums)))
	for _, s := range sums {
		h.part(s.name)
		h.number(uint64(s.size))
		h.hash.Write(s.digest[:])
	}
	return h.digest()
}

// hashProblems is the digest of a folder that cannot be loaded.
func hashProblems(problems policy.Problems) digest {
	h := newPartHash("forseti policy problems 1")
	for _, p := range problems {
		h.part(p.Error())
	}
	return h.digest()
}

// partHash hashes parts, each preceded by its length. A hash never fails.
type partHash struct{ hash hash.Hash }

// newPartHash begins with the purpose, which keeps apart what is hashed for
// different ends.
func newPartHash(purpose string) partHash {
	h := partHash{sha256.New()}
	h.part(purpose)
	return h
}

func (h partHash) number(n uint64) { h.hash.Write(binary.BigEndian.AppendUint64(nil, n)) }

func (h partHash) part(s string) {
	h.number(uint64(len(s)))
	_, _ = io.WriteString(h.hash, s)
}

func (h partHash) digest() digest { return digest(h.hash.Sum(nil)) }

// folder is where policies come from.
type folder struct {
	dir           string
	limits        Limits
	rootAlgorithm string // part of the digest
	open          opener
}

// sight is what one look at the folder sees.
type sight struct {
	listing
	read    bool   // the files were read and digest is set
	digest  digest // of the content, or of the problems if one is an error
	content []File // if it was to be kept and no problem is an error
}

// look lists the folder and reads all its policy files. It reads nothing if the
// listing is the same as the one given. The error is that of the context.
func (f folder) look(ctx context.Context, keep bool, unless *listing) (sight, error) {
	var s sight
	// The folder is opened for each look, because it may have been replaced.
	t, err := f.open(f.dir)
	if err != nil {
		s.problems = policy.Problems{problem(".", policy.ReasonIO, "policy folder %q cannot be opened: %v", f.dir, cause(err))}
	} else {
		defer func() { _ = t.Close() }() // nothing was written
		s.listing = list(t, f.limits)
	}
	if unless != nil && s.same(*unless) {
		return s, ctx.Err()
	}
	found := s.problems
	if len(found.Errors()) == 0 {
		var sums []sum
		var problems policy.Problems
		if sums, s.content, problems, err = f.readFiles(ctx, t, s.files, keep); err != nil {
			return sight{}, err
		}
		s.digest = hashFiles(f.rootAlgorithm, sums)
		found = append(found, problems...)
	}
	if len(found.Errors()) > 0 {
		s.content, s.digest = nil, hashProblems(found)
	}
	s.read, s.problems = true, found
	return s, ctx.Err()
}

// readFiles reads the files of a listing, and keeps what they hold if told to.
func (f folder) readFiles(ctx context.Context, t tree, files []entry, keep bool) (sums []sum, content []File, problems policy.Problems, err error) {
	sums = make([]sum, 0, len(files))
	left := f.limits.TotalBytes
	var buffer bytes.Buffer
	for _, e := range files {
		if err := ctx.Err(); err != nil {
			return nil, nil, nil, err
		}
		err := readFile(t, e.name, &buffer, min(f.limits.FileBytes, left))
		switch {
		case errors.Is(err, errTooLarge):
			return nil, nil, append(problems, problem(e.name, policy.ReasonSize,
				"file is larger than %d bytes, or all files than %d", f.limits.FileBytes, f.limits.TotalBytes)), nil
		case err != nil:
			problems = append(problems, problem(e.name, policy.ReasonIO, "file cannot be read: %v", cause(err)))
			continue
		}
		left -= int64(buffer.Len())
		sums = append(sums, sum{e.name, int64(buffer.Len()), sha256.Sum256(buffer.Bytes())})
		if keep {
			content = append(content, File{Name: e.name, Data: bytes.Clone(buffer.Bytes())})
		}
	}
	return sums, content, problems, nil
}

var (
	errTooLarge   = errors.New("file too large")
	errNotRegular = errors.New("not a regular file")
)

// readFile reads a file of at most limit bytes into the buffer, and no more than
// one byte beyond it.
func readFile(t tree, name string, into *bytes.Buffer, limit int64) error {
	file, err := t.OpenFile(name, readFlags, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // nothing was written
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errNotRegular
	case info.Size() > limit:
		return errTooLarge
	}
	into.Reset()
	into.Grow(int(info.Size()) + bytes.MinRead) // once, unless the file grows meanwhile
	if _, err := into.ReadFrom(io.LimitReader(file, limit+1)); err != nil {
		return err
	}
	if int64(into.Len()) > limit {
		return errTooLarge
	}
	return nil
}

// The tree of a real folder.
var _ tree = (*os.Root)(nil)
