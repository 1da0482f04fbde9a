// Command rpc measures the service over gRPC beside servers that do nothing:
// what a decision costs on top of a call.
//
//	go run ./bench/rpc            W1, W2, W7, batches and streams
//	go run ./bench/rpc -w3        W3 too, which takes memory and a minute to load
//
// Each server is a process of its own on one processor, and so is the client on
// another, which keeps calls in flight on a few connections. The servers take
// turns in rounds; each figure is the median of the rounds, and a ratio is the
// median of the ratios of each round. Answers are checked. Everything is on the
// loopback and ends with this program.
//
// The servers that do nothing are as grpc.NewServer makes them, save for one that
// has the options and the ballast of the service. Calls have a deadline, as calls
// should: it costs a server of gRPC two timers, those that do nothing as well. See
// -deadline.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"
)

// options are the flags.
type options struct {
	rounds   int
	duration time.Duration
	w3       bool
	deadline bool
	only     string
	profile  string
	serve    string
	load     bool
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "`number` of rounds")
	flag.DurationVar(&o.duration, "duration", time.Second, "how long a server is measured in a round")
	flag.BoolVar(&o.w3, "w3", false, "measure W3 as well")
	flag.BoolVar(&o.deadline, "deadline", true, "give calls a deadline")
	flag.StringVar(&o.only, "only", "", "measure only servers whose name this regular `expression` matches, and those that they are compared with")
	flag.StringVar(&o.profile, "profile", "", "`folder` for a processor profile of each server")
	flag.StringVar(&o.serve, "serve", "", "be the server of this `name`, for this program itself")
	flag.BoolVar(&o.load, "load", false, "be the client, for this program itself")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "rpc:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	switch {
	case o.serve != "":
		return serve(o)
	case o.load:
		return load(o)
	case o.rounds < 1 || flag.NArg() > 0:
		return fmt.Errorf("at least one round, and no arguments: %q", flag.Args())
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	contenders := slices.DeleteFunc(contenders(o.w3), func(c contender) bool {
		return !only.MatchString(c.name) && c.name != rawNoop && c.name != codedNoop
	})
	results, err := measure(o, contenders)
	if err != nil {
		return err
	}
	return printTable(os.Stdout, contenders, results)
}
