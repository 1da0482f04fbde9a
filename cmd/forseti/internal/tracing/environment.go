package tracing

import (
	"cmp"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// The protocols of OTEL_EXPORTER_OTLP_PROTOCOL.
const (
	protocolGRPC = "grpc"
	protocolHTTP = "http/protobuf"
	protocolJSON = "http/json"
)

// The spans that may wait: by default, and at most.
const (
	defaultQueue = 2048
	maxQueue     = 1 << 16
)

// wish is what the environment asks for.
type wish struct {
	on       bool
	protocol string
	queue    int
}

// read reads the environment variables of the specification of OpenTelemetry that say
// whether and how to export. The exporters read the others (TLS, headers, timeouts) and
// the SDK those of the sampler. Without any of them there are no traces, unlike the
// specification has it. Values are not logged: headers and addresses may hold secrets.
func read(log *slog.Logger) wish {
	if strings.EqualFold(variable("OTEL_SDK_DISABLED"), "true") {
		return wish{}
	}
	endpoint := cmp.Or(variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), variable("OTEL_EXPORTER_OTLP_ENDPOINT"))
	w := wish{on: endpoint != "", queue: defaultQueue}
	if exporters := variable("OTEL_TRACES_EXPORTER"); exporters != "" {
		w.on = false
		for name := range strings.SplitSeq(exporters, ",") {
			switch strings.TrimSpace(name) {
			case "otlp":
				w.on = true
			case "none", "":
			default:
				log.Warn("OTEL_TRACES_EXPORTER names an exporter that Forseti does not have; it has otlp and none")
			}
		}
	}
	if !w.on {
		return wish{}
	}
	switch w.protocol = cmp.Or(variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), variable("OTEL_EXPORTER_OTLP_PROTOCOL"), protocolHTTP); w.protocol {
	case protocolGRPC, protocolHTTP, protocolJSON:
	default:
		log.Warn("there are no traces: OTEL_EXPORTER_OTLP_PROTOCOL is not grpc, http/protobuf or http/json")
		return wish{}
	}
	if endpoint != "" {
		if u, err := url.Parse(endpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			log.Warn("there are no traces: OTEL_EXPORTER_OTLP_ENDPOINT is not a URL with http or https")
			return wish{}
		}
	}
	if v := variable("OTEL_BSP_MAX_QUEUE_SIZE"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > maxQueue {
			log.Warn("OTEL_BSP_MAX_QUEUE_SIZE is out of range; the default counts", "most", maxQueue, "default", defaultQueue)
			n = defaultQueue
		}
		w.queue = n
	}
	return w
}

// variable is a variable of the environment; one that is empty is as good as none.
func variable(name string) string { return strings.TrimSpace(os.Getenv(name)) }
