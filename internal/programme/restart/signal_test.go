package restart

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/internal/programme/harness"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// slack is what the machine may take longer.
const slack = time.Second

// program is the binary that the harness made.
func program() string { return os.Getenv("FORSETI_BINARY") }

// dial is a client without any retries of its own.
func dial(t *testing.T, address string) v1.AuthorizationServiceClient {
	t.Helper()
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry())
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return v1.NewAuthorizationServiceClient(c)
}

// ends waits for the end of an instance that was told to stop when began, in good order.
func ends(t *testing.T, s *harness.Server, began time.Time, least, most time.Duration) {
	t.Helper()
	if err := s.Wait(most + 10*time.Second); err != nil {
		t.Errorf("it ended with %v:\n%s", err, s.Log())
	}
	if took := time.Since(began); took < least || took > most+slack {
		t.Errorf("it ended after %s, want %s to %s:\n%s", took, least, most, s.Log())
	} else {
		t.Logf("ended after %s", took.Round(time.Millisecond))
	}
}

// TestSignal_UnderLoad: what was taken is answered, and every decision that was given is
// in the audit log, which is whole.
func TestSignal_UnderLoad(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "audit")
	s := harness.Start(t, harness.Options{Config: fmt.Sprintf("audit:\n  file: {folder: %s}\n", folder)})
	c := dial(t, s.Address())
	var answered, refused atomic.Int64
	var asking sync.WaitGroup
	over := make(chan struct{})
	for range 8 {
		asking.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				_, err := c.Authorize(ctx, harness.DemoRequest(n))
				cancel()
				switch status.Code(err) {
				case codes.OK:
					answered.Add(1)
				case codes.Unavailable: // not taken any more
					refused.Add(1)
					time.Sleep(time.Millisecond)
				default:
					t.Errorf("a call that was taken failed: %v", err)
				}
			}
		})
	}
	await(t, "calls are answered", func() bool { return answered.Load() > 500 })
	began := time.Now()
	s.Signal(syscall.SIGTERM)
	ends(t, s, began, 0, 5*time.Second)
	await(t, "calls are refused", func() bool { return refused.Load() > 0 })
	close(over)
	asking.Wait()
	out, err := exec.CommandContext(t.Context(), program(), "audit", "verify", folder).CombinedOutput()
	must(t, err)
	records := int64(0)
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	must(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		records += int64(bytes.Count(text, []byte(`"kind":"decision"`)))
	}
	t.Logf("%d answers, %d records; %s", answered.Load(), records, bytes.TrimSpace(out))
	if records < answered.Load() {
		t.Errorf("%d decisions were given, and %d recorded", answered.Load(), records)
	}
}

// backend is a source that answers after a time, or never.
func backend(t *testing.T, after time.Duration) (configuration string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	over := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		select {
		case <-over:
		case <-time.After(after):
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"roles": ["dagl"]}`)) // whoever asked may be gone
		}
	}))
	t.Cleanup(func() {
		close(over)
		s.Close()
	})
	return fmt.Sprintf(`
sources:
  - name: roles
    kind: http
    needs: [{name: user, attribute: urn:altinn:userid}]
    http: {url: '%s/{user}'}
    provides: [{attribute: urn:altinn:rolecode, from: ['$.roles[*]']}]
`, s.URL), asked
}

// slow is a call that needs the source.
func slow(c v1.AuthorizationServiceClient, deadline time.Duration) <-chan error {
	result := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		m := harness.DemoRequest(0)
		m.Resource = map[string]string{"org": "ttd", "app": "income-report", "party-id": "50001", "task": "Task_1"}
		r, err := c.Authorize(ctx, m)
		if err == nil && r.GetDecision() != v1.Decision_DECISION_PERMIT {
			err = fmt.Errorf("got %v, want Permit", r.GetDecision())
		}
		result <- err
	}()
	return result
}

// TestSignal_LongCall: a call that is under way is finished.
func TestSignal_LongCall(t *testing.T) {
	sources, asked := backend(t, time.Second)
	s := harness.Start(t, harness.Options{Config: sources})
	call := slow(dial(t, s.Address()), 5*time.Second)
	await(t, "the source is asked", func() bool { return asked.Load() > 0 })
	began := time.Now()
	s.Signal(syscall.SIGTERM)
	if err := <-call; err != nil {
		t.Errorf("the call failed: %v", err)
	}
	ends(t, s, began, 0, 2*time.Second)
}

// TestSignal_HungSource: a call that does not end is cut off when it is time, and gets no
// decision; another signal does not wait for it.
func TestSignal_HungSource(t *testing.T) {
	for _, test := range []struct {
		name        string
		timeout     string
		again       bool
		least, most time.Duration
	}{
		{"shutdown_timeout", "2s", false, time.Second, 2 * time.Second},
		{"another signal", "60s", true, 0, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			sources, asked := backend(t, time.Hour)
			s := harness.Start(t, harness.Options{Config: "server: {shutdown_timeout: " + test.timeout + ", max_deadline: 1m}\n" + sources})
			call := slow(dial(t, s.Address()), time.Minute)
			await(t, "the source is asked", func() bool { return asked.Load() > 0 })
			began := time.Now()
			s.Signal(syscall.SIGTERM)
			if test.again {
				time.Sleep(200 * time.Millisecond)
				s.Signal(syscall.SIGINT)
			}
			if err := <-call; err == nil {
				t.Error("a call whose source never answered was permitted")
			}
			ends(t, s, began, test.least, test.most)
		})
	}
}

// process is the program with a standard output of its own, from before it listens.
type process struct {
	command *exec.Cmd
	log     bytes.Buffer
	ended   chan error
}

func start(t *testing.T, configuration string, stdout *os.File) *process {
	t.Helper()
	root, err := harness.Root()
	must(t, err)
	folder := t.TempDir()
	file := filepath.Join(folder, "forseti.yaml")
	must(t, os.WriteFile(file, []byte(configuration), 0o600))
	p := &process{ended: make(chan error, 1)}
	p.command = exec.Command(program(), "serve", "--config", file, "--policies", filepath.Join(root, "policies")) //nolint:noctx // it is ended below
	p.command.Dir, p.command.Stdout, p.command.Stderr = folder, stdout, &p.log
	must(t, p.command.Start())
	go func() { p.ended <- p.command.Wait() }()
	t.Cleanup(func() { _ = p.command.Process.Kill() }) // it has ended if the test is good
	return p
}

// stops tells the program to stop, which it has to do in time.
func (p *process) stops(t *testing.T, limit time.Duration) {
	t.Helper()
	began := time.Now()
	must(t, p.command.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("it ended with %v:\n%s", err, p.log.String())
		}
		t.Logf("ended after %s", time.Since(began).Round(time.Millisecond))
	case <-time.After(limit):
		must(t, p.command.Process.Kill())
		t.Fatalf("it did not end in %s, but by force (%v):\n%s", limit, <-p.ended, p.log.String())
	}
}

// TestSignal_DuringStart: a service that waits for a database, which takes connections
// and says nothing, is told to stop before it listens.
func TestSignal_DuringStart(t *testing.T) {
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { must(t, silent.Close()) })
	p := start(t, fmt.Sprintf(`
server: {listen: '127.0.0.1:0', admin: '127.0.0.1:0', shutdown_timeout: 20s}
sources:
  - name: roles
    kind: sql
    needs: [{name: user, attribute: urn:altinn:userid}]
    sql:
      postgres: {url: 'postgres://forseti@%s/register?sslmode=disable', connect_timeout: 10s}
      query: SELECT role FROM roles WHERE id = :user
    provides: [{attribute: urn:altinn:rolecode, from: [role]}]
`, silent.Addr()), nil)
	connection, err := silent.Accept()
	must(t, err)
	defer connection.Close() //nolint:errcheck // nothing was written
	p.stops(t, 2*time.Second)
	if log := p.log.String(); !strings.Contains(log, "stopping before the service has started") {
		t.Errorf("it had started:\n%s", log)
	}
}

// TestSignal_BlockedAudit: nobody reads the records on standard output any more, so that
// decisions are refused. The service stops in time all the same.
func TestSignal_BlockedAudit(t *testing.T) {
	reader, writer, err := os.Pipe()
	must(t, err)
	defer reader.Close() //nolint:errcheck // it is not read
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, free.Close())
	p := start(t, fmt.Sprintf("server: {listen: '%s', admin: '127.0.0.1:0', shutdown_timeout: 3s}\naudit: {stdout: true, when_blocked: refuse}\n", free.Addr()), writer)
	must(t, writer.Close())
	c := dial(t, free.Addr().String())
	code := func() codes.Code {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Authorize(ctx, harness.DemoRequest(0), grpc.WaitForReady(true))
		return status.Code(err)
	}
	await(t, "a decision is given", func() bool { return code() == codes.OK })
	await(t, "decisions are refused, because nobody takes the records", func() bool { return code() != codes.OK })
	p.stops(t, 3*time.Second+slack)
}
