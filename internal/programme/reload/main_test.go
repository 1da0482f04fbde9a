// Package reload changes the policies of Forseti while others ask it for decisions. It
// holds nothing but tests.
//
// What must be true: no call fails, and none is decided partly by the policies of one
// version and partly by those of another; calls hardly notice; and the memory is
// afterwards what it was before.
//
// FORSETI_LONG=1 makes ten thousand changes in place of three hundred, and judges time
// and memory more strictly.
package reload

import (
	"testing"

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
