package audit

import (
	"encoding/hex"
	"encoding/json"
	"time"
)

// Note is what a log says of itself, in a record of the kind KindNote.
type Note struct {
	// What is "started", "rotated", "reopened" (after a fault) or "closed".
	What string `json:"what"`
	// Void is what at the end of earlier files does not count.
	Void []Void `json:"void,omitempty"`
	// Removed is what is removed because it is old.
	Removed *Removed `json:"removed,omitempty"`
	// Drained is the last record of the spill file that is in this chain.
	Drained *Drained `json:"drained,omitempty"`
}

const (
	noteStarted  = "started"
	noteRotated  = "rotated"
	noteReopened = "reopened"
	noteClosed   = "closed"
)

// Void is the end of a file that does not count.
type Void struct {
	File string `json:"file"`
	// From is where it begins, in bytes.
	From int64 `json:"from"`
}

// Removed tells which files are removed.
type Removed struct {
	Files []string `json:"files"`
	// Through and Hash are those of the last record that is gone with them.
	Through uint64 `json:"through"`
	Hash    string `json:"hash"`
}

// Drained names a record of a spill file, which is a chain of its own.
type Drained struct {
	Chain string `json:"chain"`
	Seq   uint64 `json:"seq"`
}

// spillMark is a place in a spill file. The zero mark is none.
type spillMark struct {
	chain chainID
	seq   uint64
}

func (m spillMark) note() *Drained {
	if m.seq == 0 {
		return nil
	}
	return &Drained{hex.EncodeToString(m.chain[:]), m.seq}
}

func (d *Drained) mark() spillMark {
	var m spillMark
	if d == nil {
		return m
	}
	if n, err := hex.Decode(m.chain[:], []byte(d.Chain)[:min(len(d.Chain), 2*len(m.chain))]); err == nil && n == len(m.chain) {
		m.seq = d.Seq
	}
	return m
}

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// noteRecord makes the record of a note.
func noteRecord(at time.Time, n Note) []byte {
	text, err := json.Marshal(&Record{Kind: KindNote, At: at.UTC(), Note: &n})
	if err != nil {
		panic(err) // it is strings and numbers
	}
	return text
}

// readRecord reads what is in a line; the zero Record if it is of another version.
func readRecord(text []byte) Record {
	var r Record
	if json.Unmarshal(text, &r) != nil {
		return Record{}
	}
	return r
}
