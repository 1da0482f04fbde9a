package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/bench/workload"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Calls in flight on each connection: of one request, and of several.
const (
	connections   = 4
	inFlight      = 16
	inFlightLarge = 4
)

// checkEvery is how many answers go by between two that are looked into.
const checkEvery = 64

// order is what the client is asked to do.
type order struct {
	Address  string
	Workload string
	Mode     mode
	Duration time.Duration
	NoOp     bool // answers are those of a server that does nothing
}

// round is what came of it. Times are in microseconds.
type round struct {
	Calls, Decisions int
	Seconds          float64
	P50, P99         float64
	Problem          string
}

// script is the messages to send in turn, and how answers are checked.
type script struct {
	messages [][]byte
	answers  int // messages that answer one call
	stream   bool
	check    func(call int, message []byte) error
}

// client keeps connections and scripts from round to round.
type client struct {
	deadline    bool
	scripts     map[order]*script
	connections map[order][]*connection
}

// load is the part of the client.
func load(o options) error {
	c := &client{o.deadline, make(map[order]*script), make(map[order][]*connection)}
	return questions(func(o order) (any, error) {
		r, err := c.round(o)
		if err != nil {
			r.Problem = err.Error()
		}
		return r, nil
	})
}

func (c *client) round(o order) (round, error) {
	duration := o.Duration
	o.Duration = 0
	if c.scripts[o] == nil {
		s, err := newScript(o)
		if err != nil {
			return round{}, err
		}
		c.scripts[o] = s
		for range connections {
			conn, err := dial(o.Address, s, c.deadline)
			if err != nil {
				return round{}, err
			}
			c.connections[o] = append(c.connections[o], conn)
		}
	}
	started := time.Now()
	var wg sync.WaitGroup
	for i, conn := range c.connections[o] {
		wg.Go(func() { conn.run(i*1000, started.Add(duration)) })
	}
	wg.Wait()
	r := round{Seconds: time.Since(started).Seconds()}
	var latencies []time.Duration
	for _, conn := range c.connections[o] {
		if conn.err != nil {
			return round{}, conn.err
		}
		latencies = append(latencies, conn.latencies...)
	}
	slices.Sort(latencies)
	r.Calls, r.Decisions = len(latencies), len(latencies)
	if o.Mode != unary {
		r.Decisions *= together
	}
	r.P50, r.P99 = micros(latencies, 50), micros(latencies, 99)
	return r, nil
}

func micros(sorted []time.Duration, percent int) float64 {
	return float64(sorted[len(sorted)*percent/100].Nanoseconds()) / 1e3
}

// newScript makes the messages of a workload.
func newScript(o order) (*script, error) {
	messages, requests, err := newRequests(o.Workload)
	if err != nil {
		return nil, err
	}
	s := &script{answers: 1, stream: o.Mode == stream}
	var from []int // the first request of each call
	for at := 0; at < len(messages) && err == nil; {
		from = append(from, at)
		var data []byte
		switch o.Mode {
		case batch:
			data, err = encode(&v1.AuthorizeBatchRequest{Requests: messages[at : at+together]})
			at += together
		case stream:
			s.answers = together
			for _, m := range messages[at : at+together] {
				var one []byte
				if one, err = encode(&v1.AuthorizeStreamRequest{Request: m}); err != nil {
					break
				}
				data = append(data, one...)
			}
			at += together
		default:
			data, err = encode(messages[at])
			at++
		}
		s.messages = append(s.messages, data)
	}
	s.check = checker(o, requests, from)
	return s, err
}

// checker checks one message of the answer to a call; of a stream, the last.
func checker(o order, requests []workload.AppRequest, from []int) func(call int, message []byte) error {
	return func(call int, message []byte) error {
		first := from[call]
		switch {
		case o.Mode == batch:
			var got v1.AuthorizeBatchResponse
			if err := proto.Unmarshal(message, &got); err != nil {
				return err
			}
			if len(got.GetItems()) != together {
				return fmt.Errorf("got %d items", len(got.GetItems()))
			}
			for i, item := range got.GetItems() {
				if err := checkAnswer(item.GetResponse(), first+i, requests[first+i]); err != nil {
					return err
				}
			}
			return nil
		case o.Mode == stream:
			var got v1.AuthorizeStreamResponse
			if err := proto.Unmarshal(message, &got); err != nil {
				return err
			}
			last := first + together - 1
			return checkAnswer(got.GetResponse(), last, requests[last])
		case o.NoOp:
			var got v1.AuthorizeResponse
			if err := proto.Unmarshal(message, &got); err != nil || got.GetDecision() != v1.Decision_DECISION_PERMIT {
				return fmt.Errorf("got %v, %w", &got, err)
			}
			return nil
		default:
			var got v1.AuthorizeResponse
			if err := proto.Unmarshal(message, &got); err != nil {
				return err
			}
			return checkAnswer(&got, first, requests[first])
		}
	}
}
