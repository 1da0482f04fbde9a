package audit

import (
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// maxUnsynced is how many bytes are written at most before they are synced.
const maxUnsynced = 8 << 20

// journal is the chain in files.
//
// A handle whose write or sync failed is dead: nobody can tell what became of
// what was written with it. So everything since the last good sync is kept, and
// written again to a new file, whose first record says what at the end of earlier
// files does not count.
//
// INVARIANT: what is in files up to durable is on disk, and nothing before
// durableAt is ever written again.
type journal struct {
	disk     disk
	maxBytes int64
	maxAge   time.Duration
	keep     int
	always   bool // whether each flush syncs
	now      func() time.Time
	log      *slog.Logger

	id            chainID
	last, durable position
	durableAt     place
	tail          [][]byte // the records after durable
	written       int      // how many of them are in the file
	unsynced      int64    // bytes
	drained       spillMark
	draining      bool // no new file, so that the last file says what was drained

	f      file // nil if there is to be a new one
	reason string
	at     place // the end of the file
	number int   // of the file that was made last
	began  time.Time
	used   bool // a flush to it succeeded

	noted   uint64 // the last record that the head file names
	unnoted bool   // that file could not be written

	voids   []Void   // what does not count, for the first record of the next file
	cut     []Void   // what is to be put aside once that record is durable
	removal []string // what is to be removed once the record of it is durable

	text  []byte // used again
	lines []byte // as written, for whoever else wants them
	fresh bool   // lines are wanted
}

// place is a place in a file, in bytes.
type place struct {
	name   string
	offset int64
}

// fileName is the name of a file of the chain.
func fileName(number int) string { return fmt.Sprintf("audit-%08d.jsonl", number) }

// fileNumber is the number in the name of a file of the chain.
func fileNumber(name string) (number int, ok bool) {
	n, err := fmt.Sscanf(name, "audit-%d.jsonl", &number)
	return number, n == 1 && err == nil && number > 0 && fileName(number) == name
}

// tornSuffix is what the name of a file ends with that holds what does not count
// of another.
const tornSuffix = ".torn"

// chainFiles lists the files of the chain in order.
func chainFiles(d files) ([]string, error) {
	names, err := d.names()
	numbers := make([]int, 0, len(names))
	for _, name := range names {
		if n, ok := fileNumber(name); ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = fileName(n)
	}
	return out, err
}

// add takes records, which flush writes.
func (j *journal) add(records ...[]byte) { j.tail = append(j.tail, records...) }

// takesBack reports whether the records that were added last, so many of them, are
// in no file that counts.
func (j *journal) takesBack(n int) bool { return j.f == nil && j.written == 0 && n <= len(j.tail) }

// takeBack forgets them.
func (j *journal) takeBack(n int) { j.tail = slices.Delete(j.tail, len(j.tail)-n, len(j.tail)) }

// flush writes what is not written, and syncs if that is the rule or if it must,
// which is now and then. After an error nothing is lost: the next flush tries a new
// file.
func (j *journal) flush(must bool) error {
	if must {
		j.checkPlace()
	}
	if err := j.write(must); err != nil {
		return err
	}
	if must {
		j.noteHead()
	}
	return nil
}

func (j *journal) write(must bool) error {
	if j.f != nil && j.written == len(j.tail) && j.unsynced == 0 {
		return nil
	}
	if err := j.rotate(); err != nil {
		return err
	}
	text, last := j.text[:0], j.last
	add := func(record []byte) { text, last = appendLine(text, j.id, last, j.durable.seq, record) }
	if j.f == nil {
		head, err := j.begin()
		if err != nil {
			return err
		}
		add(head)
	}
	for _, record := range j.tail[j.written:] {
		add(record)
	}
	if len(text) > 0 {
		if _, err := j.f.Write(text); err != nil {
			return j.fail(err)
		}
	}
	j.last, j.written, j.text = last, len(j.tail), text[:0]
	j.at.offset += int64(len(text))
	j.unsynced += int64(len(text))
	if j.fresh {
		j.lines = append(j.lines, text...)
	}
	if must || j.always || j.unsynced >= maxUnsynced {
		if err := j.sync(); err != nil {
			return err
		}
	}
	j.used = true
	return nil
}

// sync makes durable what is written.
func (j *journal) sync() error {
	if err := j.f.Sync(); err != nil {
		return j.fail(err)
	}
	j.durable, j.durableAt, j.unsynced = j.last, j.at, 0
	j.tail = slices.Delete(j.tail, 0, j.written)
	j.written, j.voids = 0, nil
	j.tidy()
	return nil
}

// fail gives up the file.
func (j *journal) fail(err error) error {
	_ = j.f.Close() // it is dead
	j.f, j.reason = nil, noteReopened
	j.last, j.written, j.unsynced = j.durable, 0, 0
	j.lines, j.removal = nil, nil // what says so may not be there
	void := Void{File: j.at.name}
	if j.durableAt.name == j.at.name {
		void.From = j.durableAt.offset
	}
	if !j.used && j.disk.remove(void.File) == nil && j.disk.sync() == nil {
		return err // it is certain to be gone
	}
	j.voids, j.cut = append(j.voids, void), append(j.cut, void)
	return err
}

// begin makes a new file, and gives its first record.
func (j *journal) begin() ([]byte, error) {
	j.number++
	name := fileName(j.number)
	f, err := j.disk.create(name)
	if err != nil {
		return nil, err
	}
	j.f, j.at, j.began, j.used = f, place{name: name}, j.now(), false
	if err := j.disk.sync(); err != nil {
		return nil, j.fail(err)
	}
	note := Note{What: j.reason, Void: j.voids, Drained: j.drained.note()}
	if j.reason == noteRotated {
		note.Removed = j.retire()
	}
	return noteRecord(j.began, note), nil
}

// rotate ends the file if it is large or old enough.
func (j *journal) rotate() error {
	if j.f == nil || j.draining || j.written == len(j.tail) {
		return nil
	}
	size := j.at.offset
	for _, record := range j.tail[j.written:] {
		size += int64(len(record))
	}
	if size <= j.maxBytes && (j.maxAge == 0 || j.now().Sub(j.began) < j.maxAge) {
		return nil
	}
	if err := j.sync(); err != nil {
		return err
	}
	j.announce("rotated")
	j.end()
	j.reason = noteRotated
	return nil
}

// end closes the file, of which everything is on disk.
func (j *journal) end() {
	if j.f != nil {
		_ = j.f.Close() // what is acknowledged was synced, or is to be found as it is
		j.f = nil
	}
}

// retire chooses the files that are too many, and says so; nil if there are none.
func (j *journal) retire() *Removed {
	files, err := chainFiles(j.disk)
	if err != nil || len(files) <= j.keep {
		return nil // the next time
	}
	for i := len(files) - j.keep; i < len(files); i++ {
		through := j.last // if the new file, which is empty, is the first that stays
		if i < len(files)-1 {
			first, ok := firstRecord(j.disk, files[i])
			if !ok {
				continue
			}
			through = position{first.seq - 1, first.prev}
		}
		j.removal = files[:i]
		return &Removed{Files: files[:i], Through: through.seq, Hash: through.hash.String()}
	}
	return nil
}

// tidy does what had to wait until a record of it was durable. It is not in the
// way of records: what fails is told, and stays as it is.
func (j *journal) tidy() {
	for _, v := range j.cut {
		if err := putAside(j.disk, v); err != nil {
			j.log.Warn("the torn end of an audit file stays where it is", slog.String("file", v.File), slog.Any("error", err))
		}
	}
	for _, name := range j.removal {
		if err := j.disk.remove(name); err != nil {
			j.log.Warn("an old audit file cannot be removed", slog.String("file", name), slog.Any("error", err))
		}
		_ = j.disk.remove(name + tornSuffix) // there seldom is one
	}
	j.cut, j.removal = nil, nil
}

// takeLines gives the lines that were written since it was last called.
func (j *journal) takeLines() []byte {
	lines := j.lines
	j.lines = nil
	return lines
}
