// Package hostile attacks Forseti at the level of frames, while others ask it for
// decisions, and looks at what they notice of it. It holds nothing but tests.
//
// What must be true of every attack: the service stays up; no call of the others fails
// or is answered wrong; the memory of the service grows by 64 MiB at most; when the
// attack ends, what it took is given back; and the others wait hardly longer than
// without it.
//
// An attacker here is one host with one pool of connections. It has an address of its
// own, sends at a fixed rate, and no more than the others leave of the one processor
// that it shares with them: what the service does about floods of packets below TCP,
// or from thousands of hosts, cannot be told on one machine.
package hostile

import (
	"testing"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// mega is a MiB.
const mega = 1 << 20

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
