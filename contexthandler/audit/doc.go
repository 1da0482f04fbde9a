// Package audit writes a record of each decision, so that afterwards nobody can
// doubt what was decided, on what, and that nothing is missing.
//
// A [Log] is the contexthandler.Auditor of a service. It makes a [Record] of each
// individual decision and of each refusal, with private values masked
// ([Masking]), and appends it to files, to standard output, or to both. A
// decision is given when its records are written, and on disk if the
// configuration says so; otherwise it is refused, or its records wait in a file
// for the time being (ErrorRule). No record is dropped without a word.
//
// # The form
//
// A file is lines of JSON, each of which is one record in its place in a chain:
//
//	{"seq":12,"durable":11,"chain":"…","prev":"…","record":{…},"hash":"…"}
//
// seq counts from 1 without gaps over all files and restarts. chain is a random
// number of the whole chain. prev is the hash of the record before, zeros for the
// first. durable is the last record that was known to be on disk when this one
// was written. hash is the SHA-256 of everything before `,"hash"`: the bytes as
// they are in the file are the canonical form, so that a shell can check it.
//
// Each file begins with a note: a record that says why the file begins. A note
// after a fault says what at the end of earlier files does not count, because
// nobody was ever told that it was written. What does not count is kept aside in
// a file *.torn.
//
// [Verify] finds what is missing, altered, reordered or doubled. Whoever can
// write all files can make a whole new chain, and cut off its end: against that,
// keep a copy of the lines elsewhere, or of the last hash now and then.
//
// It implements no part of the standard, which leaves audit to implementations
// (core §9.2.6). It is not a log for people to debug with.
package audit
