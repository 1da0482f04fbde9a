package validate

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take on a machine that is busy.
const patience = time.Minute

// running is a service that was started.
type running struct {
	t                *testing.T
	cmd              *exec.Cmd
	output           *lockedBuffer
	decisions, admin string
	ended            chan struct{} // closed when the process has ended, with
	err              error
}

// lockedBuffer is written by a process and read by a test.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// start starts a command that serves on free ports of the loopback address, and
// waits until it says where. It is killed when the test ends.
func start(t *testing.T, cmd *exec.Cmd) *running {
	t.Helper()
	r := &running{t: t, cmd: cmd, output: new(lockedBuffer), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = r.output, r.output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.err = cmd.Wait()
		close(r.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-r.ended
	})
	said := regexp.MustCompile(`decisions +(\S+) \(gRPC\)(?s:.*)admin +http://(\S+)`)
	r.within("the service says where it listens", func() bool {
		where := said.FindStringSubmatch(r.output.String())
		if where != nil {
			r.decisions, r.admin = where[1], where[2]
		}
		return where != nil
	})
	return r
}

// within waits for something to become true.
func (r *running) within(what string, is func() bool) {
	r.t.Helper()
	end := time.After(patience)
	for !is() {
		select {
		case <-r.ended:
			r.t.Fatalf("the service ended before %s: %v\n%s", what, r.err, r.output)
		case <-end:
			r.t.Fatalf("never: %s; the service said\n%s", what, r.output)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// get asks for a page.
func (r *running) get(path string) (code int, text string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.admin+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// becomes waits for the answer 200 of a page.
func (r *running) becomes(path string) {
	r.t.Helper()
	r.within("200 of "+path, func() bool {
		code, _ := r.get(path)
		return code == http.StatusOK
	})
}

// stop ends the service as a platform does. It must end well.
func (r *running) stop() {
	r.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		r.t.Fatal(err)
	}
	select {
	case <-r.ended:
		if r.err != nil {
			r.t.Errorf("the service ended with %v\n%s", r.err, r.output)
		}
	case <-time.After(patience):
		r.t.Fatalf("the service does not end\n%s", r.output)
	}
}

// run runs a command and gives its exit code and what it printed.
func run(t *testing.T, name string, args ...string) (code int, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatalf("%s: %v", name, err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

// must runs a command that has to succeed.
func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	code, output := run(t, name, args...)
	if code != 0 {
		t.Fatalf("%s %s: exit code %d\n%s", name, strings.Join(args, " "), code, output)
	}
	return output
}

// sampleQuestion asks what the sample policies permit on the demo data.
func sampleQuestion(r *running) []string {
	return []string{
		"authorize", "--address", r.decisions, "--subject", "user-id=1337",
		"--resource", "instance-id=50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01", "--action", "read",
	}
}

// checkCommandLine tells whether the program knows a command line, without running
// it: the command, and each of its flags.
func checkCommandLine(t *testing.T, where string, args []string) {
	t.Helper()
	if len(args) == 0 {
		t.Errorf("%s: there is no command", where)
		return
	}
	code, help := run(t, program, args[0], "--help")
	if code != 0 || !strings.Contains(help, "forseti "+args[0]) {
		t.Errorf("%s: forseti has no command %q", where, args[0])
		return
	}
	for _, arg := range args[1:] {
		if name, isFlag := strings.CutPrefix(arg, "--"); isFlag {
			name, _, _ = strings.Cut(name, "=")
			if !regexp.MustCompile(`(?m)^ .*--` + regexp.QuoteMeta(name) + `\b`).MatchString(help) {
				t.Errorf("%s: forseti %s has no flag --%s", where, args[0], name)
			}
		}
	}
}
