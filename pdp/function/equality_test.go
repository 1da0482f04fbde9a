package function

import "testing"

func rowsEquality() []row {
	return []row{
		{"1.0:string-equal", "string:a, string:a", "boolean:true"},
		{"1.0:string-equal", "string:a, string:A", "boolean:false"},
		{"1.0:string-equal", "string:a, string: a", "boolean:false"},
		{"1.0:string-equal", "string:\u00e5, string:a\u030a", "boolean:true"}, // §7.1.1: NFC
		{"3.0:string-equal-ignore-case", "string:Julius, string:jULIUS", "boolean:true"},
		{"3.0:string-equal-ignore-case", "string:\u00c5, string:a\u030a", "boolean:true"},
		{"3.0:string-equal-ignore-case", "string:a, string:b", "boolean:false"},
		{"1.0:boolean-equal", "boolean:1, boolean:true", "boolean:true"},
		{"1.0:boolean-equal", "boolean:0, boolean:true", "boolean:false"},
		{"1.0:integer-equal", "integer:+007, integer:7", "boolean:true"},
		{"1.0:integer-equal", "integer:-0, integer:0", "boolean:true"},
		{"1.0:integer-equal", "integer:18446744073709551616, integer:0", "boolean:false"},
		// Pitfall 26: IEEE 754, not the equality of Java's Double.
		{"1.0:double-equal", "double:NaN, double:NaN", "boolean:false"},
		{"1.0:double-equal", "double:-0, double:0", "boolean:true"},
		{"1.0:double-equal", "double:INF, double:INF", "boolean:true"},
		{"1.0:double-equal", "double:1e1, double:10.0", "boolean:true"},
		{"1.0:date-equal", "date:2024-02-29Z, date:2024-02-29", "boolean:true"},
		{"1.0:date-equal", "date:2024-02-29Z, date:2024-02-29+01:00", "boolean:false"},
		{"1.0:time-equal", "time:12:00:00Z, time:13:00:00+01:00", "boolean:true"},
		{"1.0:time-equal", "time:12:00:00Z, time:12:00:00", "boolean:true"},
		{"1.0:time-equal", "time:12:00:00Z, time:12:00:01Z", "boolean:false"},
		{"1.0:time-equal", "time:23:00:00-01:00, time:00:00:00Z", "boolean:false"},
		{"1.0:dateTime-equal", "dateTime:2024-01-31T24:00:00Z, dateTime:2024-02-01T00:00:00Z", "boolean:true"},
		{"1.0:dateTime-equal", "dateTime:2024-01-31T12:00:00, dateTime:2024-01-31T12:00:00Z", "boolean:true"},
		{"1.0:dateTime-equal", "dateTime:2024-01-31T12:00:00Z, dateTime:2024-01-31T12:00:00.5Z", "boolean:false"},
		{"3.0:dayTimeDuration-equal", "dayTimeDuration:P1D, dayTimeDuration:PT24H", "boolean:true"},
		{"3.0:dayTimeDuration-equal", "dayTimeDuration:P1D, old-dayTimeDuration:PT24H", "boolean:true"},
		{"3.0:dayTimeDuration-equal", "dayTimeDuration:P1D, dayTimeDuration:-P1D", "boolean:false"},
		{"3.0:yearMonthDuration-equal", "yearMonthDuration:P1Y, yearMonthDuration:P12M", "boolean:true"},
		{"3.0:yearMonthDuration-equal", "old-yearMonthDuration:P1Y, old-yearMonthDuration:P1M", "boolean:false"},
		{"1.0:anyURI-equal", "anyURI:http://a/b, anyURI:http://a/b", "boolean:true"},
		{"1.0:anyURI-equal", "anyURI:http://a/b, anyURI:HTTP://a/b", "boolean:false"},
		{"1.0:x500Name-equal", "x500Name:CN=Ola Nordmann,O=x, x500Name:cn=ola  nordmann,o=X", "boolean:true"},
		{"1.0:x500Name-equal", "x500Name:CN=a,O=x, x500Name:O=x,CN=a", "boolean:false"},
		{"1.0:rfc822Name-equal", "rfc822Name:Ola@EXAMPLE.com, rfc822Name:Ola@example.com", "boolean:true"},
		{"1.0:rfc822Name-equal", "rfc822Name:Ola@example.com, rfc822Name:ola@example.com", "boolean:false"},
		{"1.0:hexBinary-equal", "hexBinary:0aFF, hexBinary:0AfF", "boolean:true"},
		{"1.0:hexBinary-equal", "hexBinary:0a, hexBinary:0a00", "boolean:false"},
		{"1.0:base64Binary-equal", "base64Binary:YWJj, base64Binary:YW Jj", "boolean:true"},
		{"1.0:base64Binary-equal", "base64Binary:YWJj, base64Binary:YWJk", "boolean:false"},
		{"1.0:string-equal", "string:a, fails string", "failure 1"}, // A.3
	}
}

func TestA3_1_Equality(t *testing.T) { run(t, rowsEquality()) }
