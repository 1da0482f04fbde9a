package rpc

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
)

// brokenCodec panics about what it works on.
type brokenCodec struct{ encoding.CodecV2 }

func (brokenCodec) Marshal(any) (mem.BufferSlice, error) { panic("about ann") }
func (brokenCodec) Unmarshal(mem.BufferSlice, any) error { panic("about ann") }

// TestCodec_Panic: gRPC reads and writes messages where nobody else recovers. A panic
// there fails the call, is counted, and tells nothing of the message.
func TestCodec_Panic(t *testing.T) {
	var log bytes.Buffer
	m, err := newMetrics(prometheus.NewRegistry(), &gate{}, &gate{})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{metrics: m, log: slog.New(slog.NewTextHandler(&log, nil))}
	c := codec{brokenCodec{}, s.panicked}
	if _, err := c.Marshal(nil); err == nil || strings.Contains(err.Error(), "ann") {
		t.Errorf("Marshal: got %v", err)
	}
	if err := c.Unmarshal(nil, nil); err == nil || strings.Contains(err.Error(), "ann") {
		t.Errorf("Unmarshal: got %v", err)
	}
	var counted dto.Metric
	if err := m.panics.Write(&counted); err != nil || counted.GetCounter().GetValue() != 2 {
		t.Errorf("counted %v (%v), want 2", &counted, err)
	}
	if !strings.Contains(log.String(), "codec_test.go") || strings.Contains(log.String(), "ann") {
		t.Errorf("logged %s", log.String())
	}
}
