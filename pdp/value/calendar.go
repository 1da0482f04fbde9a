package value

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// ImplicitZone is the time zone, in minutes east of UTC, of a time, date or
// dateTime that has none (A.3.8): UTC.
const ImplicitZone = 0

// zone is an optional time zone.
type zone struct {
	minutes int16 // east of UTC; 0 if known is false
	known   bool
}

const maxZone = 14 * 60

// seconds is the offset from UTC, the implicit one if the zone is missing.
func (z zone) seconds() int64 {
	if !z.known {
		return ImplicitZone * 60
	}
	return int64(z.minutes) * 60
}

// Years are astronomical: 0 is the year before 1, which XML Schema 1.0 writes
// -0001. Years have at most nine digits, so that no sum below overflows.
const (
	minYear = 1 - maxYear
	maxYear = 999_999_999
)

const (
	daySeconds   = 24 * 60 * 60
	attosPerNano = 1_000_000_000
	attosPerSec  = attosPerNano * 1_000_000_000
	attoDigits   = 18
)

// The first and last day and the first and last second of the supported years.
const (
	minDay  = -365_243_218_797
	maxDay  = 365_241_780_471
	minWall = minDay * daySeconds
	maxWall = maxDay*daySeconds + daySeconds - 1
)

// dayNumber counts the days from 1970-01-01 to a day of the proleptic
// Gregorian calendar. The year is taken to begin in March, so that the leap
// day is its last.
func dayNumber(year int64, month, day int) int64 {
	if month <= 2 {
		year--
	}
	era := floorDiv(year, 400)
	yearOfEra := year - era*400
	dayOfYear := int64((153*((month+9)%12)+2)/5 + day - 1)
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146097 + dayOfEra - 719468
}

// calendarDay is the inverse of dayNumber.
func calendarDay(number int64) (year int64, month, day int) {
	number += 719468
	era := floorDiv(number, 146097)
	dayOfEra := number - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (yearOfEra*365 + yearOfEra/4 - yearOfEra/100)
	marchMonth := int(5*dayOfYear+2) / 153
	day = int(dayOfYear) - (153*marchMonth+2)/5 + 1
	month = (marchMonth+2)%12 + 1
	year = era*400 + yearOfEra
	if month <= 2 {
		year++
	}
	return year, month, day
}

func daysIn(year int64, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// addMonths is XML Schema part 2, appendix E, for months and years: the day
// is cut to the last of the month. ok is false beyond the supported years.
func addMonths(number, months int64) (result int64, ok bool) {
	year, month, day := calendarDay(number)
	total := year*12 + int64(month-1) + months
	year, month = floorDiv(total, 12), int(floorMod(total, 12))+1
	if year < minYear || year > maxYear {
		return 0, false
	}
	return dayNumber(year, month, min(day, daysIn(year, month))), true
}

func floorDiv(a, b int64) int64 { return (a - floorMod(a, b)) / b }

func floorMod(a, b int64) int64 { return (a%b + b) % b }

// compareExact orders whole seconds, then attoseconds.
func compareExact(aSeconds, aAttos, bSeconds, bAttos int64) int {
	return cmp.Or(cmp.Compare(aSeconds, bSeconds), cmp.Compare(aAttos, bAttos))
}

// day takes -?YYYY-MM-DD.
func (l *lexer) day() (number int64, err error) {
	negative := l.accept('-')
	digits := l.digits()
	if len(digits) < 4 || len(digits) > 4 && digits[0] == '0' || !l.accept('-') {
		return 0, errForm
	}
	month, ok := l.two()
	if !ok || month < 1 || month > 12 || !l.accept('-') {
		return 0, errForm
	}
	day, ok := l.two()
	if !ok || day < 1 || day > 31 {
		return 0, errForm
	}
	if len(digits) > 9 {
		return 0, errRange
	}
	year, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, errForm
	}
	if year == 0 {
		return 0, errNoYear
	}
	if negative {
		year = 1 - year
	}
	if day > daysIn(year, month) {
		return 0, errNoDay
	}
	return dayNumber(year, month, day), nil
}

// clock takes hh:mm:ss(.s+)?. The end of the day, 24:00:00, is 86400 seconds.
func (l *lexer) clock() (seconds, attos int64, err error) {
	hour, ok1 := l.two()
	colon1 := l.accept(':')
	minute, ok2 := l.two()
	colon2 := l.accept(':')
	second, ok3 := l.two()
	if !ok1 || !ok2 || !ok3 || !colon1 || !colon2 {
		return 0, 0, errForm
	}
	attos, err = l.fraction()
	if err != nil {
		return 0, 0, err
	}
	seconds = int64(hour*3600 + minute*60 + second)
	if minute > 59 || second > 59 || seconds > daySeconds || seconds == daySeconds && attos != 0 {
		return 0, 0, errForm
	}
	return seconds, attos, nil
}

// fraction takes (.s+)?. Zeros at the end do not count as digits.
func (l *lexer) fraction() (attos int64, err error) {
	if !l.accept('.') {
		return 0, nil
	}
	digits := l.digits()
	if digits == "" {
		return 0, errForm
	}
	digits = strings.TrimRight(digits, "0")
	if len(digits) > attoDigits {
		return 0, errPrecision
	}
	for i := range attoDigits {
		attos *= 10
		if i < len(digits) {
			attos += int64(digits[i] - '0')
		}
	}
	return attos, nil
}

// zone takes (Z|[+-]hh:mm)? and the end of the form.
func (l *lexer) zone() (zone, error) {
	if l.rest == "" {
		return zone{}, nil
	}
	if l.accept('Z') {
		if l.rest != "" {
			return zone{}, errForm
		}
		return zone{known: true}, nil
	}
	west := l.accept('-')
	if !west && !l.accept('+') {
		return zone{}, errForm
	}
	hours, ok1 := l.two()
	colon := l.accept(':')
	minutes, ok2 := l.two()
	if !ok1 || !ok2 || !colon || minutes > 59 || l.rest != "" {
		return zone{}, errForm
	}
	offset := hours*60 + minutes
	if offset > maxZone {
		return zone{}, errZone
	}
	if west {
		offset = -offset
	}
	return zone{int16(offset), true}, nil
}

// dayText writes the date of a day.
func dayText(number int64) []byte {
	var b []byte
	year, month, day := calendarDay(number)
	if year < 1 {
		b = append(b, '-')
		year = 1 - year
	}
	for limit := int64(1000); limit > max(year, 1); limit /= 10 {
		b = append(b, '0')
	}
	b = strconv.AppendInt(b, year, 10)
	b = appendTwo(append(b, '-'), int64(month))
	return appendTwo(append(b, '-'), int64(day))
}

func appendClock(b []byte, seconds, attos int64) []byte {
	b = appendTwo(b, seconds/3600)
	b = appendTwo(append(b, ':'), seconds/60%60)
	b = appendTwo(append(b, ':'), seconds%60)
	return appendFraction(b, attos)
}

func appendTwo(b []byte, n int64) []byte {
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

// appendFraction writes nothing for 0 and no zeros at the end.
func appendFraction(b []byte, attos int64) []byte {
	if attos == 0 {
		return b
	}
	b = append(b, '.')
	for unit := int64(attosPerSec / 10); attos != 0; unit /= 10 {
		b = append(b, byte('0'+attos/unit))
		attos %= unit
	}
	return b
}

func appendZone(b []byte, z zone) []byte {
	switch {
	case !z.known:
		return b
	case z.minutes == 0:
		return append(b, 'Z')
	}
	sign, minutes := byte('+'), int64(z.minutes)
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	b = appendTwo(append(b, sign), minutes/60)
	return appendTwo(append(b, ':'), minutes%60)
}

// wallClock is a clock reading in the zone of t, rounded to minutes, which is
// all that a lexical form can hold; the instant stays exact. A zone beyond
// 14:00 gives way to UTC, a year beyond the supported ones to the nearest.
func wallClock(t time.Time) (wall, attos int64, z zone) {
	_, offset := t.Zone()
	minutes := floorDiv(int64(offset)+30, 60)
	if minutes < -maxZone || minutes > maxZone {
		minutes = 0
	}
	unix := min(max(t.Unix(), minWall+daySeconds), maxWall-daySeconds)
	return unix + minutes*60, int64(t.Nanosecond()) * attosPerNano, zone{int16(minutes), true}
}
