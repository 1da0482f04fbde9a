// Package reload keeps what is made of files, such as a secret or certificates, and makes
// it again when their content changes. It is for the files of a source that are asked for
// with each question; nothing here watches a file that nobody asks for.
//
// Who asks gets what was made last. The first one who asks a second after the last look
// begins another look and waits for it; the others do not. The look reads the files in a
// goroutine of its own, beside every lock, so that a disk that is slow, or does not answer,
// holds up at most one question at a time, and that only until its context is done.
//
// A look that fails, because a file is gone or half of it is written, changes nothing for a
// minute ([Grace]), after which there is an error instead of a value. With [Files].Strict
// there is an error at once. The error names the files and never quotes them.
package reload
