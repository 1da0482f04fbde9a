package symbol_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
)

func names(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("urn:example:name:%d", i*7919)
	}
	return names
}

func tableOf(names []string) *symbol.Table {
	b := symbol.Extend(nil)
	for _, s := range names {
		b.Intern(s)
	}
	return b.Table()
}

func TestEmptyTables(t *testing.T) {
	for name, table := range map[string]*symbol.Table{"nil": nil, "zero": {}, "of a builder": symbol.Extend(nil).Table()} {
		if got := table.Lookup(""); got != 0 {
			t.Errorf("%s: Lookup of the empty string is %d, want 0", name, got)
		}
		if got := table.Len(); got != 0 {
			t.Errorf("%s: Len is %d, want 0", name, got)
		}
		if got := table.Text(0); got != "" {
			t.Errorf("%s: Text of 0 is %q, want none", name, got)
		}
		if got := symbol.Extend(table).Intern(""); got != 1 {
			t.Errorf("%s: the first symbol is %d, want 1", name, got)
		}
	}
}

// TestAgainstMap extends tables again and again, sometimes two from one, and
// compares each with a map: what a table says must not change when another
// one is made of it.
func TestAgainstMap(t *testing.T) {
	type version struct {
		table *symbol.Table
		want  map[string]symbol.Symbol
	}
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		versions := []version{{nil, nil}}
		for range 40 {
			from := versions[random.IntN(len(versions))]
			b := symbol.Extend(from.table)
			want := make(map[string]symbol.Symbol)
			maps.Copy(want, from.want)
			for range random.IntN(60) {
				s := strings.Repeat("é", random.IntN(3)) + fmt.Sprint(random.IntN(2000))
				y, known := want[s]
				if got := b.Lookup(s); got != y {
					t.Fatalf("seed %d: Lookup(%q) of the builder is %d, want %d", seed, s, got, y)
				}
				if !known {
					y = symbol.Symbol(len(want) + 1)
					want[s] = y
				}
				if got := b.Intern(s); got != y {
					t.Fatalf("seed %d: Intern(%q) is %d, want %d", seed, s, got, y)
				}
			}
			table := b.Table()
			if (table == from.table) != (len(want) == len(from.want)) {
				t.Fatalf("seed %d: %d strings became %d, same table: %t", seed, len(from.want), len(want), table == from.table)
			}
			versions = append(versions, version{table, want})
		}
		for _, v := range versions {
			if v.table.Len() != len(v.want) {
				t.Fatalf("seed %d: Len is %d, want %d", seed, v.table.Len(), len(v.want))
			}
			for i := range 2000 {
				s := fmt.Sprint(i)
				if got := v.table.Lookup(s); got != v.want[s] {
					t.Fatalf("seed %d: Lookup(%q) is %d, want %d", seed, s, got, v.want[s])
				}
			}
			for s, y := range v.want {
				if got := v.table.Text(y); got != s {
					t.Fatalf("seed %d: Text(%d) is %q, want %q", seed, y, got, s)
				}
			}
		}
	}
}

// TestLargeTables crosses every way in which a table grows: copied whole, with
// a layer beside it, and made one again.
func TestLargeTables(t *testing.T) {
	all := names(6000)
	var tables []*symbol.Table
	table := tableOf(all[:900])
	for n := 900; n < len(all); n += 37 {
		b := symbol.Extend(table)
		for _, s := range all[n:min(n+37, len(all))] {
			b.Intern(s)
		}
		table = b.Table()
		tables = append(tables, table)
	}
	for _, table := range tables {
		for i, s := range all {
			want := symbol.Symbol(i + 1)
			if i >= table.Len() {
				want = 0
			}
			if got := table.Lookup(s); got != want {
				t.Fatalf("with %d strings, symbol of %q is %d, want %d", table.Len(), s, got, want)
			}
			if want != 0 && table.Text(want) != s {
				t.Fatalf("with %d strings, text of %d is %q, want %q", table.Len(), want, table.Text(want), s)
			}
		}
	}
	if got, want := table.Len(), len(all); got != want {
		t.Errorf("Len is %d, want %d", got, want)
	}
}

// TestLookupAll compares looking up many strings at once with looking up each, in
// tables with and without a layer beside them.
func TestLookupAll(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	text := func() string {
		b := make([]byte, random.IntN(40))
		for i := range b {
			b[i] = "ab\x00\x7f"[random.IntN(4)]
		}
		if random.IntN(500) == 0 {
			return "é" + string(b)
		}
		return string(b)
	}
	tables := []*symbol.Table{nil, {}}
	var known []string
	for _, n := range []int{1, 30, 1000, 1200} {
		b := symbol.Extend(tables[len(tables)-1])
		for range n {
			known = append(known, text())
			b.Intern(known[len(known)-1])
		}
		tables = append(tables, b.Table())
	}
	for _, table := range tables {
		for n := range 100 {
			strings := make([]string, n)
			ascii := true
			for i := range strings {
				if strings[i] = text(); random.IntN(2) == 0 {
					strings[i] = known[random.IntN(len(known))]
				}
				_, a := symbol.KeyOf(strings[i])
				ascii = ascii && a
			}
			symbols := slices.Repeat([]symbol.Symbol{12345}, n)
			if got := table.LookupAll(strings, symbols); got != ascii {
				t.Errorf("%q are all ASCII: got %t, want %t", strings, got, ascii)
			}
			for i, s := range strings {
				if want := table.Lookup(s); symbols[i] != want {
					t.Fatalf("table of %d: symbol of %q among %d is %d, want %d", table.Len(), s, n, symbols[i], want)
				}
			}
		}
	}
}

// TestKeyOf shows that the key of a short string says all of it, and that the key
// of any string says whether it is ASCII.
func TestKeyOf(t *testing.T) {
	keys := make(map[symbol.Key]string)
	for n := range 17 {
		plain := strings.Repeat("a", n)
		texts := []string{plain}
		for i := range n {
			for c := range 256 {
				texts = append(texts, plain[:i]+string([]byte{byte(c)})+plain[i+1:])
			}
		}
		for _, s := range texts {
			k, _ := symbol.KeyOf(s)
			if other, ok := keys[k]; ok && other != s {
				t.Fatalf("%q and %q have the same key", s, other)
			}
			keys[k] = s
		}
	}
	for n := range 70 {
		for i := range n {
			s := []byte(strings.Repeat("a", n))
			for _, c := range []byte{0, 'x', 0x7f, 0x80, 0xff} {
				s[i] = c
				if _, ascii := symbol.KeyOf(string(s)); ascii != (c < 0x80) {
					t.Fatalf("%q: got %t for whether it is ASCII", s, ascii)
				}
			}
		}
	}
}

func TestInternKeepsItsOwnCopy(t *testing.T) {
	document := strings.Repeat("x", 1000) + "name"
	b := symbol.Extend(nil)
	y := b.Intern(document[1000:])
	if text := b.Table().Text(y); unsafe.StringData(text) == unsafe.StringData(document[1000:]) {
		t.Error("the table keeps the memory of the document alive")
	}
}

func TestLookupWhileExtended(t *testing.T) {
	known := names(1000)
	table := tableOf(known)
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			b := symbol.Extend(table)
			b.Intern(fmt.Sprint("new", i))
			next := b.Table()
			for j, s := range known {
				if table.Lookup(s) != symbol.Symbol(j+1) || next.Lookup(s) != symbol.Symbol(j+1) {
					t.Errorf("%q lost its symbol", s)
				}
			}
		})
	}
	wait.Wait()
}

func TestLookupDoesNotAllocate(t *testing.T) {
	table := tableOf(names(100))
	if n := testing.AllocsPerRun(100, func() { table.Lookup("urn:example:name:0"); table.Lookup("none") }); n != 0 {
		t.Errorf("%v allocations a lookup, want 0", n)
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{100, 200_000} {
		known := names(n)
		table := tableOf(known)
		plain := make(map[string]symbol.Symbol)
		for i, s := range known {
			plain[s] = symbol.Symbol(i + 1)
		}
		ask := map[string][]string{"hit": make([]string, 4096), "miss": make([]string, 4096)}
		for i := range 4096 {
			ask["hit"][i] = strings.Clone(known[i*7919%n])
			ask["miss"][i] = fmt.Sprintf("urn:example:none:%d", i)
		}
		for _, outcome := range []string{"hit", "miss"} {
			strings := ask[outcome]
			b.Run(fmt.Sprintf("%d/%s/table", n, outcome), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					table.Lookup(strings[i&4095])
				}
			})
			b.Run(fmt.Sprintf("%d/%s/map", n, outcome), func(b *testing.B) {
				var y symbol.Symbol
				for i := 0; b.Loop(); i++ {
					y += plain[strings[i&4095]]
				}
				_ = y
			})
		}
	}
}

func BenchmarkExtend(b *testing.B) {
	table := tableOf(names(200_000))
	b.Run("200000/one-new", func(b *testing.B) {
		for b.Loop() {
			next := symbol.Extend(table)
			next.Intern("new")
			next.Table()
		}
	})
	b.Run("200000/none-new", func(b *testing.B) {
		for b.Loop() {
			next := symbol.Extend(table)
			next.Intern("urn:example:name:0")
			next.Table()
		}
	})
}
