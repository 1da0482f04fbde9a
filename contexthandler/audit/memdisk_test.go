package audit

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
)

// memDisk is a disk in memory that knows what was synced, fails when it is told to,
// and can lose its power.
type memDisk struct {
	mu      sync.Mutex
	files   map[string]*inode
	durable map[string]*inode // which files there are on disk
	changes []change          // of files, since the folder was synced
	locked  map[string]bool

	ops   int
	fault func(op string, n int) fault
	space int64 // what is left, if limited
	small bool
}

// inode is a file: what programs see, what is on disk, and the writes between.
type inode struct {
	data, durable []byte
	writes        []extent
}

type extent struct {
	at   int
	data []byte
}

type change struct {
	name string
	to   *inode // nil: it was removed
}

// fault is what becomes of an operation.
type fault uint8

const (
	works fault = iota
	fails       // with an error
	gone        // with an error, and so does all that follows
)

var errFault = errors.New("the disk fails")

func newMemDisk() *memDisk {
	return &memDisk{files: make(map[string]*inode), durable: make(map[string]*inode), locked: make(map[string]bool)}
}

// begin counts an operation, and tells whether it fails. It leaves the disk locked.
func (d *memDisk) begin(op string) error {
	d.mu.Lock()
	d.ops++
	if d.fault != nil && d.fault(op, d.ops) != works {
		return errFault
	}
	return nil
}

func (d *memDisk) names() ([]string, error) {
	defer d.mu.Unlock()
	if err := d.begin("names"); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(d.files)), nil
}

func (d *memDisk) create(name string) (file, error) {
	defer d.mu.Unlock()
	if err := d.begin("create"); err != nil {
		return nil, err
	}
	if d.files[name] != nil {
		return nil, fs.ErrExist
	}
	i := &inode{}
	d.files[name] = i
	d.changes = append(d.changes, change{name, i})
	return &memFile{d, i}, nil
}

func (d *memDisk) extend(name string) (file, error) {
	defer d.mu.Unlock()
	if err := d.begin("extend"); err != nil {
		return nil, err
	}
	if d.files[name] == nil {
		return nil, fs.ErrNotExist
	}
	return &memFile{d, d.files[name]}, nil
}

func (d *memDisk) open(name string) (io.ReadCloser, error) {
	defer d.mu.Unlock()
	if err := d.begin("open"); err != nil {
		return nil, err
	}
	if d.files[name] == nil {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(bytes.Clone(d.files[name].data))), nil
}

func (d *memDisk) replace(name string, content []byte) error {
	defer d.mu.Unlock()
	if err := d.begin("replace"); err != nil {
		return err
	}
	i := &inode{data: bytes.Clone(content)}
	i.sync()
	d.files[name] = i
	d.changes = append(d.changes, change{name, i})
	return nil
}

func (d *memDisk) holds(name string, open file) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := open.(*memFile)
	return ok && f.i == d.files[name]
}

func (d *memDisk) truncate(name string, size int64) error {
	defer d.mu.Unlock()
	if err := d.begin("truncate"); err != nil {
		return err
	}
	i := d.files[name]
	if i == nil {
		return fs.ErrNotExist
	}
	d.space += int64(len(i.data)) - size
	i.data = i.data[:size]
	i.sync()
	return nil
}

func (d *memDisk) remove(name string) error {
	defer d.mu.Unlock()
	if err := d.begin("remove"); err != nil {
		return err
	}
	if d.files[name] == nil {
		return fs.ErrNotExist
	}
	d.space += int64(len(d.files[name].data))
	delete(d.files, name)
	d.changes = append(d.changes, change{name, nil})
	return nil
}

func (d *memDisk) sync() error {
	defer d.mu.Unlock()
	if err := d.begin("sync"); err != nil {
		return err
	}
	d.durable, d.changes = maps.Clone(d.files), nil
	return nil
}

func (d *memDisk) lock(name string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked[name] {
		return nil, errors.New("locked")
	}
	d.locked[name] = true
	return unlocker(func() { d.mu.Lock(); d.locked[name] = false; d.mu.Unlock() }), nil
}

type unlocker func()

func (u unlocker) Close() error { u(); return nil }

func (i *inode) sync() { i.durable, i.writes = bytes.Clone(i.data), nil }

type memFile struct {
	d *memDisk
	i *inode
}

// Write of a disk that fails may have written some of it.
func (f *memFile) Write(p []byte) (int, error) {
	defer f.d.mu.Unlock()
	err := f.d.begin("write")
	if f.d.small && int64(len(p)) > f.d.space {
		p, err = p[:max(0, f.d.space)], errors.New("no space left on device")
	} else if err != nil {
		p = p[:rand.IntN(len(p)+1)]
	}
	f.d.space -= int64(len(p))
	f.i.writes = append(f.i.writes, extent{len(f.i.data), bytes.Clone(p)})
	f.i.data = append(f.i.data, p...)
	return len(p), err
}

// Sync that fails leaves behind what is not on disk, and takes it for synced.
func (f *memFile) Sync() error {
	defer f.d.mu.Unlock()
	if err := f.d.begin("fsync"); err != nil {
		return err
	}
	f.i.sync()
	return nil
}

func (f *memFile) Close() error { return nil }

// powerLoss gives the disk as it may be found after a loss of power: of what was
// not synced anything may be there, in pieces, in any order, or not.
func (d *memDisk) powerLoss(rng *rand.Rand) *memDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := newMemDisk()
	maps.Copy(out.files, d.durable)
	for _, c := range d.changes {
		if rng.IntN(2) == 0 {
			continue
		}
		if c.to == nil {
			delete(out.files, c.name)
		} else {
			out.files[c.name] = c.to
		}
	}
	for name, i := range out.files {
		found := &inode{data: i.remains(rng)}
		found.sync()
		out.files[name] = found
	}
	out.durable = maps.Clone(out.files)
	return out
}

// remains is what may be left of a file.
func (i *inode) remains(rng *rand.Rand) []byte {
	data := bytes.Clone(i.durable)
	const sector = 64
	all, none := rng.IntN(4) == 0, rng.IntN(4) == 0
	for _, w := range i.writes {
		for at := 0; at < len(w.data); at += sector {
			if none || !all && rng.IntN(2) == 0 {
				continue
			}
			piece := w.data[at:min(at+sector, len(w.data))]
			if end := w.at + at + len(piece); end > len(data) {
				data = append(data, make([]byte, end-len(data))...)
			}
			copy(data[w.at+at:], piece)
		}
	}
	return data
}
