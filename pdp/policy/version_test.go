package policy

import "testing"

func TestS5_12_VersionOrder(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"1", "1", 0},
		{"1.0", "1.00", 0},
		{"1.9", "1.10", -1},
		{"1", "1.0", -1},
		{"1.0", "1.1", -1},
		{"2", "1.99", 1},
		{"1.0.0", "1.0", 1},
		{"18446744073709551617", "18446744073709551616", 1},
	} {
		if got := CompareVersions(tt.a, tt.b); sign(got) != tt.want {
			t.Errorf("CompareVersions(%q, %q) = %d, want sign %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestS5_13_VersionMatch(t *testing.T) {
	for _, tt := range []struct {
		ref     Reference
		version string
		want    bool
	}{
		{Reference{}, "1.2.3", true},
		{Reference{Version: "1.2.3"}, "1.2.3", true},
		{Reference{Version: "1.*.3"}, "1.2.3", true},
		{Reference{Version: "1.2.*"}, "1.2.3", true},
		{Reference{Version: "1.+"}, "1.2.3", true},
		{Reference{Version: "+"}, "1", true},
		{Reference{Version: "1.2.+"}, "1.2", false},
		{Reference{Version: "1.2"}, "1.2.3", false},
		{Reference{Version: "1.2.3"}, "1.2", false},
		{Reference{Version: "01.2"}, "1.02", true},
		{Reference{Version: "1.*"}, "1.2.3", false},

		{Reference{Earliest: "1.5"}, "2.0", true},
		{Reference{Earliest: "1.5"}, "1.5", true},
		{Reference{Earliest: "1.5"}, "1.4.9", false},
		{Reference{Earliest: "1.5"}, "1.5.0", true},
		{Reference{Earliest: "1.5"}, "1", false},
		{Reference{Earliest: "1.*"}, "1.0", true},
		{Reference{Earliest: "1.*.3"}, "1.0.2", false},
		{Reference{Earliest: "1.*.3"}, "1.1.0", true},
		{Reference{Earliest: "1.+"}, "1", false},

		{Reference{Latest: "1.5"}, "1.5", true},
		{Reference{Latest: "1.5"}, "1.5.0", false},
		{Reference{Latest: "1.5"}, "1", true},
		{Reference{Latest: "1.5"}, "2.0", false},
		{Reference{Latest: "1.*"}, "1.99.1", true},
		{Reference{Latest: "1.+"}, "1.99.1", true},
		{Reference{Latest: "1.*"}, "2", false},

		{Reference{Earliest: "1.0", Latest: "2.0"}, "1.7", true},
		{Reference{Earliest: "1.0", Latest: "2.0", Version: "1.8"}, "1.7", false},
	} {
		if got := tt.ref.Accepts(tt.version); got != tt.want {
			t.Errorf("%+v accepts %q: got %v, want %v", tt.ref, tt.version, got, tt.want)
		}
	}
}
