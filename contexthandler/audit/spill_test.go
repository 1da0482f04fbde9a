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

// spilling is a log whose records go to the spill file, because its disk fails until
// it is mended.
func spilling(t *testing.T, rule SyncRule, d, aside *memDisk) (l *Log, mend func()) {
	t.Helper()
	c := spillConfig(rule)
	l = mustOpen(t, c, d, aside)
	return l, broken(d)
}

func spillConfig(rule SyncRule) Config {
	c := config()
	c.Sync, c.WhenBlocked, c.SpillFile, c.SpillMaxBytes, c.timing.patience = rule, Spill, "spill", 1<<20, 50*time.Microsecond
	return c
}

// Nothing goes to the spill file after the end: another process may have it.
func TestSpill_AfterTheEnd(t *testing.T) {
	aside := newMemDisk()
	l, _ := spilling(t, SyncAlways, newMemDisk(), aside)
	if err := put(t.Context(), l, "spilled"); err != nil {
		t.Fatal(err)
	}
	giveUp(l)
	before := len(aside.files["spill"].data)
	if err := put(shortly(t), l, "late"); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if after := len(aside.files["spill"].data); after != before {
		t.Errorf("the spill file grew from %d to %d bytes", before, after)
	}
}

// What a sync that failed left in the spill file is in the log by another way, and is not
// put there once more by the next process.
func TestSpill_WhatNobodyWasToldOf(t *testing.T) {
	d, aside := newMemDisk(), newMemDisk()
	l, mend := spilling(t, SyncAlways, d, aside)
	tried := make(chan struct{})
	once := sync.OnceFunc(func() { close(tried) })
	aside.mu.Lock()
	aside.fault = func(op string, _ int) fault {
		if op == "fsync" {
			once()
			return fails
		}
		return works
	}
	aside.mu.Unlock()
	done := make(chan error)
	go func() { done <- put(t.Context(), l, "kept") }()
	<-tried
	mend()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	aside.fault = nil
	l = mustOpen(t, spillConfig(SyncAlways), d, aside)
	soon(t, "nothing is left in the spill file", func() bool { return l.spill.waiting() == 0 })
	mustClose(t, l)
	wantSound(t, d, []string{"kept"}, "after a sync that failed")
}

// What waits is on disk after an interval, also while the log is in a write that does
// not return.
func TestSpill_SyncedInTime(t *testing.T) {
	d, aside := newMemDisk(), newMemDisk()
	l, mend := spilling(t, SyncInterval, d, aside)
	if err := put(t.Context(), l, "spilled"); err != nil {
		t.Fatal(err)
	}
	soon(t, "it is synced", func() bool {
		aside.mu.Lock()
		defer aside.mu.Unlock()
		i := aside.files["spill"]
		return len(i.data) > 0 && len(i.durable) == len(i.data)
	})
	giveUp(l)
	mend()
	d = d.powerLoss(rand.New(rand.NewPCG(1, 1)))
	l = mustOpen(t, spillConfig(SyncInterval), d, aside.powerLoss(rand.New(rand.NewPCG(1, 2))))
	soon(t, "the spill file is empty", func() bool { return l.spill.waiting() == 0 })
	mustClose(t, l)
	wantSound(t, d, []string{"spilled"}, "after a loss of power")
}

// Records behind damage are not thrown away: those that were on disk keep the log from
// starting, others are put aside.
func TestSpill_Damaged(t *testing.T) {
	for _, rule := range []SyncRule{SyncAlways, SyncInterval} {
		d, aside := newMemDisk(), newMemDisk()
		l, mend := spilling(t, rule, d, aside)
		load(t.Context(), l, "a", 1, 6)
		soon(t, "some are synced", func() bool { l.spill.mu.Lock(); defer l.spill.mu.Unlock(); return l.spill.synced == l.spill.last.seq })
		if err := put(t.Context(), l, "last"); err != nil {
			t.Fatal(err)
		}
		giveUp(l)
		mend()
		lines := linesOf(aside, "spill")
		at := len(lines[0]) + 30
		aside.files["spill"].data[at] ^= 1
		var corrupt *CorruptError
		if _, err := open(spillConfig(rule), d, aside); !errors.As(err, &corrupt) || corrupt.File != "spill" || corrupt.Offset != int64(len(lines[0])) {
			t.Errorf("%s: got %v, want the place of the damage", rule, err)
		}
		aside.files["spill"].data[at] ^= 1
		whole := len(aside.files["spill"].data)
		aside.files["spill"].data = append(aside.files["spill"].data, "half a li"...)
		l = mustOpen(t, spillConfig(rule), d, aside)
		soon(t, "the spill file is empty", func() bool { return l.spill.waiting() == 0 })
		mustClose(t, l)
		if torn := aside.files["spill"+tornSuffix]; torn == nil || string(torn.data) != "half a li" {
			t.Errorf("%s: what does not count, behind %d bytes, was not put aside", rule, whole)
		}
		wantSound(t, d, []string{"last"}, string(rule))
	}
}

// Each operation fails once, on the disk of the log while that is broken and mended, or
// on that of the spill file. What was acknowledged is in the log at the end, in its
// order, and each once unless the process ended in between.
func TestT8_EachOperationOfTheSpillFails(t *testing.T) {
	for _, rule := range []SyncRule{SyncAlways, SyncInterval} {
		for n := 1; ; n++ {
			d, aside := newMemDisk(), newMemDisk()
			reached := false
			at := func(_ string, op int) fault {
				if reached = reached || op >= n; op == n {
					return fails
				}
				return works
			}
			aside.fault = at
			l, err := open(spillConfig(rule), d, aside)
			if err != nil {
				if l, err = open(spillConfig(rule), d, aside); err != nil {
					t.Fatalf("%s, operation %d: %v", rule, n, err)
				}
			}
			time.AfterFunc(20*time.Millisecond, broken(d)) // whom neither takes waits
			acknowledged := load(t.Context(), l, "a", 2, 6)
			broken(d)()
			soon(t, "the spill file is empty", func() bool { return l.spill.waiting() == 0 })
			acknowledged = append(acknowledged, load(t.Context(), l, "b", 1, 3)...)
			_ = l.Close(t.Context()) // to read or close the spill file may be what fails: then the next process has it
			aside.fault = nil
			l = mustOpen(t, spillConfig(rule), d, aside)
			soon(t, "nothing is left in the spill file", func() bool { return l.spill.waiting() == 0 })
			mustClose(t, l)
			where := fmt.Sprintf("%s, operation %d of the spill file fails", rule, n)
			wantSound(t, d, acknowledged, where)
			if len(acknowledged) < 2*8+4 {
				t.Errorf("%s: %d records were acknowledged, want all", where, len(acknowledged))
			}
			if !reached {
				t.Logf("%s: %d operations", rule, n-1)
				break
			}
		}
	}
}

// The power is lost at any moment while records wait, or go into the log.
func TestT11_PowerLossWithASpill(t *testing.T) {
	points := 150
	if long() {
		points = 5_000
	}
	for point := range points {
		rng := rand.New(rand.NewPCG(13, uint64(point)))
		d, aside := newMemDisk(), newMemDisk()
		c := spillConfig(SyncAlways)
		c.MaxBytes = int64(400 + rng.IntN(3000))
		var acknowledged []string
		for round := range 3 {
			l, err := open(c, d, aside)
			if err != nil {
				t.Fatalf("point %d, round %d: %v", point, round, err)
			}
			mend := broken(d)
			acknowledged = append(acknowledged, load(t.Context(), l, fmt.Sprintf("a%d", round), 2, 4)...)
			mend()
			ctx, cancel := context.WithCancel(t.Context())
			end := func(disk *memDisk, operations int) {
				disk.mu.Lock()
				defer disk.mu.Unlock()
				last := disk.ops + 1 + rng.IntN(operations)
				disk.fault = func(_ string, op int) fault {
					if op >= last {
						cancel()
						return gone
					}
					return works
				}
			}
			end(d, 30)
			end(aside, 20)
			acknowledged = append(acknowledged, load(ctx, l, fmt.Sprintf("b%d", round), 2, 4)...)
			giveUp(l)
			cancel()
			d, aside = d.powerLoss(rng), aside.powerLoss(rng)
		}
		l := mustOpen(t, c, d, aside)
		soon(t, "the spill file is empty", func() bool { return l.spill.waiting() == 0 })
		mustClose(t, l)
		there := make(map[string]bool)
		for _, name := range recordsOf(t, d) {
			there[name] = true
		}
		for _, name := range acknowledged {
			if !there[name] {
				t.Fatalf("point %d: %s was acknowledged, and is lost", point, name)
			}
		}
		wantSound(t, d, nil, fmt.Sprintf("point %d", point))
	}
}
