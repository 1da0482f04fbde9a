package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// run measures what the flags say and prints the tables.
func run(arguments []string, out, progress io.Writer) error {
	m := measurement{inputs: fullSize(), progress: progress}
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(progress)
	names := flags.String("workloads", "W1,W2,W4,W5", "the `workloads` to measure")
	w3 := flags.Bool("w3", false, "measure W3 as well: minutes, and 5 GB of memory")
	engines := flags.String("engines", "", "measure only engines whose `names` begin with one of these")
	flags.IntVar(&m.rounds, "rounds", 5, "the `number` of rounds")
	flags.DurationVar(&m.cell, "cell", 50*time.Millisecond, "the `time` for an engine and a workload in a round")
	flags.DurationVar(&m.verify, "verify", 2*time.Second, "the `time` to check answers of an engine on a workload")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if m.rounds < 1 || flags.NArg() > 0 {
		return fmt.Errorf("at least one round, and no arguments: %q", flags.Args())
	}
	chosen := strings.Split(*names, ",")
	for _, name := range chosen {
		if !slices.Contains(workloads(), name) {
			return fmt.Errorf("no workload %q", name)
		}
	}
	for _, name := range workloads() {
		if slices.Contains(chosen, name) || *w3 && name == "W3" {
			m.workloads = append(m.workloads, name)
		}
	}
	if m.contenders = choose(*engines); len(m.contenders) == 0 {
		return fmt.Errorf("no engine %q", *engines)
	}
	var order []string
	for _, c := range m.contenders {
		order = append(order, c.name)
	}
	measured, err := m.run()
	if err != nil {
		return err
	}
	return measured.write(out, order)
}

// choose gives the engines that names say, all if there are none.
func choose(names string) []contender {
	if names == "" {
		return contenders()
	}
	var chosen []contender
	for _, c := range contenders() {
		if slices.ContainsFunc(strings.Split(names, ","), func(name string) bool { return strings.HasPrefix(c.name, name) }) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}
