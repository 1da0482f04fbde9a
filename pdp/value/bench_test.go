package value

import "testing"

var benchForms = []struct {
	typ  Type
	a, b string
}{
	{TypeString, "administrator", "administratoR"},
	{TypeInteger, "123456", "123457"},
	{TypeDateTime, "2002-10-10T12:00:00.5+02:00", "2002-10-10T10:00:00.5Z"},
	{TypeDayTimeDuration, "P1DT2H", "PT26H"},
	{TypeX500Name, "cn=John Smith,o=Medico Corp,c=US", "CN=John Smith, O=Medico Corp, C=US"},
	{TypeRFC822Name, "Anderson@sun.com", "Anderson@SUN.com"},
	{TypeIPAddress, "10.0.0.0/255.0.0.0:80-90", "10.0.0.1"},
}

func BenchmarkParse(b *testing.B) {
	for _, form := range benchForms {
		b.Run(form.typ.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(form.typ, form.a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEqual(b *testing.B) {
	for _, form := range benchForms {
		b.Run(form.typ.String(), func(b *testing.B) {
			x, err := Parse(form.typ, form.a)
			if err != nil {
				b.Fatal(err)
			}
			y, err := Parse(form.typ, form.b)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				Equal(x, y)
			}
		})
	}
}
