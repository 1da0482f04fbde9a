package audit

import (
	"log/slog"
	"time"
)

// run writes what comes, until the log is closed and everything is written.
func (l *Log) run() {
	defer close(l.finished)
	tick := time.NewTicker(l.timing.interval)
	defer tick.Stop()
	for {
		must := false
		select {
		case <-l.queue.wake:
		case <-tick.C:
			must = true
		case <-l.stop:
			l.giveUp()
			return
		}
		groups, closed := l.queue.take(maxWrite)
		if !l.write(groups, must) || !l.drain() {
			l.giveUp()
			return
		}
		if closed {
			l.end()
			return
		}
	}
}

// write writes groups, however often it takes. It reports whether that was possible
// before the log was given up.
func (l *Log) write(groups []*group, must bool) bool {
	var records [][]byte
	for _, g := range groups {
		records = append(records, g.records...)
	}
	if len(records) == 0 && !must {
		return true
	}
	became := written
	aside := func() bool {
		if l.setAside(records) {
			became = spilled
		}
		return became == spilled
	}
	ok := l.insist(records, must, aside)
	for _, g := range groups {
		if ok {
			l.metrics.settle(g, became)
		} else {
			g.err = ErrClosed
		}
		close(g.done)
	}
	if ok && became == written && len(records) > 0 {
		l.metrics.last.Set(float64(l.timing.now().UnixNano()) / float64(time.Second))
	}
	return ok
}

// setAside moves records that a file did not take to the spill file.
func (l *Log) setAside(records [][]byte) bool {
	if l.spill == nil || len(records) == 0 || l.journal == nil || !l.journal.takesBack(len(records)) {
		return false
	}
	if err := l.spill.add(records); err != nil {
		return false
	}
	l.journal.takeBack(len(records))
	l.late()
	return true
}

// syncSpill puts on disk what waits, again and again: the writer may be in a write
// that does not return.
func (l *Log) syncSpill() {
	tick := time.NewTicker(l.timing.interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-l.finished:
			return
		case <-l.stop:
			return
		}
		if err := l.spill.sync(); err != nil {
			l.metrics.errors.Inc()
			l.log.Warn("the spill file of audit records cannot be synced", slog.Any("error", err))
		}
	}
}

// insist writes records until they are written, or the log is given up. After a
// failure it is enough if aside, which may be nil, finds another place for them.
func (l *Log) insist(records [][]byte, must bool, aside func() bool) bool {
	if l.journal != nil {
		l.journal.add(records...)
	} else {
		l.console.add(records)
	}
	for wait := l.timing.retry; ; wait = min(2*wait, maxRetry) {
		err := l.flush(must)
		if err == nil {
			if l.failing {
				l.log.Info("audit records can be written again")
			}
			l.failing = false
			l.stuck.Store(false)
			l.refuses.Store(false)
			return true
		}
		l.metrics.errors.Inc()
		if !l.failing {
			l.log.Warn("audit records cannot be written", slog.Any("error", err))
		}
		l.failing = true
		if aside != nil && aside() {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.stop:
			timer.Stop()
			return false
		}
	}
}

// flush writes to the files and then to the console what they do not have yet.
func (l *Log) flush(must bool) error {
	if l.journal != nil {
		if err := l.journal.flush(must); err != nil {
			return err
		}
		if l.console != nil {
			l.console.pending = append(l.console.pending, l.journal.takeLines()...)
		}
	}
	if l.console != nil {
		return l.console.flush()
	}
	return nil
}

// drain puts into the log what waits in the spill file.
func (l *Log) drain() bool {
	if l.spill == nil {
		return true
	}
	for {
		records, mark, end, err := l.spill.next()
		if err != nil {
			l.metrics.errors.Inc()
			l.log.Warn("the spill file of audit records cannot be read", slog.Any("error", err))
			return true // it is tried again at the next tick
		}
		if len(records) == 0 {
			if l.journal != nil {
				l.journal.draining = false
			}
			return true
		}
		if l.journal != nil {
			l.journal.draining = true
		}
		if !l.insist(records, true, nil) {
			return false
		}
		if l.journal != nil {
			l.journal.drained = mark
		}
		if err := l.spill.drained(end, len(records)); err != nil {
			l.metrics.errors.Inc()
			l.log.Warn("the spill file of audit records cannot be emptied", slog.Any("error", err))
			return true
		}
		if l.queue.length() > 0 { // those who wait come first
			l.queue.poke()
			return true
		}
	}
}

// end writes that the log ends in good order.
func (l *Log) end() {
	if l.journal != nil && l.insist([][]byte{noteRecord(l.timing.now(), Note{What: noteClosed})}, true, nil) {
		l.journal.announce("closed")
	}
}

// giveUp tells those who wait that nothing more is written.
func (l *Log) giveUp() {
	for {
		groups, closed := l.queue.take(maxWrite)
		for _, g := range groups {
			g.err = ErrClosed
			close(g.done)
		}
		if closed {
			return
		}
	}
}
