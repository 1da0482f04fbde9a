package main

import (
	"context"
	"errors"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/memory"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
)

// watchMemory finds out how much memory there is, tells the runtime of it, and makes
// what tells calls when it is short.
func (s *service) watchMemory(context.Context) error {
	limit, err := memory.Find(os.DirFS("/"), os.LookupEnv)
	if err != nil {
		s.logger.Warn("the limit of memory was not read", "error", err)
	}
	limit.Apply()
	if limit.Heap > 0 {
		s.logger.Info("memory limit", "of", limit.Of, "from", limit.From, "runtime", limit.Runtime, "heap", limit.Heap)
	} else {
		s.logger.Warn("there is no limit of memory: calls are not refused when it is short")
	}
	s.ballast = newBallast(os.LookupEnv, limit.Runtime)
	s.memory = memory.NewWatch(limit, s.logger)
	gauge := func(name, help string, value func() float64) error {
		return s.registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	return errors.Join(
		gauge("forseti_memory_limit_bytes", "How much memory may be in use: see forseti_memory_used_bytes; 0 if nobody knows.",
			func() float64 { return float64(limit.Heap) }),
		gauge("forseti_memory_used_bytes", "Memory that collecting garbage does not give back: what was alive when it was last collected, and stacks.",
			func() float64 { return float64(memory.Used()) }),
		gauge("forseti_memory_level", "How much memory is left: 0 enough; 1 short, big calls are refused; 2 out, all calls are.",
			func() float64 { return float64(s.memory.Level()) }),
	)
}

// memoryLeft is how much there is, as calls need to know it.
func (s *service) memoryLeft() rpc.Memory {
	switch s.memory.Level() {
	case memory.Enough:
		return rpc.MemoryEnough
	case memory.Short:
		return rpc.MemoryShort
	case memory.Out:
		return rpc.MemoryOut
	default:
		return rpc.MemoryEnough
	}
}

// memoryShort tells whether what may wait should. Nobody knows where nothing is served.
func (s *service) memoryShort() bool { return s.memory != nil && s.memory.Level() != memory.Enough }
