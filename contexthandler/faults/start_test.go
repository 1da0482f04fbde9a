package faults

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/internal/pgtest"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// TestUnknownAtStart opens sources whose backends have no name yet. That is no
// reason not to start, and they are there soon after they have one, however long
// that took.
func TestUnknownAtStart(t *testing.T) {
	down := 6 * time.Second // as long as it takes for pauses to grow
	if long() {
		down = time.Minute
	}
	postgres := new(pgtest.Server)
	var running sync.WaitGroup
	for _, k := range kinds() {
		if _, networked := networked(says{})[k.name]; !networked {
			continue
		}
		running.Go(func() {
			t.Run(k.name, func(t *testing.T) {
				l := lane{name: "unknown-" + k.name, postgres: postgres}
				if k.name == "postgres" {
					l.database = postgres.Database(t, postgresSeed)
				}
				names.set(l.host(), true)
				b := k.start(t, l)
				defer func() { must(t, b.close()) }()
				s := setting{cold, bare}.assemble(t, b)
				for end := time.Now().Add(down); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
					_, err := s.Provider.Fetch(t.Context(), pip.Question{value.String("admin-1")})
					if e, ok := errors.AsType[*pip.Error](err); !ok || strings.Contains(e.Error(), "admin-1") {
						t.Fatalf("got %v, want an error", err)
					}
				}
				names.set(l.host(), false)
				mended := time.Now()
				for {
					a, err := s.Provider.Fetch(t.Context(), pip.Question{value.String("admin-1")})
					took := time.Since(mended)
					if took > recoveryTime*slack {
						t.Fatalf("back after %s (%v), want at most %s", took, err, recoveryTime*slack)
					}
					if err == nil && isTrue(a, "admin-1") {
						t.Logf("back after %s", took.Round(time.Millisecond))
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			})
		})
	}
	running.Wait()
	must(t, postgres.Close())
}
