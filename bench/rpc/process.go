package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// process is this program in another part. It is asked by a line and answers by
// a line, and ends when nobody can ask it any more.
type process struct {
	process *os.Process
	in      *os.File
	out     *bufio.Scanner
	outFile *os.File
}

// start runs this program on one processor.
func start(core int, arguments ...string) (*process, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	name, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{in: in, out: bufio.NewScanner(out), outFile: out}
	err = pinned(core, func() (err error) {
		p.process, err = os.StartProcess(name, append([]string{name}, arguments...), &os.ProcAttr{
			Env: os.Environ(), Files: []*os.File{childIn, childOut, os.Stderr},
		})
		return err
	})
	return p, errors.Join(err, childIn.Close(), childOut.Close())
}

// pinned does something on one processor, on which what it starts stays. On
// other systems than Linux, or with one processor, it is not bound to any.
func pinned(core int, do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("cannot find out on which processors this runs: %w", err)
	}
	if set.Set(core); before.IsSet(core) {
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			return fmt.Errorf("cannot bind to a processor: %w", err)
		}
	}
	return errors.Join(do(), unix.SchedSetaffinity(0, &before))
}

// ask asks for something and reads the answer.
func (p *process) ask(question, answer any) error {
	line, err := json.Marshal(question)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return err
	}
	return p.read(answer)
}

// read reads what the process says.
func (p *process) read(answer any) error {
	if !p.out.Scan() {
		return fmt.Errorf("a part of this program ended: %w", errors.Join(p.out.Err(), io.ErrUnexpectedEOF))
	}
	return json.Unmarshal(p.out.Bytes(), answer)
}

// end ends the process.
func (p *process) end() {
	_ = p.in.Close() // which ends it
	if p.process != nil {
		_, _ = p.process.Wait()
	}
	_ = p.outFile.Close()
}

// questions calls answer for each line of the standard input, and writes what it
// gives.
func questions[T any](answer func(T) (any, error)) error {
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var question T
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			return err
		}
		a, err := answer(question)
		if err != nil {
			return err
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}
