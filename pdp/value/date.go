package value

import (
	"cmp"
	"time"
)

// Date is a value of http://www.w3.org/2001/XMLSchema#date: a day of the
// proleptic Gregorian calendar, with a time zone or without. It stands for the
// instant at which the day starts in its zone. Compare values with Compare or
// [Equal]: == tells the same instant in two zones apart.
type Date struct {
	day  int64 // days since 1970-01-01
	zone zone
}

// DateOf is the day of t in the zone of t (B.7, current-date). The zone is
// rounded to minutes.
func DateOf(t time.Time) Date {
	wall, _, z := wallClock(t)
	return Date{floorDiv(wall, daySeconds), z}
}

func parseDate(s string) (Date, error) {
	l := lexer{s}
	day, err := l.day()
	if err != nil {
		return Date{}, err
	}
	z, err := l.zone()
	if err != nil {
		return Date{}, err
	}
	d := Date{day, z}
	if !d.supported() {
		return Date{}, errRange
	}
	return d, nil
}

// Type is TypeDate.
func (Date) Type() Type { return TypeDate }

// Kind is a single date.
func (Date) Kind() Kind { return One(TypeDate) }

// String is the canonical form (XML Schema part 2, §3.2.9.1): the zone lies
// between -11:59 and +12:00, so that 2002-10-10+13:00 is 2002-10-09-11:00.
func (d Date) String() string {
	c := d.canonical()
	return string(appendZone(dayText(c.day), c.zone))
}

func (Date) datum() {}

// HasZone reports whether the value has a time zone.
func (d Date) HasZone() bool { return d.zone.known }

// Compare is -1, 0 or +1 as d starts before, with or after e. A missing zone
// is [ImplicitZone].
func (d Date) Compare(e Date) int {
	return cmp.Compare(d.day*daySeconds-d.zone.seconds(), e.day*daySeconds-e.zone.seconds())
}

// AddYearMonth is d plus the duration, in the zone of d (A.3.7, XML Schema
// part 2, appendix E). ok is false if the result is out of range.
func (d Date) AddYearMonth(duration YearMonthDuration) (sum Date, ok bool) {
	day, ok := addMonths(d.day, duration.months)
	if !ok {
		return Date{}, false
	}
	sum = Date{day, d.zone}
	return sum, sum.supported()
}

// canonical is the same instant with its zone in the recoverable range.
func (d Date) canonical() Date {
	const day = 24 * 60
	switch {
	case d.zone.minutes > day/2:
		return Date{d.day - 1, zone{d.zone.minutes - day, true}}
	case d.zone.minutes <= -day/2:
		return Date{d.day + 1, zone{d.zone.minutes + day, true}}
	default:
		return d
	}
}

// supported reports whether both the value and its canonical form lie in the
// supported years.
func (d Date) supported() bool {
	c := d.canonical()
	return minDay <= min(d.day, c.day) && max(d.day, c.day) <= maxDay
}
