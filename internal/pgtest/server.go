package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// startTime bounds the making of the cluster and the start of the server.
const startTime = time.Minute

// Server is a PostgreSQL server with a cluster of its own. The zero Server
// starts when it is used first, and is safe for concurrent use.
type Server struct {
	once  sync.Once
	err   error
	found bool

	dir      string // holds everything; the server's user owns it
	port     int
	password string
	command  *exec.Cmd
	lifeline io.Closer // the server ends when it is closed

	mu        sync.Mutex
	databases int
}

// Database makes a database, runs the statements of the seed in it, and gives
// its URL: that of a superuser, over TCP without TLS. The database stays until
// the server ends.
func (s *Server) Database(t testing.TB, seed string) string {
	t.Helper()
	s.need(t)
	database := s.create(t)
	s.exec(t, database, seed)
	return database
}

// create makes a database. One at a time: each copies the same template, which
// must not be in use.
func (s *Server) create(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.databases++
	name := "test" + strconv.Itoa(s.databases)
	s.exec(t, s.url("postgres"), "create database "+name+" template template0")
	return s.url(name)
}

// Exec runs statements in the database of a URL that [Server.Database] gave.
func (s *Server) Exec(t testing.TB, database, statements string) {
	t.Helper()
	s.need(t)
	s.exec(t, database, statements)
}

// CA is the file with the certificate that signed the server's. The server
// speaks TLS to those who ask for it, as "localhost" and 127.0.0.1.
func (s *Server) CA(t testing.TB) string {
	t.Helper()
	s.need(t)
	return filepath.Join(s.dir, certificateFile)
}

// Close ends the server, if it runs, and removes its folder.
func (s *Server) Close() error {
	if s.command == nil {
		return nil
	}
	err := s.lifeline.Close()
	// The exit status is that of the folder's removal.
	return errors.Join(err, s.command.Wait())
}

// need starts the server, and skips or fails the test if there is none.
func (s *Server) need(t testing.TB) {
	t.Helper()
	s.once.Do(func() { s.found, s.err = s.start() })
	switch {
	case s.err != nil:
		t.Fatalf("PostgreSQL does not start: %v", s.err)
	case !s.found && os.Getenv("CI") == "true":
		t.Fatal("initdb and postgres are neither on the PATH nor in /usr/lib/postgresql/*/bin; CI must have them")
	case !s.found:
		t.Skip("initdb and postgres are neither on the PATH nor in /usr/lib/postgresql/*/bin")
	}
}

// script makes the cluster and runs the server until the standard input ends:
// when [Server.Close] ends it, or when the test program is gone, however it
// went. Then it removes the folder.
const script = `
bin=$1 dir=$2 port=$3
cd "$dir" && "$bin/initdb" -D "$dir/data" -U postgres -E UTF8 --locale=C --no-sync \
	--auth-local=trust --auth-host=scram-sha-256 --pwfile="$dir/password" &&
"$bin/postgres" -D "$dir/data" -p "$port" \
	-c listen_addresses=127.0.0.1 -c unix_socket_directories="$dir" \
	-c ssl=on -c ssl_cert_file="$dir/server.crt" -c ssl_key_file="$dir/server.key" \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off \
	-c wal_level=minimal -c max_wal_senders=0 -c shared_buffers=16MB &
server=$!
read -r end
while kill -0 $server; do
	pid=$(head -n 1 "$dir/data/postmaster.pid") && kill -QUIT "$pid"
	sleep 0.02
done
cd / && rm -rf "$dir"
`

// start makes and starts the server; found is false if there are no programs.
func (s *Server) start() (found bool, err error) {
	bin := programs()
	if bin == "" {
		return false, nil
	}
	if s.dir, err = os.MkdirTemp("", "pgtest-*"); err != nil {
		return true, err
	}
	if s.port, err = freePort(); err != nil {
		return true, errors.Join(err, os.RemoveAll(s.dir))
	}
	s.password = rand.Text()
	if err := s.launch(bin); err != nil {
		return true, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err := s.await(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		return true, errors.Join(fmt.Errorf("%w\n%s", err, log), s.Close())
	}
	return true, nil
}

// launch writes the files of the folder and runs the script.
func (s *Server) launch(bin string) error {
	if err := os.WriteFile(filepath.Join(s.dir, "password"), []byte(s.password), 0o600); err != nil {
		return err
	}
	if err := writeCertificate(s.dir); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the script writes it
	credential, err := unprivileged()
	if err != nil {
		return err
	}
	if credential != nil {
		if err := chown(s.dir, credential); err != nil {
			return err
		}
	}
	command := exec.Command("/bin/sh", "-c", script, "sh", bin, s.dir, strconv.Itoa(s.port))
	command.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	command.Stdout, command.Stderr = log, log
	// A group of its own: Ctrl-C in a terminal must not end the script before it
	// has cleaned up.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: credential}
	lifeline, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	s.command, s.lifeline = command, lifeline
	return nil
}

// await waits until the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, s.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// url is the URL of a database.
func (s *Server) url(database string) string {
	return (&url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("postgres", s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}).String()
}

// exec runs statements in a database.
func (s *Server) exec(t testing.TB, database, statements string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	conn, err := pgconn.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(ctx, statements).ReadAll()
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		t.Fatal(err)
	}
}

// programs is the folder with the programs of PostgreSQL, the newest of several;
// empty if there is none.
func programs() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if _, err := exec.LookPath(filepath.Join(filepath.Dir(path), "postgres")); err == nil {
			return filepath.Dir(path)
		}
	}
	newest, best := "", 0
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is good
	for _, path := range found {
		bin := filepath.Dir(path)
		if version, err := strconv.Atoi(filepath.Base(filepath.Dir(bin))); err == nil && version > best {
			newest, best = bin, version
		}
	}
	return newest
}

// unprivileged is whom the server runs as: nil for the user of the test, unless
// that is root, whom PostgreSQL refuses.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	var errs []error
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is nobody else: %w", errors.Join(errs...))
}

// chown gives a folder and its files away.
func chown(dir string, to *syscall.Credential) error {
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(to.Uid), int(to.Gid))
	})
}

// freePort is a port of the loopback that nobody listens at.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
