// Package memory finds out how much memory the program may use, tells the runtime of
// it, and watches how much of that is left.
//
// It knows nothing of calls: who refuses what, when memory is short, is the caller's
// affair.
package memory

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// Where a limit comes from.
const (
	FromEnvironment = "GOMEMLIMIT" // which the runtime has read
	FromCgroup      = "cgroup"
	FromMachine     = "machine"
)

// Limit is how much memory the program may use.
type Limit struct {
	// Heap is how much may be alive, in bytes: beyond, the collector has no time for
	// anything else, or the kernel ends the process. Zero: nobody knows.
	Heap int64
	// Runtime is the limit that the runtime keeps to, in bytes: when it comes close, it
	// collects garbage more often. Zero: none; it lets as much garbage lie as is alive.
	Runtime int64
	// Of is what the limit was found as, in bytes, and From where.
	Of   int64
	From string
}

// share of what the program may use is for the heap: the rest is for what the runtime
// does not count, and for what is allocated while it collects.
const (
	share = 8
	of    = 10
)

// Find finds the limit of this process in the files of Linux below root, which is that of
// the file system, unless GOMEMLIMIT sets one. The limit of a control group counts, and
// the memory of the machine if there is none. An error tells which file is not as it
// should be; the limit is then what the others say.
func Find(root fs.FS, lookup func(name string) (string, bool)) (Limit, error) {
	if text, set := lookup(FromEnvironment); set && text != "" && text != "off" {
		n := debug.SetMemoryLimit(-1) // does not change it
		return Limit{Heap: n, Runtime: n, Of: n, From: FromEnvironment}, nil
	}
	machine, err := machineMemory(root)
	group, groupErr := groupLimit(root)
	if groupErr != nil {
		err = groupErr
	}
	_, off := lookup(FromEnvironment)
	switch {
	case group < machine || group < math.MaxInt64 && machine == 0:
		n := group / of * share
		l := Limit{Heap: n, Runtime: n, Of: group, From: FromCgroup}
		if off { // it was asked for: garbage has to fit
			l.Heap, l.Runtime = n/2, 0
		}
		return l, err
	case machine > 0:
		return Limit{Heap: machine / of * share / 2, Of: machine, From: FromMachine}, err
	default:
		return Limit{}, err
	}
}

// Apply tells the runtime, if there is something to tell that it does not know.
func (l Limit) Apply() {
	if l.From == FromCgroup && l.Runtime > 0 {
		debug.SetMemoryLimit(l.Runtime)
	}
}

// machineMemory is how much the machine has; 0 if nobody knows.
func machineMemory(root fs.FS) (int64, error) {
	const file = "proc/meminfo"
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return 0, nil // it is not Linux
	}
	for line := range bytes.Lines(text) {
		rest, found := strings.CutPrefix(string(line), "MemTotal:")
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
		if err != nil || n <= 0 || n > math.MaxInt64>>10 {
			break
		}
		return n << 10, nil
	}
	return 0, fmt.Errorf("%s does not tell how much memory there is", file)
}

// groupLimit is the least limit of the control groups of the process; math.MaxInt64 if
// there is none. In a container, paths may be those outside of it, of which only the last
// parts, or none, are to be seen inside: so all that are above count that are there.
func groupLimit(root fs.FS) (limit int64, err error) {
	limit = math.MaxInt64
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return limit, nil // there are none
	}
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(parts) != 3 {
			continue
		}
		var folder string
		var files []string
		switch {
		case parts[0] == "0" && parts[1] == "":
			folder, files = "sys/fs/cgroup", []string{"memory.max", "memory.high"}
		case strings.Contains(","+parts[1]+",", ",memory,"):
			folder, files = "sys/fs/cgroup/memory", []string{"memory.limit_in_bytes"}
		default:
			continue
		}
		for at := path.Clean("/" + parts[2]); ; at = path.Dir(at) {
			for _, file := range files {
				n, bad := readLimit(root, path.Join(folder, at, file))
				limit = min(limit, n)
				if bad != nil {
					err = bad
				}
			}
			if at == "/" {
				break
			}
		}
	}
	return limit, err
}

// unlimited is what control groups of version 1 say if there is no limit: the largest
// number of pages, as octets.
const unlimited = math.MaxInt64 &^ (1<<16 - 1)

// readLimit reads a limit; math.MaxInt64 if there is none.
func readLimit(root fs.FS, file string) (int64, error) {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return math.MaxInt64, nil //nolint:nilerr // most are not there
	}
	word := strings.TrimSpace(string(text))
	if word == "max" {
		return math.MaxInt64, nil
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n <= 0 {
		return math.MaxInt64, fmt.Errorf("%s does not hold a number of bytes", file)
	}
	if n >= unlimited {
		return math.MaxInt64, nil
	}
	return n, nil
}
