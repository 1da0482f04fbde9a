package regex

// node is an expression as a tree. Captures are not in it, nor whether a
// quantifier is reluctant: neither changes whether there is a match.
type node interface {
	// write writes the expression in the syntax of package regexp. It gives an
	// error if that is too large.
	write() (written, error)
}

type (
	// class is one character of a set.
	class struct{ set set }
	// anchor is the start or the end of the text.
	anchor struct{ end bool }
	// sequence is its parts one after the other; without parts, the empty text.
	sequence []node
	// choice is one of its branches.
	choice []node
	// repeat is its part at least min and at most max times; max is unbounded
	// for any number.
	repeat struct {
		part     node
		min, max int
	}
)

const unbounded = -1
