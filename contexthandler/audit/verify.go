package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
)

// Problem is what is wrong with records.
type Problem string

// The problems.
const (
	// Altered: a line is not what was written.
	Altered Problem = "altered"
	// Missing: records are not there.
	Missing Problem = "missing"
	// Reordered: a record is not in its place.
	Reordered Problem = "reordered"
	// Duplicated: a record is there that was there before, or one with its number.
	Duplicated Problem = "duplicated"
	// Foreign: a record is of another chain.
	Foreign Problem = "foreign"
	// Torn: the last line is not complete. After a fault the next start puts it aside.
	Torn Problem = "torn"
)

// Finding is one thing that is wrong.
type Finding struct {
	Problem Problem `json:"problem"`
	// File and Offset are where it was found: the name, and bytes. File is empty if it
	// is nowhere.
	File   string `json:"file,omitempty"`
	Offset int64  `json:"offset"`
	// From and To are the numbers of the records, as far as they are known.
	From uint64 `json:"from,omitempty"`
	To   uint64 `json:"to,omitempty"`
	// Message is for people.
	Message string `json:"message"`
}

// Anchor is a record that is known to have been there.
type Anchor struct {
	Seq  uint64
	Hash [32]byte
}

// Report is what was found.
type Report struct {
	Files   int    `json:"files"`
	Records uint64 `json:"records"` // good ones, in their places
	// First and Last are the numbers of the first and the last record, and LastHash
	// is the hash of the last: note it elsewhere, and it is an Anchor.
	First    uint64 `json:"first"`
	Last     uint64 `json:"last"`
	LastHash string `json:"last_hash"`
	// Void is what does not count, by the records themselves: what a fault left.
	Void []Void `json:"void,omitempty"`
	// Findings are what is wrong, by place; no more than a thousand. Omitted counts
	// the others.
	Findings []Finding `json:"findings"`
	Omitted  int       `json:"omitted,omitempty"`
}

const maxFindings = 1000

// Verify reads all files of a folder and checks the chain: that each record is what
// was written, in its place, and that none is missing but those that records say
// were removed because they are old. The error tells that it could not be checked.
//
// What the log itself noted of its end is an Anchor; whoever can change that too is
// only found out by one that was kept elsewhere. A log that is being written may have
// a last line that is not complete.
func Verify(dir string, anchors ...Anchor) (Report, error) {
	return verify(folder{dir}, anchors)
}

// verifier is the state of Verify.
type verifier struct {
	Report
	disk    files
	chain   chainID
	next    uint64 // the number of the next record
	prev    digest // the hash of the last one
	damaged uint64 // lines since then that are no records
	gaps    []gap
	removed uint64 // up to here records may be gone
	anchors map[uint64]digest
	spilled map[chainID]uint64 // the last record of each spill file that is here
}

// gap is records that were not found, up to now.
type gap struct {
	from, to uint64
	at       Finding // where they should be
}

// files is what it takes of a disk to read it.
type files interface {
	names() ([]string, error)
	open(name string) (io.ReadCloser, error)
}

func verify(d files, anchors []Anchor) (Report, error) {
	const attempts = 3
	for attempt := 1; ; attempt++ {
		report, err := verifyOnce(d, anchors)
		if errors.Is(err, fs.ErrNotExist) && attempt < attempts {
			continue // the log removes its oldest files meanwhile
		}
		return report, err
	}
}

func verifyOnce(d files, anchors []Anchor) (Report, error) {
	noted, isNoted, headErr := readHead(d) // before the files, which may grow meanwhile
	names, err := chainFiles(d)
	if err != nil {
		return Report{}, err
	}
	if len(names) == 0 {
		return Report{}, errors.New("there are no audit files")
	}
	v := &verifier{disk: d, anchors: make(map[uint64]digest), spilled: make(map[chainID]uint64)}
	v.Files, v.Findings = len(names), []Finding{}
	corrupt, isCorrupt := errors.AsType[*CorruptError](headErr)
	switch {
	case isCorrupt:
		v.found(Finding{File: corrupt.File}, Altered, "what the log noted of its end is not as it was written")
	case headErr != nil:
		return Report{}, headErr
	case isNoted:
		v.anchors[noted.seq] = noted.hash
	}
	for _, a := range anchors { // which are not in the same hands
		v.anchors[a.Seq] = a.Hash
	}
	voids := v.voids(names)
	for i, name := range names {
		end, void := voids[name]
		if !void {
			end = math.MaxInt64
		}
		if err := v.file(name, end, i == len(names)-1); err != nil {
			return Report{}, fmt.Errorf("audit file %s cannot be read: %w", name, err)
		}
	}
	v.finish(names)
	return v.Report, nil
}

// voids is what the first records of files say does not count.
func (v *verifier) voids(names []string) map[string]int64 {
	out := make(map[string]int64)
	for _, name := range names {
		note := firstNote(v.disk, name)
		if note == nil {
			continue
		}
		for _, void := range note.Void {
			out[void.File] = void.From
			if slices.Contains(names, void.File) {
				v.Void = append(v.Void, void)
			}
		}
	}
	return out
}

// firstNote is the note that a file begins with, or nil.
func firstNote(d files, name string) *Note {
	first, ok := firstRecord(d, name)
	if !ok {
		return nil
	}
	return readRecord(first.record).Note
}

// file checks a file up to an offset.
func (v *verifier) file(name string, end int64, last bool) error {
	f, err := v.disk.open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read-only
	s := newScanner(f)
	for {
		text, err := s.next()
		if errors.Is(err, io.EOF) || err == nil && text.at >= end {
			return nil
		}
		if err != nil {
			return err
		}
		at := Finding{File: name, Offset: text.at}
		l, ok := text.record()
		switch {
		case text.torn && last:
			v.found(at, Torn, "the last line is not complete")
		case !ok:
			v.damaged++
			v.found(at, Altered, "the line is not as it was written")
		default:
			v.record(&l, at)
		}
	}
}

// record checks where a record is.
func (v *verifier) record(l *line, at Finding) {
	at.From, at.To = l.seq, l.seq
	if v.next == 0 {
		v.begin(l, at)
	}
	switch {
	case l.chain != v.chain:
		v.found(at, Foreign, "the record is of another chain")
		return
	case l.seq < v.next:
		v.late(l.seq, at)
		return
	case l.seq > v.next: // lines that are no records may have been those before it
		if from := v.next + min(v.damaged, l.seq-v.next); from < l.seq {
			v.gaps = append(v.gaps, gap{from, l.seq - 1, at})
		}
	case l.prev != v.prev:
		v.found(at, Altered, "the record does not follow the one before it: one of them was replaced")
	}
	v.damaged, v.next, v.prev = 0, l.seq+1, l.hash
	v.Records++
	v.Last, v.LastHash = l.seq, l.hash.String()
	if want, ok := v.anchors[l.seq]; ok {
		delete(v.anchors, l.seq)
		if want != l.hash {
			v.found(at, Altered, "the record is not the one that is known to have been there")
		}
	}
	v.fromSpill(spilledFrom(l.record), at)
	if bytes.HasPrefix(l.record, []byte(`{"kind":"`+KindNote)) {
		if n := readRecord(l.record).Note; n != nil && n.Removed != nil {
			v.removed = max(v.removed, n.Removed.Through)
		}
	}
}

// fromSpill checks that what waited in a spill file is here in its order, each once.
func (v *verifier) fromSpill(m spillMark, at Finding) {
	if m.seq == 0 {
		return
	}
	last, begun := v.spilled[m.chain]
	switch {
	case begun && m.seq <= last:
		v.found(at, Duplicated, "there was a record with this number of the spill file before")
		return
	case m.seq > last+1 && (begun || v.First == 1): // what is removed may have had the others
		v.found(at, Missing, fmt.Sprintf("records %d to %d of the spill file are missing before this place", last+1, m.seq-1))
	}
	v.spilled[m.chain] = m.seq
}

// begin takes the first record that there is.
func (v *verifier) begin(l *line, at Finding) {
	v.chain, v.next, v.prev = l.chain, l.seq, l.prev
	v.First = l.seq - min(v.damaged, l.seq-1)
	v.damaged = 0
	if l.seq == 1 && l.prev != (digest{}) {
		v.found(at, Altered, "the first record follows another one")
	}
}

// late checks a record whose number was passed.
func (v *verifier) late(seq uint64, at Finding) {
	i := slices.IndexFunc(v.gaps, func(g gap) bool { return g.from <= seq && seq <= g.to })
	if i < 0 {
		v.found(at, Duplicated, "there was a record with this number before")
		return
	}
	v.found(at, Reordered, "the record is not in its place")
	g := v.gaps[i]
	v.gaps = slices.Delete(v.gaps, i, i+1)
	if g.from < seq {
		v.gaps = append(v.gaps, gap{g.from, seq - 1, g.at})
	}
	if seq < g.to {
		v.gaps = append(v.gaps, gap{seq + 1, g.to, g.at})
	}
}

// finish tells what is missing, and puts the findings in order.
func (v *verifier) finish(names []string) {
	if v.First > 1 {
		v.gaps = append(v.gaps, gap{1, v.First - 1, Finding{File: names[0]}})
	}
	for _, g := range v.gaps {
		// Files that are removed may be there after a loss of power, one by one.
		g.at.From, g.at.To = max(g.from, v.removed+1), g.to
		if g.at.From > g.at.To {
			continue
		}
		v.found(g.at, Missing, "records are missing before this place")
	}
	for seq := range v.anchors {
		if seq > v.removed {
			v.found(Finding{From: seq, To: seq}, Missing, "a record is missing that is known to have been there")
		}
	}
	slices.SortStableFunc(v.Findings, func(a, b Finding) int {
		if (a.File == "") != (b.File == "") {
			return strings.Compare(b.File, a.File) // what is nowhere comes last
		}
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.From, b.From))
	})
}

func (v *verifier) found(at Finding, p Problem, message string) {
	at.Problem, at.Message = p, message
	if len(v.Findings) == maxFindings {
		v.Omitted++
		return
	}
	v.Findings = append(v.Findings, at)
}
