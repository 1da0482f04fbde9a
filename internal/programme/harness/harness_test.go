package harness

import (
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func TestMain(m *testing.M) { Main(m) }

// TestHarness runs the program, asks it in both ways, and ends it.
func TestHarness(t *testing.T) {
	s := Start(t, Options{Core: 1, Env: []string{"GOMAXPROCS=1", "FORSETI_SERVER_MAX_IN_FLIGHT=1000"}})
	for _, l := range []Load{
		{Target: s.Address(), Duration: 300 * time.Millisecond, InFlight: 4},
		{Target: s.Address(), Duration: 300 * time.Millisecond, Rate: 200, Deadline: 2 * time.Second},
	} {
		l.Check = CheckDemo
		r, err := l.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.OK < 20 || r.OK != r.Codes[codes.OK] || r.Failed() != 0 || len(r.Wrong) > 0 || r.P99 < r.P50 || r.P50 <= 0 {
			t.Errorf("rate %v: got %+v", l.Rate, r)
		}
	}
	metrics := s.Metrics(t)
	if got := metrics.Sum("forseti_decisions_total"); got < 40 {
		t.Errorf("got %v decisions", got)
	}
	if got := metrics.Value(`forseti_decisions_total{decision="deny",status="ok"}`); got < 10 {
		t.Errorf("got %v of Deny", got)
	}
	now, peak := s.Memory(t)
	if now < 1<<20 || peak < now || s.Files(t) < 3 || metrics.Series() < 100 {
		t.Errorf("got %d and %d octets of memory, %d files, %d series", now, peak, s.Files(t), metrics.Series())
	}
	s.Signal(syscall.SIGTERM)
	if err := s.Wait(10 * time.Second); err != nil {
		t.Error(err)
	}
}

// TestLoad_Unanswered: calls that nobody answers are failed, not forgotten.
func TestLoad_Unanswered(t *testing.T) {
	r, err := Load{Target: "127.0.0.1:1", Rate: 100, Duration: 200 * time.Millisecond, Deadline: time.Second}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Sent != 20 || r.OK != 0 || r.Codes[codes.Unavailable] != 20 || len(r.Errors) != some {
		t.Errorf("got %+v", r)
	}
}
