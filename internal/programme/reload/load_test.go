package reload

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// configuration has changes count as soon as possible. No call is to be refused because
// this machine was busy with something else for a moment.
const configuration = `
server: {max_in_flight: 2000}
policies: {debounce: 1ms, rescan: 1s}
sources: []
`

// warm is how many changes there are before the service is looked at.
const warm = 30

// TestReloadUnderLoad is T9: the policies change again and again while calls come in, and
// one change in ten is broken.
func TestReloadUnderLoad(t *testing.T) {
	changes, share := 300, 0.4
	if harness.Long() {
		changes, share = 10_000, 0.7
	}
	f := newFolder(t)
	f.put(0, false)
	s := harness.Start(t, harness.Options{Config: configuration, Policies: f.path, Env: []string{"GOGC=100"}}) // without ballast
	read := func(int) *v1.AuthorizeRequest { return &v1.AuthorizeRequest{Action: "read"} }
	peak, err := harness.Load{Target: s.Address(), Duration: time.Second, InFlight: 8, Request: read, Check: f.check}.Run(t.Context())
	must(t, err)
	load := harness.Load{
		Target: s.Address(), Rate: share * peak.Goodput(), InFlight: 1000, Deadline: 10 * time.Second, Duration: time.Second, Request: read, Check: f.check,
	}
	t.Logf("peak %.0f calls a second, load %.0f", peak.Goodput(), load.Rate)

	changer := &changer{t: t, server: s, folder: f, probe: dial(t, s.Address())}
	for version := 1; version <= warm; version++ { // what is kept from one change to the next is there then
		changer.change(version, version%10 == 0)
	}
	before := steady(t, load, s)
	ctx, done := context.WithCancel(t.Context())
	defer done()
	during := make(chan total, 1)
	go func() { during <- under(ctx, load) }()
	began := time.Now()
	for version := warm + 1; version <= warm+changes; version++ {
		changer.change(version, version%10 == 0)
	}
	took := time.Since(began)
	done()
	while := <-during
	after := steady(t, load, s)

	if refused := (warm + changes) / 10; changer.refused != refused {
		t.Errorf("%d candidates were refused, want %d", changer.refused, refused)
	}
	for _, phase := range []struct {
		name string
		total
	}{{"before", before}, {"during", while}, {"after", after}} {
		t.Logf("%-6s %d calls, %d failed, %d wrong, p99 %s, live heap %.2f MiB", phase.name, phase.sent, phase.failed, len(phase.wrong), phase.p99, phase.heap/(1<<20))
		if phase.failed > 0 || len(phase.wrong) > 0 || phase.err != nil {
			t.Errorf("%s: %d calls failed %v, and %d were answered wrong %v (%v)", phase.name, phase.failed, phase.errors, len(phase.wrong), phase.wrong, phase.err)
		}
	}
	t.Logf("%d changes in %s, %d of them refused; memory %+.1f %%, p99 %.1f times that without changes", changes, took.Round(time.Millisecond),
		changer.refused, 100*(after.heap/before.heap-1), float64(while.p99)/float64(max(before.p99, after.p99)))
	// The heap is small here, and calls under way are on it.
	if most := 0.05*before.heap + 1<<20; after.heap > before.heap+most {
		t.Errorf("the live heap was %.0f bytes before and is %.0f after", before.heap, after.heap)
	}
	if ratio := float64(while.p99) / float64(max(before.p99, after.p99)); harness.Long() && ratio > 2 {
		t.Errorf("p99 is %.1f times as long while policies change, want at most twice", ratio)
	}
}

// changer changes the policies, and waits until each change counts.
type changer struct {
	t       *testing.T
	server  *harness.Server
	folder  *folder
	probe   v1.AuthorizationServiceClient
	good    int // the version in force
	refused int
}

// change puts a version into the folder. The one before stays where it is until it is
// not in force any more, as a volume does it.
func (c *changer) change(version int, broken bool) {
	c.t.Helper()
	rejected := func() float64 {
		return c.server.Metrics(c.t).Value(`forseti_policy_reloads_total{result="rejected"}`)
	}
	before := 0.0
	if broken {
		before = rejected()
	}
	want := c.folder.put(version, broken)
	if version%2 == 0 { // beside what the file system tells
		c.server.Signal(syscall.SIGHUP)
	}
	counts := func() bool { return c.snapshot() == want }
	if broken {
		counts = func() bool { return rejected() > before }
	}
	for end := time.Now().Add(20 * time.Second); !counts(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("version %d (broken: %t) was not noticed:\n%s", version, broken, c.server.Log())
		}
	}
	if broken {
		c.refused++
		if got, want := c.snapshot(), c.folder.id(c.good); got != want {
			c.t.Errorf("version %d is broken, and the snapshot in force is %s, want still %s", version, got, want)
		}
		return
	}
	c.folder.remove(c.good)
	if version%10 == 1 && version > 1 {
		c.folder.remove(version - 1) // the broken one
	}
	c.good = version
}

// snapshot is the one in force.
func (c *changer) snapshot() string {
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	r, err := c.probe.Authorize(ctx, &v1.AuthorizeRequest{Action: "read"})
	if err != nil {
		c.t.Errorf("a call failed: %v", err)
	}
	return r.GetSnapshot()
}

// id is the id of a version that is valid.
func (f *folder) id(version int) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, v := range f.versions {
		if v == version {
			return id
		}
	}
	return ""
}

func dial(t *testing.T, address string) v1.AuthorizationServiceClient {
	t.Helper()
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return v1.NewAuthorizationServiceClient(c)
}

// total is what became of the calls of a phase.
type total struct {
	sent, failed int64
	p99          time.Duration // the median of those of its seconds
	wrong        []error
	errors       []error
	heap         float64 // bytes that were alive at the last garbage collection, at least
	err          error
}

// under makes load second by second, until ctx ends. The calls of the last second are
// finished.
func under(ctx context.Context, load harness.Load) (all total) {
	var p99 []time.Duration
	for ctx.Err() == nil {
		r, err := load.Run(context.WithoutCancel(ctx))
		if err != nil {
			all.err = err
			break
		}
		all.sent, all.failed = all.sent+r.Sent, all.failed+r.Failed()
		all.wrong, all.errors = append(all.wrong, r.Wrong...), append(all.errors, r.Errors...)
		p99 = append(p99, r.P99)
	}
	if len(p99) > 0 {
		slices.Sort(p99)
		all.p99 = p99[len(p99)/2]
	}
	return all
}

// steady makes load without changes, and looks at the memory.
func steady(t *testing.T, load harness.Load, s *harness.Server) total {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	done := make(chan total, 1)
	go func() { done <- under(ctx, load) }()
	heap := 0.0
	for ctx.Err() == nil {
		if live := s.Metrics(t).Value("go_gc_heap_live_bytes"); heap == 0 || live < heap {
			heap = live
		}
		time.Sleep(50 * time.Millisecond)
	}
	all := <-done
	all.heap = heap
	if heap == 0 {
		t.Fatal(fmt.Errorf("the service does not tell what is alive on its heap"))
	}
	return all
}
