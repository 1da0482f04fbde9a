package hostile

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// usage is what used the processors, since they were started.
type usage struct {
	at                    time.Time
	service, self, others time.Duration
}

// usageOf reads it. What gives way to all others (nice) does not count.
func usageOf(t testing.TB, service int) usage {
	t.Helper()
	u := usage{time.Now(), processorTime(t, fmt.Sprint(service)), processorTime(t, "self"), 0}
	text, err := os.ReadFile("/proc/stat")
	must(t, err)
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal
	u.others = ticks(t, fields[1]) + ticks(t, fields[3]) + ticks(t, fields[8]) - u.service - u.self
	return u
}

// processorTime is that of a process.
func processorTime(t testing.TB, process string) time.Duration {
	t.Helper()
	text, err := os.ReadFile("/proc/" + process + "/stat")
	must(t, err)
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')'):])) // from the third on
	return ticks(t, fields[12]) + ticks(t, fields[13])
}

// ticks are hundredths of a second.
func ticks(t testing.TB, text string) time.Duration {
	t.Helper()
	n, err := strconv.Atoi(text)
	must(t, err)
	return time.Duration(n) * 10 * time.Millisecond
}

// since is which shares of one processor were used since then.
func (u usage) since(before usage) (service, others float64) {
	d := float64(u.at.Sub(before.at))
	return float64(u.service-before.service) / d, float64(u.others-before.others) / d
}
