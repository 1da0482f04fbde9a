package sql

import "testing"

// BenchmarkFetch asks for two rows of a small table, one question at a time.
func BenchmarkFetch(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			var cfg Config
			if kind == "sqlite" {
				cfg = roles(database(b))
			} else {
				cfg = postgresRoles(postgresDatabase(b))
			}
			p := provider(b, cfg)
			for b.Loop() {
				if _, err := p.Fetch(b.Context(), ask("1", "1000")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
