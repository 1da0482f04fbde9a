package http

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkFetch asks a service on this machine.
func BenchmarkFetch(b *testing.B) {
	s := serve(b, answers(`{"user": "1337", "roles": ["dagl", "regna"]}`))
	p := provider(b, roles(s.URL))
	q := ask("1337", "1000")
	for b.Loop() {
		if _, err := p.Fetch(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead makes values of answers: a usual one, and the widest.
func BenchmarkRead(b *testing.B) {
	for _, size := range []int{2, 1_000, maxNodes - 10} {
		b.Run(fmt.Sprintf("values=%d", size), func(b *testing.B) {
			data := []byte(`{"user": "1337", "roles": [` + strings.Repeat(`"dagl",`, size-1) + `"regna"]}`)
			p := provider(b, roles("https://register.example"))
			b.ReportAllocs()
			for b.Loop() {
				doc, err := parseJSON(data)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := p.shape.read(doc, [][]string{{"1337"}, {"1000"}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
