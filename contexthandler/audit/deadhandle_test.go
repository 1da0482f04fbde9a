package audit

import (
	"sync/atomic"
	"testing"
)

// handleDisk tells when a handle is used again whose write or sync failed. What such a
// handle says afterwards means nothing: systems take the pages that a sync could not
// write for written, so that the next sync succeeds and they are lost.
type handleDisk struct {
	*memDisk
	abused *atomic.Int64
}

type handle struct {
	file
	dead   atomic.Bool
	abused *atomic.Int64
}

func (d handleDisk) create(name string) (file, error) {
	f, err := d.memDisk.create(name)
	return &handle{file: f, abused: d.abused}, err
}

func (d handleDisk) extend(name string) (file, error) {
	f, err := d.memDisk.extend(name)
	return &handle{file: f, abused: d.abused}, err
}

func (d handleDisk) holds(name string, open file) bool {
	h, ok := open.(*handle)
	return ok && d.memDisk.holds(name, h.file)
}

func (h *handle) Write(p []byte) (int, error) {
	n, err := h.file.Write(p)
	h.used(err)
	return n, err
}

func (h *handle) Sync() error {
	err := h.file.Sync()
	h.used(err)
	return err
}

func (h *handle) used(err error) {
	if h.dead.Load() {
		h.abused.Add(1)
	}
	if err != nil {
		h.dead.Store(true)
	}
}

// nowAndThen fails some of the operations.
func nowAndThen(failing string, n int) func(op string, _ int) fault {
	count := 0 // under the lock of the disk
	return func(op string, _ int) fault {
		if op != failing {
			return works
		}
		if count++; count%13 == n {
			return fails
		}
		return works
	}
}

// ROBUSTNESS row 45: a handle whose write or sync failed is dead, that of the files
// and that of the spill file.
func TestRow45_HandleThatFailedIsNotUsedAgain(t *testing.T) {
	for _, failing := range []string{"write", "fsync"} {
		for _, rule := range []ErrorRule{Refuse, Spill} {
			for n := range 13 {
				var abused atomic.Int64
				files, aside := newMemDisk(), newMemDisk()
				files.fault, aside.fault = nowAndThen(failing, n), nowAndThen(failing, n)
				c := config()
				var waiting disk
				if c.WhenBlocked = rule; rule == Spill {
					c.SpillFile, c.SpillMaxBytes, waiting = "spill", 1<<20, handleDisk{aside, &abused}
				}
				l, err := open(c, handleDisk{files, &abused}, waiting)
				if err != nil {
					continue // it failed while it was opened
				}
				acknowledged := load(t.Context(), l, "a", 1, 12)
				for _, d := range []*memDisk{files, aside} {
					d.mu.Lock()
					d.fault = nil
					d.mu.Unlock()
				}
				mustClose(t, l)
				if got := abused.Load(); got > 0 {
					t.Errorf("%s fails (%d), rule %s: got %d uses of a handle that had failed", failing, n, rule, got)
				}
				wantSound(t, files, acknowledged, failing)
			}
		}
	}
}
