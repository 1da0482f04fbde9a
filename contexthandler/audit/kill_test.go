package audit

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The environment variables that make the test program a writer, and tell which of them
// it is: processes have the numbers of others again.
const (
	childFolder = "FORSETI_AUDIT_CHILD"
	childNumber = "FORSETI_AUDIT_CHILD_NUMBER"
)

// killConfig is for a log that keeps the files of all who were killed.
func killConfig(dir string) Config {
	c := config()
	c.Folder, c.MaxBytes, c.Keep = dir, 20<<10, 1_000_000
	return c
}

// child records until it is killed, and prints the names of what was acknowledged.
func child(dir, number string) int {
	c := killConfig(dir)
	if strings.ContainsAny(number[len(number)-1:], "02468") {
		c.Sync = SyncInterval
	}
	l, err := Open(c)
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	var mu sync.Mutex
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%s-%d-%d", number, w, i)
				if put(context.Background(), l, name) == nil {
					mu.Lock()
					fmt.Println(name)
					mu.Unlock()
				}
			}
		}()
	}
	select {}
}

// A process that writes is killed again and again. What it acknowledged is there.
func TestT10_Kill(t *testing.T) {
	kills := 200
	if long() {
		kills = 10_000
	}
	dir := t.TempDir()
	var acknowledged []string
	for i := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childFolder+"="+dir, childNumber+"="+strconv.Itoa(i))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		killer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		lines := bufio.NewReader(out)
		for n := rand.IntN(40); ; n-- {
			line, err := lines.ReadString('\n')
			if err != nil {
				break // what is cut off was not acknowledged to anybody
			}
			if strings.HasPrefix(line, "error") {
				t.Fatalf("kill %d: %s", i, line)
			}
			acknowledged = append(acknowledged, strings.TrimSpace(line))
			if n == 0 {
				killer.Reset(rand.N(5 * time.Millisecond))
			}
		}
		killer.Stop()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	}
	l, err := Open(killConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	wantSound(t, folder{dir}, acknowledged, "after the last kill")
	t.Logf("%d kills, %d acknowledged records", kills, len(acknowledged))
}
