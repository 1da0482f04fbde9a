package value

import (
	"reflect"
	"testing"
)

func TestLexical(t *testing.T) {
	for _, tt := range []struct {
		t             Type
		lexical, want string
	}{
		{TypeTime, "23:00:00-01:00", "23:00:00-01:00"},
		{TypeTime, " 24:00:00+01:00 ", "00:00:00+01:00"},
		{TypeTime, "10:00:00.50+00:00", "10:00:00.5Z"},
		{TypeTime, "10:00:00", "10:00:00"},
		{TypeDate, "2002-10-10+13:00", "2002-10-10+13:00"},
		{TypeDate, "-0001-02-03", "-0001-02-03"},
		{TypeDateTime, "2002-03-22T08:23:47-05:00", "2002-03-22T08:23:47-05:00"},
		{TypeDateTime, "1969-12-31T24:00:00+14:00", "1970-01-01T00:00:00+14:00"},
		{TypeDateTime, "1969-12-31T23:59:59.9", "1969-12-31T23:59:59.9"},
		{TypeInteger, "+007", "7"},
		{TypeString, " a ", " a "},
		{TypeX500Name, "O=Medi Corp, C=US", "O=Medi Corp, C=US"},
	} {
		v := mustParse(t, tt.t, tt.lexical)
		got := Lexical(v)
		if got != tt.want {
			t.Errorf("got %q, want %q: %q", got, tt.want, tt.lexical)
		}
		if again := mustParse(t, tt.t, got); !reflect.DeepEqual(v, again) {
			t.Errorf("got %#v from %q, want %#v", again, got, v)
		}
	}
}

func TestLexical_OneOfEach(t *testing.T) {
	for _, v := range oneOfEach(t) {
		if v.Type() == TypeUnknown || v.Type() == TypeXPathExpression {
			continue
		}
		if again := mustParse(t, v.Type(), Lexical(v)); !reflect.DeepEqual(v, again) {
			t.Errorf("got %#v from %q, want %#v", again, Lexical(v), v)
		}
	}
}
