package value

// Lexical is a lexical form of v that [Parse] makes the same value of. It is
// that of String, except that a time, date or dateTime keeps its zone: their
// canonical forms are equal to them at best, and 23:00:00-01:00 is a day after
// 00:00:00Z. Documents are written with it.
func Lexical(v Value) string {
	switch v := v.(type) {
	case Time:
		return string(appendZone(appendClock(nil, v.seconds, v.attos), v.zone))
	case Date:
		return string(appendZone(dayText(v.day), v.zone))
	case DateTime:
		b := append(dayText(floorDiv(v.wall, daySeconds)), 'T')
		return string(appendZone(appendClock(b, floorMod(v.wall, daySeconds), v.attos), v.zone))
	default:
		return v.String()
	}
}
