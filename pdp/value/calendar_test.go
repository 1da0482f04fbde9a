package value

import (
	"testing"
	"time"
)

func TestCalendar_Constants(t *testing.T) {
	if got := dayNumber(minYear, 1, 1); got != minDay {
		t.Errorf("first day: got %d, want %d", got, int64(minDay))
	}
	if got := dayNumber(maxYear, 12, 31); got != maxDay {
		t.Errorf("last day: got %d, want %d", got, int64(maxDay))
	}
}

// The calendar agrees with package time, and its two directions with each other.
func TestCalendar_AgreesWithTime(t *testing.T) {
	check := func(number int64) {
		t.Helper()
		year, month, day := calendarDay(number)
		want := time.Unix(number*daySeconds, 0).UTC()
		if int64(want.Year()) != year || int(want.Month()) != month || want.Day() != day {
			t.Fatalf("day %d: got %d-%d-%d, want %s", number, year, month, day, want)
		}
		if got := dayNumber(year, month, day); got != number {
			t.Fatalf("%d-%d-%d: got day %d, want %d", year, month, day, got, number)
		}
		if last := time.Date(int(year), time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day(); daysIn(year, month) != last {
			t.Fatalf("%d-%d: got %d days, want %d", year, month, daysIn(year, month), last)
		}
	}
	for number := int64(-5 * 146097); number < 146097; number += 3 {
		check(number)
	}
	for number := int64(minDay); number <= maxDay; number += 100_000_007 {
		check(number)
	}
	check(minDay)
	check(maxDay)
}

// XML Schema part 2, appendix E.
func TestA3_7_DateTimeAndDayTimeDuration(t *testing.T) {
	tests := []struct{ start, duration, want string }{
		{"2002-10-10T12:00:00", "P1D", "2002-10-11T12:00:00"},
		{"2000-02-28T12:00:00", "P1D", "2000-02-29T12:00:00"},
		{"2000-02-29T12:00:00", "P366D", "2001-03-01T12:00:00"},
		{"2002-12-31T23:59:59.5Z", "PT0.5S", "2003-01-01T00:00:00Z"},
		{"2003-01-01T00:00:00Z", "-PT0.5S", "2002-12-31T23:59:59.5Z"},
		{"2003-01-01T00:00:00.2Z", "-PT0.3S", "2002-12-31T23:59:59.9Z"},
		{"2003-01-01T00:00:00.9Z", "PT1.9S", "2003-01-01T00:00:02.8Z"},
		{"2002-10-10T12:00:00+02:00", "PT36H", "2002-10-11T22:00:00Z"},
		{"-0001-12-31T23:00:00", "PT1H", "0001-01-01T00:00:00"},
		{"0001-01-01T00:00:00", "-PT1S", "-0001-12-31T23:59:59"},
		{"2002-10-10T12:00:00", "PT0.000000000000000001S", "2002-10-10T12:00:00.000000000000000001"},
		{"999999999-12-31T23:59:59", "PT1S", ""},
		{"-999999999-01-01T00:00:00", "-PT0.1S", ""},
		{"2002-10-10T12:00:00", "PT4611686018427387904S", ""},
		{"2002-10-10T12:00:00", "-PT4611686018427387904S", ""},
	}
	for _, test := range tests {
		start := parseAs[DateTime](t, TypeDateTime, test.start)
		got, ok := start.AddDayTime(parseAs[DayTimeDuration](t, TypeDayTimeDuration, test.duration))
		if test.want == "" {
			if ok {
				t.Errorf("%s + %s: got %s, want none", test.start, test.duration, got)
			}
			continue
		}
		if !ok || got.String() != test.want || got.HasZone() != start.HasZone() {
			t.Errorf("%s + %s: got %s, %v, want %s", test.start, test.duration, got, ok, test.want)
		}
	}
}

func TestA3_7_DateTimeAndYearMonthDuration(t *testing.T) {
	tests := []struct{ start, duration, want string }{
		{"2000-01-31T12:00:00", "P1M", "2000-02-29T12:00:00"},
		{"2001-01-31T12:00:00", "P1M", "2001-02-28T12:00:00"},
		{"2000-03-31T12:00:00", "-P1M", "2000-02-29T12:00:00"},
		{"2000-02-29T12:00:00", "P1Y", "2001-02-28T12:00:00"},
		{"2000-02-29T12:00:00", "P4Y", "2004-02-29T12:00:00"},
		{"2000-12-15T12:00:00", "P1M", "2001-01-15T12:00:00"},
		{"2000-01-15T12:00:00", "-P1M", "1999-12-15T12:00:00"},
		{"2000-01-15T12:00:00", "-P25M", "1997-12-15T12:00:00"},
		{"2000-01-31T12:00:00.5", "P0M", "2000-01-31T12:00:00.5"},
		{"2000-01-31T23:00:00-05:00", "P1M", "2000-03-01T04:00:00Z"}, // the 29th on the clock of -05:00
		{"-0001-06-01T00:00:00", "P1Y", "0001-06-01T00:00:00"},
		{"0001-06-01T00:00:00", "-P1Y", "-0001-06-01T00:00:00"},
		{"999999999-12-01T00:00:00", "P1M", ""},
		{"-999999999-01-01T00:00:00", "-P1M", ""},
		{"2000-01-01T00:00:00", "P4611686018427387904M", ""},
		{"2000-01-01T00:00:00", "-P4611686018427387904M", ""},
	}
	for _, test := range tests {
		start := parseAs[DateTime](t, TypeDateTime, test.start)
		got, ok := start.AddYearMonth(parseAs[YearMonthDuration](t, TypeYearMonthDuration, test.duration))
		if test.want == "" {
			if ok {
				t.Errorf("%s + %s: got %s, want none", test.start, test.duration, got)
			}
			continue
		}
		if !ok || got.String() != test.want || got.HasZone() != start.HasZone() {
			t.Errorf("%s + %s: got %s, %v, want %s", test.start, test.duration, got, ok, test.want)
		}
	}
}

func TestA3_7_DateAndYearMonthDuration(t *testing.T) {
	tests := []struct{ start, duration, want string }{
		{"2000-01-31", "P1M", "2000-02-29"},
		{"2000-03-31Z", "-P1M", "2000-02-29Z"},
		{"2000-01-31+05:30", "P13M", "2001-02-28+05:30"},
		{"2000-01-31+13:00", "P1M", "2000-02-28-11:00"}, // the 29th in +13:00
		{"0001-01-01", "-P1M", "-0001-12-01"},
		{"999999999-12-01", "P1M", ""},
		{"-999999999-01-01", "-P1M", ""},
		{"2000-01-01", "P4611686018427387904M", ""},
	}
	for _, test := range tests {
		start := parseAs[Date](t, TypeDate, test.start)
		got, ok := start.AddYearMonth(parseAs[YearMonthDuration](t, TypeYearMonthDuration, test.duration))
		if test.want == "" {
			if ok {
				t.Errorf("%s + %s: got %s, want none", test.start, test.duration, got)
			}
			continue
		}
		if !ok || got.String() != test.want || got.HasZone() != start.HasZone() {
			t.Errorf("%s + %s: got %s, %v, want %s", test.start, test.duration, got, ok, test.want)
		}
	}
}

func TestA3_8_TimeInRange(t *testing.T) {
	tests := []struct {
		t, lo, hi string
		want      bool
	}{
		{"12:00:00", "09:00:00", "17:00:00", true},
		{"09:00:00", "09:00:00", "17:00:00", true},
		{"17:00:00", "09:00:00", "17:00:00", true},
		{"17:00:00.1", "09:00:00", "17:00:00", false},
		{"08:59:59.999", "09:00:00", "17:00:00", false},
		{"23:30:00", "22:00:00", "06:00:00", true}, // past midnight
		{"03:00:00", "22:00:00", "06:00:00", true},
		{"06:00:00", "22:00:00", "06:00:00", true},
		{"24:00:00", "22:00:00", "06:00:00", true},
		{"12:00:00", "22:00:00", "06:00:00", false},
		{"12:00:00", "12:00:00", "12:00:00", true}, // one instant
		{"12:00:01", "12:00:00", "12:00:00", false},
		{"11:59:59", "12:00:00", "12:00:00", false},
		{"12:00:00.5", "12:00:00.4", "12:00:00.6", true},
		{"12:00:00.7", "12:00:00.4", "12:00:00.6", false},
		{"12:00:00.3", "12:00:00.4", "12:00:00.3", true},
		// The bounds get the zone of the first argument.
		{"12:00:00+05:00", "09:00:00", "17:00:00", true},
		{"03:00:00-08:00", "09:00:00", "17:00:00", false},
		// A bound keeps its own zone.
		{"12:00:00Z", "09:00:00-05:00", "17:00:00-05:00", false},
		{"15:00:00Z", "09:00:00-05:00", "17:00:00-05:00", true},
		{"01:00:00+14:00", "10:00:00Z", "12:00:00Z", true},
		{"12:00:00Z", "09:00:00", "17:00:00+05:00", true},
		// No zone at all in the first argument: the implicit one.
		{"12:00:00", "11:00:00Z", "13:00:00Z", true},
		{"12:00:00", "13:00:00+02:00", "13:30:00+02:00", false},
		{"12:00:00", "13:00:00+02:00", "14:00:00+02:00", true},
	}
	for _, test := range tests {
		got := parseAs[Time](t, TypeTime, test.t).InRange(parseAs[Time](t, TypeTime, test.lo), parseAs[Time](t, TypeTime, test.hi))
		if got != test.want {
			t.Errorf("%s in %s to %s: got %v, want %v", test.t, test.lo, test.hi, got, test.want)
		}
	}
}

func TestHasZone(t *testing.T) {
	for _, suffix := range []string{"", "Z", "+00:00", "-05:00"} {
		want := suffix != ""
		if got := parseAs[Time](t, TypeTime, "12:00:00"+suffix).HasZone(); got != want {
			t.Errorf("time with zone %q: got %v", suffix, got)
		}
		if got := parseAs[Date](t, TypeDate, "2002-10-10"+suffix).HasZone(); got != want {
			t.Errorf("date with zone %q: got %v", suffix, got)
		}
		if got := parseAs[DateTime](t, TypeDateTime, "2002-10-10T12:00:00"+suffix).HasZone(); got != want {
			t.Errorf("dateTime with zone %q: got %v", suffix, got)
		}
	}
}

func TestB7_CurrentInstant(t *testing.T) {
	tests := []struct {
		now                  time.Time
		dateTime, date, time string
	}{
		{
			time.Date(2002, 10, 10, 1, 2, 3, 456_000_000, time.FixedZone("", 2*3600)),
			"2002-10-09T23:02:03.456Z", "2002-10-10+02:00", "23:02:03.456Z",
		},
		{
			time.Date(2002, 10, 10, 23, 59, 59, 999_999_999, time.UTC),
			"2002-10-10T23:59:59.999999999Z", "2002-10-10Z", "23:59:59.999999999Z",
		},
		{ // local mean time of Amsterdam: the zone becomes +00:20
			time.Date(1930, 1, 1, 0, 0, 0, 0, time.FixedZone("", 19*60+32)),
			"1929-12-31T23:40:28Z", "1930-01-01+00:20", "23:40:28Z",
		},
		{
			time.Date(1930, 1, 1, 0, 0, 0, 0, time.FixedZone("", -(19*60+32))),
			"1930-01-01T00:19:32Z", "1929-12-31-00:20", "00:19:32Z",
		},
		{ // no zone of XML Schema
			time.Date(2002, 10, 10, 0, 0, 0, 0, time.FixedZone("", 20*3600)),
			"2002-10-09T04:00:00Z", "2002-10-09Z", "04:00:00Z",
		},
		{
			time.Date(-43, 3, 15, 12, 0, 0, 0, time.UTC),
			"-0044-03-15T12:00:00Z", "-0044-03-15Z", "12:00:00Z",
		},
		{
			time.Date(2_000_000_000, 1, 1, 0, 0, 0, 0, time.UTC),
			"999999999-12-30T23:59:59Z", "999999999-12-30Z", "23:59:59Z",
		},
	}
	for _, test := range tests {
		for _, got := range []struct {
			value Value
			want  string
		}{{DateTimeOf(test.now), test.dateTime}, {DateOf(test.now), test.date}, {TimeOf(test.now), test.time}} {
			if got.value.String() != got.want {
				t.Errorf("%s of %s: got %s, want %s", got.value.Type(), test.now, got.value, got.want)
			}
		}
	}
}
