package grpc

import (
	"fmt"
	"testing"

	"github.com/forseti-pdp/forseti/pip"
)

// BenchmarkFetch asks one question over loopback, BenchmarkFetchAll a hundred.
func BenchmarkFetch(b *testing.B) {
	p := asking(b, &service{})
	q := question("ann", 7)
	for b.Loop() {
		if _, err := p.Fetch(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFetchAll(b *testing.B) {
	p := asking(b, &service{})
	qs := make([]pip.Question, 100)
	for i := range qs {
		qs[i] = question(fmt.Sprint(i), int64(i))
	}
	for b.Loop() {
		for _, r := range p.FetchAll(b.Context(), qs) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
}
