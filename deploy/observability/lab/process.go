package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"sync"
	"time"
)

// patience is how long a program may take to start or to end.
const patience = 30 * time.Second

// lifeline runs a program until the standard input ends: when the lab ends it, or
// when the lab is gone, however it went.
const lifeline = `
"$@" </dev/null &
child=$!
read -r end
kill "$child"
wait "$child"
`

// process is a program that runs beside this one.
type process struct {
	command *exec.Cmd
	input   io.Closer
	log     output
}

// start runs a program in a folder.
func start(folder, program string, arguments ...string) (*process, error) {
	p := &process{}
	p.command = exec.Command("sh", append([]string{"-c", lifeline, "sh", program}, arguments...)...) //nolint:noctx // it is ended by stop
	p.command.Dir = folder
	p.command.Stdout, p.command.Stderr = &p.log, &p.log
	p.command.WaitDelay = patience
	var err error
	if p.input, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	return p, p.command.Start()
}

// stop ends the program and waits for it. How it ends says nothing.
func (p *process) stop() {
	_ = p.input.Close()
	_ = p.command.Wait()
}

// await waits until a page of the program answers with 200.
func (p *process) await(ctx context.Context, client *http.Client, page string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
		if err != nil {
			return err
		}
		if response, err := client.Do(request); err == nil {
			if err := response.Body.Close(); err == nil && response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w\n%s", page, ctx.Err(), &p.log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// output is what a program wrote.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is all of it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
