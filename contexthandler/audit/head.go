package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
)

// headName is the file in which a log notes how far its chain is on disk: a line as
// in the files, with the hash of that record as prev. It never says more than is on
// disk. So whoever removes the newest file, or cuts it off, is found out, unless
// this file is changed as well.
const headName = "audit.head"

// head is what that file says.
type head struct {
	chain chainID
	position
}

// readHead reads the file; ok is false if there is none. It is replaced whole, so
// what cannot be read was not written by a log.
func readHead(d files) (h head, ok bool, err error) {
	f, err := d.open(headName)
	if errors.Is(err, fs.ErrNotExist) {
		return head{}, false, nil
	}
	if err != nil {
		return head{}, false, fmt.Errorf("%s cannot be read: %w", headName, err)
	}
	defer f.Close() //nolint:errcheck // read-only
	text, err := newScanner(f).next()
	if err != nil && !errors.Is(err, io.EOF) {
		return head{}, false, fmt.Errorf("%s cannot be read: %w", headName, err)
	}
	l, ok := text.record()
	if !ok {
		return head{}, false, &CorruptError{File: headName}
	}
	return head{l.chain, position{l.seq - 1, l.prev}}, true, nil
}

// checkHead refuses a chain that ends before what was on disk.
func (r *recovered) checkHead(d files) error {
	h, ok, err := readHead(d)
	switch {
	case err != nil || !ok:
		return err
	case !r.found || h.chain != r.chain:
		return fmt.Errorf("the audit files are not those that were written last: %s says that record %d was on disk, of a chain that is not there",
			headName, h.seq)
	case h.seq > r.last.seq || h.seq == r.last.seq && h.hash != r.last.hash:
		return fmt.Errorf("the audit files end at record %d: %s says that record %d was on disk", r.last.seq, headName, h.seq)
	default:
		return nil
	}
}

// noteHead notes how far the chain is on disk. It is not in the way of records: what
// fails is told once.
func (j *journal) noteHead() {
	if j.durable.seq == j.noted {
		return
	}
	line, _ := appendLine(nil, j.id, j.durable, j.durable.seq, []byte(`{"kind":"head"}`))
	if err := j.disk.replace(headName, line); err != nil {
		if !j.unnoted {
			j.log.Warn("how far the audit chain is cannot be noted", slog.String("file", headName), slog.Any("error", err))
		}
		j.unnoted = true
		return
	}
	j.noted, j.unnoted = j.durable.seq, false
}

// announce tells the log of the service a record that is on disk: what is shipped
// elsewhere with that log is an [Anchor].
func (j *journal) announce(when string) {
	j.log.Info("audit records are on disk up to this one", slog.String("when", when), slog.String("file", j.at.name), slog.Uint64("record", j.durable.seq), slog.String("hash", j.durable.hash.String()))
}

// checkPlace makes sure that the file is still in its folder: what is written to one
// that was moved or removed is found by nobody after the end of the process.
func (j *journal) checkPlace() {
	if j.f == nil || j.disk.holds(j.at.name, j.f) {
		return
	}
	name := j.at.name
	j.log.Warn("an audit file is not in its folder any more; a new one begins", slog.String("file", name))
	_ = j.fail(fs.ErrNotExist) // which is told
	if n := len(j.cut); n > 0 && j.cut[n-1].File == name {
		j.cut = j.cut[:n-1] // nothing of it can be put aside
	}
}
