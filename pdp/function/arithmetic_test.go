package function

import "testing"

func rowsArithmetic() []row {
	return []row{
		{"1.0:integer-add", "integer:1, integer:2", "integer:3"},
		{"1.0:integer-add", "integer:1, integer:2, integer:-4, integer:0", "integer:-1"},
		{"1.0:integer-add", "integer:9223372036854775807, integer:1", "integer:9223372036854775808"}, // pitfall 25
		{"1.0:integer-subtract", "integer:1, integer:2", "integer:-1"},
		{"1.0:integer-subtract", "integer:-9223372036854775808, integer:1", "integer:-9223372036854775809"},
		{"1.0:integer-multiply", "integer:3, integer:-2", "integer:-6"},
		{"1.0:integer-multiply", "integer:2, integer:3, integer:7", "integer:42"},
		{"1.0:integer-multiply", "integer:4294967296, integer:4294967296", "integer:18446744073709551616"},
		// Pitfall 25: an integer, truncated.
		{"1.0:integer-divide", "integer:7, integer:2", "integer:3"},
		{"1.0:integer-divide", "integer:-7, integer:2", "integer:-3"},
		{"1.0:integer-divide", "integer:7, integer:-2", "integer:-3"},
		{"1.0:integer-divide", "integer:-7, integer:-2", "integer:3"},
		{"1.0:integer-divide", "integer:-9223372036854775808, integer:-1", "integer:9223372036854775808"},
		{"1.0:integer-divide", "integer:18446744073709551616, integer:4294967296", "integer:4294967296"},
		{"1.0:integer-divide", "integer:1, integer:0", "processing-error"},
		{"1.0:integer-mod", "integer:7, integer:3", "integer:1"},
		{"1.0:integer-mod", "integer:-7, integer:3", "integer:-1"},
		{"1.0:integer-mod", "integer:7, integer:-3", "integer:1"},
		{"1.0:integer-mod", "integer:-7, integer:-3", "integer:-1"},
		{"1.0:integer-mod", "integer:7, integer:-0", "processing-error"},
		{"1.0:integer-abs", "integer:-7", "integer:7"},
		{"1.0:integer-abs", "integer:-9223372036854775808", "integer:9223372036854775808"},

		{"1.0:double-add", "double:1, double:2.5", "double:3.5E0"},
		{"1.0:double-add", "double:1, double:2, double:3", "double:6.0E0"},
		{"1.0:double-add", "double:INF, double:-INF", "double:NaN"},
		{"1.0:double-subtract", "double:1, double:2.5", "double:-1.5E0"},
		{"1.0:double-multiply", "double:2, double:2.5", "double:5.0E0"},
		{"1.0:double-multiply", "double:2, double:2, double:2", "double:8.0E0"},
		{"1.0:double-divide", "double:1, double:4", "double:2.5E-1"},
		{"1.0:double-divide", "double:1e300, double:1e-300", "double:INF"},
		{"1.0:double-divide", "double:1, double:0", "processing-error"},
		{"1.0:double-divide", "double:0, double:-0", "processing-error"},
		{"1.0:double-abs", "double:-2.5", "double:2.5E0"},
		{"1.0:double-abs", "double:-0", "double:0.0E0"},
		{"1.0:double-abs", "double:NaN", "double:NaN"},
		// Pitfall 26: §7.5 rounds half to even.
		{"1.0:round", "double:2.5", "double:2.0E0"},
		{"1.0:round", "double:3.5", "double:4.0E0"},
		{"1.0:round", "double:0.5", "double:0.0E0"},
		{"1.0:round", "double:-0.5", "double:-0.0E0"},
		{"1.0:round", "double:-1.5", "double:-2.0E0"},
		{"1.0:round", "double:-2.5", "double:-2.0E0"},
		{"1.0:round", "double:1e300", "double:1.0E300"},
		{"1.0:round", "double:-INF", "double:-INF"},
		{"1.0:round", "double:-0", "double:-0.0E0"},
		{"1.0:floor", "double:2.7", "double:2.0E0"},
		{"1.0:floor", "double:-2.1", "double:-3.0E0"},
		{"1.0:floor", "double:NaN", "double:NaN"},
		{"1.0:integer-add", "fails integer, fails integer", "failure 0"}, // A.3
	}
}

func TestA3_2_Arithmetic(t *testing.T) { run(t, rowsArithmetic()) }

func rowsNumericConversion() []row {
	return []row{
		{"1.0:double-to-integer", "double:2.9", "integer:2"},
		{"1.0:double-to-integer", "double:-2.9", "integer:-2"},
		{"1.0:double-to-integer", "double:1e20", "integer:100000000000000000000"}, // pitfall 26: no clamping
		{"1.0:double-to-integer", "double:NaN", "processing-error"},
		{"1.0:double-to-integer", "double:INF", "processing-error"},
		{"1.0:double-to-integer", "double:-INF", "processing-error"},
		{"1.0:integer-to-double", "integer:-3", "double:-3.0E0"},
		{"1.0:integer-to-double", "integer:9007199254740993", "double:9.007199254740992E15"},
		{"1.0:integer-to-double", "integer:1" + zeros(400), "processing-error"},
		{"1.0:integer-to-double", "integer:-1" + zeros(400), "processing-error"},
	}
}

func TestA3_4_NumericConversion(t *testing.T) { run(t, rowsNumericConversion()) }
