package audit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/contexthandler"
)

// The errors of [Log.Record].
var (
	// ErrClosed: the log is closed.
	ErrClosed = errors.New("the audit log is closed")
	// ErrBlocked: the records were not written in time, and there is no room for
	// them elsewhere.
	ErrBlocked = errors.New("audit records cannot be written")
)

const (
	// maxQueued bounds the records that wait, in bytes; one call may have more.
	maxQueued = 16 << 20
	// maxWrite is how many bytes are written at a time.
	maxWrite = 4 << 20

	// maxReserve is how much of the time of a call is kept to answer it.
	maxReserve = 100 * time.Millisecond

	lockName = "audit.lock"
)

// Log writes records. It is safe for concurrent use. One goroutine writes: what
// is recorded while it does is written, and synced, together.
type Log struct {
	masking Masking
	timing  timing
	journal *journal // nil if there are no files
	console *console // nil if there is none
	spill   *spill   // nil if there is none
	queue   *queue
	metrics *metrics
	log     *slog.Logger

	boot    string        // a random number of this process
	calls   atomic.Uint64 // counts them
	stuck   atomic.Bool   // records were not written in time, and nothing was since
	refuses atomic.Bool   // since then a decision was refused for that
	failing bool          // the last write failed; of the writer

	locks    []io.Closer
	stop     chan struct{} // closed to give up what cannot be written
	finished chan struct{} // closed at the end of the writer
	syncing  sync.WaitGroup
}

// Open opens the log and continues the chain that is in its folder. A
// *CorruptError tells that it cannot be continued.
func Open(c Config) (*Log, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	var files, waiting disk
	if c.Folder != "" {
		f, err := newFolder(c.Folder)
		if err != nil {
			return nil, err
		}
		files = f
	}
	if c.WhenBlocked == Spill {
		f, err := newFolder(filepath.Dir(c.SpillFile))
		if err != nil {
			return nil, err
		}
		waiting = f
	}
	return open(c, files, waiting)
}

// open opens the log on these disks, either of which may be nil.
func open(c Config, files, waiting disk) (_ *Log, err error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	l := &Log{
		masking: c.Masking, timing: c.timing.filled(), queue: newQueue(maxQueued), log: c.Logger,
		stop: make(chan struct{}), finished: make(chan struct{}),
	}
	defer func() {
		if err != nil {
			_ = l.release() // there is an error already
		}
	}()
	var boot [8]byte
	_, _ = rand.Read(boot[:]) // it never fails
	l.boot = hex.EncodeToString(boot[:])
	if files != nil {
		if err := l.lock(files, lockName); err != nil {
			return nil, err
		}
		l.journal = &journal{
			disk: files, maxBytes: c.MaxBytes, maxAge: c.MaxAge, keep: c.Keep, always: c.Sync == SyncAlways,
			now: l.timing.now, log: c.Logger, fresh: c.Stdout != nil,
		}
		if err := l.journal.recover(); err != nil {
			return nil, err
		}
	}
	if c.Stdout != nil {
		l.console = &console{w: c.Stdout, id: newChainID()}
	}
	if waiting != nil {
		name := filepath.Base(c.SpillFile)
		if err := l.lock(waiting, name+".lock"); err != nil {
			return nil, err
		}
		l.spill = &spill{disk: waiting, name: name, limit: c.SpillMaxBytes, always: c.Sync == SyncAlways}
		var mark spillMark
		if l.journal != nil {
			mark = l.journal.drained
		}
		if err := l.spill.recover(mark); err != nil {
			return nil, err
		}
		if n := l.spill.aside; n > 0 {
			l.log.Warn("the end of the spill file of audit records is damaged, and put aside", slog.String("file", name+tornSuffix), slog.Int64("bytes", n))
		}
	}
	if l.metrics, err = newMetrics(c.Registerer, l.queued); err != nil {
		return nil, err
	}
	if err := l.flush(true); err != nil { // shows at once whether there is a way out
		return nil, err
	}
	if l.journal != nil {
		l.journal.announce("opened")
	}
	go l.run()
	if l.spill != nil && !l.spill.always {
		l.syncing.Go(l.syncSpill)
	}
	return l, nil
}

func (l *Log) lock(d disk, name string) error {
	lock, err := d.lock(name)
	if err != nil {
		return err
	}
	l.locks = append(l.locks, lock)
	return nil
}

// Record writes the records of calls, together. It makes a Log a
// contexthandler.Auditor. When it returns nil they are written, or in the spill
// file, and synced if that is the rule. For a call whose time is over nobody
// waits: its records are written if there is room for them.
func (l *Log) Record(ctx context.Context, events []*contexthandler.Event) error {
	records := l.records(events)
	if len(records) == 0 {
		return nil
	}
	g := newGroup(records)
	err := l.append(ctx, g)
	if err != nil {
		l.metrics.settle(g, refused)
	}
	return err
}

// records makes the records of calls. They are as large as they have to be, unless that
// is too large together: then all have the same room.
func (l *Log) records(events []*contexthandler.Event) [][]byte {
	count := 0
	scribes := make([]*scribe, len(events))
	for i, e := range events {
		scribes[i] = l.masking.scribe(e, l.boot+"-"+strconv.FormatUint(l.calls.Add(1), 36))
		count += scribes[i].count()
	}
	share := min(maxRecord, max(leastRecord, maxTogether/max(count, 1)))
	if out, size := recordsWithin(scribes, maxRecord, maxTogether); size <= maxTogether {
		return out
	}
	out, _ := recordsWithin(scribes, share, math.MaxInt)
	return out
}

// recordsWithin makes records no larger than room, until they are larger than most together.
func recordsWithin(scribes []*scribe, room, most int) (out [][]byte, size int) {
	for _, s := range scribes {
		for i := range s.count() {
			r := s.record(i, room)
			if out, size = append(out, r), size+len(r); size > most {
				return out, size
			}
		}
	}
	return out, size
}

// append has a group written, or spilled.
func (l *Log) append(ctx context.Context, g *group) error {
	if l.queue.isClosed() {
		return ErrClosed
	}
	over := ctx.Err() != nil
	if l.spill != nil && l.stuck.Load() && l.spillNow(g) == nil {
		return nil
	}
	patience, end, stop := l.patience(ctx)
	defer stop()
	for {
		ok, room := l.queue.put(g)
		if ok {
			break
		}
		if room == nil {
			return ErrClosed
		}
		if over {
			return l.blocked(g)
		}
		select {
		case <-room:
		case <-end:
			return l.blocked(g)
		case <-ctx.Done():
			return l.blocked(g)
		case <-patience:
			if l.spillNow(g) == nil {
				return nil
			}
			patience = nil
		}
	}
	if over {
		return nil
	}
	select {
	case <-g.done:
		return g.err
	case <-end:
	case <-ctx.Done():
	case <-patience:
		if l.queue.withdraw(g) {
			if l.spillNow(g) == nil {
				return nil
			}
			if ok, _ := l.queue.put(g); !ok {
				return l.blocked(g)
			}
		}
		select { // it is being written, or there is no room elsewhere
		case <-g.done:
			return g.err
		case <-end:
		case <-ctx.Done():
		}
	}
	if l.queue.withdraw(g) {
		return l.blocked(g)
	}
	return l.refuse() // it may be written all the same
}

// patience gives when a group goes to the spill file instead, and when there is no
// more time for it: while some of the time of the call is left to say so, and soon
// if others waited in vain, so that those who wait do not take all places. Either may
// be nil.
func (l *Log) patience(ctx context.Context) (spill, end <-chan time.Time, stop func()) {
	var timers []*time.Timer
	after := func(d time.Duration) <-chan time.Time {
		t := time.NewTimer(d)
		timers = append(timers, t)
		return t.C
	}
	if l.spill != nil {
		spill = after(l.timing.patience)
	}
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		if left -= min(left/10, maxReserve); l.stuck.Load() {
			left = min(left, l.timing.patience)
		}
		end = after(left)
	}
	return spill, end, func() {
		for _, t := range timers {
			t.Stop()
		}
	}
}

// late tells that records were not written in time.
func (l *Log) late() {
	if l.stuck.CompareAndSwap(false, true) {
		l.log.Warn("audit records are not written in time")
	}
}

// refuse is the end of a decision whose record is nowhere.
func (l *Log) refuse() error {
	l.late()
	if l.refuses.CompareAndSwap(false, true) {
		l.log.Warn("decisions are refused, because their records cannot be written")
	}
	return ErrBlocked
}

// blocked is the end of a group that there was no time for, and that nobody else has.
func (l *Log) blocked(g *group) error {
	if l.spill != nil && l.spillNow(g) == nil {
		return nil
	}
	return l.refuse()
}

// spillNow puts a group into the spill file, which nobody else has.
func (l *Log) spillNow(g *group) error {
	if err := l.spill.add(g.records); err != nil {
		if !errors.Is(err, errSpillFull) {
			l.metrics.errors.Inc()
		}
		return err
	}
	l.late()
	l.metrics.settle(g, spilled)
	l.queue.poke()
	return nil
}

// queued is what waits.
func (l *Log) queued() float64 {
	n := float64(l.queue.length())
	if l.spill != nil {
		n += float64(l.spill.waiting())
	}
	return n
}

// Close writes what waits, and ends the log. When ctx ends before that is done, what
// is left is given up, and the error tells so. Whoever records after Close gets
// ErrClosed.
func (l *Log) Close(ctx context.Context) error {
	l.queue.close()
	select {
	case <-l.finished:
	case <-ctx.Done():
		close(l.stop)
		select {
		case <-l.finished:
		case <-time.After(time.Second): // it is in a write that does not return
			return ErrBlocked
		}
	}
	l.syncing.Wait()
	err := l.release()
	if l.failing {
		err = errors.Join(err, ErrBlocked)
	}
	return err
}

// release closes the files.
func (l *Log) release() error {
	var err error
	if l.journal != nil {
		l.journal.end()
	}
	if l.spill != nil {
		err = errors.Join(err, l.spill.close())
	}
	for _, lock := range l.locks {
		err = errors.Join(err, lock.Close())
	}
	return err
}
