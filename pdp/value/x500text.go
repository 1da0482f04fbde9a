package value

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// canonical is one text for all names that are [Equal], in the string form of RFC 4514:
// the keywords of its table (§3) and other types as object identifiers, in lower case as
// values are, with no space that has no meaning, and the pairs of an RDN in one order. So
// CN="Kari  Nordmann" ; O = Example is cn=kari nordmann,o=example.
func (n X500Name) canonical() string {
	var out strings.Builder
	for i, rdn := range strings.Split(n.key, rdnMark)[1:] {
		if i > 0 {
			out.WriteByte(',')
		}
		for j, pair := range strings.Split(rdn, pairMark) {
			if j > 0 {
				out.WriteByte('+')
			}
			end := strings.IndexAny(pair, "=#") // a type has neither
			out.WriteString(attributeKeyword(pair[:end]))
			out.WriteByte('=')
			if text := unescapeMarks.Replace(pair[end+1:]); pair[end] == '=' {
				writeX500(&out, text)
			} else {
				out.WriteString("#" + hex.EncodeToString([]byte(text)))
			}
		}
	}
	return out.String()
}

// unescapeMarks undoes escapeMarks.
var unescapeMarks = strings.NewReplacer(
	escapeMark+"0", rdnMark, escapeMark+"1", pairMark, escapeMark+"2", escapeMark,
)

// writeX500 writes a value of an attribute with what has to be escaped (RFC 4514, §2.4) and,
// in hexadecimal digits, what is no text. It has no white space around it.
func writeX500(to *strings.Builder, text string) {
	for i, r := range text {
		switch {
		case r < ' ', r == 0x7F, r == 0xFFFE, r == 0xFFFF:
			for _, octet := range []byte(string(r)) {
				fmt.Fprintf(to, `\%02x`, octet)
			}
			continue
		case strings.ContainsRune(`,+"\<>;`, r), r == '#' && i == 0:
			to.WriteByte('\\')
		}
		to.WriteRune(r)
	}
}

// attributeKeyword is what a type is called in a canonical text: by its keyword in RFC
// 4514, §3, or as it is.
func attributeKeyword(id string) string {
	switch id {
	case "2.5.4.3":
		return "cn"
	case "2.5.4.6":
		return "c"
	case "2.5.4.7":
		return "l"
	case "2.5.4.8":
		return "st"
	case "2.5.4.9":
		return "street"
	case "2.5.4.10":
		return "o"
	case "2.5.4.11":
		return "ou"
	case "0.9.2342.19200300.100.1.1":
		return "uid"
	case "0.9.2342.19200300.100.1.25":
		return "dc"
	default:
		return strings.ToLower(id)
	}
}
