package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// The processors of the servers and of the client.
const (
	serverCore = 0
	clientCore = 1
)

// contender is a server and what it is asked.
type contender struct {
	name     string
	server   string // see newServer
	workload string // of the requests
	mode     mode
}

// mode is how requests are sent.
type mode string

const (
	unary  mode = "unary"
	batch  mode = "batch"  // many requests in a message
	stream mode = "stream" // many messages of a stream at a time
)

// together is how many requests a batch has, or are sent at a time on a stream.
const together = 16

// The servers that the others are compared with.
const (
	rawNoop   = "no-op, bytes not decoded"
	codedNoop = "no-op, generated code"
)

func contenders(w3 bool) []contender {
	all := []contender{
		{rawNoop, "raw", "W2", unary},
		{"the same, options of the service", "raw-tuned", "W2", unary},
		{codedNoop, "coded", "W2", unary},
		{"Authorize, W1", "W1", "W1", unary},
		{"Authorize, W2", "W2", "W2", unary},
	}
	if w3 {
		all = append(all, contender{"Authorize, W3", "W3", "W3", unary})
	}
	return append(all,
		contender{"Authorize, W7", "W7", "W7", unary},
		contender{"batch of 16, W2", "W2", "W2", batch},
		contender{"stream, 16 at a time, W2", "W2", "W2", stream},
	)
}

// result is what came of one contender in one round.
type result struct {
	round
	used usage // by the server
}

// measure lets the contenders take turns.
func measure(o options, contenders []contender) ([][]result, error) {
	servers, addresses := make(map[string]*process), make(map[string]string)
	defer func() {
		for _, p := range servers {
			p.end()
		}
	}()
	arguments := func(more ...string) []string {
		if o.deadline {
			more = append(more, "-deadline=true")
		} else {
			more = append(more, "-deadline=false")
		}
		if o.profile != "" {
			more = append(more, "-profile", o.profile)
		}
		return more
	}
	for _, c := range contenders {
		if servers[c.server] != nil {
			continue
		}
		p, err := start(serverCore, arguments("-serve", c.server)...)
		if p != nil {
			servers[c.server] = p
		}
		if err != nil {
			return nil, err
		}
		var address string
		if err := p.read(&address); err != nil {
			return nil, fmt.Errorf("server %s: %w", c.server, err)
		}
		addresses[c.server] = address
	}
	client, err := start(clientCore, arguments("-load")...)
	if client != nil {
		defer client.end()
	}
	if err != nil {
		return nil, err
	}
	results := make([][]result, len(contenders))
	for n := range o.rounds + 1 {
		for i, c := range contenders {
			r, err := turn(client, servers[c.server], order{
				Address: addresses[c.server], Workload: c.workload, Mode: c.mode, Duration: o.duration, NoOp: strings.HasPrefix(c.name, "no-op") || c.server == "raw-tuned",
			})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if n > 0 { // the first is to warm up
				results[i] = append(results[i], r)
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", n, o.rounds)
	}
	return results, nil
}

// turn is one round of one contender.
func turn(client, server *process, o order) (result, error) {
	var before, after usage
	var r result
	if err := server.ask("usage", &before); err != nil {
		return result{}, err
	}
	if err := client.ask(o, &r.round); err != nil {
		return result{}, err
	}
	if r.Problem != "" {
		return result{}, fmt.Errorf("%s", r.Problem)
	}
	err := server.ask("usage", &after)
	r.used = usage{after.CPU - before.CPU, after.Allocs - before.Allocs}
	return r, err
}

// median is the middle of the values.
func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}
