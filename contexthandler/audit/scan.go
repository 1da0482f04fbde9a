package audit

import (
	"bufio"
	"errors"
	"io"
)

// scanner reads the lines of a file.
type scanner struct {
	r      *bufio.Reader
	offset int64
	text   []byte
}

func newScanner(r io.Reader) *scanner { return &scanner{r: bufio.NewReaderSize(r, 64<<10)} }

// scanned is a line of a file, or what the file ends with.
type scanned struct {
	at   int64  // its offset in bytes
	text []byte // without the line feed; valid until the next; nothing if it is too long
	torn bool   // it has no line feed
	end  int64  // the offset after it
}

// next gives the next line. The error is io.EOF at the end.
func (s *scanner) next() (scanned, error) {
	out := scanned{at: s.offset}
	s.text = s.text[:0]
	tooLong := false
	for {
		part, err := s.r.ReadSlice('\n')
		s.offset += int64(len(part))
		if tooLong = tooLong || len(s.text)+len(part) > maxLine; !tooLong {
			s.text = append(s.text, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return scanned{}, err
		}
		if out.end = s.offset; out.end == out.at {
			return scanned{}, io.EOF
		}
		if out.torn = err != nil; !tooLong {
			out.text = s.text
			if !out.torn {
				out.text = s.text[:len(s.text)-1]
			}
		}
		return out, nil
	}
}

// record is the line as a record. A torn one is none.
func (s *scanned) record() (line, bool) {
	if s.torn {
		return line{}, false
	}
	return parseLine(s.text)
}
