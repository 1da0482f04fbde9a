package pap

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// ID is the identity of a snapshot: "sha256:" and the first 32 hexadecimal
// digits of a hash of the root combining algorithm (as configured) and of the
// names and contents of the files, which are sorted by name. Every part of
// variable length is preceded by its length, so that no two different folders
// give the same bytes to hash. The hash is one of hashes, so that one file of
// very many costs little: the files are put into 256 groups by the first byte
// of the hash of their name, each group has a hash of its names and of the
// hashes of its contents, in order, and the identity is that of the groups. The
// scheme is called "forseti policy files 2".
func ID(rootAlgorithm string, files []File) string {
	list := make([]file, len(files))
	for i, f := range files {
		list[i] = file{entry: entry{name: f.Name}, group: groupOf(f.Name), digest: sha256.Sum256(f.Data)}
	}
	var all groups
	all.update(list, everyGroup())
	return all.digest(rootAlgorithm).id()
}

// digest identifies what a policy folder holds: its files, or why it cannot be
// loaded.
type digest [sha256.Size]byte

// id is the digest as the identity of a snapshot.
func (d digest) id() string { return "sha256:" + hex.EncodeToString(d[:16]) }

// groupCount is how many groups the files of a folder are hashed in.
const groupCount = 256

// groups are the digests of the groups of files; that of an empty group is zero.
type groups [groupCount]digest

// groupOf is the group of a file.
func groupOf(name string) byte { return sha256.Sum256([]byte(name))[0] }

// groupSet is some of the groups.
type groupSet [groupCount]bool

// everyGroup is all groups.
func everyGroup() *groupSet {
	var all groupSet
	for i := range all {
		all[i] = true
	}
	return &all
}

// update hashes groups again. The files are all files, sorted by name.
func (g *groups) update(files []file, stale *groupSet) {
	var hashes [groupCount]partHash
	for i := range files {
		f := &files[i]
		if !stale[f.group] {
			continue
		}
		h := &hashes[f.group]
		if h.hash == nil {
			*h = newPartHash("forseti policy group 2")
		}
		h.part(f.name)
		h.digestOf(f.digest)
	}
	for i, h := range hashes {
		switch {
		case !stale[i]:
		case h.hash == nil:
			g[i] = digest{}
		default:
			g[i] = h.sum()
		}
	}
}

// digest is that of a folder that can be loaded.
func (g *groups) digest(rootAlgorithm string) digest {
	h := newPartHash("forseti policy files 2")
	h.part(rootAlgorithm)
	for _, d := range g {
		h.digestOf(d)
	}
	return h.sum()
}

// hashProblems is the digest of a folder that cannot be loaded.
func hashProblems(problems policy.Problems) digest {
	h := newPartHash("forseti policy problems 1")
	for _, p := range problems {
		h.part(p.Error())
	}
	return h.sum()
}

// partHash hashes parts, those of variable length preceded by their length. A
// hash never fails.
type partHash struct{ hash hash.Hash }

// newPartHash begins with the purpose, which keeps apart what is hashed for
// different ends.
func newPartHash(purpose string) partHash {
	h := partHash{sha256.New()}
	h.part(purpose)
	return h
}

func (h partHash) part(s string) {
	h.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
	_, _ = io.WriteString(h.hash, s)
}

func (h partHash) digestOf(d digest) { h.hash.Write(d[:]) }

func (h partHash) sum() digest { return digest(h.hash.Sum(nil)) }
