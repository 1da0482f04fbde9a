package index_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

func equal(s index.Slot, symbols ...symbol.Symbol) index.Constraint {
	return index.Constraint{Slot: s, Symbols: symbols}
}

func children(n int, constraints func(i int) []index.Constraint) []index.Child {
	out := make([]index.Child, n)
	for i := range out {
		out[i] = index.Child{ID: uint32(i), Constraints: constraints(i)}
	}
	return out
}

// named is children that each ask for a name of their own.
func named(n int) []index.Child {
	return children(n, func(i int) []index.Constraint { return []index.Constraint{equal(0, symbol.Symbol(i+1))} })
}

// owned is children that ask for a name that many share and for an owner.
func owned(n int) []index.Child {
	return children(n, func(i int) []index.Constraint {
		return []index.Constraint{equal(0, symbol.Symbol(i%20+1)), equal(1, symbol.Symbol(i/20+1))}
	})
}

// chain is children of five kinds, each of which asks for one attribute:
// equality, order of integers, of times, membership and the beginning of a
// text.
func chain(n int) []index.Child {
	return children(n, func(i int) []index.Constraint {
		c := index.Constraint{Slot: index.Slot(i % 5), Empty: true, Many: true}
		k := int64(i / 5)
		switch i % 5 {
		case 0:
			c.Symbols = []symbol.Symbol{symbol.Symbol(k + 1)}
		case 1:
			c.Ranges = []index.Range{{Low: 10 * k, High: 10*k + 9}}
		case 2:
			c.Ranges = []index.Range{{Low: 400 * k, High: 400*k + 60}}
		case 3:
			for j := range int64(8) {
				c.Symbols = append(c.Symbols, symbol.Symbol(100_000+8*k+j))
			}
		default:
			c.Prefixes = []string{fmt.Sprintf("case-%04d-", k)}
		}
		return []index.Constraint{c}
	})
}

// aimed is a request that child k of each kind of a chain applies to.
func aimed(k int) bags {
	return bags{
		one(symbol.Symbol(k+1), 0, ""),
		one(0, int64(10*k+5), ""),
		one(0, int64(400*k+60), ""),
		one(symbol.Symbol(100_000+8*k+3), 0, ""),
		one(0, 0, fmt.Sprintf("case-%04d-17", k)),
	}
}

func one(y symbol.Symbol, ordinal int64, text string) bag {
	return bag{known: true, symbols: []symbol.Symbol{y}, ordinals: []int64{ordinal}, texts: []string{text}}
}

func none() bag { return bag{known: true} }

// TestExactly shows that for the usual shapes of policies the index finds the
// right children and no others.
func TestExactly(t *testing.T) {
	shapes := []struct {
		name     string
		children []index.Child
		crowds   bool // an index that grew keeps some of them together
		requests []bags
	}{
		{"a name each", named(1000), false, []bags{
			{one(1, 0, "")},
			{one(1000, 0, "")},
			{one(1001, 0, "")},
			{one(0, 0, "")},
			{none()},
			{{}},
			{{known: true, symbols: []symbol.Symbol{4, 0, 9, 2000}}},
		}},
		{"one child", named(1), false, []bags{{one(1, 0, "")}, {one(2, 0, "")}}},
		{"one name for all", children(50, func(int) []index.Constraint { return []index.Constraint{equal(0, 3)} }), false, []bags{
			{one(3, 0, "")}, {one(4, 0, "")},
		}},
		{"a shared name and an owner", owned(1000), true, []bags{
			{one(3, 0, ""), one(7, 0, "")},
			{one(3, 0, ""), one(60, 0, "")},
			{one(21, 0, ""), one(7, 0, "")},
			{one(3, 0, ""), none()},
			{none(), one(7, 0, "")},
			{{}, one(7, 0, "")},
			{one(3, 0, ""), {}},
			{{known: true, symbols: []symbol.Symbol{4, 9}}, one(7, 0, "")},
		}},
		{"five kinds", chain(1000), false, []bags{
			aimed(0), aimed(77), aimed(199), aimed(200),
			{none(), none(), none(), none(), none()},
			{{}, one(0, 15, ""), one(0, 61, ""), none(), one(0, 0, "case-")},
		}},
	}
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			built := index.Build(shape.children)
			half := len(shape.children) / 2
			grown := index.Build(shape.children[:max(1, half)])
			for i := max(1, half); i < len(shape.children); i++ {
				grown = grown.Update(nil, shape.children[i:i+1])
			}
			for _, request := range shape.requests {
				want := possible(shape.children, request)
				if diff := cmp.Diff(want, candidates(built, request)); diff != "" {
					t.Errorf("built, candidates of %+v (-want +got):\n%s", request, diff)
				}
				check(t, grown, shape.children, request)
				if diff := cmp.Diff(want, candidates(grown, request)); diff != "" && !shape.crowds {
					t.Errorf("updated, candidates of %+v (-want +got):\n%s", request, diff)
				}
			}
		})
	}
}

// TestAlternation replaces children by others like them, as an edit of a
// policy does, and finds what an index built anew finds.
func TestAlternation(t *testing.T) {
	for _, shape := range [][]index.Child{named(300), owned(300), chain(300)} {
		now := slices.Clone(shape)
		x := index.Build(now)
		for round := range 3 * len(shape) {
			i := round * 7 % len(shape)
			other := shape[(i+5*round)%len(shape)]
			other.ID = now[i].ID
			x = x.Update(now[i:i+1], []index.Child{other})
			now[i] = other
		}
		anew := index.Build(now)
		for k := range 60 {
			request := aimed(k)
			if diff := cmp.Diff(possible(now, request), candidates(anew, request)); diff != "" {
				t.Errorf("built anew, candidates of %+v (-want +got):\n%s", request, diff)
			}
			if diff := cmp.Diff(possible(now, request), candidates(x, request)); diff != "" {
				t.Errorf("updated, candidates of %+v (-want +got):\n%s", request, diff)
			}
		}
	}
}

func TestOverlappingRanges(t *testing.T) {
	// Thresholds: half of the children are right for a value in the middle.
	all := children(1000, func(i int) []index.Constraint {
		return []index.Constraint{{Ranges: []index.Range{{Low: int64(i), High: 1 << 40}}}}
	})
	x := index.Build(all)
	for _, v := range []int64{-1, 0, 3, 100, 500, 999, 2000} {
		request := bags{one(0, v, "")}
		got, want := len(candidates(x, request)), len(possible(all, request))
		if got < want || got > want+want/3+8 {
			t.Errorf("of value %d there are %d candidates, want %d or few more", v, got, want)
		}
	}
	// One long range among short ones costs those nothing.
	all = append(children(1000, func(i int) []index.Constraint {
		return []index.Constraint{{Ranges: []index.Range{{Low: int64(10 * i), High: int64(10*i + 3)}}}}
	}), index.Child{ID: 5000, Constraints: []index.Constraint{{Ranges: []index.Range{{Low: 0, High: 1 << 40}}}}})
	request := bags{one(0, 5002, "")}
	if diff := cmp.Diff(possible(all, request), candidates(index.Build(all), request)); diff != "" {
		t.Errorf("candidates of %+v (-want +got):\n%s", request, diff)
	}
}

func TestNestedPrefixes(t *testing.T) {
	texts := []string{"a", "ab", "abc", "abd", "b", "ba\xff", "ba"}
	all := children(len(texts), func(i int) []index.Constraint { return []index.Constraint{{Prefixes: texts[i : i+1]}} })
	x := index.Build(all)
	for _, text := range []string{"", "a", "ab", "abca", "abcz", "abdd", "abe", "ac", "b", "baa", "ba\xff\xff", "c"} {
		request := bags{one(0, 0, text)}
		if diff := cmp.Diff(possible(all, request), candidates(x, request)); diff != "" {
			t.Errorf("candidates of %q (-want +got):\n%s", text, diff)
		}
	}
}

func TestBuildIsNilWhereItDoesNotHelp(t *testing.T) {
	if x := index.Build(nil); x != nil {
		t.Error("an index of nothing")
	}
	unconstrained := children(100, func(int) []index.Constraint { return nil })
	if x := index.Build(unconstrained); x != nil {
		t.Error("an index of children without constraints")
	}
	unconstrained[7].Constraints = []index.Constraint{equal(0, 1)}
	if x := index.Build(unconstrained); x != nil {
		t.Error("an index to leave out one of a hundred")
	}
	var none *index.Index
	if x := none.Update(nil, unconstrained); x != nil {
		t.Error("an update made an index of none")
	}
}

func TestSlots(t *testing.T) {
	x := index.Build(chain(1000))
	if diff := cmp.Diff([]index.Slot{0, 1, 2, 3, 4}, x.Slots()); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
	more := children(9, func(i int) []index.Constraint { return []index.Constraint{equal(9, symbol.Symbol(i+1))} })
	if diff := cmp.Diff([]index.Slot{0, 1, 2, 3, 4, 9}, x.Update(nil, more).Slots()); diff != "" {
		t.Errorf("slots after an update (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]index.Slot{0}, index.Build(named(3)).Slots()); diff != "" {
		t.Errorf("slots of names (-want +got):\n%s", diff)
	}
}

// TestManyAttributes has children that depend on more attributes than an index
// is deep: it must neither grow without bound nor leave anything out.
func TestManyAttributes(t *testing.T) {
	all := children(2000, func(i int) []index.Constraint {
		var constraints []index.Constraint
		for s := range 20 {
			constraints = append(constraints, index.Constraint{
				Slot: index.Slot(s), Empty: true, Many: true,
				Symbols: []symbol.Symbol{symbol.Symbol(i>>(s%11)&1 + 1), symbol.Symbol(3 + s%2)},
			})
		}
		return constraints
	})
	before := heap()
	x := index.Build(all)
	for i := range 50 { // accepts much of each attribute
		wide := index.Child{ID: uint32(10_000 + i)}
		for s := range 20 {
			c := index.Constraint{Slot: index.Slot(s), Empty: true, Many: true}
			for y := range 60 {
				c.Symbols = append(c.Symbols, symbol.Symbol(y+i%3+1))
			}
			wide.Constraints = append(wide.Constraints, c)
		}
		all = append(all, wide)
		x = x.Update(nil, []index.Child{wide})
	}
	if used := (heap() - before) / int64(len(all)); used > 2000 {
		t.Errorf("%d bytes a child", used)
	}
	request := slices.Repeat(bags{one(1, 0, "")}, 20)
	for i := range request {
		if i%3 == 0 {
			request[i] = none()
		}
		check(t, x, all, request)
	}
}

// TestUpdateWithMore adds far more children than there are.
func TestUpdateWithMore(t *testing.T) {
	all := chain(20_000)
	x := index.Build(all[:40]).Update(nil, all[40:200]).Update(nil, all[200:])
	for k := range 100 {
		request := aimed(k * 41)
		if diff := cmp.Diff(possible(all, request), candidates(x, request)); diff != "" {
			t.Errorf("candidates of %+v (-want +got):\n%s", request, diff)
		}
	}
	x = x.Update(all[:19_990], nil)
	if got := x.Candidates(slices.Repeat(bags{{}}, 5), nil); len(got) > 100 || len(candidates(x, slices.Repeat(bags{{}}, 5))) != 10 {
		t.Errorf("%d candidates of ten children", len(got))
	}
}

func TestUpdateLeavesTheOtherIndexAlone(t *testing.T) {
	for _, all := range [][]index.Child{named(5000), owned(5000), chain(5000)} {
		x := index.Build(all)
		var requests []bags
		var want [][]uint32
		for k := range 20 {
			requests = append(requests, aimed(k))
			want = append(want, candidates(x, aimed(k)))
		}
		others := children(200, func(i int) []index.Constraint { return all[i].Constraints })
		for i := range others {
			others[i].ID += 10_000
		}
		for _, update := range [][2][]index.Child{{all[:200], nil}, {nil, others}} {
			x.Update(update[0], update[1])
			for i, request := range requests {
				if diff := cmp.Diff(want[i], candidates(x, request)); diff != "" {
					t.Errorf("candidates of %+v (-before +after):\n%s", request, diff)
				}
			}
		}
	}
}

func TestCandidatesWhileUpdated(t *testing.T) {
	all := chain(2000)
	x := index.Build(all)
	request := aimed(7)
	want := possible(all, request)
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			next := x
			for j := range 50 {
				at := (i*500 + j*7) % len(all)
				next = next.Update(all[at:at+1], all[at:at+1])
				if diff := cmp.Diff(want, candidates(x, request)); diff != "" {
					t.Errorf("candidates (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(want, candidates(next, request)); diff != "" {
				t.Errorf("candidates after updates (-want +got):\n%s", diff)
			}
		})
	}
	wait.Wait()
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestUpdatesDoNotPileUp changes an index for a long time, always to children
// that ask for what none asked for before.
func TestUpdatesDoNotPileUp(t *testing.T) {
	const n, rounds = 500, 12
	shapes := map[string]func(i int) []index.Constraint{
		"names": func(i int) []index.Constraint { return []index.Constraint{equal(0, symbol.Symbol(i+1))} },
		"pairs": func(i int) []index.Constraint { return []index.Constraint{equal(0, symbol.Symbol(i/2+1))} },
		"ranges": func(i int) []index.Constraint {
			return []index.Constraint{{Ranges: []index.Range{{Low: 10 * int64(i), High: 10*int64(i) + 8}}}}
		},
		"prefixes": func(i int) []index.Constraint {
			return []index.Constraint{{Prefixes: []string{fmt.Sprintf("%08d", i)}}}
		},
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			now := children(n, shape)
			before := heap()
			x := index.Build(now)
			fresh := heap() - before
			for i := range rounds * n {
				next := index.Child{ID: now[i%n].ID, Constraints: shape(n + i)}
				x = x.Update(now[i%n:i%n+1], []index.Child{next})
				now[i%n] = next
				if i%50 == 0 {
					k := 1 + i + i%(n-1) // one of the present ones
					request := bags{one(symbol.Symbol(k/(1+i%2)), int64(10*k+7), fmt.Sprintf("%08d", k))}
					if got, want := check(t, x, now, request); got != want {
						t.Fatalf("after %d updates there are %d candidates of %+v, want %d", i, got, request, want)
					}
				}
			}
			if used := heap() - before; used > 6*fresh+64<<10 {
				t.Errorf("%d bytes after many updates, %d before", used, fresh)
			}
			runtime.KeepAlive(now)
			runtime.KeepAlive(x)
		})
	}
}

func TestMemory(t *testing.T) {
	const n = 100_000
	all := named(n)
	before := heap()
	x := index.Build(all)
	after := heap()
	runtime.KeepAlive(all)
	runtime.KeepAlive(x)
	if each := (float64(after) - float64(before)) / n; each > 40 {
		t.Errorf("%.1f bytes a child, want at most 40", each)
	} else {
		t.Logf("%.1f bytes a child", each)
	}
}

func TestCandidatesDoNotAllocate(t *testing.T) {
	x := index.Build(chain(1000))
	var view index.View = aimed(7)
	into := make([]uint32, 0, 16)
	if n := testing.AllocsPerRun(100, func() { into = x.Candidates(view, into[:0]) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// BenchmarkCandidates has a line for what it takes to make a request of plain
// slices and to ask it once.
func BenchmarkCandidates(b *testing.B) {
	request := slices.Repeat(bags{one(0, 0, "")}, 5)
	var view index.View = request
	into := make([]uint32, 0, 64)
	bench := func(name string, all []index.Child, aim func(random uint64)) {
		x := index.Build(all)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				aim(i * 0x9E3779B97F4A7C15 >> 32)
				into = x.Candidates(view, into[:0])
			}
		})
	}
	name := func(n uint64) func(uint64) {
		return func(random uint64) { request[0].symbols[0] = symbol.Symbol(random*n>>32 + 1) }
	}
	b.Run("nothing", func(b *testing.B) {
		aim := name(1000)
		for i := uint64(0); b.Loop(); i++ {
			aim(i * 0x9E3779B97F4A7C15 >> 32)
			view.Symbols(0)
		}
	})
	for _, n := range []uint64{1, 1000, 100_000} {
		bench(fmt.Sprintf("equality/%d", n), named(int(n)), name(n))
	}
	bench("shared/100000", owned(100_000), func(random uint64) {
		request[0].symbols[0] = symbol.Symbol(random&15 + 1)
		request[1].symbols[0] = symbol.Symbol(random*5000>>32 + 1)
	})
	texts := make([]string, 200)
	for i := range texts {
		texts[i] = aimed(i)[4].texts[0]
	}
	aim := func(random uint64) {
		k := int64(random * 200 >> 32)
		request[0].symbols[0] = symbol.Symbol(k + 1)
		request[1].ordinals[0] = 10*k + 5
		request[2].ordinals[0] = 400*k + 50
		request[3].symbols[0] = symbol.Symbol(100_000 + 8*k + 3)
		request[4].texts[0] = texts[k]
	}
	bench("chain/1000", chain(1000), aim)
	bench("chain-last/1000", chain(1000), func(uint64) { aim(1<<32 - 1) })
	for s, name := range []string{"equality", "integers", "times", "membership", "prefixes"} {
		part := slices.DeleteFunc(chain(1000), func(c index.Child) bool { return c.Constraints[0].Slot != index.Slot(s) })
		bench(name+"/200", part, aim)
	}
	bench("rules/8", rules(), func(random uint64) {
		request[0].symbols[0] = symbol.Symbol(random&63 + 1)
		request[1].symbols[0], request[2].symbols[0] = 200, 201
		request[3].symbols[0] = symbol.Symbol(random&7 + 100)
	})
}

func BenchmarkBuild(b *testing.B) {
	for _, shape := range []struct {
		name     string
		children []index.Child
	}{
		{"equality/1", named(1)},
		{"equality/8", named(8)},
		{"rules/8", rules()},
		{"chain/1000", chain(1000)},
		{"equality/100000", named(100_000)},
		{"shared/100000", owned(100_000)},
		{"chain/100000", chain(100_000)},
	} {
		b.Run(shape.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				index.Build(shape.children)
			}
		})
	}
}

// rules is those of one policy: each asks for one of some roles, for the
// policy's own resource and for one of some actions.
func rules() []index.Child {
	return children(8, func(i int) []index.Constraint {
		var roles, actions []symbol.Symbol
		for j := range 2 + i%3 {
			roles = append(roles, symbol.Symbol((i*11+j*17)%64+1))
		}
		for j := range 1 + i%4 {
			actions = append(actions, symbol.Symbol((i*3+j)%10+100))
		}
		return []index.Constraint{equal(0, roles...), equal(1, 200), equal(2, 201), equal(3, actions...)}
	})
}

func BenchmarkUpdate(b *testing.B) {
	for _, shape := range []struct {
		name     string
		children []index.Child
	}{
		{"equality/100000", named(100_000)},
		{"shared/100000", owned(100_000)},
		{"chain/1000", chain(1000)},
		{"chain/100000", chain(100_000)},
	} {
		x := index.Build(shape.children)
		b.Run(shape.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				at := i * 7919 % len(shape.children)
				x = x.Update(shape.children[at:at+1], shape.children[at:at+1])
			}
		})
	}
}
