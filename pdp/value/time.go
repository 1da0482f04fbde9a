package value

import "time"

// Time is a value of http://www.w3.org/2001/XMLSchema#time: a second of the
// day and up to 18 fraction digits, with a time zone or without. Compare
// values with Compare or [Equal]: == tells the same instant in two zones apart.
type Time struct {
	seconds int64 // since midnight on the zone's own clock, < daySeconds
	attos   int64 // 0 <= attos < attosPerSec
	zone    zone
}

// TimeOf is the time of day of t to the nanosecond, in the zone of t (B.7,
// current-time). The zone is rounded to minutes.
func TimeOf(t time.Time) Time {
	wall, attos, z := wallClock(t)
	return Time{floorMod(wall, daySeconds), attos, z}
}

func parseTime(s string) (Time, error) {
	l := lexer{s}
	seconds, attos, err := l.clock()
	if err != nil {
		return Time{}, err
	}
	z, err := l.zone()
	if err != nil {
		return Time{}, err
	}
	// 24:00:00 is 00:00:00.
	return Time{seconds % daySeconds, attos, z}, nil
}

// Type is TypeTime.
func (Time) Type() Type { return TypeTime }

// Kind is a single time.
func (Time) Kind() Kind { return One(TypeTime) }

// String is the canonical form (XML Schema part 2, §3.2.8.2): in UTC if there
// is a zone, no zeros at the end of a fraction, never 24:00:00.
//
// The canonical form has no day to carry to: "23:00:00-01:00" gives
// "00:00:00Z", which is equal by the clock but not by Compare.
func (t Time) String() string {
	seconds := t.seconds
	if t.zone.known {
		seconds = floorMod(t.reference(), daySeconds)
	}
	return string(appendZone(appendClock(nil, seconds, t.attos), zone{known: t.zone.known}))
}

func (Time) datum() {}

// HasZone reports whether the value has a time zone.
func (t Time) HasZone() bool { return t.zone.known }

// Compare is -1, 0 or +1 as t is before, at or after u, both put on one date
// before their zones count (A.3.1, A.3.8): 23:00:00-01:00 is a day after
// 00:00:00Z. A missing zone is [ImplicitZone].
func (t Time) Compare(u Time) int {
	return compareExact(t.reference(), t.attos, u.reference(), u.attos)
}

// InRange is time-in-range (A.3.8): lo <= t <= hi, where hi is the first such
// time at or after lo, if need be on the next day. If t has no zone it gets
// [ImplicitZone]; if lo or hi has none it gets the zone of t.
func (t Time) InRange(lo, hi Time) bool {
	if !lo.zone.known {
		lo.zone = t.zone
	}
	if !hi.zone.known {
		hi.zone = t.zone
	}
	tSeconds, tAttos := t.since(lo)
	hiSeconds, hiAttos := hi.since(lo)
	return compareExact(tSeconds, tAttos, hiSeconds, hiAttos) <= 0
}

// since is how long after u, within 24 hours, the clock shows t.
func (t Time) since(u Time) (seconds, attos int64) {
	attos = t.attos - u.attos
	seconds = t.reference() - u.reference() + floorDiv(attos, attosPerSec)
	return floorMod(seconds, daySeconds), floorMod(attos, attosPerSec)
}

// reference is the instant in seconds since midnight UTC of one fixed date.
func (t Time) reference() int64 { return t.seconds - t.zone.seconds() }
