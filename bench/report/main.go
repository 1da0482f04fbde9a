// Command report measures decisions of Forseti beside the floor and prints a
// table of both. The engines take turns, batch by batch, in rounds; each figure
// is the median of the rounds, and a ratio is the median of the ratios of each
// round.
//
//	go run ./bench/report                                  W1, W2, W4, W5, and W6 if FORSETI_SHARED is set
//	go run ./bench/report -w3 -img docs/img                 W3 too, and a picture of the growth
//	go run ./bench/report -w3 -xml /var/tmp/w3              W3 from a folder that is written once
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/forseti-pdp/forseti/bench"
	"github.com/forseti-pdp/forseti/bench/workload"
)

// options are the flags.
type options struct {
	rounds int
	w3     bool
	img    string
	xml    string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 11, "`number` of rounds")
	flag.BoolVar(&o.w3, "w3", false, "measure W3: memory and loading from XML files as well")
	flag.StringVar(&o.img, "img", "", "`folder` to write the picture of the growth, growth.svg, to")
	flag.StringVar(&o.xml, "xml", "", "`folder` of the XML files of W3, written if there are none (default: a temporary one)")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	if o.rounds < 1 || flag.NArg() > 0 {
		return fmt.Errorf("at least one round, and no arguments: %q", flag.Args())
	}
	var loaded *load
	var all []*series
	if o.w3 { // first, while the heap holds nothing else
		s, l, err := loadW3(o.xml)
		if err != nil {
			return err
		}
		loaded, all = l, append(all, s)
	}
	workloads, err := others(o.img != "")
	if err != nil {
		return err
	}
	for _, w := range workloads {
		s, err := newSeries(w)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	measure(all, o.rounds)
	order(all)
	if _, err := os.Stdout.Write(tables(all, loaded)); err != nil || o.img == "" {
		return err
	}
	return os.WriteFile(filepath.Join(o.img, "growth.svg"), picture(lines(all)), 0o644)
}

// others are the workloads beside W3, with more sizes of the policy base if the
// growth is wanted.
func others(growth bool) ([]workload.Workload, error) {
	all := []workload.Workload{workload.W1(), workload.W2(), workload.W4(), workload.W5()}
	if growth {
		for _, policies := range []int{10, 100, 10_000} {
			all = append(all, workload.NewApps(fmt.Sprintf("%d apps", policies), policies, 0))
		}
	}
	if shared := os.Getenv("FORSETI_SHARED"); shared != "" {
		w, err := workload.W6(shared)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// newSeries loads the engines of a workload.
func newSeries(w workload.Workload) (*series, error) {
	e, err := bench.Forseti(w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name(), err)
	}
	return withFloor(w, e)
}
