package http

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

// slowDisk is a disk that can be told to answer no more.
type slowDisk struct {
	mu    sync.Mutex
	stuck chan struct{} // nil: it answers at once
	asked int
	text  string
}

func (d *slowDisk) read(string) ([]byte, error) {
	d.mu.Lock()
	d.asked++
	stuck, text := d.stuck, d.text
	d.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	return []byte(text), nil
}

// A disk that does not answer holds up only the one who looked, and him only for as
// long as he can wait; one looks at a time, and after a minute nobody knows.
func TestReloaded_DiskThatDoesNotAnswer(t *testing.T) {
	disk := &slowDisk{text: "first"}
	var clock time.Time
	r := secret("file")
	r.read, r.now = disk.read, func() time.Time { return clock }
	if got, err := r.get(t.Context()); err != nil || got != "first" {
		t.Fatalf("got %q, %v", got, err)
	}

	disk.mu.Lock()
	disk.stuck, disk.text = make(chan struct{}), "second"
	disk.mu.Unlock()
	clock = clock.Add(recheck)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got, err := r.get(short); err != nil || got != "first" {
		t.Errorf("who looked: got %q, %v, want the last good content", got, err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for range 10 {
			if got, err := r.get(t.Context()); err != nil || got != "first" {
				t.Errorf("others: got %q, %v, want the last good content", got, err)
			}
		}
	}()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Fatal("others wait for the disk")
	}
	disk.mu.Lock()
	if disk.asked > 2 {
		t.Errorf("the disk was asked %d times, want at most 2", disk.asked)
	}
	disk.mu.Unlock()

	clock = clock.Add(grace)
	short, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got, err := r.get(short); err == nil || got != "" {
		t.Errorf("after a minute: got %q, want an error", got)
	} else if e, ok := errors.AsType[*pip.Error](unusable("the file", err)); !ok || e.Outcome != pip.OutcomeTimeout {
		t.Errorf("after a minute: got %v, want a timeout", err)
	}
	disk.mu.Lock()
	close(disk.stuck)
	disk.stuck = nil
	disk.mu.Unlock()
	if got, err := r.get(t.Context()); err != nil || got != "second" {
		t.Errorf("got %q, %v, want the new content", got, err)
	}
}

func TestReloaded_PanicWhileBuilding(t *testing.T) {
	r := &reloaded[string]{now: time.Now, build: func([][]byte) (string, error) { panic("boom") }}
	if _, err := r.get(t.Context()); err == nil {
		t.Error("got no error")
	}
}

// A pipe would wait for a writer, and so would the start of the service.
func TestSecret_Pipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	// So that a look that opens it ends after all.
	defer func() {
		if f, err := os.OpenFile(name, os.O_RDWR, 0); err == nil {
			_ = f.Close()
		}
	}()
	short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := secret(name).get(short); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v, want that it is not a regular file", err)
	}
}
