package function

import "testing"

func rowsNormalization() []row {
	return []row{
		{"1.0:string-normalize-space", "string: \t\r\na  b\n ", "string:a  b"},
		{"1.0:string-normalize-space", "string:\u00a0a\u00a0", "string:\u00a0a\u00a0"}, // not XML white space
		{"1.0:string-normalize-space", "string: ", "string:"},
		{"1.0:string-normalize-to-lower-case", "string:Hello,World!", "string:hello,world!"},
		{"1.0:string-normalize-to-lower-case", "string:\u0130\u00c5", "string:i\u0307\u00e5"},
		{"1.0:string-normalize-to-lower-case", "string:\u039f\u0394\u039f\u03a3", "string:\u03bf\u03b4\u03bf\u03c2"},
	}
}

func TestA3_3_Normalization(t *testing.T) { run(t, rowsNormalization()) }

func rowsStrings() []row {
	return []row{
		{"2.0:string-concatenate", "string:a, string:b", "string:ab"},
		{"2.0:string-concatenate", "string:a, string:, string:b, string: c", "string:ab c"},
		// Pitfall 19: the needle is the first argument.
		{"3.0:string-starts-with", "string:ab, string:abc", "boolean:true"},
		{"3.0:string-starts-with", "string:abc, string:ab", "boolean:false"},
		{"3.0:string-starts-with", "string:, string:ab", "boolean:true"},
		{"3.0:string-starts-with", "string:\u00e5, string:a\u030ab", "boolean:true"}, // §7.1.1: NFC
		{"3.0:string-ends-with", "string:bc, string:abc", "boolean:true"},
		{"3.0:string-ends-with", "string:abc, string:bc", "boolean:false"},
		{"3.0:string-ends-with", "string:, string:", "boolean:true"},
		{"3.0:string-contains", "string:b, string:abc", "boolean:true"},
		{"3.0:string-contains", "string:B, string:abc", "boolean:false"},
		{"3.0:string-contains", "string:, string:abc", "boolean:true"},
		{"3.0:anyURI-starts-with", "string:http://a, anyURI:http://a/b", "boolean:true"},
		{"3.0:anyURI-starts-with", "string:HTTP://a, anyURI:http://a/b", "boolean:false"},
		{"3.0:anyURI-ends-with", "string:/b, anyURI:http://a/b", "boolean:true"},
		{"3.0:anyURI-ends-with", "string:/a, anyURI:http://a/b", "boolean:false"},
		{"3.0:anyURI-ends-with", "string:a\u030a, anyURI:http://a\u030a", "boolean:true"}, // not normalized
		{"3.0:anyURI-ends-with", "string:\u00e5, anyURI:http://a\u030a", "boolean:false"},
		{"3.0:anyURI-contains", "string:://, anyURI:http://a/b", "boolean:true"},
		{"3.0:anyURI-contains", "string:x, anyURI:http://a/b", "boolean:false"},

		// Pitfall 24.
		{"3.0:string-substring", "string:abcde, integer:1, integer:3", "string:bc"},
		{"3.0:string-substring", "string:abcde, integer:0, integer:5", "string:abcde"},
		{"3.0:string-substring", "string:abcde, integer:2, integer:-1", "string:cde"},
		{"3.0:string-substring", "string:abcde, integer:5, integer:-1", "string:"},
		{"3.0:string-substring", "string:abcde, integer:5, integer:5", "string:"},
		{"3.0:string-substring", "string:abcde, integer:2, integer:2", "string:"},
		{"3.0:string-substring", "string:, integer:0, integer:0", "string:"},
		{"3.0:string-substring", "string:\U0001f600\u00e5b, integer:1, integer:2", "string:\u00e5"},
		{"3.0:string-substring", "string:a\u030ab, integer:1, integer:-1", "string:b"}, // §7.1.1: NFC
		{"3.0:string-substring", "string:abcde, integer:-1, integer:3", "processing-error"},
		{"3.0:string-substring", "string:abcde, integer:6, integer:-1", "processing-error"},
		{"3.0:string-substring", "string:abcde, integer:6, integer:6", "processing-error"},
		{"3.0:string-substring", "string:abcde, integer:1, integer:6", "processing-error"},
		{"3.0:string-substring", "string:abcde, integer:1, integer:-2", "processing-error"},
		{"3.0:string-substring", "string:abcde, integer:3, integer:2", "processing-error"},
		{"3.0:string-substring", "string:abcde, integer:18446744073709551616, integer:-1", "processing-error"},
		{"3.0:string-substring", "string:abcde, integer:0, integer:18446744073709551616", "processing-error"},
		{"3.0:string-substring", "string:abcde, integer:9223372036854775807, integer:9223372036854775807", "processing-error"},
		{"3.0:anyURI-substring", "anyURI:http://a/b, integer:0, integer:4", "string:http"},
		{"3.0:anyURI-substring", "anyURI:http://a/b, integer:7, integer:-1", "string:a/b"},
		{"3.0:anyURI-substring", "anyURI:http://a/b, integer:11, integer:-1", "processing-error"},
		{"3.0:anyURI-substring", "anyURI:http://a/%20, integer:0, integer:11", "processing-error"}, // no URI
	}
}

func rowsConversion() []row {
	return []row{
		{"3.0:boolean-from-string", "string: 1 ", "boolean:true"},
		{"3.0:boolean-from-string", "string:TRUE", "syntax-error"},
		{"3.0:string-from-boolean", "boolean:1", "string:true"},
		{"3.0:integer-from-string", "string: +007 ", "integer:7"},
		{"3.0:integer-from-string", "string:1.0", "syntax-error"},
		{"3.0:integer-from-string", "string:", "syntax-error"},
		{"3.0:string-from-integer", "integer:-0", "string:0"},
		{"3.0:string-from-integer", "integer:+18446744073709551616", "string:18446744073709551616"},
		{"3.0:double-from-string", "string:1e3", "double:1.0E3"},
		{"3.0:double-from-string", "string:Infinity", "syntax-error"},
		{"3.0:string-from-double", "double:100", "string:1.0E2"},
		{"3.0:string-from-double", "double:-INF", "string:-INF"},
		{"3.0:time-from-string", "string:12:00:00.50", "time:12:00:00.5"},
		{"3.0:time-from-string", "string:25:00:00", "syntax-error"},
		{"3.0:string-from-time", "time:24:00:00", "string:00:00:00"},
		{"3.0:string-from-time", "time:12:00:00+01:00", "string:11:00:00Z"},
		{"3.0:date-from-string", "string:2024-02-29", "date:2024-02-29"},
		{"3.0:date-from-string", "string:2023-02-29", "syntax-error"},
		{"3.0:string-from-date", "date:2002-10-10+13:00", "string:2002-10-09-11:00"},
		{"3.0:dateTime-from-string", "string:2024-02-29T12:00:00Z", "dateTime:2024-02-29T12:00:00Z"},
		{"3.0:dateTime-from-string", "string:2024-02-29T12:00:00-14:30", "syntax-error"},
		{"3.0:string-from-dateTime", "dateTime:2024-02-28T24:00:00.0+01:00", "string:2024-02-28T23:00:00Z"},
		{"3.0:anyURI-from-string", "string:http://a/b", "anyURI:http://a/b"},
		{"3.0:anyURI-from-string", "string:http://a/%zz", "syntax-error"},
		{"3.0:string-from-anyURI", "anyURI:http://A/b", "string:http://A/b"},
		{"3.0:dayTimeDuration-from-string", "string:PT26H", "dayTimeDuration:P1DT2H"},
		{"3.0:dayTimeDuration-from-string", "string:P1Y", "syntax-error"},
		{"3.0:string-from-dayTimeDuration", "dayTimeDuration:PT26H", "string:P1DT2H"},
		{"3.0:string-from-dayTimeDuration", "old-dayTimeDuration:-PT0S", "string:PT0S"},
		{"3.0:yearMonthDuration-from-string", "string:P14M", "yearMonthDuration:P1Y2M"},
		{"3.0:yearMonthDuration-from-string", "string:P1D", "syntax-error"},
		{"3.0:string-from-yearMonthDuration", "yearMonthDuration:P0Y", "string:P0M"},
		{"3.0:x500Name-from-string", "string:CN=Ola,O=x", "x500Name:CN=Ola,O=x"},
		{"3.0:x500Name-from-string", "string:Ola Nordmann", "syntax-error"},
		{"3.0:string-from-x500Name", "x500Name:CN=Ola,O=x", "string:CN=Ola,O=x"},
		{"3.0:rfc822Name-from-string", "string:Ola@EXAMPLE.com", "rfc822Name:Ola@EXAMPLE.com"},
		{"3.0:rfc822Name-from-string", "string:example.com", "syntax-error"},
		{"3.0:string-from-rfc822Name", "rfc822Name:Ola@EXAMPLE.com", "string:Ola@EXAMPLE.com"},
		{"3.0:ipAddress-from-string", "string:10.0.0.1/255.0.0.0:80-90", "ipAddress:10.0.0.1/255.0.0.0:80-90"},
		{"3.0:ipAddress-from-string", "string:10.0.0.0/8", "syntax-error"},
		{"3.0:string-from-ipAddress", "ipAddress:10.0.0.1", "string:10.0.0.1"},
		{"3.0:dnsName-from-string", "string:*.Example.com:80", "dnsName:*.Example.com:80"},
		{"3.0:dnsName-from-string", "string:a..b", "syntax-error"},
		{"3.0:string-from-dnsName", "dnsName:Example.com", "string:Example.com"},
	}
}

func TestA3_9_Strings(t *testing.T)    { run(t, rowsStrings()) }
func TestA3_9_Conversion(t *testing.T) { run(t, rowsConversion()) }
