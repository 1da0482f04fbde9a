package pgtest

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// child makes the test program start a server, print its folder and wait.
const child = "PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		var s Server
		if found, err := s.start(); !found || err != nil {
			os.Exit(3)
		}
		os.Stdout.WriteString(s.dir + "\n") //nolint:errcheck // the parent waits for it
		select {}
	}
	os.Exit(m.Run())
}

func TestServer(t *testing.T) {
	var s Server
	url := s.Database(t, "create table a (b integer); insert into a values (7)")
	s.Exec(t, url, "insert into a values (8)")
	conn, err := pgconn.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	result := conn.ExecParams(t.Context(), "select sum(b) from a", nil, nil, nil, nil).Read()
	if result.Err != nil || string(result.Rows[0][0]) != "15" {
		t.Errorf("got %q, %v, want 15", result.Rows, result.Err)
	}
	if other := s.Database(t, ""); other == url {
		t.Error("two databases have one URL")
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	dir := s.dir
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	awaitGone(t, dir, url)
}

// A server does not outlive a test program that was killed.
func TestServerEndsWithItsProgram(t *testing.T) {
	if programs() == "" {
		t.Skip("initdb and postgres are neither on the PATH nor in /usr/lib/postgresql/*/bin")
	}
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), child+"=1")
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir = strings.TrimSpace(dir)
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait() // it was killed
	awaitGone(t, dir, "")
}

// awaitGone waits until the folder of a server is gone; nobody answers then.
func awaitGone(t *testing.T, dir, url string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the folder %s is still there", dir)
		}
	}
	if url == "" {
		return
	}
	if conn, err := pgconn.Connect(t.Context(), url); err == nil {
		t.Error("the server still answers")
		_ = conn.Close(t.Context())
	}
}
