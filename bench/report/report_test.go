package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("got %v, want %v; values %v", got, tt.want, tt.values)
		}
	}
}

// A ratio is that of rounds, in which both were measured: not of two medians.
func TestRatio(t *testing.T) {
	of, to := &cell{rounds: []float64{10, 100, 400}}, &cell{rounds: []float64{5, 10, 80}}
	if got := ratio(of, to); got != 5 {
		t.Errorf("got %v, want 5", got)
	}
}

func TestNiceStep(t *testing.T) {
	for least, want := range map[float64]float64{0.3: 1, 1: 1, 1.1: 2, 3: 5, 5: 5, 70: 100, 120: 200, 201: 500} {
		if got := niceStep(least); got != want {
			t.Errorf("got %v, want %v; least %v", got, want, least)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999.4: "999", 1_000: "1,000", 123_456.7: "123,457", 1e6: "1,000,000"} {
		if got := number(n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// made is measured figures, as if by two rounds.
func made(name string, policies int, floor, forseti float64) *series {
	s := &series{name: name, policies: policies, forseti: &cell{rounds: []float64{forseti, forseti}}}
	if floor > 0 {
		s.floor = &cell{rounds: []float64{floor, floor}}
	}
	return s
}

func TestTables(t *testing.T) {
	all := []*series{
		made("W3", 100_000, 600, 900), made("10 apps", 10, 200, 300), made("W1", 1, 200, 250), made("W6", 0, 0, 700),
		made("W2", 1_000, 250, 375), made("W5", 0, 3_000, 9_000),
	}
	order(all)
	got := tables(all, &load{
		policies: 100_000, bytes: 2_500_000_000, heap: 150e6,
		total: 8 * time.Second, reading: 2 * time.Second, parsing: 5 * time.Second,
	})
	_, text, _ := strings.Cut(string(got), "\n\n")
	want := `| workload | floor, ns a decision | Forseti, ns a decision | Forseti / floor | to reach | allocations |
|---|--:|--:|--:|---|--:|
| W1 | 200 | 250 | 1.25 | <= 2: reached | 0 |
| W2 | 250 | 375 | 1.50 | <= 2: reached | 0 |
| W3 | 600 | 900 | 1.50 | <= 2: reached | 0 |
| W5 | 3000 | 9000 | 3.00 | <= 2: **not reached** | 0 |
| W6 | | 700 | | | 0 |
| 10 apps | 200 | 300 | 1.50 | <= 2: reached | 0 |

| what | measured | to reach |
|---|--:|---|
| growth W2/W1 | 1.50 (floor 1.25) | <= 1.4: **not reached** |
| growth W3/W1 | 3.60 (floor 3.00) | <= 3: **not reached** |
| W3 live heap, MB | 150 | <= 200: reached |
| W3 from XML files to the first decision, us a policy and core | 80.0 (reading 20.0, XML 50.0, the rest 10.0; 25.0 KB each) | <= 100: reached |
`
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}

// The picture is XML, its lines stay inside of it, and its names do not overlap.
func TestPicture(t *testing.T) {
	all := []*series{
		made("W3", 100_000, 940, 945), made("10 apps", 10, 180, 260), made("100 apps", 100, 181, 262), made("W1", 1, 175, 255),
		made("W2", 1_000, 190, 280), made("10000 apps", 10_000, 400, 600), made("W4", 0, 80, 150),
	}
	svg := picture(lines(all))
	root, err := xacmlxml.ReadContent(svg, xacmlxml.DefaultLimits())
	if err != nil {
		t.Fatalf("the picture is not XML: %v", err)
	}
	if got := len(root.SelectElements("circle")); got != 12 {
		t.Errorf("got %d points, want 12", got)
	}
	a := newAxes(lines(all))
	if a.decades != 5 || a.most != 1_000 || a.step != 200 || a.unit() != "nanoseconds" {
		t.Errorf("got axes %+v, want 5 decades and 1,000 ns in steps of 200", a)
	}
	if slow := newAxes(lines([]*series{made("W1", 1, 200, 1_234_567)})); slow.unit() != "microseconds" {
		t.Errorf("got %s, want microseconds for a slow engine", slow.unit())
	}
	if x, y := a.x(1), a.y(0); x != left || y != bottom {
		t.Errorf("got the origin at %v, %v", x, y)
	}
	if x, y := a.x(100_000), a.y(1_000); math.Abs(x-right) > 1e-9 || y != top {
		t.Errorf("got the end at %v, %v", x, y)
	}
}

func TestMeasure_TakesTurns(t *testing.T) {
	w := workload.NewApps("W1", 1, 0)
	s, err := newSeries(w)
	if err != nil {
		t.Fatal(err)
	}
	measure([]*series{s}, 2)
	for _, c := range []*cell{s.floor, s.forseti} {
		if len(c.rounds) != 2 || c.ns() <= 0 {
			t.Errorf("%s: got rounds %v, want two", c.engine.Name, c.rounds)
		}
	}
	if s.floor.allocs != 0 {
		t.Errorf("got %v allocations of the floor, want none", s.floor.allocs)
	}
	if r := ratio(s.forseti, s.floor); r <= 0 {
		t.Errorf("got ratio %v", r)
	}
}

// From files to a PDP that gives the right answers.
func TestLoadFiles(t *testing.T) {
	w, dir := workload.NewApps("small", 20, 0), t.TempDir()
	if names, err := policyFiles(filepath.Join(dir, "none")); len(names) > 0 || err != nil {
		t.Errorf("got %d files and %v of a folder that is not there", len(names), err)
	}
	if err := workload.WriteXML(dir, w); err != nil {
		t.Fatal(err)
	}
	names, err := policyFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, l, err := loadFiles(dir, names, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Check(); err != nil {
		t.Error(err)
	}
	if l.policies != 20 || l.bytes < 20*25_000 || l.total < l.reading+l.parsing || l.parsing <= 0 {
		t.Errorf("got %+v", *l)
	}
	if got := e.Decide(0); got != w.Requests[0].Expected {
		t.Errorf("got %s, want %s", got, w.Requests[0].Expected)
	}
	if err := os.WriteFile(names[3], []byte("<Policy/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := loadFiles(dir, names, w); err == nil {
		t.Error("got no error of a file that is no policy")
	}
}

// Wrong answers are never timed.
func TestCell_WrongAnswers(t *testing.T) {
	w := workload.W1()
	e, err := newSeries(w)
	if err != nil {
		t.Fatal(err)
	}
	w.Requests[0].Expected = xacml.IndeterminateDP
	if _, err := withFloor(w, e.forseti.engine); err == nil {
		t.Error("got no error")
	}
}
