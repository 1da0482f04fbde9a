package pap

import (
	"fmt"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// timed measures candidates of another compiler.
type timed struct {
	first atomic.Int64 // when a file was handed over first, in Unix nanoseconds
	sets  atomic.Int64 // time in Set, of all goroutines, in nanoseconds
	begin time.Duration
	build time.Duration
	built time.Time
}

func (m *timed) of(compile Compile) Compile {
	return func(base *pdp.PDP) Candidate {
		began := time.Now()
		c := compile(base)
		m.begin = time.Since(began)
		return timedCandidate{c, m}
	}
}

type timedCandidate struct {
	Candidate
	timed *timed
}

func (c timedCandidate) Set(file File) Outcome {
	began := time.Now()
	c.timed.first.CompareAndSwap(0, began.UnixNano())
	defer func() { c.timed.sets.Add(int64(time.Since(began))) }()
	return c.Candidate.Set(file)
}

func (c timedCandidate) Build(outcomes iter.Seq[Outcome]) (Compiled, policy.Problems) {
	began := time.Now()
	defer func() { c.timed.built = time.Now(); c.timed.build = c.timed.built.Sub(began) }()
	return c.Candidate.Build(outcomes)
}

// heap is the memory of all objects, dead ones that were not found yet included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// live is the memory of all objects that are in use.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	return heap()
}

// peak gives the most memory that the work has at any time.
func peak(work func()) uint64 {
	var most uint64
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			most = max(most, heap())
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	work()
	close(stop)
	watch.Wait()
	return most
}

// policyOf2KB is a policy of about 2 KB that is not like the others.
func policyOf2KB(i int, effect string) string {
	match := func(category, id, text string) string {
		return `<Match MatchId="` + xacml.Function1 + `string-equal">` + literal("string", text) +
			`<AttributeDesignator Category="` + category + `" AttributeId="` + id +
			`" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></Match>`
	}
	return `<Policy xmlns="` + xacml.Namespace + `" PolicyId="` + fmt.Sprintf("policy:%d", i) + `" Version="1.0" RuleCombiningAlgId="` +
		xacml.RuleAlgorithm3 + `deny-overrides"><Target><AnyOf><AllOf>` + match(xacml.CategoryResource, "app", fmt.Sprint("app", i)) +
		`</AllOf></AnyOf></Target>` + "\n" + `<Rule RuleId="r" Effect="` + effect + `"><Target><AnyOf><AllOf>` +
		match(xacml.CategoryAction, "action", "read") + match(xacml.CategoryResource, "org", fmt.Sprint("org", i%100)) +
		match(xacml.CategoryAccessSubject, "role", fmt.Sprint("role", i%7)) + `</AllOf></AnyOf></Target></Rule></Policy>`
}

// TestMeasure_ManyFiles prints what a folder of many policies costs: the first
// load, a look at which nothing changed, a reading of everything, and a change
// of one file. It asserts nothing but that a change is found.
func TestMeasure_ManyFiles(t *testing.T) {
	if os.Getenv("FORSETI_LONG") == "" {
		t.Skip("FORSETI_LONG=1 measures")
	}
	const files = 20_000
	f := newFixture(t)
	f.config.Verify = time.Hour
	var bytes int
	for i := range files {
		text := policyOf2KB(i, "Permit")
		bytes += len(text)
		if i < 100 {
			f.must(os.Mkdir(f.path(fmt.Sprintf("org%02d", i)), 0o755))
		}
		f.must(os.WriteFile(f.path(fmt.Sprintf("org%02d/app%06d.xml", i%100, i)), []byte(text), 0o644))
	}
	time.Sleep(2 * defaultRest) // a folder of long ago
	var m timed
	f.config.Compile = m.of(CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "library"))
	before := live()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	allocated := memory.TotalAlloc
	began := time.Now()
	most := peak(func() { f.open() })
	took := time.Since(began) - f.config.Settle
	runtime.ReadMemStats(&memory)
	each := func(d time.Duration) time.Duration { return d / files }
	t.Logf("%d files of %d bytes in %d folders, %d processors", files, bytes/files, 100, runtime.GOMAXPROCS(0))
	t.Logf("first load: %v, %v a file; Set %v a file on one processor, Build %v; %d bytes allocated a file",
		took, each(took), each(time.Duration(m.sets.Load())), m.build, (memory.TotalAlloc-allocated)/files)
	base := live()
	t.Logf("memory: %d bytes a file live, %.2f times that at the peak of the load", (base-before)/files, float64(most-before)/float64(base-before))
	for range 3 {
		began = time.Now()
		look, err := f.store.examine(t.Context(), false)
		f.must(err)
		t.Logf("look without a change: %v, of which listing %v, so a pause of %v", time.Since(began), look.took, max(defaultPoll, 4*look.took))
	}
	began = time.Now()
	f.must(f.store.Reload(t.Context()))
	t.Logf("reading of everything: %v, %v a file", time.Since(began), each(time.Since(began)))
	for i := range 6 {
		needed := i%2 == 1 // every other change is about memory, and the others about time
		name := fmt.Sprintf("org%02d/app%06d.xml", i, i)
		f.write(name, policyOf2KB(i, "Deny"))
		m.first.Store(0)
		m.sets.Store(0)
		base = live()
		if needed {
			debug.SetGCPercent(5) // what is dead hardly counts then
		}
		began = time.Now()
		most = peak(func() {
			_, err := f.store.examine(t.Context(), false)
			f.must(err)
		})
		took := time.Since(began) - f.config.Settle
		debug.SetGCPercent(100)
		s := f.store.Current()
		if s.LoadedAt.Before(began) {
			t.Fatalf("%s changed: got the snapshot of %v, want a new one", name, s.LoadedAt)
		}
		if needed {
			t.Logf("change of one file: peak of memory in use %.2f times", float64(most-before)/float64(base-before))
			continue
		}
		t.Logf("change of one file: %v for two looks and all; %v from the file being read to the snapshot: Set %v, Build %v, swap %v, the rest hashing; Edit %v before",
			took, s.LoadedAt.Sub(time.Unix(0, m.first.Load())), time.Duration(m.sets.Load()), m.build, s.LoadedAt.Sub(m.built), m.begin)
	}
}
