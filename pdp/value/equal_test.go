package value

import (
	"fmt"
	"testing"
)

// pair is two lexical forms of one type and their relation.
type pair struct {
	typ  Type
	a, b string
	want int // order of a and b: -1, 0 or +1
}

const (
	dateTimeT = TypeDateTime
	dayTimeT  = TypeDayTimeDuration
	monthsT   = TypeYearMonthDuration
	mailT     = TypeRFC822Name
	nameT     = TypeX500Name
)

func TestA3_1_Equality(t *testing.T) {
	tests := []struct {
		typ  Type
		a, b string
		want bool
	}{
		{TypeString, "a", "a", true},
		{TypeString, "a", "A", false},
		{TypeString, "a", "a ", false},
		{TypeString, "\u00e9", "e\u0301", true},   // NFC
		{TypeString, "\u212b", "\u00c5", true},    // Angstrom sign
		{TypeString, "\ufb01", "fi", false},       // compatibility only
		{TypeString, "\u00e9", "e", false},        //
		{TypeString, "e\u0301x", "\u00e9", false}, //
		{TypeBoolean, "true", "1", true},
		{TypeBoolean, "false", "0", true},
		{TypeBoolean, "true", "0", false},
		{TypeInteger, "007", "+7", true},
		{TypeInteger, "-0", "0", true},
		{TypeInteger, "9223372036854775808", "09223372036854775808", true},
		{TypeInteger, "9223372036854775808", "-9223372036854775808", false},
		{TypeDouble, "1", "1.0E0", true},
		{TypeDouble, "0", "-0", true},
		{TypeDouble, "NaN", "NaN", false},
		{TypeDouble, "INF", "1e999", true},
		{TypeDouble, "INF", "-INF", false},
		{TypeAnyURI, "http://a/", "HTTP://a/", false},
		{TypeAnyURI, "http://a/%7e", "http://a/%7E", false},
		{TypeAnyURI, "\u00e9", "e\u0301", false},
		{TypeAnyURI, " a", "a ", true},
		{TypeHexBinary, "0fb7", "0FB7", true},
		{TypeHexBinary, "00", "", false},
		{TypeBase64Binary, "Zm 9v", "Zm9v", true},
		{TypeBase64Binary, "Zm9v", "Zm9w", false},
		{TypeTime, "12:00:00Z", "13:00:00+01:00", true},
		{TypeTime, "12:00:00", "12:00:00Z", true},
		{TypeTime, "24:00:00", "00:00:00", true},
		{TypeTime, "12:00:00.10", "12:00:00.1", true},
		{TypeTime, "12:00:00.000000000000000001", "12:00:00", false},
		{TypeTime, "23:00:00-01:00", "00:00:00Z", false}, // a day apart
		{TypeDate, "2002-10-10Z", "2002-10-10", true},
		{TypeDate, "2002-10-10+13:00", "2002-10-09-11:00", true},
		{TypeDate, "2002-10-10Z", "2002-10-10+01:00", false},
		{dateTimeT, "2002-10-10T12:00:00Z", "2002-10-10T07:00:00-05:00", true},
		{dateTimeT, "2002-10-10T24:00:00", "2002-10-11T00:00:00", true},
		{dateTimeT, "2002-10-10T12:00:00", "2002-10-10T12:00:00-00:00", true},
		{dateTimeT, "2002-10-10T12:00:00.1", "2002-10-10T12:00:00.10000", true},
		{dateTimeT, "2002-10-10T12:00:00.1234567891", "2002-10-10T12:00:00.1234567892", false},
		{dayTimeT, "P1D", "PT24H", true},
		{dayTimeT, "PT60S", "PT1M", true},
		{dayTimeT, "-PT0S", "PT0S", true},
		{dayTimeT, "-P1D", "P1D", false},
		{dayTimeT, "PT0.1S", "PT0.10S", true},
		{dayTimeT, "PT0.1234567891S", "PT0.1234567892S", false},
		{monthsT, "P1Y", "P12M", true},
		{monthsT, "P1Y", "P11M", false},
		{mailT, "Anderson@sun.com", "Anderson@SUN.com", true},
		{mailT, "Anderson@sun.com", "anderson@sun.com", false},
		{mailT, `"a@b"@sun.com`, `"a@b"@Sun.com`, true},
		{mailT, `"a@B"@sun.com`, `"a@b"@sun.com`, false},
		{TypeIPAddress, "127.0.0.1", "127.0.0.1", false}, // no such function
		{TypeDNSName, "a.no", "a.no", false},             // no such function
	}
	for _, test := range tests {
		a, b := mustParse(t, test.typ, test.a), mustParse(t, test.typ, test.b)
		if got := Equal(a, b); got != test.want {
			t.Errorf("%s: Equal(%q, %q): got %v, want %v", test.typ, test.a, test.b, got, test.want)
		}
		if got := Equal(b, a); got != test.want {
			t.Errorf("%s: Equal(%q, %q): got %v, want %v", test.typ, test.b, test.a, got, test.want)
		}
	}
}

// 10.2.9: the two generations of durations share functions.
func TestA3_1_LegacyDurations(t *testing.T) {
	tests := []struct {
		current, legacy Type
		a, b            string
	}{
		{TypeDayTimeDuration, TypeLegacyDayTimeDuration, "P1D", "PT24H"},
		{TypeYearMonthDuration, TypeLegacyYearMonthDuration, "-P1Y", "-P12M"},
	}
	for _, test := range tests {
		a, b := mustParse(t, test.current, test.a), mustParse(t, test.legacy, test.b)
		if !Equal(a, b) || !Equal(b, a) {
			t.Errorf("Equal(%s %s, %s %s): got false, want true", a.Type(), a, b.Type(), b)
		}
		if a.Type() != test.current || b.Type() != test.legacy {
			t.Errorf("types: got %v and %v, want %v and %v", a.Type(), b.Type(), test.current, test.legacy)
		}
	}
	if d := parseAs[DayTimeDuration](t, TypeLegacyDayTimeDuration, "P1D").Negate(); d.Type() != TypeLegacyDayTimeDuration {
		t.Errorf("negated legacy duration: got type %v", d.Type())
	}
	if d := parseAs[YearMonthDuration](t, TypeLegacyYearMonthDuration, "P1Y").Negate(); d.Type() != TypeLegacyYearMonthDuration {
		t.Errorf("negated legacy duration: got type %v", d.Type())
	}
}

// oneOfEach holds a value of every implementation of Value.
func oneOfEach(t *testing.T) []Value {
	t.Helper()
	values := []Value{
		Foreign{DataType: "urn:x", Text: "1"},
		NewXPathExpression("/a", "urn:c", map[string]string{"p": "urn:n"}, ""),
	}
	for typ, lexical := range map[Type]string{
		TypeString: "1", TypeBoolean: "1", TypeInteger: "1", TypeDouble: "1", TypeTime: "00:00:00", TypeDate: "1970-01-01",
		TypeDateTime: "1970-01-01T00:00:00", TypeDayTimeDuration: "PT0S", TypeYearMonthDuration: "P0M", TypeAnyURI: "1",
		TypeHexBinary: "31", TypeBase64Binary: "MQ==", TypeRFC822Name: "a@b", TypeX500Name: "o=1", TypeIPAddress: "10.0.0.1",
		TypeDNSName: "a",
	} {
		values = append(values, mustParse(t, typ, lexical))
	}
	return values
}

func TestA3_1_DifferentTypes(t *testing.T) {
	for _, a := range oneOfEach(t) {
		for _, b := range oneOfEach(t) {
			noEquality := a.Type() == TypeUnknown || a.Type() == TypeIPAddress || a.Type() == TypeDNSName || a.Type() == TypeXPathExpression
			want := a.Type() == b.Type() && !noEquality
			if got := Equal(a, b); got != want {
				t.Errorf("Equal(%s %q, %s %q): got %v, want %v", a.Type(), a, b.Type(), b, got, want)
			}
			if _, ok := Compare(a, b); ok && a.Type() != b.Type() {
				t.Errorf("Compare(%s %q, %s %q): got an order", a.Type(), a, b.Type(), b)
			}
		}
		if Equal(a, nil) || Equal(nil, a) {
			t.Errorf("Equal(%s, nil): got true", a.Type())
		}
	}
	if Equal(nil, nil) {
		t.Error("Equal(nil, nil): got true")
	}
}

// No value makes the operator == panic, whatever it means for the type.
func TestValues_AreMapKeys(t *testing.T) {
	seen := map[Value]bool{}
	for _, v := range oneOfEach(t) {
		seen[v] = true
	}
	if want := len(oneOfEach(t)); len(seen) != want {
		t.Errorf("got %d keys, want %d", len(seen), want)
	}
}

func TestA3_8_Order(t *testing.T) {
	tests := []pair{
		{TypeString, "a", "b", -1},
		{TypeString, "a", "a", 0},
		{TypeString, "a", "", 1},
		{TypeString, "Z", "a", -1},
		{TypeString, "a", "aa", -1},
		{TypeString, "\uffee", "\U00010000", -1}, // UTF-16 units would say otherwise
		{TypeString, "e\u0301", "\u00e9", 0},
		{TypeString, "e\u0301", "f", 1}, // NFC U+00E9
		{TypeInteger, "-1", "1", -1},
		{TypeInteger, "9223372036854775807", "9223372036854775808", -1},
		{TypeInteger, "-9223372036854775809", "-9223372036854775808", -1},
		{TypeInteger, "99999999999999999999", "99999999999999999999", 0},
		{TypeInteger, "99999999999999999999", "-1", 1},
		{TypeDouble, "1", "1.5", -1},
		{TypeDouble, "-INF", "INF", -1},
		{TypeDouble, "-0", "0", 0},
		{TypeTime, "12:00:00", "12:00:00.1", -1},
		{TypeTime, "12:00:00.2", "12:00:00.1", 1},
		{TypeTime, "12:00:00+01:00", "12:00:00Z", -1},
		{TypeTime, "00:00:00+14:00", "00:00:00-14:00", -1},
		{TypeTime, "12:00:00", "12:00:00Z", 0},
		{TypeDate, "2002-10-10", "2002-10-11", -1},
		{TypeDate, "2002-10-10+14:00", "2002-10-10", -1},
		{TypeDate, "2002-10-10-01:00", "2002-10-10", 1},
		{TypeDate, "-0001-12-31", "0001-01-01", -1},
		{TypeDate, "9999-12-31", "10000-01-01", -1},
		{dateTimeT, "2002-10-10T12:00:00Z", "2002-10-10T12:00:00.5Z", -1},
		{dateTimeT, "2002-10-10T12:00:00-01:00", "2002-10-10T12:59:59Z", 1},
		{dateTimeT, "-0002-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", -1},
		{dateTimeT, "999999999-12-31T23:59:59", "-999999999-01-01T00:00:00", 1},
	}
	for _, test := range tests {
		a, b := mustParse(t, test.typ, test.a), mustParse(t, test.typ, test.b)
		if got, ok := Compare(a, b); got != test.want || !ok {
			t.Errorf("%s: Compare(%q, %q): got %d, %v, want %d", test.typ, test.a, test.b, got, ok, test.want)
		}
		if got, ok := Compare(b, a); got != -test.want || !ok {
			t.Errorf("%s: Compare(%q, %q): got %d, %v, want %d", test.typ, test.b, test.a, got, ok, -test.want)
		}
	}
}

func TestA3_8_NoOrder(t *testing.T) {
	tests := []pair{
		{typ: TypeDouble, a: "NaN", b: "NaN"},
		{typ: TypeDouble, a: "NaN", b: "1"},
		{typ: TypeBoolean, a: "true", b: "false"},
		{typ: TypeAnyURI, a: "a", b: "b"},
		{typ: dayTimeT, a: "P1D", b: "P2D"},
		{typ: monthsT, a: "P1M", b: "P2M"},
		{typ: TypeHexBinary, a: "00", b: "01"},
		{typ: nameT, a: "o=a", b: "o=b"},
	}
	for _, test := range tests {
		a, b := mustParse(t, test.typ, test.a), mustParse(t, test.typ, test.b)
		if got, ok := Compare(a, b); ok {
			t.Errorf("%s: Compare(%q, %q): got %d, want no order", test.typ, test.a, test.b, got)
		}
	}
}

func TestDurations_Cmp(t *testing.T) {
	for _, test := range []pair{
		{dayTimeT, "-PT0.7S", "-PT0.5S", -1},
		{dayTimeT, "-PT1.2S", "-PT0.5S", -1},
		{dayTimeT, "-PT0.5S", "PT0.1S", -1},
		{dayTimeT, "P1D", "PT23H59M59.999S", 1},
		{dayTimeT, "P1D", "PT24H", 0},
	} {
		a, b := parseAs[DayTimeDuration](t, test.typ, test.a), parseAs[DayTimeDuration](t, test.typ, test.b)
		if got := a.Cmp(b); got != test.want {
			t.Errorf("%s Cmp %s: got %d, want %d", test.a, test.b, got, test.want)
		}
		if got := a.Negate().Cmp(b.Negate()); got != -test.want {
			t.Errorf("-(%s) Cmp -(%s): got %d, want %d", test.a, test.b, got, -test.want)
		}
	}
	a, b := parseAs[YearMonthDuration](t, monthsT, "-P1Y"), parseAs[YearMonthDuration](t, monthsT, "P1M")
	if a.Cmp(b) != -1 || b.Cmp(a) != 1 || a.Cmp(a) != 0 {
		t.Errorf("%s Cmp %s: got %d", a, b, a.Cmp(b))
	}
}

func ExampleEqual() {
	day, _ := Parse(TypeDayTimeDuration, "P1D")
	hours, _ := Parse(TypeDayTimeDuration, "PT24H")
	fmt.Println(Equal(day, hours))
	// Output: true
}

func ExampleParse() {
	v, err := Parse(TypeDateTime, " 2002-10-10T24:00:00+02:00 ")
	fmt.Println(v, err)
	_, err = Parse(TypeInteger, "1e3")
	fmt.Println(err)
	// Output:
	// 2002-10-10T22:00:00Z <nil>
	// "1e3" is not an integer
}
