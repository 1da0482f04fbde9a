package function

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// numbers is a bag literal of the integers from 1 to n.
func numbers(typ string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d ", i+1)
	}
	return "bag " + typ + ":[" + b.String() + "]"
}

// Work beyond one comparison or application is paid for, before it is done.
func TestCost(t *testing.T) {
	text := strings.Repeat("a", 6400)
	big := "integer:1" + zeros(1000) // 52 words
	tests := []struct {
		id, args string
		want     int // steps
	}{
		{"1.0:string-equal", "string:a, string:b", 0},
		{"1.0:integer-multiply", "integer:2, integer:3", 0},
		{"1.0:integer-add", big + ", " + big, 104},
		{"1.0:integer-multiply", big + ", " + big, 52 * 52},
		{"1.0:integer-divide", big + ", " + big, 52 * 52},
		{"3.0:string-from-integer", big, 52 * 52},
		{"3.0:string-equal-ignore-case", "string:" + text + ", string:a", 100},
		{"1.0:string-normalize-space", "string:" + text, 800},
		{"1.0:string-normalize-to-lower-case", "string:" + text, 800},
		{"2.0:string-concatenate", "string:" + text + ", string:" + text, 1600},
		{"2.0:string-concatenate", "string:a, string:b", 0},
		{"2.0:uri-string-concatenate", "anyURI:" + text + ", string:" + text, 1600},
		{"3.0:string-substring", "string:" + text + ", integer:0, integer:1", 100},
		{"3.0:string-contains", "string:b, string:" + text, 100},
		{"3.0:x500Name-from-string", "string:CN=" + text, 100},
		{"1.0:integer-is-in", "integer:1, " + numbers("integer", 50), 50},
		{"1.0:integer-intersection", numbers("integer", 50) + ", " + numbers("integer", 30), 80},
		{"1.0:double-intersection", numbers("double", 50) + ", " + numbers("double", 30), 1500},
		{"1.0:integer-union", numbers("integer", 50) + ", " + numbers("integer", 30), 160},
		{"1.0:double-union", numbers("double", 5) + ", " + numbers("double", 5), 100},
		{"3.0:any-of", "function 1.0:integer-equal, integer:1, " + numbers("integer", 50), 50},
		{"3.0:map", "function 1.0:integer-abs, " + numbers("integer", 50), 50},
		{"3.0:any-of-any", "function 1.0:integer-equal, " + numbers("integer", 50) + ", " + numbers("integer", 30), 1500},
		{"1.0:all-of-any", "function 1.0:integer-equal, " + numbers("integer", 50) + ", " + numbers("integer", 30), 1500},
		{"1.0:all-of-all", "function 1.0:integer-equal, " + numbers("integer", 50) + ", bag integer:[]", 0},
	}
	lib := Standard()
	for _, test := range tests {
		r := row{id: test.id, args: test.args}
		name := fmt.Sprintf("%s(%.60s)", test.id, test.args)
		b := &budget{}
		if _, err := r.call(t, lib, b); err != nil || b.spent != test.want {
			t.Errorf("got %d steps and %v, want %d, for %s", b.spent, err, test.want, name)
		}
		if test.want == 0 {
			continue
		}
		if _, err := r.call(t, lib, &budget{limit: test.want - 1}); test.want > 1 && !errors.Is(err, errBudget) {
			t.Errorf("got %v, want the error of the budget, for %s", err, name)
		}
	}
}

// The cost of a cross product too large to count saturates.
func TestCost_Saturates(t *testing.T) {
	bag := datum(t, numbers("boolean", 1)) // true
	values := make([]value.Value, 10_000)
	for i := range values {
		values[i] = bag.(value.Bag).At(0)
	}
	large := value.NewBag(value.TypeBoolean, values...)
	args := []value.Datum{large, large, large, large, large, large}
	lib := Standard()
	_, err := lookup(t, lib, "3.0:any-of-any").Higher.Apply(&budget{limit: 1_000_000}, lookup(t, lib, "1.0:and"), args)
	if !errors.Is(err, errBudget) {
		t.Errorf("got %v, want the error of the budget", err)
	}
}
