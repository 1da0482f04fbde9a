package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain makes the test program be forseti when a script calls it so.
func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"forseti": main})
}

// leakChecked fails the tests if they leave goroutines behind.
type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	code := m.M.Run()
	if err := database.Close(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestScript runs the scripts of testdata. Beside the usual commands they have:
//
//	serve [args]             starts the service, on free ports; $ADDR and $ADMIN are
//	                         where, the file serve.out is what it printed
//	stop [signal...]         sends it signals (TERM if none) and waits; it must exit with 0,
//	                         and the file serve.err is what it logged
//	signal name              sends it a signal
//	exits code command       runs a command that must exit with that code
//	within time code command repeats a command until it exits with that code; the
//	                         last time is the first to begin after that time
//	get code path            asks for a path of $ADMIN
func TestScript(t *testing.T) {
	policies, err := filepath.Abs("../../policies")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("POLICIES", policies)
			env.Values[serviceKey{}] = &process{}
			return nil
		},
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":  serveInScript,
			"stop":   stopInScript,
			"signal": signalInScript,
			"exits": func(ts *testscript.TestScript, _ bool, args []string) {
				if got := exitCode(ts, args[1:]); strconv.Itoa(got) != args[0] {
					ts.Fatalf("got exit code %d, want %s", got, args[0])
				}
			},
			"within": withinInScript,
			"get":    getInScript,
		},
	})
}

// serviceKey is the key of the service of a script.
type serviceKey struct{}

// process is the service of a script.
type process struct {
	cmd    *exec.Cmd
	stderr *os.File
}

func (p *process) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill() // it may have ended
		_ = p.cmd.Wait()
	}
}

func of(ts *testscript.TestScript) *process {
	p, ok := ts.Value(serviceKey{}).(*process)
	if !ok {
		ts.Fatalf("no service")
	}
	return p
}

func serveInScript(ts *testscript.TestScript, _ bool, args []string) {
	program := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "forseti"); program == "" {
			if _, err := os.Stat(path); err == nil {
				program = path
			}
		}
	}
	p := of(ts)
	p.cmd = exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)...)
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME")}
	var err error
	p.stderr, err = os.Create(ts.MkAbs("serve.err"))
	ts.Check(err)
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(p.cmd.Start())
	ts.Defer(p.kill)
	printed := make(chan string, 1)
	go func() {
		text := make([]byte, 4096) // it is printed in one piece
		n, _ := stdout.Read(text)  // nothing, if the service ends
		printed <- string(text[:n])
	}()
	select {
	case text := <-printed:
		ts.Check(os.WriteFile(ts.MkAbs("serve.out"), []byte(text), 0o600))
		addresses := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(text, 2)
		if len(addresses) < 2 {
			ts.Fatalf("the service did not say where it listens: %q; see serve.err", text)
		}
		ts.Setenv("ADDR", addresses[0])
		ts.Setenv("ADMIN", addresses[1])
	case <-time.After(20 * time.Second):
		ts.Fatalf("the service did not start")
	}
}

var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP}

func signalInScript(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(of(ts).cmd.Process.Signal(signals[args[0]]))
}

func stopInScript(ts *testscript.TestScript, _ bool, args []string) {
	p := of(ts)
	if len(args) == 0 {
		args = []string{"TERM"}
	}
	for i, name := range args {
		if i > 0 {
			time.Sleep(100 * time.Millisecond) // so that the first is seen first
		}
		ts.Check(p.cmd.Process.Signal(signals[name]))
	}
	err := p.cmd.Wait()
	p.cmd = nil
	ts.Check(p.stderr.Close())
	if err != nil {
		ts.Fatalf("the service ended with %v", err)
	}
}

// exitCode runs a command.
func exitCode(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	if err == nil {
		return 0
	}
	failed, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		ts.Fatalf("%v", err)
	}
	return failed.ExitCode()
}

func withinInScript(ts *testscript.TestScript, _ bool, args []string) {
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		late := time.Since(began) > limit // a program takes its time to start, too
		got := exitCode(ts, args[2:])
		switch {
		case strconv.Itoa(got) == args[1]:
			return
		case late:
			ts.Fatalf("got exit code %d after %s, want %s", got, limit, args[1])
		}
	}
}

func getInScript(ts *testscript.TestScript, _ bool, args []string) {
	response, err := http.Get("http://" + ts.Getenv("ADMIN") + args[1])
	ts.Check(err)
	defer response.Body.Close() //nolint:errcheck // read-only
	if strconv.Itoa(response.StatusCode) != args[0] {
		ts.Fatalf("%s: got %s, want %s", args[1], response.Status, args[0])
	}
	_, err = io.Copy(ts.Stdout(), response.Body)
	ts.Check(err)
}
