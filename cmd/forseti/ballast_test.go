package main

import "testing"

// Who sets up the garbage collector gets what they set.
func TestBallast(t *testing.T) {
	for _, tt := range []struct {
		set  string
		want int
	}{
		{"", ballastSize},
		{"GOGC", 0},
		{"GOMEMLIMIT", 0},
	} {
		got := newBallast(func(name string) (string, bool) { return "100", name == tt.set })
		if len(got) != tt.want {
			t.Errorf("got %d bytes, want %d, with %q set", len(got), tt.want, tt.set)
		}
	}
}
