package pdp_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// manySmall is a PDP of so many small documents.
func manySmall(b *testing.B, documents int) *pdp.PDP {
	b.Helper()
	builder := pdp.NewBuilder(pdp.Config{})
	for n := range documents {
		builder.Set(small(n))
	}
	p, problems := builder.Build()
	if p == nil {
		b.Fatal(problems)
	}
	return p
}

// One document of many changes; what the builder does, without the reading.
func BenchmarkBuilder_OneChangeIn(b *testing.B) {
	for _, documents := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(documents), func(b *testing.B) {
			p := manySmall(b, documents)
			b.ReportAllocs()
			changes := 0
			for b.Loop() {
				n := changes * 7919 % documents
				d := small(n)
				d.Root = permitting(n, fmt.Sprintf("changed-%d", changes))
				builder := p.Edit()
				builder.Set(d)
				next, problems := builder.Build()
				if next == nil {
					b.Fatal(problems)
				}
				if got := next.Evaluate(b.Context(), asking(fmt.Sprintf("changed-%d", changes)), nil); got.Decision != xacml.Permit {
					b.Fatalf("got %s, want Permit", got.Decision)
				}
				p = next
				changes++
			}
		})
	}
}

// One document is added and another one removed.
func BenchmarkBuilder_OneAddedOneRemovedIn(b *testing.B) {
	for _, documents := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(documents), func(b *testing.B) {
			p := manySmall(b, documents)
			b.ReportAllocs()
			changes := 0
			for b.Loop() {
				builder := p.Edit()
				builder.Set(small(documents + changes))
				builder.Remove(small(changes).Name)
				next, problems := builder.Build()
				if next == nil {
					b.Fatal(problems)
				}
				p = next
				changes++
			}
		})
	}
}

// The heap that a PDP of many small documents takes, and the time to make it.
func BenchmarkBuilder_Load(b *testing.B) {
	for _, documents := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(documents), func(b *testing.B) {
			before := heap()
			var p *pdp.PDP
			for b.Loop() {
				p = manySmall(b, documents)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*documents), "ns/document")
			b.ReportMetric(float64(heap()-before)/float64(documents), "B/document")
			runtime.KeepAlive(p)
		})
	}
}

// heap is what is in use after what is not was collected.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
