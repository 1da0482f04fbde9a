package function

import "testing"

// ordered are rows for the four functions of one order: first is less than
// second.
func ordered(typ, first, second string) []row {
	tests := []struct{ name, less, equal, greater string }{
		{"greater-than", "false", "false", "true"},
		{"greater-than-or-equal", "false", "true", "true"},
		{"less-than", "true", "false", "false"},
		{"less-than-or-equal", "true", "true", "false"},
	}
	var rows []row
	for _, test := range tests {
		id := "1.0:" + typ + "-" + test.name
		rows = append(
			rows,
			row{id, typ + ":" + first + ", " + typ + ":" + second, "boolean:" + test.less},
			row{id, typ + ":" + first + ", " + typ + ":" + first, "boolean:" + test.equal},
			row{id, typ + ":" + second + ", " + typ + ":" + first, "boolean:" + test.greater},
		)
	}
	return rows
}

// never are rows in which none of the four relations gives true.
func never(typ, args, want string) []row {
	var rows []row
	for _, r := range ordered(typ, "", "") {
		if len(rows) == 0 || rows[len(rows)-1].id != r.id {
			rows = append(rows, row{r.id, args, want})
		}
	}
	return rows
}

func rowsNumericComparison() []row {
	rows := ordered("integer", "-10", "9")
	rows = append(rows, ordered("integer", "9223372036854775807", "9223372036854775808")...)
	rows = append(rows, ordered("double", "-10", "9.5")...)
	rows = append(rows, ordered("double", "-INF", "INF")...)
	rows = append(rows, never("double", "double:NaN, double:1", "boolean:false")...)
	rows = append(rows, never("double", "double:NaN, double:NaN", "boolean:false")...)
	return append(
		rows,
		// Pitfall 19: 18 > age, not age > 18.
		row{"1.0:integer-greater-than", "integer:18, integer:20", "boolean:false"},
		row{"1.0:double-less-than", "double:-0, double:0", "boolean:false"},
		row{"1.0:double-less-than-or-equal", "double:0, double:-0", "boolean:true"},
	)
}

func TestA3_6_NumericComparison(t *testing.T) { run(t, rowsNumericComparison()) }

func rowsNonNumericComparison() []row {
	rows := ordered("string", "B", "a")
	rows = append(rows, ordered("string", "", "a")...)
	rows = append(rows, ordered("string", "\uffee", "\U0001f600")...) // code points, not UTF-16
	rows = append(rows, ordered("time", "08:00:00Z", "08:30:00Z")...)
	rows = append(rows, ordered("time", "08:00:00", "08:30:00.001")...)
	rows = append(rows, ordered("time", "09:00:00+02:00", "08:00:00Z")...)
	// The zones count after both are on one date: 22:30 UTC of the day before.
	rows = append(rows, ordered("time", "00:30:00+02:00", "22:00:00Z")...)
	rows = append(rows, never("time", "time:08:00:00Z, time:08:00:00", "processing-error")...)
	rows = append(rows, never("time", "time:08:00:00, time:09:00:00+14:00", "processing-error")...)
	rows = append(rows, ordered("date", "2024-02-29", "2024-03-01")...)
	rows = append(rows, ordered("date", "2024-02-29+01:00", "2024-02-29")...)
	rows = append(rows, ordered("date", "-0001-12-31", "0001-01-01")...)
	rows = append(rows, ordered("dateTime", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00-01:00")...)
	rows = append(rows, ordered("dateTime", "2024-02-29T12:00:00", "2024-02-29T12:00:00.5Z")...)
	return append(
		rows,
		row{"2.0:time-in-range", "time:12:00:00Z, time:09:00:00Z, time:17:00:00Z", "boolean:true"},
		row{"2.0:time-in-range", "time:09:00:00Z, time:09:00:00Z, time:17:00:00Z", "boolean:true"},
		row{"2.0:time-in-range", "time:17:00:00Z, time:09:00:00Z, time:17:00:00Z", "boolean:true"},
		row{"2.0:time-in-range", "time:17:00:01Z, time:09:00:00Z, time:17:00:00Z", "boolean:false"},
		row{"2.0:time-in-range", "time:23:30:00Z, time:22:00:00Z, time:06:00:00Z", "boolean:true"},
		row{"2.0:time-in-range", "time:05:30:00Z, time:22:00:00Z, time:06:00:00Z", "boolean:true"},
		row{"2.0:time-in-range", "time:12:00:00Z, time:22:00:00Z, time:06:00:00Z", "boolean:false"},
		row{"2.0:time-in-range", "time:09:00:01Z, time:09:00:00Z, time:09:00:00Z", "boolean:false"},
		row{"2.0:time-in-range", "time:00:30:00+02:00, time:22:00:00Z, time:23:00:00Z", "boolean:true"}, // other than their order
		row{"2.0:time-in-range", "time:22:30:00Z, time:23:30:00+02:00, time:00:15:00+02:00", "boolean:false"},
		row{"2.0:time-in-range", "time:22:30:00Z, time:23:30:00+02:00, time:00:30:00+02:00", "boolean:true"},
		row{"2.0:time-in-range", "time:12:00:00+02:00, time:11:00:00, time:13:00:00", "boolean:true"},
		row{"2.0:time-in-range", "time:12:00:00, time:11:00:00Z, time:13:00:00Z", "boolean:true"},
	)
}

func TestA3_8_NonNumericComparison(t *testing.T) { run(t, rowsNonNumericComparison()) }

func rowsDateArithmetic() []row {
	return []row{
		{"3.0:dateTime-add-dayTimeDuration", "dateTime:2024-02-28T23:00:00Z, dayTimeDuration:P1DT2H", "dateTime:2024-03-01T01:00:00Z"},
		{"3.0:dateTime-add-dayTimeDuration", "dateTime:2024-02-28T23:00:00, old-dayTimeDuration:-PT0.5S", "dateTime:2024-02-28T22:59:59.5"},
		{"3.0:dateTime-add-dayTimeDuration", "dateTime:2024-02-28T23:00:00Z, dayTimeDuration:P9999999999999D", "processing-error"},
		{"3.0:dateTime-add-yearMonthDuration", "dateTime:2000-01-31T12:00:00Z, yearMonthDuration:P1M", "dateTime:2000-02-29T12:00:00Z"},
		{"3.0:dateTime-add-yearMonthDuration", "dateTime:2000-01-31T12:00:00Z, yearMonthDuration:P999999999999Y", "processing-error"},
		{"3.0:dateTime-subtract-dayTimeDuration", "dateTime:2024-03-01T01:00:00Z, dayTimeDuration:P1DT2H", "dateTime:2024-02-28T23:00:00Z"},
		{"3.0:dateTime-subtract-dayTimeDuration", "dateTime:2024-02-28T23:00:00Z, dayTimeDuration:P9999999999999D", "processing-error"},
		{"3.0:dateTime-subtract-yearMonthDuration", "dateTime:2000-03-31T12:00:00, yearMonthDuration:P1M", "dateTime:2000-02-29T12:00:00"},
		{"3.0:dateTime-subtract-yearMonthDuration", "dateTime:2000-03-31T12:00:00, yearMonthDuration:-P1M", "dateTime:2000-04-30T12:00:00"},
		{"3.0:dateTime-subtract-yearMonthDuration", "dateTime:2000-03-31T12:00:00, yearMonthDuration:P999999999999Y", "processing-error"},
		{"3.0:date-add-yearMonthDuration", "date:2023-01-31, yearMonthDuration:P1Y1M", "date:2024-02-29"},
		{"3.0:date-add-yearMonthDuration", "date:2023-01-31, yearMonthDuration:P999999999999Y", "processing-error"},
		{"3.0:date-subtract-yearMonthDuration", "date:2024-03-31, old-yearMonthDuration:P13M", "date:2023-02-28"},
		{"3.0:date-subtract-yearMonthDuration", "date:2023-01-31, yearMonthDuration:P999999999999Y", "processing-error"},
	}
}

func TestA3_7_DateArithmetic(t *testing.T) { run(t, rowsDateArithmetic()) }
