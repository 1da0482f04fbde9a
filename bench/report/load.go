package main

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/bench"
	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// load is what it took to load W3 from files, on one core.
type load struct {
	policies int
	bytes    int64         // of XML
	total    time.Duration // up to the first decision
	reading  time.Duration // of that, reading the files
	parsing  time.Duration // of that, XML to policies
	heap     int64         // live, after two collections
}

// loadW3 makes W3 of files, which it writes below the folder if there are none.
func loadW3(dir string) (*series, *load, error) {
	w := workload.W3()
	if dir == "" {
		temporary, err := os.MkdirTemp("", "forseti-w3-")
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = os.RemoveAll(temporary) }() // as well as can be
		dir = temporary
	}
	names, err := policyFiles(dir)
	if err == nil && len(names) == 0 {
		if err = workload.WriteXML(dir, w); err == nil {
			names, err = policyFiles(dir)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if len(names) != w.Len() {
		return nil, nil, fmt.Errorf("%s has %d XML files, not %d: remove it", dir, len(names), w.Len())
	}
	e, l, err := loadFiles(dir, names, w)
	if err != nil {
		return nil, nil, fmt.Errorf("W3: %w", err)
	}
	s, err := withFloor(w, e)
	return s, l, err
}

// policyFiles lists the XML files below the folder, in the order of their names.
func policyFiles(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) && name == dir {
			return nil // it will be written
		}
		if err == nil && !entry.IsDir() && strings.HasSuffix(name, ".xml") {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// loadFiles measures the way from files to the first decision on one core, the
// collector included.
func loadFiles(dir string, names []string, w *workload.Apps) (bench.Engine, *load, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	l := &load{policies: len(names)}
	f := &files{dir: dir, names: names, load: l}
	first := w.Requests[0].XACML()
	before := liveHeap()
	start := time.Now()
	p, err := bench.Build(f.documents())
	switch {
	case f.err != nil:
		return bench.Engine{}, nil, f.err
	case err != nil:
		return bench.Engine{}, nil, err
	}
	if err := first.Check(p.Evaluate(context.Background(), first.Request, nil)); err != nil {
		return bench.Engine{}, nil, fmt.Errorf("first request: %w", err)
	}
	l.total = time.Since(start)
	l.heap = liveHeap() - before
	return bench.Decider(p, w.Cases()), l, nil
}

// files reads policies one after another and stops at the first error.
type files struct {
	dir   string
	names []string
	load  *load
	err   error
}

func (f *files) documents() iter.Seq[policy.Document] {
	return func(yield func(policy.Document) bool) {
		for _, name := range f.names {
			document, err := f.read(name)
			if err != nil {
				f.err = err
				return
			}
			if !yield(document) {
				return
			}
		}
	}
}

func (f *files) read(name string) (policy.Document, error) {
	start := time.Now()
	data, err := os.ReadFile(name)
	if err != nil {
		return policy.Document{}, err
	}
	f.load.bytes += int64(len(data))
	read := time.Now()
	f.load.reading += read.Sub(start)
	short, err := filepath.Rel(f.dir, name)
	if err != nil {
		return policy.Document{}, err
	}
	document, problems := xacmlxml.ReadPolicy(filepath.ToSlash(short), data, xacmlxml.DefaultLimits())
	f.load.parsing += time.Since(read)
	if found := problems.Errors(); len(found) > 0 {
		return policy.Document{}, found
	}
	return document, nil
}

// liveHeap is what the heap holds after two collections.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
