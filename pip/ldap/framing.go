package ldap

import "errors"

// maxDepth bounds elements inside of elements. A search result is six deep: the
// message, the entry, its attributes, one of them, its values, a value.
const maxDepth = 10

// The tags that begin the parts of a message (RFC 4511 §4.1.1).
const (
	tagInteger  = 0x02
	tagSequence = 0x30
	tagControls = 0xA0
)

var (
	errFraming  = errors.New("the server sent what is not LDAP")
	errTooLarge = errors.New("the server sent more than an answer may hold")
)

// framing follows the elements of a stream of LDAP messages in the basic
// encoding rules (RFC 4511 §5.1), and stops at what cannot be one, before
// anybody makes room for it: wrong lengths, depths, and beginnings.
type framing struct {
	depth int
	open  [maxDepth]element // open[:depth], outermost first
	skip  uint64            // octets of the value that is being read

	header    int // octets of the header read so far
	tag       byte
	lengthLen int // octets of the length still to come
	length    uint64
}

// element is an element with elements inside.
type element struct {
	left     uint64 // octets still to come
	children int
}

// budget is what may still come.
type budget struct{ octets, elements uint64 }

// advance follows the octets of b.
func (f *framing) advance(b []byte, rest *budget) error {
	if uint64(len(b)) > rest.octets {
		return errTooLarge
	}
	rest.octets -= uint64(len(b))
	for len(b) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(b)))
			f.skip -= n
			b = b[n:]
			continue
		}
		c := b[0]
		b = b[1:]
		f.header++
		switch {
		case f.header == 1:
			f.tag = c
		case f.header == 2 && c < 0x80:
			f.length = uint64(c)
		case f.header == 2:
			// LDAP has definite lengths only: 0x80 is none. No length needs more.
			f.lengthLen = int(c &^ 0x80)
			if f.lengthLen < 1 || f.lengthLen > 4 {
				return errFraming
			}
		default:
			f.length = f.length<<8 | uint64(c)
			f.lengthLen--
		}
		if f.header < 2 || f.lengthLen > 0 {
			continue
		}
		if err := f.begin(uint64(len(b)), rest); err != nil {
			return err
		}
	}
	return nil
}

// begin takes up the element whose header is complete; have is how many octets
// after it are known, and paid for, already.
func (f *framing) begin(have uint64, rest *budget) error {
	length, header := f.length, uint64(f.header)
	f.length, f.header = 0, 0
	if rest.elements == 0 {
		return errTooLarge
	}
	rest.elements--
	if f.depth > 0 {
		parent := &f.open[f.depth-1]
		if header+length > parent.left {
			return errFraming
		}
		parent.left -= header + length
		parent.children++
	}
	if !f.fits(length) {
		return errFraming
	}
	if length > rest.octets+have {
		return errTooLarge
	}
	if f.tag&0x20 == 0 {
		f.skip = length
	} else {
		if f.depth == maxDepth {
			return errFraming
		}
		f.open[f.depth] = element{left: length}
		f.depth++
	}
	return f.end()
}

// fits reports whether the element may stand where it does.
func (f *framing) fits(length uint64) bool {
	if f.tag&0x1F == 0x1F {
		return false // a tag of several octets, which LDAP does not have
	}
	switch {
	case f.depth == 0:
		return f.tag == tagSequence
	case f.depth > 1:
		return true
	}
	switch f.open[0].children {
	case 1: // the number of the message
		return f.tag == tagInteger && length >= 1 && length <= 4
	case 2: // what it says
		return f.tag&0xC0 == 0x40
	case 3:
		return f.tag == tagControls
	default:
		return false
	}
}

// end closes the elements that are complete. The last value may still be read:
// nothing else can come before its end.
func (f *framing) end() error {
	for f.depth > 0 && f.open[f.depth-1].left == 0 {
		if f.depth == 1 && f.open[0].children < 2 {
			return errFraming // a message without content
		}
		f.depth--
	}
	return nil
}
