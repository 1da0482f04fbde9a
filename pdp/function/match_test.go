package function

import "testing"

func rowsMatch() []row {
	return []row{
		{"1.0:x500Name-match", "x500Name:O=Medico Corp,C=US, x500Name:cn=John Smith,o=Medico Corp,c=US", "boolean:true"},
		{"1.0:x500Name-match", "x500Name:O=Medico Corp,C=US, x500Name:o=medico corp,c=us", "boolean:true"},
		{"1.0:x500Name-match", "x500Name:cn=John Smith,o=Medico Corp,c=US, x500Name:O=Medico Corp,C=US", "boolean:false"},
		{"1.0:x500Name-match", "x500Name:O=Corp,C=US, x500Name:o=Medico Corp,c=US", "boolean:false"},
		{"1.0:rfc822Name-match", "string:Anderson@sun.com, rfc822Name:Anderson@SUN.com", "boolean:true"},
		{"1.0:rfc822Name-match", "string:anderson@sun.com, rfc822Name:Anderson@sun.com", "boolean:false"},
		{"1.0:rfc822Name-match", "string:SUN.com, rfc822Name:Anderson@sun.com", "boolean:true"},
		{"1.0:rfc822Name-match", "string:sun.com, rfc822Name:Anderson@east.sun.com", "boolean:false"},
		{"1.0:rfc822Name-match", "string:.east.sun.com, rfc822Name:Anderson@east.sun.com", "boolean:true"},
		{"1.0:rfc822Name-match", "string:.sun.com, rfc822Name:Anderson@east.sun.com", "boolean:true"},
		{"1.0:rfc822Name-match", "string:.sun.com, rfc822Name:Anderson@eastsun.com", "boolean:false"},
	}
}

func TestA3_14_Match(t *testing.T) { run(t, rowsMatch()) }
