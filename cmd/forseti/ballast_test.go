package main

import "testing"

// Who sets up the garbage collector gets what they set.
func TestBallast(t *testing.T) {
	for _, tt := range []struct {
		set   string
		limit int64
		want  int
	}{
		{"", 0, ballastSize},
		{"", 16 * ballastSize, ballastSize},
		{"", 64 << 20, 4 << 20},
		{"GOGC", 0, 0},
		{"GOMEMLIMIT", 64 << 20, 0},
	} {
		got := newBallast(func(name string) (string, bool) { return "100", name == tt.set }, tt.limit)
		if len(got) != tt.want {
			t.Errorf("got %d bytes, want %d, with %q set and a limit of %d", len(got), tt.want, tt.set, tt.limit)
		}
	}
}
