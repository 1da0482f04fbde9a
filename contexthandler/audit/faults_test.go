package audit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// load records things side by side until it is done or the context ends, and gives
// the names of those that were acknowledged.
func load(ctx context.Context, l *Log, prefix string, writers, each int) []string {
	var mu sync.Mutex
	var acknowledged []string
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				name := fmt.Sprintf("%s-%d-%d", prefix, w, i)
				names := []string{name}
				if i%3 == 2 {
					names = append(names, name+"+")
				}
				if put(ctx, l, names...) == nil && ctx.Err() == nil {
					mu.Lock()
					acknowledged = append(acknowledged, names...)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return acknowledged
}

// Each operation on files fails once, at each place, and for a while. What was
// acknowledged is there, whatever follows, a loss of power too, and so is the chain.
func TestT8_EachOperationFails(t *testing.T) {
	rules := map[string]Config{"always": config(), "interval": config(), "few files": config()}
	for name, c := range rules {
		if name == "interval" {
			c.Sync = SyncInterval
		}
		if name == "few files" {
			c.Keep = 2
		}
		for _, length := range []int{1, 2, 7} {
			for n := 1; ; n++ {
				if !failAt(t, c, fmt.Sprintf("%s, operations %d to %d fail", name, n, n+length-1), n, length) {
					t.Logf("%s: %d operations, %d at a time", name, n-1, length)
					break
				}
			}
		}
	}
}

// failAt runs a load on a disk that fails at these operations. It reports whether
// there were so many.
func failAt(t *testing.T, c Config, context string, n, length int) (reached bool) {
	t.Helper()
	d := newMemDisk()
	d.fault = func(_ string, op int) fault {
		if reached = reached || op >= n; op >= n && op < n+length {
			return fails
		}
		return works
	}
	l, err := open(c, d, nil)
	if err != nil {
		if l, err = open(c, d, nil); err != nil && length < 3 { // the fault may go on
			l, err = open(c, d, nil)
		}
		if err != nil {
			return reached
		}
	}
	acknowledged := load(t.Context(), l, "a", 2, 6)
	mustClose(t, l)
	if len(acknowledged) != 2*(6+2) {
		t.Fatalf("%s: got %d acknowledged records of a disk that recovers, want all", context, len(acknowledged))
	}
	d.mu.Lock()
	d.fault = nil
	d.mu.Unlock()
	if c.Keep < 100 {
		acknowledged = nil // some are removed
	}
	wantSound(t, d, acknowledged, context)
	lost := d.powerLoss(rand.New(rand.NewPCG(1, uint64(n))))
	wantSound(t, lost, acknowledged, context+", and then the power")
	l = mustOpen(t, c, lost, nil)
	again := load(t.Context(), l, "b", 1, 3)
	mustClose(t, l)
	wantSound(t, lost, append(acknowledged, again...), context+", and then a restart")
	return reached
}

// The power is lost at any operation, and again while the log recovers. What was
// acknowledged is there, and the log starts.
func TestT11_PowerLoss(t *testing.T) {
	points := 2_000
	if long() {
		points = 100_000
	}
	for point := range points {
		rng := rand.New(rand.NewPCG(11, uint64(point)))
		c := config()
		c.MaxBytes = int64(400 + rng.IntN(3000))
		d := newMemDisk()
		var acknowledged []string
		for round := range 3 {
			context := fmt.Sprintf("point %d, round %d", point, round)
			acknowledged = append(acknowledged, cutOff(t, c, d, rng, fmt.Sprintf("%d", round), context)...)
			if rng.IntN(4) == 0 { // only the process ended
				d.fault, d.locked = nil, make(map[string]bool)
			} else {
				d = d.powerLoss(rng)
			}
		}
		l := mustOpen(t, c, d, nil)
		mustClose(t, l)
		wantSound(t, d, acknowledged, fmt.Sprintf("point %d", point))
	}
}

// cutOff runs a load on a disk that is gone after some operations.
func cutOff(t *testing.T, c Config, d *memDisk, rng *rand.Rand, prefix, where string) []string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := d.ops + 1 + rng.IntN(60)
	d.fault = func(_ string, op int) fault {
		if op >= last {
			cancel()
			return gone
		}
		return works
	}
	l, err := open(c, d, nil)
	if err != nil {
		if corrupt := (*CorruptError)(nil); errors.As(err, &corrupt) || ctx.Err() == nil {
			t.Fatalf("%s: the log does not start: %v", where, err)
		}
		return nil
	}
	acknowledged := load(ctx, l, prefix, 2, 8)
	giveUp(l)
	return acknowledged
}

// With interval a loss of power takes what was not synced, and nothing else: the log
// starts, and the chain is sound.
func TestT11_PowerLossBetweenSyncs(t *testing.T) {
	for point := range 300 {
		rng := rand.New(rand.NewPCG(12, uint64(point)))
		c := config()
		c.Sync, c.timing.interval = SyncInterval, 200*time.Microsecond
		d := newMemDisk()
		for round := range 3 {
			cutOff(t, c, d, rng, fmt.Sprintf("%d", round), fmt.Sprintf("point %d, round %d", point, round))
			d = d.powerLoss(rng)
		}
		mustClose(t, mustOpen(t, c, d, nil))
		wantSound(t, d, nil, fmt.Sprintf("point %d", point))
	}
}
