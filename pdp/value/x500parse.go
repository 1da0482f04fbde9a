package value

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// parseX500Name reads name of RFC 2253, §3, with the spaces, semicolons,
// quotes and "OID." of RFC 1779 that §4 there asks readers to accept. The
// empty text is the name without RDNs.
func parseX500Name(s string) (X500Name, error) {
	s = trimX500(s)
	if s == "" {
		return X500Name{}, nil
	}
	p := x500Parser{lexer{s}}
	var key strings.Builder
	for {
		rdn, ok := p.rdn()
		if !ok {
			return X500Name{}, errForm
		}
		key.WriteString(rdnMark + rdn)
		if p.rest == "" {
			return X500Name{s, key.String()}, nil
		}
		if !p.accept(',') && !p.accept(';') {
			return X500Name{}, errForm
		}
	}
}

// trimX500 drops the white space around a name, but not the space that a
// backslash before it makes part of the last value.
func trimX500(s string) string {
	s = strings.TrimLeft(s, whiteSpace)
	trimmed := strings.TrimRight(s, whiteSpace)
	backslashes := len(trimmed) - len(strings.TrimRight(trimmed, `\`))
	if backslashes%2 == 1 && len(trimmed) < len(s) {
		return s[:len(trimmed)+1]
	}
	return trimmed
}

type x500Parser struct{ lexer }

// rdn takes one or more pairs with "+" between them. Their order has no
// meaning, so it gives them sorted by their octets (A.3.1).
func (p *x500Parser) rdn() (key string, ok bool) {
	var pairs []string
	for {
		pair, ok := p.pair()
		if !ok {
			return "", false
		}
		pairs = append(pairs, pair)
		if !p.accept('+') {
			slices.Sort(pairs)
			return strings.Join(pairs, pairMark), true
		}
	}
}

// pair takes type "=" value and the space around both.
func (p *x500Parser) pair() (key string, ok bool) {
	p.skipSpace()
	attribute, ok := p.attributeType()
	if !ok {
		return "", false
	}
	p.skipSpace()
	if !p.accept('=') {
		return "", false
	}
	p.skipSpace()
	var value string
	switch {
	case p.accept('#'):
		value, ok = p.berValue()
	case p.accept('"'):
		value, ok = p.quotedValue()
	default:
		value, ok = p.plainValue()
	}
	p.skipSpace()
	return attribute + value, ok
}

// attributeType takes a keyword or an object identifier.
func (p *x500Parser) attributeType() (id string, ok bool) {
	n := 0
	for n < len(p.rest) && (isLetter(p.rest[n]) || isDigit(p.rest[n]) || p.rest[n] == '-' || p.rest[n] == '.') {
		n++
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	if len(word) > 4 && strings.EqualFold(word[:4], "OID.") {
		return word[4:], isObjectID(word[4:])
	}
	if word == "" || strings.Contains(word, ".") || isDigit(word[0]) {
		return word, isObjectID(word)
	}
	return attributeType(word), word[0] != '-'
}

func isObjectID(s string) bool {
	for number := range strings.SplitSeq(s, ".") {
		l := lexer{number}
		if l.digits() == "" || l.rest != "" || len(number) > 1 && number[0] == '0' {
			return false
		}
	}
	return true
}

// plainValue takes a string up to the separator that ends it.
func (p *x500Parser) plainValue() (key string, ok bool) {
	var text []byte
	for p.rest != "" {
		switch c := p.rest[0]; c {
		case ',', ';', '+':
			return stringKey(text)
		case '"', '<', '>':
			return "", false
		case '\\':
			octet, ok := p.escape()
			if !ok {
				return "", false
			}
			text = append(text, octet)
		default:
			text = append(text, c)
			p.rest = p.rest[1:]
		}
	}
	return stringKey(text)
}

// quotedValue takes a string up to the closing quote. The opening one is gone.
func (p *x500Parser) quotedValue() (key string, ok bool) {
	var text []byte
	for !p.accept('"') {
		if p.rest == "" {
			return "", false
		}
		if p.rest[0] == '\\' {
			octet, ok := p.escape()
			if !ok {
				return "", false
			}
			text = append(text, octet)
			continue
		}
		text = append(text, p.rest[0])
		p.rest = p.rest[1:]
	}
	return stringKey(text)
}

// escape takes a backslash with a special character or two hexadecimal digits.
func (p *x500Parser) escape() (octet byte, ok bool) {
	switch s := p.rest; {
	case len(s) >= 2 && strings.IndexByte(`,=+<>#;\" `, s[1]) >= 0:
		p.rest = s[2:]
		return s[1], true
	case len(s) >= 3 && isHex(s[1]) && isHex(s[2]):
		p.rest = s[3:]
		return hexPair(s[1], s[2]), true
	default:
		return 0, false
	}
}

func stringKey(text []byte) (key string, ok bool) {
	return "=" + normalValue(string(text)), utf8.Valid(text)
}

// berValue takes the hexadecimal digits of a BER encoding. The "#" is gone. A
// character string is the string that it encodes, anything else its octets.
func (p *x500Parser) berValue() (key string, ok bool) {
	var octets []byte
	for len(p.rest) >= 2 && isHex(p.rest[0]) && isHex(p.rest[1]) {
		octets = append(octets, hexPair(p.rest[0], p.rest[1]))
		p.rest = p.rest[2:]
	}
	if len(octets) == 0 {
		return "", false
	}
	if text, ok := berString(octets); ok {
		return stringKey(text)
	}
	return "#" + escapeMarks.Replace(string(octets)), true
}

// berString is the text of a UTF8String, PrintableString or IA5String.
func berString(octets []byte) (text []byte, ok bool) {
	if len(octets) < 2 {
		return nil, false
	}
	if text, ok = berContents(octets[1], octets[2:]); !ok {
		return nil, false
	}
	switch octets[0] {
	case 0x0C: // UTF8String
		return text, utf8.Valid(text)
	case 0x13, 0x16: // PrintableString, IA5String
		return text, isASCII(string(text))
	default:
		return nil, false
	}
}

// berContents is what follows a length that begins with the octet first, if it has that
// length. A length may be written in more octets than it takes, so that one string has
// several encodings (X.690, 8.1.3).
func berContents(first byte, rest []byte) (contents []byte, ok bool) {
	length := int(first)
	if n := length - 0x80; n >= 0 {
		if n == 0 || n > len(rest) {
			return nil, false
		}
		length = 0
		for _, octet := range rest[:n] {
			if length > len(rest) {
				return nil, false
			}
			length = length<<8 | int(octet)
		}
		rest = rest[n:]
	}
	return rest, len(rest) == length
}
