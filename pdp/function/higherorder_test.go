package function

import (
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

func rowsHigherOrder() []row {
	return []row{
		// The examples of A.3.12.
		{"3.0:any-of", "function 1.0:string-equal, string:Paul, bag string:[John Paul George Ringo]", "boolean:true"},
		{"3.0:all-of", "function 1.0:integer-greater-than, integer:10, bag integer:[9 3 4 2]", "boolean:true"},
		{"3.0:any-of-any", "function 1.0:string-equal, bag string:[Ringo Mary], bag string:[John Paul George Ringo]", "boolean:true"},
		{"1.0:all-of-any", "function 1.0:integer-greater-than, bag integer:[10 20], bag integer:[1 3 5 19]", "boolean:true"},
		{"1.0:any-of-all", "function 1.0:integer-greater-than, bag integer:[3 5], bag integer:[1 2 3 4]", "boolean:true"},
		{"1.0:all-of-all", "function 1.0:integer-greater-than, bag integer:[6 5], bag integer:[1 2 3 4]", "boolean:true"},
		{"3.0:map", "function 1.0:string-normalize-to-lower-case, bag string:[Hello World!]", "bag string:[hello world!]"},

		{"3.0:any-of", "function 1.0:string-equal, string:Pete, bag string:[John Paul]", "boolean:false"},
		{"3.0:all-of", "function 1.0:integer-greater-than, integer:4, bag integer:[3 4]", "boolean:false"},
		{"3.0:any-of-any", "function 1.0:string-equal, bag string:[a b], bag string:[c d]", "boolean:false"},
		{"1.0:all-of-all", "function 1.0:integer-greater-than, bag integer:[6 4], bag integer:[1 2 3 4]", "boolean:false"},

		// Pitfall 15: for all-of-any, 2 of the first bag has no partner and
		// each of the second has one; for any-of-all the other way round.
		{"1.0:all-of-any", "function 1.0:integer-greater-than, bag integer:[2 9], bag integer:[2 8]", "boolean:false"},
		{"1.0:any-of-all", "function 1.0:integer-greater-than, bag integer:[2 9], bag integer:[2 8]", "boolean:true"},
		{"1.0:all-of-any", "function 1.0:integer-equal, bag integer:[1 2], bag integer:[1 2]", "boolean:true"}, // not: exists b for all a
		{"1.0:any-of-all", "function 1.0:integer-equal, bag integer:[1 2], bag integer:[1 2]", "boolean:true"}, // not: exists a for all b
		{"1.0:any-of-all", "function 1.0:integer-equal, bag integer:[1 2], bag integer:[1 2 3]", "boolean:false"},
		{"1.0:all-of-any", "function 1.0:integer-equal, bag integer:[1 2], bag integer:[1 2 3]", "boolean:true"},

		// Pitfall 16: empty bags.
		{"3.0:any-of", "function 1.0:string-equal, string:a, bag string:[]", "boolean:false"},
		{"3.0:all-of", "function 1.0:string-equal, string:a, bag string:[]", "boolean:true"},
		{"3.0:any-of-any", "function 1.0:string-equal, bag string:[a], bag string:[]", "boolean:false"},
		{"3.0:any-of-any", "function 1.0:string-equal, bag string:[], bag string:[a]", "boolean:false"},
		{"1.0:all-of-any", "function 1.0:string-equal, bag string:[], bag string:[]", "boolean:true"},
		{"1.0:all-of-any", "function 1.0:string-equal, bag string:[a], bag string:[]", "boolean:false"},
		{"1.0:any-of-all", "function 1.0:string-equal, bag string:[], bag string:[]", "boolean:true"},
		{"1.0:any-of-all", "function 1.0:string-equal, bag string:[], bag string:[a]", "boolean:false"},
		{"1.0:any-of-all", "function 1.0:string-equal, bag string:[a], bag string:[]", "boolean:true"},
		{"1.0:all-of-all", "function 1.0:string-equal, bag string:[], bag string:[a]", "boolean:true"},
		{"1.0:all-of-all", "function 1.0:string-equal, bag string:[a], bag string:[]", "boolean:true"},
		{"3.0:map", "function 3.0:string-from-integer, bag integer:[]", "bag string:[]"},

		// Pitfall 17: any number of arguments, the bag at any place.
		{"3.0:any-of", "function 1.0:integer-greater-than, bag integer:[1 2], integer:1", "boolean:true"},
		{"3.0:any-of", "function 2.0:time-in-range, time:12:00:00Z, bag time:[13:00:00Z 11:00:00Z], time:14:00:00Z", "boolean:true"},
		{"3.0:all-of", "function 2.0:time-in-range, bag time:[12:00:00Z 13:30:00Z], time:11:00:00Z, time:13:00:00Z", "boolean:false"},
		{"3.0:any-of", "function 1.0:not, bag boolean:[true false]", "boolean:true"},
		{"3.0:any-of-any", "function 2.0:time-in-range, bag time:[12:00:00Z 20:00:00Z], time:13:00:00Z, bag time:[14:00:00Z 21:00:00Z]", "boolean:true"},
		{"3.0:any-of-any", "function 1.0:integer-equal, integer:1, integer:1", "boolean:true"},
		{"3.0:map", "function 3.0:string-substring, bag string:[abc bcd], integer:1, integer:-1", "bag string:[bc cd]"},
		{"3.0:map", "function 3.0:string-substring, string:abc, bag integer:[0 1 1], integer:-1", "bag string:[abc bc bc]"},
		{"3.0:map", "function 1.0:integer-add, integer:1, bag integer:[1 2 1], integer:1", "bag integer:[3 4 3]"},
		{"3.0:map", "function 3.0:string-from-dayTimeDuration, bag old-dayTimeDuration:[PT24H]", "bag string:[P1D]"},

		// Lazy functions.
		{"3.0:any-of", "function 1.0:and, boolean:true, bag boolean:[false true]", "boolean:true"},
		{"3.0:all-of", "function 1.0:n-of, integer:2, boolean:true, bag boolean:[false true]", "boolean:false"},

		// An application that fails is an Indeterminate argument of or and and.
		{"3.0:any-of", "function 1.0:n-of, bag integer:[3 1], boolean:true", "boolean:true"},
		{"3.0:any-of", "function 1.0:time-less-than, time:08:00:00, bag time:[09:00:00Z 09:00:00]", "boolean:true"},
		{"3.0:any-of", "function 1.0:time-less-than, time:08:00:00, bag time:[09:00:00Z 07:00:00]", "processing-error"},
		{"3.0:all-of", "function 1.0:time-less-than, time:08:00:00, bag time:[09:00:00Z 07:00:00]", "boolean:false"},
		{"3.0:all-of", "function 1.0:time-less-than, time:08:00:00, bag time:[09:00:00Z 09:00:00]", "processing-error"},
		{"3.0:any-of-any", "function 1.0:time-less-than, bag time:[08:00:00], bag time:[09:00:00Z 09:00:00]", "boolean:true"},
		{"3.0:any-of-any", "function 1.0:time-less-than, bag time:[08:00:00], bag time:[09:00:00Z 07:00:00]", "processing-error"},
		{"1.0:all-of-any", "function 1.0:time-less-than, bag time:[08:00:00Z 10:00:00], bag time:[09:00:00]", "boolean:false"},
		{"1.0:all-of-any", "function 1.0:time-less-than, bag time:[08:00:00Z 08:00:00], bag time:[09:00:00]", "processing-error"},
		{"1.0:any-of-all", "function 1.0:time-less-than, bag time:[08:00:00], bag time:[09:00:00Z 07:00:00]", "boolean:false"},
		{"1.0:any-of-all", "function 1.0:time-less-than, bag time:[08:00:00], bag time:[09:00:00Z 09:00:00]", "processing-error"},
		{"1.0:all-of-all", "function 1.0:time-less-than, bag time:[08:00:00], bag time:[09:00:00Z 07:00:00]", "boolean:false"},
		{"1.0:all-of-all", "function 1.0:time-less-than, bag time:[08:00:00], bag time:[09:00:00Z 09:00:00]", "processing-error"},
		{"3.0:map", "function 1.0:integer-divide, integer:6, bag integer:[3 0]", "processing-error"},
		{"3.0:map", "function 3.0:integer-from-string, bag string:[3 x]", "syntax-error"},

		// An argument that fails, also beside an empty bag.
		{"3.0:any-of", "function 1.0:string-equal, fails string, bag string:[]", "failure 1"},
		{"1.0:any-of-all", "function 1.0:string-equal, fails bag string, bag string:[]", "failure 1"},
	}
}

func TestA3_12_HigherOrder(t *testing.T) { run(t, rowsHigherOrder()) }

// The first of several failing applications gives the status.
func TestA3_12_StatusOfFirstFailure(t *testing.T) {
	fails := 0
	f := &Function{
		ID:         "urn:test:fails",
		Parameters: []value.Kind{value.One(value.TypeInteger)},
		Result:     boolean(),
		Strict: func(Context, []value.Datum) (value.Datum, error) {
			fails++
			return nil, failure(fails)
		},
	}
	for _, id := range []string{"3.0:any-of", "3.0:all-of", "3.0:any-of-any"} {
		fails = 0
		_, err := lookup(t, Standard(), id).Higher.Apply(&budget{}, f, []value.Datum{datum(t, "bag integer:[1 2 3]")})
		if err == nil || err.Error() != "failure 1" || fails != 3 {
			t.Errorf("got %v after %d applications, want failure 1 after 3, for %s", err, fails, id)
		}
	}
}
