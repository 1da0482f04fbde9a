package tracing

import (
	"context"
	"log/slog"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
)

// quieten has what OpenTelemetry says of itself logged by our logger, and without what it
// quotes: by itself it writes to standard error, values of headers with secrets
// included. That is a setting of the process, and there is no other way.
func quieten(log *slog.Logger) {
	otel.SetLogger(logr.FromSlogHandler(messages{log.Handler()}))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {
		log.Warn("OpenTelemetry cannot use a part of its environment variables; the default counts")
	}))
}

// messages logs warnings and errors as messages, without what belongs to them.
type messages struct{ to slog.Handler }

// Enabled leaves out what is only of use to who debugs OpenTelemetry.
func (m messages) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && m.to.Enabled(ctx, level)
}

// Handle logs the message, which is a constant.
func (m messages) Handle(ctx context.Context, r slog.Record) error {
	return m.to.Handle(ctx, slog.NewRecord(r.Time, slog.LevelWarn, "OpenTelemetry: "+r.Message, r.PC))
}

// WithAttrs leaves them out.
func (m messages) WithAttrs([]slog.Attr) slog.Handler { return m }

// WithGroup leaves it out.
func (m messages) WithGroup(string) slog.Handler { return m }
