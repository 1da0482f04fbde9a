package bench

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/bench/workload"
)

// BenchmarkDecision is a decision on a prepared request, its answers checked
// before.
func BenchmarkDecision(b *testing.B) {
	for _, tt := range []struct {
		name string
		load func(b *testing.B) workload.Workload
	}{
		{"W1", func(*testing.B) workload.Workload { return workload.W1() }},
		{"W2", func(*testing.B) workload.Workload { return workload.W2() }},
		{"W3", w3},
		{"W4", func(*testing.B) workload.Workload { return workload.W4() }},
		{"W5", func(*testing.B) workload.Workload { return workload.W5() }},
		{"W6", w6},
	} {
		b.Run(tt.name, func(b *testing.B) {
			w := tt.load(b)
			b.Run("floor", func(b *testing.B) {
				e, ok, err := Floor(w)
				if !ok {
					b.Skipf("no floor for this workload: %v", err)
				}
				decide(b, e, err)
			})
			b.Run("forseti", func(b *testing.B) {
				e, err := Forseti(w)
				decide(b, e, err)
			})
		})
	}
}

// w3 needs memory and time, so that it has to be asked for.
func w3(b *testing.B) workload.Workload {
	if os.Getenv("FORSETI_BENCH_W3") != "1" && !strings.Contains(flag.Lookup("test.bench").Value.String(), "W3") {
		b.Skip("W3 is large: name it in -bench or set FORSETI_BENCH_W3=1")
	}
	return workload.W3()
}

func w6(b *testing.B) workload.Workload {
	shared := os.Getenv("FORSETI_SHARED")
	if shared == "" {
		b.Skip("FORSETI_SHARED is not set: it names the folder with the policies of Altinn")
	}
	w, err := workload.W6(shared)
	if err != nil {
		b.Fatal(err)
	}
	return w
}

// decide goes round the requests.
func decide(b *testing.B, e Engine, err error) {
	if err != nil {
		b.Fatal(err)
	}
	if err := e.Check(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.Decide(i)
		if i++; i == e.Requests {
			i = 0
		}
	}
}

func TestEngines_AnswersAreChecked(t *testing.T) {
	for _, w := range []workload.Workload{
		workload.W1(), workload.NewApps("small", 20, 0), workload.NewConditions("small", 10), workload.W5(),
	} {
		f, ok, err := Floor(w)
		if !ok || err != nil {
			t.Fatalf("%s: no floor: %v", w.Name(), err)
		}
		e, err := Forseti(w)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []Engine{f, e} {
			if err := e.Check(); err != nil {
				t.Errorf("%s: %v", w.Name(), err)
			}
		}
	}
	// An engine of other policies gives wrong answers, and they are found.
	p, err := Build(workload.W1().Documents())
	if err != nil {
		t.Fatal(err)
	}
	if err := Decider(p, workload.NewConditions("small", 10).Cases()).Check(); err == nil {
		t.Error("wrong answers are not found")
	}
}
