package value

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// form is a lexical form and the String of its value; the two are the same if
// canonical is left out.
type form struct{ lexical, canonical string }

// testForms reads every form of the tables as type typ.
func testForms(t *testing.T, typ Type, valid []form, invalid []string) {
	t.Helper()
	for _, f := range valid {
		want := f.canonical
		if want == "" {
			want = f.lexical
		}
		v, err := Parse(typ, f.lexical)
		if err != nil {
			t.Errorf("Parse(%s, %q): got error %v, want %q", typ, f.lexical, err, want)
			continue
		}
		if v.Type() != typ || v.Kind() != One(typ) {
			t.Errorf("Parse(%s, %q): got type %v, kind %v", typ, f.lexical, v.Type(), v.Kind())
		}
		if v.String() != want {
			t.Errorf("Parse(%s, %q): got %q, want %q", typ, f.lexical, v, want)
		}
		// White space around the form has no meaning, except in a string.
		if typ == TypeString {
			continue
		}
		if padded, err := Parse(typ, "\r\n\t "+f.lexical+" \t\r\n"); err != nil || padded.String() != want {
			t.Errorf("Parse(%s, %q with white space around): got %v, %v, want %q", typ, f.lexical, padded, err, want)
		}
	}
	for _, s := range invalid {
		if v, err := Parse(typ, s); err == nil {
			t.Errorf("Parse(%s, %q): got %q, want error", typ, s, v)
		} else if v != nil {
			t.Errorf("Parse(%s, %q): got value %q beside error %v", typ, s, v, err)
		}
	}
}

// mustParse is for forms that other tests prove valid.
func mustParse(t *testing.T, typ Type, lexical string) Value {
	t.Helper()
	v, err := Parse(typ, lexical)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func parseAs[T Value](t *testing.T, typ Type, lexical string) T {
	t.Helper()
	v, ok := mustParse(t, typ, lexical).(T)
	if !ok {
		t.Fatalf("Parse(%s, %q): got %T", typ, lexical, v)
	}
	return v
}

func TestParse_RefusedTypes(t *testing.T) {
	for _, typ := range []Type{TypeUnknown, TypeXPathExpression} {
		if v, err := Parse(typ, "a"); err == nil {
			t.Errorf("Parse(%s, a): got %q, want error", typ, v)
		}
	}
}

func TestParse_Errors(t *testing.T) {
	tests := []struct {
		typ           Type
		lexical, want string
	}{
		{TypeInteger, "1e3", `"1e3" is not an integer`},
		{TypeBoolean, "True", `"True" is not a boolean`},
		{TypeString, "a\x00", `"a\x00" is not a string: it contains characters that XML does not allow`},
		{TypeDate, "2003-02-29", `"2003-02-29" is not a date: the month has no such day`},
		{TypeDate, "0000-02-29", `"0000-02-29" is not a date: there is no year 0000`},
		{TypeTime, "00:00:00-14:30", `"00:00:00-14:30" is not a time: a time zone lies between -14:00 and +14:00`},
		{TypeLegacyDayTimeDuration, "P", `"P" is not a dayTimeDuration (2002)`},
		{TypeIPAddress, "10.0.0.0/8", `"10.0.0.0/8" is not an ipAddress`},
		{TypeXPathExpression, "/a", `"/a" is not an xpathExpression: the type has no lexical form of its own`},
		{TypeUnknown, "a", `"a" is not of a known type: the type has no lexical form of its own`},
		{TypeInteger, strings.Repeat("a", 64), `"` + strings.Repeat("a", 64) + `" is not an integer`},
		{TypeInteger, strings.Repeat("a", 65), `"` + strings.Repeat("a", 64) + `"... is not an integer`},
		{TypeInteger, strings.Repeat("a", 63) + "æ", `"` + strings.Repeat("a", 63) + `"... is not an integer`},
	}
	for _, test := range tests {
		_, err := Parse(test.typ, test.lexical)
		if err == nil {
			t.Errorf("Parse(%s, %q): got no error, want %s", test.typ, test.lexical, test.want)
			continue
		}
		if diff := cmp.Diff(test.want, err.Error()); diff != "" {
			t.Errorf("Parse(%s, %q): (-want +got)\n%s", test.typ, test.lexical, diff)
		}
	}
}

// Every form is read in time that grows with its length.
func TestParse_LongInput(t *testing.T) {
	const size = 1 << 16
	start := time.Now()
	for _, typ := range Types() {
		for _, unit := range []string{"9", "0", "a", ".", "-", "@", "\\", "%41", " ", "a=b,", "a=b+", "\"", "[", "1.", "é", "e\u0301", "\u0301"} {
			_, _ = Parse(typ, strings.Repeat(unit, size/len(unit)))
			_, _ = Parse(typ, "cn=#"+strings.Repeat("41", size/2))
		}
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("got %v, want well under a minute", took)
	}
}
