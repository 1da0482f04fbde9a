package bounds

import (
	"fmt"
	"runtime"
	"testing"
)

// recorder keeps what a test fails with.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestCheck_Memory(t *testing.T) {
	for size, want := range map[int]int{1 << 20: 0, maxMemory + 1: 1} {
		r := &recorder{}
		done := Check(r)
		data := make([]byte, size)
		done()
		if len(r.failures) != want {
			t.Errorf("got failures %q, want %d, for %d bytes", r.failures, want, size)
		}
		runtime.KeepAlive(data)
	}
}
