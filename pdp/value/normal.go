package value

import "golang.org/x/text/unicode/norm"

// Normal is v as others are asked about it, who compare octets: strings that are
// [Equal] become the same text, in normalization form C (§7.1.1), and so do
// rfc822Names, with the domain in lower case (A.2), and x500Names, in the string form of
// RFC 4514 in lower case: cn=kari nordmann,o=example. Without it a caller that writes a
// name in another way would be the same to policies and a stranger to sources. It is
// v itself for all other types.
func Normal(v Value) Value {
	switch n := v.(type) {
	case String:
		if text := n.NFC(); text != string(n) {
			return String(text)
		}
	case RFC822Name:
		if text := n.local + "@" + n.domain; text != n.text {
			return RFC822Name{text, n.local, n.domain}
		}
	case X500Name:
		if text := n.canonical(); text != n.text {
			return X500Name{text, n.key}
		}
	}
	return v
}

// NFC is the text in normalization form C, by which strings are equal (§7.1.1).
func (s String) NFC() string {
	if isASCII(string(s)) {
		return string(s)
	}
	return norm.NFC.String(string(s))
}

// Identity is a text by which the values of one type are told apart: those that share
// it are [Equal], or NaN, or were written alike where the type has no equality. It is the
// canonical form, but for a time, whose canonical form has no day to carry to:
// 23:00:00-01:00 is a day after 00:00:00Z.
func Identity(v Value) string {
	if t, ok := v.(Time); ok {
		return DateTime{t.seconds, t.attos, t.zone}.String() // on one date
	}
	return v.String()
}
