package client

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// T13: of two instances one after the other is restarted, as in a rolling update, and
// each is killed once. No question fails.
func TestRollingRestart(t *testing.T) {
	const restarts, askers = 8, 16
	instances := []*instance{start(t), start(t)}
	c := connect(t, instances[0].address+","+instances[1].address, nil)
	stop := make(chan struct{})
	var asked, failed atomic.Int64
	var wg sync.WaitGroup
	for range askers {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				asked.Add(1)
				if err := c.Enforce(within(t), question("read"), Obligations{}); err != nil && failed.Add(1) <= 5 {
					t.Errorf("question %d: %v", asked.Load(), err)
				}
			}
		})
	}
	for n := range restarts {
		i := instances[n%2]
		busy(asked.Load, 200)
		if n >= restarts-2 {
			i.end(time.Nanosecond) // killed
		} else {
			i.end(10 * time.Second)
		}
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
		i.begin()
		// The next one goes when this one is asked again, as a roll-out waits for it.
		time.Sleep(150 * time.Millisecond)
	}
	busy(asked.Load, 200)
	close(stop)
	wg.Wait()
	t.Logf("%d of %d questions failed in %d restarts", failed.Load(), asked.Load(), restarts)
	if failed.Load() != 0 {
		t.Errorf("%d of %d questions failed", failed.Load(), asked.Load())
	}
}

// busy waits until more questions were asked.
func busy(asked func() int64, more int64) {
	for end := asked() + more; asked() < end; {
		time.Sleep(time.Millisecond)
	}
}

// Questions go to all instances in turn.
func TestRoundRobin(t *testing.T) {
	instances := []*instance{start(t), start(t), start(t)}
	target := ""
	for _, i := range instances {
		target += "," + i.address
	}
	c := connect(t, target[1:], nil)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if err := c.Enforce(within(t), question("ask"), Obligations{}); err != nil {
			t.Fatal(err)
		}
		if instances[0].asked.Load() > 10 && instances[1].asked.Load() > 10 && instances[2].asked.Load() > 10 {
			return
		}
	}
	t.Errorf("got %d, %d and %d questions", instances[0].asked.Load(), instances[1].asked.Load(), instances[2].asked.Load())
}
