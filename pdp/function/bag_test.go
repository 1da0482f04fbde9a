package function

import "testing"

// sample is lexical forms of a type: two of the same value and one of another.
type sample struct{ typ, prefix, one, same, other string }

func samples() []sample {
	return []sample{
		{"string", "1.0", "a\u030a", "\u00e5", "b"},
		{"boolean", "1.0", "true", "1", "false"},
		{"integer", "1.0", "7", "+007", "18446744073709551616"},
		{"double", "1.0", "0", "-0", "1"},
		{"time", "1.0", "12:00:00Z", "13:00:00+01:00", "12:00:00.5Z"},
		{"date", "1.0", "2024-02-29", "2024-02-29Z", "2024-03-01Z"},
		{"dateTime", "1.0", "2024-02-29T24:00:00Z", "2024-03-01T00:00:00", "2024-02-29T00:00:00Z"},
		{"anyURI", "1.0", "http://a", "http://a", "HTTP://a"},
		{"hexBinary", "1.0", "0aff", "0AFF", "0a"},
		{"base64Binary", "1.0", "YWJj", "YWJj", "YWJk"},
		{"dayTimeDuration", "3.0", "P1D", "PT24H", "P2D"},
		{"yearMonthDuration", "3.0", "P1Y", "P12M", "P1M"},
		{"x500Name", "1.0", "CN=a,O=x", "cn=A,o=X", "CN=b"},
		{"rfc822Name", "1.0", "a@b.no", "a@B.no", "A@b.no"},
	}
}

func rowsBag(t *testing.T) []row {
	t.Helper()
	rows := []row{
		{"2.0:ipAddress-one-and-only", "bag ipAddress:[10.0.0.1]", "ipAddress:10.0.0.1"},
		{"2.0:ipAddress-one-and-only", "bag ipAddress:[]", "processing-error"},
		{"2.0:ipAddress-bag-size", "bag ipAddress:[10.0.0.1 10.0.0.1]", "integer:2"},
		{"2.0:ipAddress-bag", "ipAddress:10.0.0.1, ipAddress:10.0.0.2", "bag ipAddress:[10.0.0.1 10.0.0.2]"},
		{"2.0:dnsName-one-and-only", "bag dnsName:[a.no]", "dnsName:a.no"},
		{"2.0:dnsName-one-and-only", "bag dnsName:[a.no b.no]", "processing-error"},
		{"2.0:dnsName-bag-size", "bag dnsName:[a.no]", "integer:1"},
		{"2.0:dnsName-bag", "dnsName:a.no", "bag dnsName:[a.no]"},
		// Pitfall 20: membership, not part of a text.
		{"1.0:string-is-in", "string:b, bag string:[abc]", "boolean:false"},
		{"1.0:double-is-in", "double:NaN, bag double:[NaN]", "boolean:false"},
		{"1.0:string-is-in", "fails string, bag string:[]", "failure 0"},
		// 10.2.9: the elements keep the data type that they came with.
		{"3.0:dayTimeDuration-one-and-only", "bag old-dayTimeDuration:[P1D]", "old-dayTimeDuration:P1D"},
		{"3.0:dayTimeDuration-is-in", "dayTimeDuration:P1D, bag old-dayTimeDuration:[PT24H]", "boolean:true"},
		{"3.0:dayTimeDuration-bag", "old-dayTimeDuration:P1D, dayTimeDuration:P2D", "bag dayTimeDuration:[P1D P2D]"},
	}
	for _, s := range samples() {
		id := s.prefix + ":" + s.typ + "-"
		one, other := canonical(t, s.typ, s.one), canonical(t, s.typ, s.other)
		bag := "bag " + s.typ + ":"
		rows = append(
			rows,
			row{id + "one-and-only", bag + "[" + s.one + "]", s.typ + ":" + one},
			row{id + "one-and-only", bag + "[]", "processing-error"},
			row{id + "one-and-only", bag + "[" + s.one + " " + s.same + "]", "processing-error"},
			row{id + "bag-size", bag + "[]", "integer:0"},
			row{id + "bag-size", bag + "[" + s.one + " " + s.same + " " + s.other + "]", "integer:3"},
			row{id + "is-in", s.typ + ":" + s.one + ", " + bag + "[" + s.other + " " + s.same + "]", "boolean:true"},
			row{id + "is-in", s.typ + ":" + s.one + ", " + bag + "[" + s.other + "]", "boolean:false"},
			row{id + "is-in", s.typ + ":" + s.one + ", " + bag + "[]", "boolean:false"},
			row{id + "bag", "", bag + "[]"},
			row{id + "bag", s.typ + ":" + s.one + ", " + s.typ + ":" + s.other + ", " + s.typ + ":" + s.one, bag + "[" + one + " " + other + " " + one + "]"},
		)
	}
	return rows
}

func canonical(t *testing.T, typ, lexical string) string {
	t.Helper()
	return parse(t, typeNamed(t, typ), lexical).String()
}

func TestA3_10_Bags(t *testing.T) { run(t, rowsBag(t)) }
