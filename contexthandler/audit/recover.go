package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// maxTorn bounds what may be found at the end that does not count, in bytes: more
// was never written before it was synced.
const maxTorn = 2 * maxUnsynced

// CorruptError tells that records are damaged that were on disk. A log does not
// start with them: an operator has to look, and put the files aside.
type CorruptError struct {
	// File is the name of the file, Offset where the damage is in it, in bytes.
	File   string
	Offset int64
}

// Error says where the damage is.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("audit file %s is damaged at offset %d, before records that are on disk", e.File, e.Offset)
}

// recovered is what the files say when a log is opened.
type recovered struct {
	found   bool // a chain
	chain   chainID
	last    position
	at      place // where it ends
	first   Record
	drained spillMark
	voids   []Void // what is behind it, and does not count
	damage  *place // where that begins
}

// recoverFiles finds the end of the chain: it reads the newest file that begins
// with a record, and what is behind it. Damage at the end is what a fault leaves
// behind if nobody was told that it was written; damage before a record that
// says so is an error.
func recoverFiles(d disk, files []string) (recovered, error) {
	base := len(files)
	var r recovered
	for base > 0 && !r.found {
		base--
		var first line
		if first, r.found = firstRecord(d, files[base]); r.found {
			r.chain, r.last = first.chain, position{first.seq - 1, first.prev}
			r.at = place{name: files[base]}
		}
	}
	var torn int64
	for _, name := range files[base:] {
		end, good, err := r.read(d, name)
		if err != nil {
			return recovered{}, err
		}
		if good < end || good == 0 {
			r.voids = append(r.voids, Void{name, good})
			torn += end - good
		}
	}
	if torn > maxTorn {
		return recovered{}, &CorruptError{r.voids[0].File, r.voids[0].From}
	}
	return r, nil
}

// firstRecord is the first record of a file, if there is one.
func firstRecord(d files, name string) (line, bool) {
	f, err := d.open(name)
	if err != nil {
		return line{}, false
	}
	defer f.Close() //nolint:errcheck // read-only
	s, err := newScanner(f).next()
	if err != nil {
		return line{}, false
	}
	l, ok := s.record()
	l.record = append([]byte(nil), l.record...)
	return l, ok
}

// read reads one file: end is its size, and good is up to where it is part of the chain.
func (r *recovered) read(d disk, name string) (end, good int64, err error) {
	f, err := d.open(name)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close() //nolint:errcheck // read-only
	s := newScanner(f)
	for {
		text, err := s.next()
		if errors.Is(err, io.EOF) {
			return end, good, nil
		}
		if err != nil {
			return 0, 0, fmt.Errorf("audit file %s cannot be read: %w", name, err)
		}
		end = text.end
		l, ok := text.record()
		switch {
		case !ok && r.damage == nil:
			r.damage = &place{name, text.at}
		case !ok:
		case r.damage != nil:
			// A record behind the damage may say that what is damaged was on disk.
			if l.durable > r.last.seq {
				return 0, 0, &CorruptError{r.damage.name, r.damage.offset}
			}
		case l.chain != r.chain || l.seq != r.last.seq+1 || l.prev != r.last.hash:
			return 0, 0, &CorruptError{name, text.at}
		default:
			r.accept(&l, name, &text)
			good = text.end
		}
	}
}

// accept takes a record into the chain.
func (r *recovered) accept(l *line, name string, text *scanned) {
	r.last, r.at = l.position, place{name, text.end}
	if text.at == 0 {
		r.first = readRecord(l.record)
		if r.first.Note != nil {
			r.drained = r.first.Note.Drained.mark()
		}
	}
	if m := spilledFrom(l.record); m.seq > 0 {
		r.drained = m
	}
}

// recover makes the journal continue the chain that is in the files.
func (j *journal) recover() error {
	files, err := chainFiles(j.disk)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		j.number, _ = fileNumber(files[len(files)-1])
	}
	r, err := recoverFiles(j.disk, files)
	if err != nil {
		return err
	}
	if err := r.checkHead(j.disk); err != nil {
		return err
	}
	j.id, j.last, j.drained, j.reason = r.chain, r.last, r.drained, noteStarted
	if !r.found {
		j.id = newChainID()
	} else if j.f, err = j.resume(r.at.name); err != nil {
		return err
	}
	j.durable, j.durableAt, j.at, j.began, j.used = j.last, r.at, r.at, r.first.At, true
	if now := j.now(); j.began.After(now) { // the clock was set back: the file would not be old for as long
		j.began = now
	}
	if len(r.voids) > 0 || j.f == nil {
		j.end()
		j.voids, j.cut = r.voids, r.voids
		return nil
	}
	j.add(noteRecord(j.now(), Note{What: noteStarted, Drained: j.drained.note()}))
	return nil
}

// resume opens the file with the end of the chain. What is in it may never have
// been synced, and is to be called durable.
func (j *journal) resume(name string) (file, error) {
	f, err := j.disk.extend(name)
	if err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// putAside moves the end of a file that does not count to a file of its own.
func putAside(d disk, v Void) error {
	from, err := d.open(v.File)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // read-only
	if _, err := io.CopyN(io.Discard, from, v.From); err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(from, maxTorn+1))
	if err != nil || len(text) == 0 {
		return err
	}
	if len(text) > maxTorn {
		return fmt.Errorf("the end is longer than %d bytes", maxTorn)
	}
	to, err := d.create(v.File + tornSuffix)
	if errors.Is(err, fs.ErrExist) { // of an earlier fault, or of this one
		to, err = d.extend(v.File + tornSuffix)
	}
	if err != nil {
		return err
	}
	_, err = to.Write(text)
	if err := errors.Join(err, to.Sync(), to.Close(), d.sync()); err != nil {
		return err
	}
	return d.truncate(v.File, v.From)
}
