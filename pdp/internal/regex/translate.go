package regex

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxRepeat is how often package regexp repeats an expression at most, nested
// repetitions multiplied.
const maxRepeat = 1000

// written is an expression in the syntax of package regexp.
type written struct {
	// text is in pieces, which are joined at the end and not at each level.
	text []string
	// length is that of the text in bytes.
	length int
	// instructions is not less than the size of the program of the text.
	instructions int
	// repeats is the product of the bounds of the repetitions that are nested
	// deepest, and not more than maxRepeat.
	repeats int
}

// add writes pieces.
func (w *written) add(pieces ...string) {
	w.text = append(w.text, pieces...)
	for _, p := range pieces {
		w.length += len(p)
	}
}

// instruction writes a single instruction.
func instruction(text string) written {
	return written{[]string{text}, len(text), 1, 1}
}

// translate writes a whole expression.
func translate(n node) (written, error) {
	w, err := n.write()
	// Two instructions are for the match and for the failure.
	w.instructions += 2
	return w, err
}

func (n class) write() (written, error) { return instruction(writeSet(n.set)), nil }

func (n anchor) write() (written, error) {
	if n.end {
		return instruction(`\z`), nil
	}
	return instruction(`\A`), nil
}

func (n sequence) write() (written, error) { return join(n, "") }

func (n choice) write() (written, error) { return join(n, "|") }

// join writes the parts of a sequence or a choice.
func join(parts []node, separator string) (written, error) {
	out := written{instructions: 1, repeats: 1}
	out.add("(?:")
	for i, part := range parts {
		w, err := part.write()
		if err != nil {
			return out, err
		}
		if i > 0 {
			out.add(separator)
		}
		out.add(w.text...)
		out.instructions += w.instructions + len(separator)
		out.repeats = max(out.repeats, w.repeats)
	}
	out.add(")")
	return out, out.check()
}

// As package regexp repeats only so often, x{2500,} is written as
// x{1000}x{1000}x{500}x*.
func (n repeat) write() (written, error) {
	part, err := n.part.write()
	if err != nil {
		return part, err
	}
	out := written{repeats: part.repeats}
	if n.max == unbounded {
		out.instructions = part.instructions*(n.min+1) + 2
	} else {
		out.instructions = part.instructions*n.max + n.max - n.min + 1
	}
	if err := out.check(); err != nil {
		return out, err
	}
	out.add("(?:")
	out.times(part, n.min, "{%d}")
	if n.max == unbounded {
		out.times(part, 1, "*")
	} else {
		out.times(part, n.max-n.min, "{0,%d}")
	}
	out.add(")")
	return out, out.check()
}

// times writes a part so many times, with a quantifier that gets as much of
// the number as package regexp allows.
func (w *written) times(part written, total int, quantifier string) {
	step := maxRepeat / part.repeats
	for done := 0; done < total && w.length <= maxText; done += step {
		n := min(step, total-done)
		w.add("(?:")
		w.add(part.text...)
		w.add(")" + strings.Replace(quantifier, "%d", strconv.Itoa(n), 1))
		w.repeats = max(w.repeats, n*part.repeats)
	}
}

// check gives an error if the expression is too large.
func (w written) check() error {
	if w.instructions > maxInstructions || w.length > maxText {
		return &Error{1, "the expression is too large, its repetitions written out"}
	}
	return nil
}

// writeSet writes a class of characters. Package regexp has no empty class,
// but takes the complement of all characters.
func writeSet(s set) string {
	if len(s) == 0 {
		return `[^\x{0}-\x{10FFFF}]`
	}
	if len(s) == 1 && s[0].lo == s[0].hi {
		return regexp.QuoteMeta(string(s[0].lo))
	}
	var text strings.Builder
	text.WriteByte('[')
	for _, sp := range s {
		fmt.Fprintf(&text, `\x{%X}-\x{%X}`, sp.lo, sp.hi)
	}
	text.WriteByte(']')
	return text.String()
}
