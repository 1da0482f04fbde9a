package audit

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// maxLine bounds a line, in bytes. Records are smaller, see maxRecord.
const maxLine = 1 << 20

type (
	digest  [sha256.Size]byte
	chainID [16]byte
)

func newChainID() chainID {
	var id chainID
	_, _ = rand.Read(id[:]) // it never fails
	return id
}

// position is a place in a chain: after the record with this number and hash. The
// zero position is before the first.
type position struct {
	seq  uint64
	hash digest
}

// line is a record in its place.
type line struct {
	position
	durable uint64
	chain   chainID
	prev    digest
	record  []byte // JSON
}

const (
	fieldSeq     = `{"seq":`
	fieldDurable = `,"durable":`
	fieldChain   = `,"chain":"`
	fieldPrev    = `","prev":"`
	fieldRecord  = `","record":`
	fieldHash    = `,"hash":"`
	endOfLine    = `"}`
	sealLength   = len(fieldHash) + 2*sha256.Size + len(endOfLine)
)

// appendLine appends the line of the record that follows the position, and tells
// the position after it.
func appendLine(to []byte, id chainID, after position, durable uint64, record []byte) ([]byte, position) {
	start, next := len(to), position{seq: after.seq + 1}
	to = strconv.AppendUint(append(to, fieldSeq...), next.seq, 10)
	to = strconv.AppendUint(append(to, fieldDurable...), durable, 10)
	to = hex.AppendEncode(append(to, fieldChain...), id[:])
	to = hex.AppendEncode(append(to, fieldPrev...), after.hash[:])
	to = append(append(to, fieldRecord...), record...)
	next.hash = sha256.Sum256(to[start:])
	to = hex.AppendEncode(append(to, fieldHash...), next.hash[:])
	return append(to, endOfLine+"\n"...), next
}

// parseLine reads a line without its line feed. ok is false if it is not exactly
// what appendLine writes, its own hash included. The record is a part of text.
func parseLine(text []byte) (l line, ok bool) {
	if len(text) < sealLength {
		return line{}, false
	}
	body, seal := text[:len(text)-sealLength], text[len(text)-sealLength:]
	c := cursor{rest: body, ok: true}
	c.literal(fieldSeq)
	l.seq = c.number()
	c.literal(fieldDurable)
	l.durable = c.number()
	c.literal(fieldChain)
	c.hex(l.chain[:])
	c.literal(fieldPrev)
	c.hex(l.prev[:])
	c.literal(fieldRecord)
	l.record = c.rest
	s := cursor{rest: seal, ok: c.ok}
	s.literal(fieldHash)
	s.hex(l.hash[:])
	s.literal(endOfLine)
	return l, s.ok && len(l.record) > 0 && l.seq > 0 && l.hash == sha256.Sum256(body)
}

// cursor reads text of a fixed form. After the first mismatch nothing is ok.
type cursor struct {
	rest []byte
	ok   bool
}

func (c *cursor) literal(text string) {
	var found bool
	c.rest, found = bytes.CutPrefix(c.rest, []byte(text))
	c.ok = c.ok && found
}

func (c *cursor) number() uint64 {
	n := 0
	for n < len(c.rest) && c.rest[n] >= '0' && c.rest[n] <= '9' {
		n++
	}
	v, err := strconv.ParseUint(string(c.rest[:n]), 10, 64)
	c.ok = c.ok && err == nil && (n == 1 || c.rest[0] != '0')
	c.rest = c.rest[n:]
	return v
}

func (c *cursor) hex(to []byte) {
	n := 2 * len(to)
	if len(c.rest) < n || bytes.ContainsAny(c.rest[:n], "ABCDEF") {
		c.ok = false
		return
	}
	_, err := hex.Decode(to, c.rest[:n])
	c.ok = c.ok && err == nil
	c.rest = c.rest[n:]
}
