package regex

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// alphabet is the characters of the texts of the differential test.
const alphabet = "abz59٣_-.:^ \n\ré字·€"

// classes is what the escapes mean on the alphabet, written by hand.
var classes = map[string]string{
	`\s`: " \n\r", `\d`: "59٣", `\w`: "abz59٣é字€^",
	`\i`: "abz٣_:é字€", `\c`: "abz59٣_-.:é字·€",
	`\p{Ll}`: "abzé", `\p{L}`: "abzé字", `\p{P}`: "_-.:·", `\p{Sk}`: "^",
	`\p{IsBasicLatin}`: "abz59_-.:^ \n\r", `\p{IsLatin-1Supplement}`: "é·",
}

// oracle is an expression that knows its own text and, independent of the
// package, what it matches: ends maps the positions where it may begin in the
// text to those where it may end.
type oracle struct {
	text string
	ends func(text []rune, from positions) positions
}

// positions is a set of positions in a text, as bits.
type positions uint64

// match tells whether a part of the text matches.
func (o oracle) match(text []rune) bool {
	all := positions(1)<<(len(text)+1) - 1
	return o.ends(text, all) != 0
}

// character matches a character for which in holds.
func character(text string, in func(r rune) bool) oracle {
	return oracle{text, func(text []rune, from positions) (to positions) {
		for i, r := range text {
			if from&(1<<i) != 0 && in(r) {
				to |= 1 << (i + 1)
			}
		}
		return to
	}}
}

// generator makes random expressions.
type generator struct{ *rand.Rand }

func (g generator) rune() rune {
	rs := []rune(alphabet)
	return rs[g.IntN(len(rs))]
}

// branches makes a choice of sequences.
func (g generator) branches(depth int) oracle {
	var all []oracle
	var texts []string
	for range 1 + g.IntN(3)*g.IntN(2) {
		o := g.sequence(depth)
		all = append(all, o)
		texts = append(texts, o.text)
	}
	return oracle{strings.Join(texts, "|"), func(text []rune, from positions) (to positions) {
		for _, o := range all {
			to |= o.ends(text, from)
		}
		return to
	}}
}

func (g generator) sequence(depth int) oracle {
	var all []oracle
	text := ""
	for range g.IntN(4) {
		o := g.piece(depth)
		all = append(all, o)
		text += o.text
	}
	return oracle{text, func(text []rune, from positions) positions {
		for _, o := range all {
			from = o.ends(text, from)
		}
		return from
	}}
}

// piece makes an atom, with a quantifier perhaps.
func (g generator) piece(depth int) oracle {
	atom := g.atom(depth)
	if g.IntN(2) == 0 {
		return atom
	}
	n := g.IntN(4)
	m := n + g.IntN(3)
	quantifiers := []struct {
		text        string
		least, more int
	}{
		{"?", 0, 1},
		{"*", 0, 99},
		{"+", 1, 99},
		{fmt.Sprintf("{%d}", n), n, 0},
		{fmt.Sprintf("{%d,}", n), n, 99},
		{fmt.Sprintf("{%d,%d}", n, m), n, m - n},
	}
	q := quantifiers[g.IntN(len(quantifiers))]
	if g.IntN(4) == 0 {
		q.text += "?"
	}
	return oracle{atom.text + q.text, func(text []rune, from positions) positions {
		for range q.least {
			from = atom.ends(text, from)
		}
		to := from
		for range q.more {
			if from = atom.ends(text, from); from|to == to {
				break // nothing new, and so never again
			}
			to |= from
		}
		return to
	}}
}

func (g generator) atom(depth int) oracle {
	switch n := g.IntN(12); {
	case n == 0:
		return oracle{"^", func(_ []rune, from positions) positions { return from & 1 }}
	case n == 1:
		return oracle{"$", func(text []rune, from positions) positions { return from & (1 << len(text)) }}
	case n == 2:
		return character(".", func(r rune) bool { return r != '\n' })
	case n <= 4:
		return character(g.class(2))
	case n == 5:
		return character(g.escape())
	case n <= 8 && depth > 0:
		o := g.branches(depth - 1)
		o.text = "(" + o.text + ")"
		return o
	}
	return character(g.literal())
}

// literal makes a character that stands for itself, escaped where it has to be.
func (g generator) literal() (text string, in func(rune) bool) {
	r := g.rune()
	text = string(r)
	if strings.ContainsRune("-.^", r) && (r != '-' || g.IntN(2) == 0) {
		text = `\` + text
	}
	return text, func(got rune) bool { return got == r }
}

// escape makes a multi-character escape, a category or a block.
func (g generator) escape() (text string, in func(rune) bool) {
	names := []string{`\s`, `\d`, `\w`, `\i`, `\c`, `\p{Ll}`, `\p{L}`, `\p{P}`, `\p{Sk}`, `\p{IsBasicLatin}`, `\p{IsLatin-1Supplement}`}
	name := names[g.IntN(len(names))]
	members := classes[name]
	if g.IntN(3) > 0 {
		return name, func(r rune) bool { return strings.ContainsRune(members, r) }
	}
	return name[:1] + strings.ToUpper(name[1:2]) + name[2:], func(r rune) bool { return !strings.ContainsRune(members, r) }
}

// class makes a class in brackets, with a subtraction perhaps.
func (g generator) class(depth int) (text string, in func(rune) bool) {
	var members []func(rune) bool
	add := func(t string, in func(rune) bool) {
		text += t
		members = append(members, in)
	}
	dash := func(r rune) bool { return r == '-' }
	if g.IntN(6) == 0 {
		add("-", dash)
	}
	for range 1 + g.IntN(3) {
		switch g.IntN(3) {
		case 0:
			add(g.escape())
		case 1:
			lo, hi := g.rune(), g.rune()
			if lo > hi {
				lo, hi = hi, lo
			}
			add(g.inClass(lo)+"-"+g.inClass(hi), func(r rune) bool { return lo <= r && r <= hi })
		case 2:
			r := g.rune()
			add(g.inClass(r), func(got rune) bool { return got == r })
		}
	}
	if g.IntN(6) == 0 {
		add("-", dash)
	}
	in = func(r rune) bool {
		for _, m := range members {
			if m(r) {
				return true
			}
		}
		return false
	}
	if g.IntN(3) == 0 {
		group := in
		text, in = "^"+text, func(r rune) bool { return !group(r) }
	}
	if depth > 0 && g.IntN(3) == 0 {
		without, notIn := g.class(depth - 1)
		group := in
		text, in = text+"-"+without, func(r rune) bool { return group(r) && !notIn(r) }
	}
	return "[" + text + "]", in
}

// inClass is a character as it stands in a class.
func (g generator) inClass(r rune) string {
	if r == '-' || r == '^' || r == '.' && g.IntN(2) == 0 {
		return `\` + string(r)
	}
	return string(r)
}

// Random expressions match random texts as the oracle says.
func TestF_7_6_1_Differential(t *testing.T) {
	const expressions, texts = 5_000, 10
	g := generator{rand.New(rand.NewPCG(1, 2))}
	matches := 0
	for range expressions {
		o := g.branches(3)
		re, err := Compile(o.text)
		if err != nil {
			if len(o.text) <= MaxPattern/2 {
				t.Errorf("got %v, want no error, for %q", err, o.text)
			}
			continue
		}
		for range texts {
			text := make([]rune, g.IntN(9))
			for i := range text {
				text[i] = g.rune()
			}
			want := o.match(text)
			if got := re.Match(string(text)); got != want {
				t.Errorf("got %t, want %t, for %q on %q (%s)", got, want, o.text, string(text), re.re)
			}
			if want {
				matches++
			}
		}
	}
	if all := expressions * texts; matches < all/5 || matches > all*4/5 {
		t.Errorf("got %d matches of %d, want some fifths", matches, all)
	}
}
