package main

import (
	"context"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/tracing"
)

// openTracing begins to export traces, if the environment asks for it. The last ones
// are sent when nothing is decided any more.
func (s *service) openTracing(ctx context.Context) (err error) {
	s.traces, err = tracing.Open(ctx, tracing.Config{Version: thisBuild().Version, Logger: s.logger, Registerer: s.registry})
	if err != nil {
		return err
	}
	s.flushes = append(s.flushes, s.traces.Shutdown)
	return nil
}
