package pap

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// tree is what the source asks of a folder; *os.Root answers it, and a test
// that lets the n-th call fail.
type tree interface {
	OpenFile(name string, flag int, perm os.FileMode) (*os.File, error)
	Stat(name string) (os.FileInfo, error)
	Close() error
}

// opener opens a policy folder.
type opener func(dir string) (tree, error)

// openRoot opens a folder so that no name and no link leads out of it.
func openRoot(dir string) (tree, error) { return os.OpenRoot(dir) }

// readFlags open without waiting for the other end of a pipe, should one take
// the place of a file or folder at the wrong moment.
const readFlags = os.O_RDONLY | syscall.O_NONBLOCK

// entry is a file or folder as found by a walk.
type entry struct {
	name string // slash path below the policy folder
	stamp
}

// listing is what a walk finds, without reading a file.
type listing struct {
	files    []entry // the policy files, sorted by name
	folders  []entry // in the order of the walk, the policy folder itself first
	problems policy.Problems
}

// walk collects a listing.
type walk struct {
	tree    tree
	limits  Limits
	found   listing
	entries int
	bytes   int64
	full    bool // a limit on the whole is reached; nothing more is looked at
}

// list walks the tree, which is expected to hold about that many files.
func list(t tree, limits Limits, expected int) listing {
	w := walk{tree: t, limits: limits}
	w.found.files = make([]entry, 0, expected+expected/100)
	w.folder(".", nil)
	return w.done()
}

// done is what was found, in order. A file system may show a name twice where one
// file takes the place of another meanwhile: it is one file all the same, or else
// what follows the looks would take it for gone when it is there once again.
func (w *walk) done() listing {
	slices.SortFunc(w.found.files, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	w.found.files = slices.CompactFunc(w.found.files, func(a, b entry) bool { return a.name == b.name })
	w.found.problems.Sort()
	return w.found
}

// folder lists one folder and then those in it. The chain holds the folders
// above it.
func (w *walk) folder(name string, chain []fs.FileInfo) {
	if len(chain) >= w.limits.Depth {
		w.refuse(name, policy.ReasonDepth, "folders are nested more than %d deep", w.limits.Depth)
		return
	}
	file, err := w.tree.OpenFile(name, readFlags, 0)
	if err != nil {
		w.refuse(name, policy.ReasonIO, "folder cannot be opened: %v", cause(err))
		return
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		w.refuse(name, policy.ReasonIO, "folder cannot be examined: %v", cause(err))
		return
	}
	if slices.ContainsFunc(chain, func(above fs.FileInfo) bool { return os.SameFile(above, info) }) {
		_ = file.Close()
		w.refuse(name, policy.ReasonIO, "link loop: this is a folder that it is in")
		return
	}
	w.found.folders = append(w.found.folders, entry{name, stampOf(info)})
	below, err := w.children(name, file)
	_ = file.Close() // nothing was written
	if err != nil {
		w.refuse(name, policy.ReasonIO, "folder cannot be read: %v", cause(err))
	}
	slices.Sort(below)
	for _, child := range below {
		if w.full {
			return
		}
		w.folder(child, append(slices.Clip(chain), info))
	}
}

// children takes the files of a folder and gives the names of the folders in
// it. It reads the folder in pieces, since it may hold any number of names.
func (w *walk) children(name string, folder *os.File) (below []string, err error) {
	const piece = 1024
	for !w.full {
		infos, err := folder.Readdir(piece)
		for _, info := range infos {
			if w.entries++; w.entries > w.limits.Entries {
				w.overflow("more than %d names in the policy folder", w.limits.Entries)
				return below, nil
			}
			child := path.Join(name, info.Name())
			if !ignored(info.Name()) && w.child(child, info) {
				below = append(below, child)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return below, err
		}
	}
	return below, nil
}

// child takes a file, or tells that it is a folder.
func (w *walk) child(name string, info fs.FileInfo) (folder bool) {
	if !printable(name) {
		w.refuse(strings.Trim(strconv.Quote(name), `"`), policy.ReasonIO, "name is not printable UTF-8")
		return false
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := w.tree.Stat(name)
		if err != nil {
			// Whatever its name is: it may have been a folder of policies.
			w.refuse(name, policy.ReasonIO, "link cannot be followed inside the policy folder: %v", cause(err))
			return false
		}
		info = target
	}
	switch {
	case info.IsDir():
		return true
	case !strings.HasSuffix(name, extension):
		if strings.EqualFold(path.Ext(name), extension) {
			w.found.problems = append(w.found.problems, policy.Problem{
				File: name, Reason: policy.ReasonIO, Warning: true,
				Message: fmt.Sprintf("ignored, because the name does not end in %q in lower case", extension),
			})
		}
	case !info.Mode().IsRegular():
		w.refuse(name, policy.ReasonIO, "not a regular file but %s", kind(info.Mode()))
	case info.Size() > w.limits.FileBytes:
		w.refuse(name, policy.ReasonSize, "file is larger than %d bytes", w.limits.FileBytes)
	case len(w.found.files) >= w.limits.Files:
		w.overflow("more than %d policy files", w.limits.Files)
	case info.Size() > w.limits.TotalBytes-w.bytes:
		w.overflow("policy files are larger than %d bytes together", w.limits.TotalBytes)
	default:
		w.bytes += info.Size()
		w.found.files = append(w.found.files, entry{name, stampOf(info)})
	}
	return false
}

// refuse notes why the folder cannot be loaded.
func (w *walk) refuse(name string, reason policy.Reason, format string, args ...any) {
	w.found.problems = append(w.found.problems, problem(name, reason, format, args...))
}

// overflow ends the walk at a limit on the whole.
func (w *walk) overflow(format string, args ...any) {
	w.full = true
	w.refuse(".", policy.ReasonSize, format, args...)
}

// problem is one without a position, since it is about a file as such.
func problem(name string, reason policy.Reason, format string, args ...any) policy.Problem {
	return policy.Problem{File: name, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// cause is the error without the operation and the path that the problem names
// already, or that should not be shown.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// kind names what is not a regular file.
func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	default:
		return "of mode " + mode.String()
	}
}
