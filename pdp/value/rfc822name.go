package value

import "strings"

// RFC822Name is a value of urn:oasis:names:tc:xacml:1.0:data-type:rfc822Name:
// a mailbox of RFC 2821, local-part "@" domain, without display name or angle
// brackets. The local part keeps its case, the domain has none (A.2). Compare
// values with [Equal]: == compares the original text too.
type RFC822Name struct {
	text   string
	local  string
	domain string // in lower case
}

// parseRFC822Name splits at the last "@", because a quoted local part may
// have one of its own.
func parseRFC822Name(s string) (RFC822Name, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || !isLocalPart(s[:at]) || !isMailDomain(s[at+1:]) {
		return RFC822Name{}, errForm
	}
	return RFC822Name{s, s[:at], lowerASCII(s[at+1:])}, nil
}

// Type is TypeRFC822Name.
func (RFC822Name) Type() Type { return TypeRFC822Name }

// Kind is a single rfc822Name.
func (RFC822Name) Kind() Kind { return One(TypeRFC822Name) }

// String is the original text, without the white space around it.
func (n RFC822Name) String() string { return n.text }

func (RFC822Name) datum() {}

// LocalPart is what stands before the last "@", as it was written.
func (n RFC822Name) LocalPart() string { return n.local }

// Domain is what stands after the last "@", in lower case.
func (n RFC822Name) Domain() string { return n.domain }

// Match is rfc822Name-match (A.3.14). A pattern with "@" is a whole address,
// one that starts with "." is a domain with all its subdomains, any other is
// one domain.
func (n RFC822Name) Match(pattern string) bool {
	if at := strings.LastIndexByte(pattern, '@'); at >= 0 {
		return n.local == pattern[:at] && n.domain == lowerASCII(pattern[at+1:])
	}
	domain := lowerASCII(pattern)
	if strings.HasPrefix(domain, ".") {
		return strings.HasSuffix(n.domain, domain) || n.domain == domain[1:]
	}
	return n.domain == domain
}

// isLocalPart is Local-part of RFC 2821, §4.1.2: a dot string or a quoted one.
func isLocalPart(s string) bool {
	if strings.HasPrefix(s, `"`) {
		return isQuotedString(s)
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.IndexFunc(atom, isNotAtomText) >= 0 {
			return false
		}
	}
	return true
}

func isNotAtomText(r rune) bool {
	if r < 0x80 && (isLetter(byte(r)) || isDigit(byte(r))) {
		return false
	}
	return !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// isQuotedString accepts an opening quote, printable characters with "\"
// before any quote or backslash, and a closing quote at the very end.
func isQuotedString(s string) bool {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i == len(s)-1
		case c == '\\':
			i++
			if i == len(s) || !isPrintable(s[i]) {
				return false
			}
		case !isPrintable(c):
			return false
		}
	}
	return false
}

func isPrintable(c byte) bool { return ' ' <= c && c <= '~' }

// isMailDomain is Domain of RFC 2821, §4.1.2: labels or an address literal. A
// single label is a domain too.
func isMailDomain(s string) bool {
	if literal, ok := strings.CutPrefix(s, "["); ok {
		literal, ok = strings.CutSuffix(literal, "]")
		return ok && literal != "" && !strings.ContainsFunc(literal, isNotLiteralText)
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

func isNotLiteralText(r rune) bool {
	return r <= ' ' || r > '~' || r == '[' || r == ']' || r == '\\'
}

// isLabel reports whether s has letters, digits and inner hyphens only (RFC
// 2396, domainlabel; RFC 2821, sub-domain).
func isLabel(s string) bool {
	for i := range len(s) {
		inner := 0 < i && i < len(s)-1
		if !isLetter(s[i]) && !isDigit(s[i]) && (s[i] != '-' || !inner) {
			return false
		}
	}
	return s != ""
}

// lowerASCII leaves other letters than those of ASCII alone.
func lowerASCII(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
