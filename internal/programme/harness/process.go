package harness

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forseti-pdp/forseti/internal/secrettest"
)

// patience is how long a process may take to start, be ready or end.
const patience = 30 * time.Second

// Options say how the program is run. The zero Options are the defaults of the program
// on free ports of this machine, the sample policies and fresh demo data.
type Options struct {
	Config   string   // YAML; the file that --config names
	Policies string   // the policy folder; empty: the sample policies, unless Config names a folder
	Folder   string   // the working folder, where the demo data is; empty: a temporary one
	Env      []string // added to the environment
	Listen   string   // the address for decisions; empty: a free port
	Core     int      // the processor that it is bound to, counted from 1; 0: none. Linux only
	Unready  bool     // do not wait until it is ready
}

// Server is the program, run as forseti serve.
type Server struct {
	command *exec.Cmd
	log     output // standard error
	said    output // standard output
	address string
	admin   string
	ended   chan struct{}
	err     error // valid when ended is closed
}

// Start runs the program until the test ends. It fails the test if the program does
// not start.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{ended: make(chan struct{})}
	s.command = exec.Command(os.Getenv(binary), o.arguments(t)...) //nolint:noctx // it is ended by stop
	s.command.Dir = o.Folder
	if s.command.Dir == "" {
		s.command.Dir = t.TempDir()
	}
	s.command.Env = append(append(os.Environ(), "FORSETI_LOG_FORMAT=json"), o.Env...)
	s.command.Stderr, s.command.Stdout = &s.log, &s.said
	if err := pinned(o.Core, s.command.Start); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.err = s.command.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		s.stop(t)
		secrettest.Planted().Check(t, "the log of the program", s.Log())
	})
	s.await(t, "say where it listens", s.greeted)
	if !o.Unready {
		s.await(t, "be ready", func() bool { return s.get("/readyz") == nil })
	}
	return s
}

func (o Options) arguments(t testing.TB) []string {
	t.Helper()
	listen := o.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	arguments := []string{"serve", "--listen", listen, "--admin", "127.0.0.1:0"}
	if o.Config != "" {
		file := filepath.Join(t.TempDir(), "forseti.yaml")
		if err := os.WriteFile(file, []byte(o.Config), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, "--config", file)
	}
	switch {
	case o.Policies != "":
		arguments = append(arguments, "--policies", o.Policies)
	case o.Config == "" || !regexp.MustCompile(`(?m)^\s+folder:`).MatchString(o.Config):
		root, err := Root()
		if err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, "--policies", filepath.Join(root, "policies"))
	}
	return arguments
}

// greeting is how the program says where it listens.
var greeting = regexp.MustCompile(`(?m)^  decisions +(\S+) \(gRPC\)$(?s:.*)^  admin +http://(\S+) `)

func (s *Server) greeted() bool {
	for _, o := range []*output{&s.said, &s.log} {
		if m := greeting.FindStringSubmatch(o.String()); m != nil {
			s.address, s.admin = m[1], m[2]
			return true
		}
	}
	return false
}

// await waits until the program did what it has to do.
func (s *Server) await(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		select {
		case <-s.ended:
			t.Fatalf("the program did not %s, but ended with %v:\n%s", what, s.err, s.Log())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("the program did not %s in %s:\n%s", what, patience, s.Log())
		}
	}
}

// stop ends what is left of the program when the test ends.
func (s *Server) stop(t testing.TB) {
	select {
	case <-s.ended:
		return
	default:
	}
	s.Signal(syscall.SIGTERM)
	if err := s.Wait(patience); err != nil {
		t.Errorf("the program ended with %v:\n%s", err, s.Log())
	}
}

// Address is where decisions are asked for.
func (s *Server) Address() string { return s.address }

// PID is the process.
func (s *Server) PID() int { return s.command.Process.Pid }

// Log is what it wrote to standard error so far.
func (s *Server) Log() string { return s.log.String() }

// Signal sends a signal, unless the process has ended.
func (s *Server) Signal(signal os.Signal) {
	_ = s.command.Process.Signal(signal) // the one error is that it has ended
}

// Wait waits until the program ends by itself, and kills it after the limit. The error
// tells how it ended, if not with exit code 0.
func (s *Server) Wait(limit time.Duration) error {
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-s.ended:
		return s.err
	case <-late.C:
		s.Signal(os.Kill)
		<-s.ended
		return fmt.Errorf("it did not end in %s: %w", limit, errors.Join(s.err))
	}
}

// get asks the admin listener for something that is answered by 200 if all is well.
func (s *Server) get(path string) error {
	response, err := http.Get("http://" + s.admin + path) //nolint:noctx // on this machine
	if err != nil {
		return err
	}
	http.DefaultClient.CloseIdleConnections()
	defer response.Body.Close() //nolint:errcheck // nothing is read
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// output collects what a process writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// pinned starts something on one processor, on which it stays. Where there is one
// processor only, nothing is bound.
func pinned(core int, start func() error) error {
	if core == 0 || runtime.NumCPU() < 2 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("cannot find out on which processors this runs: %w", err)
	}
	set.Set(core - 1)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("cannot bind to processor %d: %w", core, err)
	}
	return errors.Join(start(), unix.SchedSetaffinity(0, &before))
}
