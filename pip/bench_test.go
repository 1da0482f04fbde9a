package pip

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// BenchmarkAssembled_Cached is a question that the cache of a source answers.
func BenchmarkAssembled_Cached(b *testing.B) {
	m, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	s, err := Assemble(roles(after(0, answer("dagl"))), Config{Timeout: time.Second, Cache: CacheConfig{TTL: time.Hour}}, m)
	if err != nil {
		b.Fatal(err)
	}
	ctx, q := context.Background(), ask("01017012345")
	if _, err := s.Provider.Fetch(ctx, q); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		a, err := s.Provider.Fetch(ctx, q)
		if err != nil || !a.Cached {
			b.Fatalf("got cached %t, error %v", a.Cached, err)
		}
	}
}

// BenchmarkAssembled_Asked is a question that the backend answers at once.
func BenchmarkAssembled_Asked(b *testing.B) {
	a := answer("dagl")
	backend := ProviderFunc(func(context.Context, Question) (Answer, error) { return a, nil })
	s, err := Assemble(roles(backend), Config{Timeout: time.Second}, nil)
	if err != nil {
		b.Fatal(err)
	}
	ctx, q := context.Background(), ask("01017012345")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Provider.Fetch(ctx, q); err != nil {
			b.Fatal(err)
		}
	}
}
