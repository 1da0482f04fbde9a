package function

import (
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// kinds reads kinds such as `string, bag integer`, and an applied function.
func kinds(t *testing.T, lib *Library, text string) (f *Function, ks []value.Kind) {
	t.Helper()
	if text == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(text, ", ") {
		if id, ok := strings.CutPrefix(name, "function "); ok {
			f = lookup(t, lib, id)
			continue
		}
		element, bag := strings.CutPrefix(name, "bag ")
		ks = append(ks, value.Kind{Type: typeNamed(t, element), Bag: bag})
	}
	return f, ks
}

// Static checks: arity, types, and that a bag is no single value.
func TestA3_Check(t *testing.T) {
	tests := []struct{ id, args, want string }{
		{"1.0:string-equal", "string, string", "boolean"},
		{"1.0:string-equal", "string", "wants 2 arguments, got 1 argument"},
		{"1.0:string-equal", "string, string, string", "wants 2 arguments, got 3 arguments"},
		{"1.0:string-equal", "string, anyURI", "argument 2: wants string, got anyURI"},
		{"1.0:string-equal", "bag string, string", "argument 1: wants string, got bag of string"},
		{"1.0:string-equal", "function 1.0:string-equal, string, string", "a Function is no argument of this function"},
		{"1.0:double-add", "double, integer", "argument 2: wants double, got integer"},
		{"1.0:integer-add", "integer", "wants 2 arguments or more, got 1 argument"},
		{"1.0:integer-add", "integer, integer, integer", "integer"},
		{"1.0:integer-add", "integer, integer, string", "argument 3: wants integer, got string"},
		{"1.0:string-one-and-only", "bag string", "string"},
		{"1.0:string-one-and-only", "string", "argument 1: wants bag of string, got string"},
		{"1.0:string-is-in", "bag string, string", "argument 1: wants string, got bag of string"},
		{"1.0:string-bag", "", "bag of string"},
		{"1.0:string-union", "bag string", "wants 2 arguments or more, got 1 argument"},
		{"1.0:string-union", "bag string, bag string, bag string", "bag of string"},
		{"1.0:string-subset", "bag string, bag string, bag string", "wants 2 arguments, got 3 arguments"},
		{"1.0:and", "", "boolean"},
		{"1.0:and", "boolean, bag boolean", "argument 2: wants boolean, got bag of boolean"},
		{"1.0:n-of", "", "wants 1 argument or more, got 0 arguments"},
		{"1.0:n-of", "boolean", "argument 1: wants integer, got boolean"},
		{"3.0:anyURI-substring", "anyURI, integer, integer", "string"},
		{"3.0:dayTimeDuration-equal", "old-dayTimeDuration, dayTimeDuration", "boolean"},
		{"1.0:dayTimeDuration-is-in", "dayTimeDuration, bag old-dayTimeDuration", "boolean"},
		{"1.0:dayTimeDuration-is-in", "yearMonthDuration, bag dayTimeDuration", "argument 1: wants dayTimeDuration, got yearMonthDuration"},

		{"3.0:any-of", "string, bag string", "the first argument must be a Function"},
		{"3.0:any-of", "function 1.0:string-equal, string, bag string", "boolean"},
		{"3.0:any-of", "function 1.0:string-equal, bag string, string", "boolean"},
		{"3.0:any-of", "function 1.0:string-equal", "wants exactly one bag after the function, got 0"},
		{"3.0:any-of", "function 1.0:string-equal, string, string", "wants exactly one bag after the function, got 0"},
		{"3.0:any-of", "function 1.0:string-equal, bag string, bag string", "wants exactly one bag after the function, got 2"},
		{"3.0:any-of", "function 1.0:string-equal, bag string", "the applied function: wants 2 arguments, got 1 argument"},
		{"3.0:any-of", "function 1.0:string-equal, string, bag anyURI", "the applied function: argument 2: wants string, got anyURI"},
		{"3.0:any-of", "function 3.0:dayTimeDuration-equal, dayTimeDuration, bag old-dayTimeDuration", "boolean"},
		{"3.0:any-of", "function 1.0:integer-add, integer, bag integer", "the result of the applied function must be boolean, not integer"},
		{"3.0:any-of", "function 1.0:string-bag, string, bag string", "a function with a bag as result cannot be applied"},
		{"3.0:any-of", "function 1.0:string-is-in, string, bag string", "a function with a bag as parameter cannot be applied"},
		{"3.0:any-of", "function 1.0:string-union, bag string", "a function with a bag as parameter cannot be applied"},
		{"3.0:any-of", "function 3.0:any-of, string, bag string", "a higher-order function cannot be applied"},
		{"3.0:any-of", "function 1.0:n-of, integer, boolean, boolean, bag boolean", "boolean"},
		{"3.0:all-of", "function 1.0:string-equal, bag string, bag string", "wants exactly one bag after the function, got 2"},
		{"3.0:any-of-any", "function 1.0:string-equal, string, string", "boolean"},
		{"3.0:any-of-any", "function 1.0:string-equal, bag string, string", "boolean"},
		{"3.0:any-of-any", "function 1.0:and", "wants 1 argument or more after the function, got none"},
		{"3.0:any-of-any", "function 1.0:string-equal, bag string, bag string, bag string", "the applied function: wants 2 arguments, got 3 arguments"},
		{"1.0:all-of-any", "function 1.0:string-equal, bag string, bag string", "boolean"},
		{"1.0:all-of-any", "function 1.0:string-equal, string, bag string", "wants exactly two bags after the function, got 2 arguments of which 1 are bags"},
		{"1.0:any-of-all", "function 1.0:and, bag boolean, bag boolean, bag boolean", "wants exactly two bags after the function, got 3 arguments of which 3 are bags"},
		{"1.0:all-of-all", "function 2.0:time-in-range, bag time, bag time", "the applied function: wants 3 arguments, got 2 arguments"},
		{"3.0:map", "function 3.0:integer-from-string, bag string", "bag of integer"},
		{"3.0:map", "function 3.0:string-substring, string, bag integer, integer", "bag of string"},
		{"3.0:map", "function 3.0:string-substring, bag string, bag integer, integer", "wants exactly one bag after the function, got 2"},
		{"3.0:map", "function 1.0:string-bag, bag string", "a function with a bag as result cannot be applied"},
		{"3.0:map", "function 3.0:map, bag string", "a higher-order function cannot be applied"},
	}
	lib := Standard()
	for _, test := range tests {
		f, args := kinds(t, lib, test.args)
		kind, err := lookup(t, lib, test.id).Check(f, args, nil)
		got := kind.String()
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("got %q, want %q, for %s(%s)", got, test.want, test.id, test.args)
		}
	}
}

func TestSignature(t *testing.T) {
	tests := []struct{ id, want string }{
		{"1.0:string-equal", "string, string -> boolean"},
		{"1.0:integer-add", "integer, integer, integer* -> integer"},
		{"1.0:and", "boolean* -> boolean"},
		{"1.0:string-bag", "string* -> bag of string"},
		{"1.0:string-union", "bag of string, bag of string, bag of string* -> bag of string"},
		{"1.0:n-of", "integer, boolean* -> boolean"},
		{"3.0:any-of", "function, ... -> boolean"},
		{"3.0:map", "function, ... -> bag of ..."},
	}
	for _, test := range tests {
		if got := lookup(t, Standard(), test.id).Signature(); got != test.want {
			t.Errorf("got %q, want %q, for %s", got, test.want, test.id)
		}
	}
}

// §7.20: identifiers are compared code point by code point, and identifiers
// that only look like those of the standard are not there.
func TestLookup(t *testing.T) {
	lib := Standard()
	for _, id := range []string{
		"",
		"string-equal",
		"URN:oasis:names:tc:xacml:1.0:function:string-equal",
		"urn:oasis:names:tc:xacml:2.0:function:integer-greater-than",
		"urn:oasis:names:tc:xacml:2.0:function:url-string-concatenate",
		"urn:oasis:names:tc:xacml:2.0:function:ipAddress-equal",
		"urn:oasis:names:tc:xacml:3.0:function:all-of-any",
		"urn:oasis:names:tc:xacml:1.0:function:dayTimeDuration-from-string",
	} {
		if lib.Lookup(id) != nil {
			t.Errorf("got a function, want none, for %q", id)
		}
	}
}

func TestNewLibrary_DuplicatePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("got no panic, want one, for two functions with one identifier")
		}
	}()
	NewLibrary([]*Function{{ID: "a"}}, []*Function{{ID: "a"}})
}
