package pap

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// task is a file that is to be read.
type task struct {
	now, known *file // known is nil if nothing is
	err        error
}

// readAll reads files of at most that many bytes together, and keeps nothing
// but what now has room for. The problems are in the order of the files.
func (f folder) readAll(ctx context.Context, t tree, tasks []task, bytes int64, r reading) (policy.Problems, error) {
	workers := min(runtime.GOMAXPROCS(0), len(tasks))
	if r.alone {
		workers = min(1, workers)
	}
	var next, left atomic.Int64
	left.Store(bytes)
	var pool sync.WaitGroup
	for range workers {
		pool.Go(func() { f.work(ctx, t, tasks, &next, &left, r) })
	}
	pool.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if left.Load() < 0 {
		return policy.Problems{problem(".", policy.ReasonSize, "policy files are larger than %d bytes together", f.limits.TotalBytes)}, nil
	}
	var problems policy.Problems
	for _, w := range tasks {
		switch {
		case w.err == nil:
		case errors.Is(w.err, errTooLarge):
			problems = append(problems, problem(w.now.name, policy.ReasonSize, "file is larger than %d bytes", f.limits.FileBytes))
		default:
			problems = append(problems, problem(w.now.name, policy.ReasonIO, "file cannot be read: %v", cause(w.err)))
		}
	}
	return problems, nil
}

// work does the next task until there is none, the context ends, or too much
// was read.
func (f folder) work(ctx context.Context, t tree, tasks []task, next, left *atomic.Int64, r reading) {
	var buffer bytes.Buffer
	for ctx.Err() == nil && left.Load() >= 0 {
		i := int(next.Add(1)) - 1
		if i >= len(tasks) {
			return
		}
		w := &tasks[i]
		w.err = readFile(t, w.now.name, &buffer, f.limits.FileBytes)
		if w.err != nil || left.Add(-int64(buffer.Len())) < 0 {
			continue
		}
		w.now.digest, w.now.read = sha256.Sum256(buffer.Bytes()), true
		switch {
		case w.known == nil:
		case w.known.read && w.known.digest == w.now.digest:
			w.now.outcome, w.now.held = w.known.outcome, w.known.held
		default:
			w.now.fresh = true
		}
		if r.take != nil {
			r.take(w.now, w.known, buffer.Bytes())
		}
	}
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
