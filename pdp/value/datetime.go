package value

import "time"

// DateTime is a value of http://www.w3.org/2001/XMLSchema#dateTime: a second
// of the proleptic Gregorian calendar and up to 18 fraction digits, with a
// time zone or without. Years have up to nine digits and may be negative;
// there is no year 0. Compare values with Compare or [Equal]: == tells the same
// instant in two zones apart.
type DateTime struct {
	wall  int64 // seconds since 1970-01-01T00:00:00 of the zone's own clock
	attos int64 // 0 <= attos < attosPerSec
	zone  zone
}

// DateTimeOf is t to the nanosecond, in the zone of t (B.7, current-dateTime).
// The zone is rounded to minutes, without moving the instant.
func DateTimeOf(t time.Time) DateTime {
	wall, attos, z := wallClock(t)
	return DateTime{wall, attos, z}
}

func parseDateTime(s string) (DateTime, error) {
	l := lexer{s}
	day, err := l.day()
	if err != nil {
		return DateTime{}, err
	}
	if !l.accept('T') {
		return DateTime{}, errForm
	}
	seconds, attos, err := l.clock()
	if err != nil {
		return DateTime{}, err
	}
	z, err := l.zone()
	if err != nil {
		return DateTime{}, err
	}
	// 24:00:00 is the first second of the next day.
	d := DateTime{day*daySeconds + seconds, attos, z}
	if !d.supported() {
		return DateTime{}, errRange
	}
	return d, nil
}

// Type is TypeDateTime.
func (DateTime) Type() Type { return TypeDateTime }

// Kind is a single dateTime.
func (DateTime) Kind() Kind { return One(TypeDateTime) }

// String is the canonical form (XML Schema part 2, §3.2.7.2): in UTC if there
// is a zone, no zeros at the end of a fraction, never 24:00:00.
func (d DateTime) String() string {
	wall := d.wall
	if d.zone.known {
		wall = d.instant()
	}
	b := dayText(floorDiv(wall, daySeconds))
	b = appendClock(append(b, 'T'), floorMod(wall, daySeconds), d.attos)
	return string(appendZone(b, zone{known: d.zone.known}))
}

func (DateTime) datum() {}

// HasZone reports whether the value has a time zone.
func (d DateTime) HasZone() bool { return d.zone.known }

// Compare is -1, 0 or +1 as d is before, at or after the instant of e. A
// missing zone is [ImplicitZone].
func (d DateTime) Compare(e DateTime) int {
	return compareExact(d.instant(), d.attos, e.instant(), e.attos)
}

// AddDayTime is d plus the duration, in the zone of d (A.3.7, XML Schema part
// 2, appendix E). ok is false if the result is out of range.
func (d DateTime) AddDayTime(duration DayTimeDuration) (sum DateTime, ok bool) {
	attos := d.attos + duration.attos
	wall := d.wall + duration.seconds + floorDiv(attos, attosPerSec)
	sum = DateTime{wall, floorMod(attos, attosPerSec), d.zone}
	return sum, sum.supported()
}

// AddYearMonth is d plus the duration, in the zone of d (A.3.7, XML Schema
// part 2, appendix E): 2000-01-31 and one month is 2000-02-29. ok is false if
// the result is out of range.
func (d DateTime) AddYearMonth(duration YearMonthDuration) (sum DateTime, ok bool) {
	day, ok := addMonths(floorDiv(d.wall, daySeconds), duration.months)
	if !ok {
		return DateTime{}, false
	}
	sum = DateTime{day*daySeconds + floorMod(d.wall, daySeconds), d.attos, d.zone}
	return sum, sum.supported()
}

// instant is in seconds since 1970-01-01T00:00:00Z.
func (d DateTime) instant() int64 { return d.wall - d.zone.seconds() }

// supported reports whether both the value and its canonical form, which is
// in UTC, lie in the supported years.
func (d DateTime) supported() bool {
	return minWall <= min(d.wall, d.instant()) && max(d.wall, d.instant()) <= maxWall
}
