package ldap

import (
	"regexp"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// lexical writes a value of LDAP as XACML does, where the two differ: Boolean
// (RFC 4517 §3.3.3) and Generalized Time (§3.3.13). What is none of these stays
// as it is, for the data type to judge.
func lexical(t value.Type, text string) string {
	switch t {
	case value.TypeBoolean:
		switch text {
		case "TRUE":
			return "true"
		case "FALSE":
			return "false"
		}
	case value.TypeDateTime:
		if m := generalizedTime.FindStringSubmatch(text); m != nil {
			return dateTime(m)
		}
	default:
	}
	return text
}

// generalizedTime matches a time: the year, month, day and hour, the minute and
// second, a fraction of the second, and the zone. A time of a precision of hours
// or minutes may leave out what is less; fractions of hours and minutes, which no
// server writes, are not taken.
var generalizedTime = regexp.MustCompile(
	`^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:[.,]([0-9]+))?)?)?(?:Z|([+-][0-9]{2})([0-9]{2})?)$`)

// dateTime writes the parts of a Generalized Time as a dateTime.
func dateTime(m []string) string {
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	text := m[1] + "-" + m[2] + "-" + m[3] + "T" + m[4] + ":" + or(m[5], "00") + ":" + or(m[6], "00")
	if m[7] != "" {
		text += "." + m[7]
	}
	if m[8] == "" {
		return text + "Z"
	}
	return text + m[8] + ":" + or(m[9], "00")
}
