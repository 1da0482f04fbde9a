// Package overload asks a server for several times what it can answer (T14): it has
// to go on answering about as much as it can, as fast as it always does, and to be
// as it was as soon as that ends. It holds nothing but tests.
//
// The server is a process of its own on the first processor. The tests, which make the
// load and are the sources, keep to the second. Every verdict compares phases of one
// run. Where the server did not get its processor, or the load could not be made, there
// is no verdict: the machine is too busy to tell.
package overload

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
)

func TestMain(m *testing.M) {
	if err := keepTo(2); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	harness.Main(m)
}

// keepTo binds all threads of this process, and those that they start, to a processor.
func keepTo(core int) error {
	if os.Getenv("FORSETI_ALONE") == "" || runtime.NumCPU() < core {
		return nil
	}
	runtime.GOMAXPROCS(1)
	var set unix.CPUSet
	set.Set(core - 1)
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, &set); err != nil {
			return fmt.Errorf("cannot bind to processor %d: %w", core, err)
		}
	}
	return nil
}
