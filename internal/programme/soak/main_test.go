// Package soak has Forseti decide for a long time while everything around it changes:
// policies, keys and tokens of callers, connections, and a source that goes down now and
// then. It holds nothing but tests.
//
// What must be true: nothing grows. Neither what is alive on the heap, nor goroutines,
// open files or series of metrics; no call fails, and none is answered wrong.
//
// FORSETI_SOAK is how long it lasts, as in 60m; 20 s if it is not set, which is enough to
// find what grows with each call or change, and not what grows slowly.
package soak

import (
	"os"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// must is for what fails only if the test is wrong.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// duration is how long the load lasts.
func duration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("FORSETI_SOAK")
	if text == "" {
		return 20 * time.Second
	}
	d, err := time.ParseDuration(text)
	must(t, err)
	return d
}
