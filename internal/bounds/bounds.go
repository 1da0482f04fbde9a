// Package bounds holds fuzz tests to what an input may cost. It is for tests.
package bounds

import (
	"runtime/metrics"
	"testing"
	"time"
)

const (
	// maxTime is far more than the second that an input may take, as the machine
	// may be busy with something else.
	maxTime = 10 * time.Second
	// maxMemory is what an input may make anything allocate, freed or not.
	maxMemory = 256 << 20
)

// Check starts to measure; the function it gives fails the test if too much time
// has passed since, or too much memory was allocated:
//
//	defer bounds.Check(t)()
func Check(t testing.TB) func() {
	t.Helper()
	began, before := time.Now(), allocated()
	return func() {
		t.Helper()
		if took := time.Since(began); took > maxTime {
			t.Errorf("got %v, want %v at most for an input", took, maxTime)
		}
		if bytes := allocated() - before; bytes > maxMemory {
			t.Errorf("got %d bytes of memory, want %d at most for an input", bytes, uint64(maxMemory))
		}
	}
}

// allocated is how many bytes were allocated on the heap so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
