package regex

import (
	"strings"
	"unicode"
)

// escapedSelf is the characters that stand for themselves after a backslash.
const escapedSelf = `\|.?*+(){}-[]^$`

// escape reads an escape, of which the backslash has been read, outside of and
// in a character class. single tells that it is one character and not a class
// (XML Schema Part 2, F.1.1, SingleCharEsc, extended by XPath functions 7.6.1).
func (p *parser) escape() (s set, single bool, err error) {
	at := p.pos - 1
	r, ok := p.next()
	if !ok {
		return nil, false, p.errorf(at, `a \ at the end`)
	}
	switch {
	case strings.ContainsRune(escapedSelf, r):
		return one(r), true, nil
	case r == 'n':
		return one('\n'), true, nil
	case r == 'r':
		return one('\r'), true, nil
	case r == 't':
		return one('\t'), true, nil
	case strings.ContainsRune("sSiIcCdDwW", r):
		return multiCharacter(r), false, nil
	case r == 'p' || r == 'P':
		if s, err = p.property(at); r == 'P' {
			s = s.complement()
		}
		return s, false, err
	case '1' <= r && r <= '9':
		return nil, false, p.errorf(at, "back-references are not supported")
	}
	return nil, false, p.errorf(at, "an escape that is not in the language")
}

// property reads \p{...} from its brace: a general category or a block.
func (p *parser) property(at int) (set, error) {
	if r, ok := p.next(); !ok || r != '{' {
		return nil, p.errorf(at, `\p and \P need a property in braces`)
	}
	from := p.pos
	for {
		r, ok := p.next()
		if !ok {
			return nil, p.errorf(at, `\p and \P need a property in braces`)
		}
		if r == '}' {
			break
		}
		if !isNameOfProperty(r) {
			return nil, p.errorf(p.pos-1, "no character of the name of a category or block")
		}
	}
	name := string(p.pattern[from : p.pos-1])
	var s set
	var ok bool
	if blockName, isBlock := strings.CutPrefix(name, "Is"); isBlock {
		s, ok = block(blockName)
	} else {
		s, ok = category(name)
	}
	if !ok {
		return nil, p.errorf(at, "a category or block that does not exist")
	}
	return s, nil
}

func isNameOfProperty(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-'
}

// multiCharacter is the set of \s, \i, \c, \d, \w and their complements
// (XML Schema Part 2, F.1.1, MultiCharEsc).
func multiCharacter(r rune) set {
	switch r {
	case 's':
		return newSet(span{'\t', '\n'}, span{'\r', '\r'}, span{' ', ' '})
	case 'i':
		return nameStart()
	case 'c':
		return nameCharacters()
	case 'd':
		return tableSet(unicode.Nd)
	case 'w':
		return tableSet(unicode.P, unicode.Z, unicode.C).complement()
	}
	return multiCharacter(unicode.ToLower(r)).complement()
}

// category is the characters of a general category. ok is false if XML Schema
// has no such category: it has no Cs, as surrogates are no characters, and no
// LC (XML Schema Part 2, F.1.1, IsCategory).
func category(name string) (s set, ok bool) {
	const names = " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc Sk So C Cc Cf Co Cn "
	if !strings.Contains(names, " "+name+" ") {
		return nil, false
	}
	return tableSet(unicode.Categories[name]), true
}

// nameStart is NameStartChar of XML 1.0, fifth edition.
func nameStart() set {
	return newSet(
		span{':', ':'}, span{'A', 'Z'}, span{'_', '_'}, span{'a', 'z'},
		span{0xC0, 0xD6}, span{0xD8, 0xF6}, span{0xF8, 0x2FF}, span{0x370, 0x37D},
		span{0x37F, 0x1FFF}, span{0x200C, 0x200D}, span{0x2070, 0x218F}, span{0x2C00, 0x2FEF},
		span{0x3001, 0xD7FF}, span{0xF900, 0xFDCF}, span{0xFDF0, 0xFFFD}, span{0x10000, 0xEFFFF},
	)
}

// nameCharacters is NameChar of XML 1.0, fifth edition.
func nameCharacters() set {
	return newSet(append(nameStart(),
		span{'-', '.'}, span{'0', '9'}, span{0xB7, 0xB7}, span{0x300, 0x36F}, span{0x203F, 0x2040},
	)...)
}
