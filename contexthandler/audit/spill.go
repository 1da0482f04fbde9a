package audit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// errSpillFull tells that the spill file has no room for the records.
var errSpillFull = errors.New("the spill file is full")

// maxDrained is how many bytes are read from the spill file at a time.
const maxDrained = 1 << 20

// spill is a file in which records wait until the log can be written again. It is a
// chain of its own, so that nobody changes them meanwhile without being found out.
// When all its records are in the log it is emptied, and a new chain begins.
type spill struct {
	disk   disk
	name   string
	limit  int64
	always bool

	mu    sync.Mutex
	f     file // nil if it has to be opened, and cut off first
	id    chainID
	last  position
	size  int64 // of what counts
	read  int64 // how much of it is in the log
	count int64 // records that are not

	synced  uint64 // the last record that is known to be on disk
	dropped bool   // the file was given up: there may be more in it than counts
	closed  bool
	aside   int64 // bytes that did not count when it was opened, and were put aside
}

// recover reads what a former process left, of which the log has everything up to
// the mark.
func (s *spill) recover(mark spillMark) error {
	s.id = newChainID()
	names, err := s.disk.names()
	if err != nil {
		return err
	}
	found := false
	for _, name := range names {
		found = found || name == s.name
	}
	if !found {
		f, err := s.disk.create(s.name)
		if err != nil {
			return err
		}
		s.f = f
		return s.disk.sync()
	}
	r := recovered{}
	first, ok := firstRecord(s.disk, s.name)
	if ok {
		r.chain, r.last = first.chain, position{first.seq - 1, first.prev}
	}
	end, good, err := r.read(s.disk, s.name)
	if err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	s.size = good
	if s.aside = end - good; s.aside > maxTorn {
		return fmt.Errorf("spill: %w", &CorruptError{s.name, good})
	}
	if s.aside > 0 {
		if err := putAside(s.disk, Void{s.name, good}); err != nil {
			return err
		}
	}
	if s.size == 0 {
		return s.open()
	}
	s.id, s.last = r.chain, r.last
	s.count = int64(s.last.seq)
	if mark.chain == s.id {
		if s.read, err = s.offsetOf(mark.seq); err != nil {
			return err
		}
		s.count -= int64(min(mark.seq, s.last.seq))
	}
	return s.open()
}

// offsetOf is where the record with this number ends.
func (s *spill) offsetOf(seq uint64) (int64, error) {
	f, err := s.disk.open(s.name)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // read-only
	lines := newScanner(io.LimitReader(f, s.size))
	var end int64
	for {
		text, err := lines.next()
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return 0, err
		}
		if l, ok := text.record(); !ok || l.seq > seq {
			return end, nil
		}
		end = text.end
	}
}

// open opens the file, without what does not count. What is left is on disk.
func (s *spill) open() error {
	if err := s.disk.truncate(s.name, s.size); err != nil {
		return err
	}
	f, err := s.disk.extend(s.name)
	if err != nil {
		return err
	}
	s.f, s.dropped, s.synced = f, false, s.last.seq
	return nil
}

// add appends records. When it returns nil they are in the file, and on disk if
// that is the rule.
func (s *spill) add(records [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	var text []byte
	last := s.last
	for _, r := range records {
		text, last = appendLine(text, s.id, last, s.synced, r)
	}
	if s.size+int64(len(text)) > s.limit {
		return errSpillFull
	}
	if s.f == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	_, err := s.f.Write(text)
	if err == nil && s.always {
		err = s.f.Sync()
	}
	if err != nil {
		s.drop()
		return err
	}
	s.last, s.size = last, s.size+int64(len(text))
	s.count += int64(len(records))
	if s.always {
		s.synced = last.seq
	}
	return nil
}

// sync puts on disk what is not, where that is not done for each record.
func (s *spill) sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f == nil || s.synced == s.last.seq {
		return nil
	}
	if err := s.f.Sync(); err != nil {
		s.drop()
		return err
	}
	s.synced = s.last.seq
	return nil
}

// drop gives up the handle. What it wrote and nobody was told of is cut off when
// the file is opened again.
func (s *spill) drop() {
	_ = s.f.Close() // it is dead
	s.f, s.dropped = nil, true
}

// waiting is the number of records that are not in the log.
func (s *spill) waiting() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// next gives the records to put into the log next, each of which names where it was.
// mark is that of the last, and end where that ends.
func (s *spill) next() (records [][]byte, mark spillMark, end int64, err error) {
	s.mu.Lock()
	from, size := s.read, s.size
	s.mu.Unlock()
	if from == size {
		return nil, spillMark{}, 0, nil
	}
	f, err := s.disk.open(s.name)
	if err != nil {
		return nil, spillMark{}, 0, err
	}
	defer f.Close() //nolint:errcheck // read-only
	if _, err := io.CopyN(io.Discard, f, from); err != nil {
		return nil, spillMark{}, 0, err
	}
	lines := newScanner(io.LimitReader(f, size-from))
	for end = from; end-from < maxDrained; {
		text, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, spillMark{}, 0, err
		}
		l, ok := text.record()
		if !ok || l.chain != s.id {
			return nil, spillMark{}, 0, &CorruptError{s.name, from + text.at}
		}
		mark, end = spillMark{l.chain, l.seq}, from+text.end
		records = append(records, spliced(mark, l.record))
	}
	return records, mark, end, nil
}

// drained tells that so much of the file is in the log, on disk. The file is emptied
// if that is all of it.
func (s *spill) drained(end int64, records int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read, s.count = end, s.count-int64(records)
	if s.read < s.size {
		return nil
	}
	if s.f != nil {
		s.drop()
	}
	if err := s.disk.truncate(s.name, 0); err != nil {
		return err
	}
	s.id, s.last, s.size, s.read = newChainID(), position{}, 0, 0
	return s.open()
}

// close ends the use of the file. What it wrote and nobody was told of is cut off, or the
// next process would put it into the log once more.
func (s *spill) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.dropped {
		return s.disk.truncate(s.name, s.size)
	}
	if s.f == nil {
		return nil
	}
	f := s.f
	s.f = nil
	return errors.Join(f.Sync(), f.Close())
}

const (
	splicedStart = `{"spilled":{"chain":"`
	splicedSeq   = `","seq":`
	splicedEnd   = `},`
)

// spliced is a record that says where in a spill file it was.
func spliced(m spillMark, record []byte) []byte {
	out := make([]byte, 0, len(record)+96)
	out = hex.AppendEncode(append(out, splicedStart...), m.chain[:])
	out = strconv.AppendUint(append(out, splicedSeq...), m.seq, 10)
	return append(append(out, splicedEnd...), bytes.TrimPrefix(record, []byte("{"))...)
}

// spilledFrom is where in a spill file a record was; the zero mark if nowhere.
func spilledFrom(record []byte) spillMark {
	var m spillMark
	c := cursor{rest: record, ok: true}
	c.literal(splicedStart)
	if !c.ok {
		return spillMark{}
	}
	c.hex(m.chain[:])
	c.literal(splicedSeq)
	m.seq = c.number()
	if !c.ok {
		return spillMark{}
	}
	return m
}
