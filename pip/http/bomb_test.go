package http

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pip"
)

// ROBUSTNESS row 28: of a body that is small on the wire and huge behind it, no more
// is unpacked than an answer may have. That it is refused in the end is not enough.
func TestBombIsNotUnpacked(t *testing.T) {
	const unpacked, most = 128 << 20, 16 << 20
	bomb := []byte(zipped(strings.Repeat(" ", unpacked)))
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	p := provider(t, byUser(s.URL, "$.roles"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := p.Fetch(t.Context(), ask("1"))
	runtime.ReadMemStats(&after)
	wantOutcome(t, err, pip.OutcomeInvalid)
	if took := after.TotalAlloc - before.TotalAlloc; took > most {
		t.Errorf("took %d MiB for an answer of %d KiB on the wire, want at most %d", took>>20, len(bomb)>>10, most>>20)
	}
}
