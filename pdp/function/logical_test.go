package function

import "testing"

// Pitfall 14: an argument that decides wins over one that fails before it.
func rowsLogical() []row {
	return []row{
		{"1.0:or", "", "boolean:false"},
		{"1.0:or", "boolean:false, boolean:false", "boolean:false"},
		{"1.0:or", "boolean:false, boolean:true", "boolean:true"},
		{"1.0:or", "boolean:true, fails boolean", "boolean:true"},
		{"1.0:or", "fails boolean, boolean:true", "boolean:true"},
		{"1.0:or", "boolean:false, fails boolean, fails boolean, boolean:false", "failure 1"},
		{"1.0:and", "", "boolean:true"},
		{"1.0:and", "boolean:true, boolean:true", "boolean:true"},
		{"1.0:and", "boolean:true, boolean:false", "boolean:false"},
		{"1.0:and", "boolean:false, fails boolean", "boolean:false"},
		{"1.0:and", "fails boolean, boolean:false", "boolean:false"},
		{"1.0:and", "boolean:true, fails boolean, fails boolean, boolean:true", "failure 1"},
		{"1.0:not", "boolean:true", "boolean:false"},
		{"1.0:not", "boolean:0", "boolean:true"},
		{"1.0:not", "fails boolean", "failure 0"},

		{"1.0:n-of", "integer:0", "boolean:true"},
		{"1.0:n-of", "integer:0, fails boolean", "boolean:true"},
		{"1.0:n-of", "integer:1, boolean:false, boolean:true", "boolean:true"},
		{"1.0:n-of", "integer:2, boolean:true, boolean:true, fails boolean", "boolean:true"},
		{"1.0:n-of", "integer:2, fails boolean, boolean:true, boolean:true", "boolean:true"},
		{"1.0:n-of", "integer:2, boolean:true, boolean:false, boolean:false", "boolean:false"},
		{"1.0:n-of", "integer:2, boolean:false, boolean:false, fails boolean", "boolean:false"},
		{"1.0:n-of", "integer:3, fails boolean, boolean:false, boolean:true", "boolean:false"},
		{"1.0:n-of", "integer:2, boolean:true, fails boolean, fails boolean", "failure 2"},
		{"1.0:n-of", "integer:1, fails boolean, boolean:false", "failure 1"},
		{"1.0:n-of", "fails integer, boolean:true", "failure 0"},
		{"1.0:n-of", "integer:3, boolean:true, boolean:true", "processing-error"},
		{"1.0:n-of", "integer:1", "processing-error"},
		{"1.0:n-of", "integer:-1, boolean:true", "processing-error"},
		{"1.0:n-of", "integer:18446744073709551616, boolean:true", "processing-error"},
		{"1.0:n-of", "integer:-18446744073709551616, boolean:true", "processing-error"},
	}
}

func TestA3_5_Logical(t *testing.T) { run(t, rowsLogical()) }

// The arguments after the one that fixes the result are not evaluated.
func TestA3_5_EvaluatesNoMoreThanNeeded(t *testing.T) {
	tests := []struct {
		id, args string
		want     int // arguments evaluated
	}{
		{"1.0:or", "boolean:false, boolean:true, boolean:false", 2},
		{"1.0:and", "boolean:true, fails boolean, boolean:false, boolean:true", 3},
		{"1.0:n-of", "integer:0, boolean:true", 1},
		{"1.0:n-of", "integer:5, boolean:true", 1},
		{"1.0:n-of", "integer:1, boolean:true, boolean:true", 2},
		{"1.0:n-of", "integer:2, boolean:false, boolean:false, boolean:true", 3},
	}
	lib := Standard()
	for _, test := range tests {
		evaluated := 0
		var lazy []Argument
		for _, a := range arguments(t, lib, test.args) {
			lazy = append(lazy, counted(a, &evaluated))
		}
		_, _ = lookup(t, lib, test.id).Lazy(&budget{}, lazy) // the result is in the table above
		if evaluated != test.want {
			t.Errorf("got %d arguments evaluated, want %d, for %s(%s)", evaluated, test.want, test.id, test.args)
		}
	}
}
