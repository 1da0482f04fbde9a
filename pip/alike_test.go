package pip

import "testing"

func TestAlike(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"alice", "alice", true},
		{"alice", "ALICE", true},
		{"alice", "alice    ", true}, // char(9) as PostgreSQL writes it in JSON
		{"Alice  Smith", "alice smith", true},
		{"alice", "\talice\n", true},
		{"", " ", true},
		{"alice", "alic", false},
		{"alice", "alice-", false},
		{"1 2", "13", false},
		{"\u00e5se", "A\u030aSE", true}, // composed, and not
		{"\u00e5se", "ase", false},
	} {
		if Alike(tt.a, tt.b) != tt.want || Alike(tt.b, tt.a) != tt.want {
			t.Errorf("%q and %q: want %v", tt.a, tt.b, tt.want)
		}
	}
}
