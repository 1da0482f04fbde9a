package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/grpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRead(t *testing.T) {
	tests := map[string]string{
		"":                         "the header",
		"user\n":                   "user,role",
		"role,user\na,b\n":         "user,role",
		"user,role\nann\n":         "wrong number of fields",
		"user,role\nann,\n":        "line 2",
		"user,role\n,admin\n":      "line 2",
		"user,role\n\"ann,admin":   "quote",
		"user,role\nann,admin\n":   "",
		"user,role\n":              "",
		"user,role\r\nann,x\r\n":   "",
		"user,role\n\"a,b\",\"c\"": "",
	}
	for text, want := range tests {
		_, err := read(strings.NewReader(text))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}

// replace writes a file in place of another one, all at once.
func replace(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// TestChangeTakesEffect: a change of the file is told to one who remembers, soon. A
// file with an error changes nothing.
func TestChangeTakesEffect(t *testing.T) {
	name := filepath.Join(t.TempDir(), "roles.csv")
	replace(t, name, "user,role\nann,admin\nbob,reader\n")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	logs, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-listen", "127.0.0.1:0", "-table", name, "-plaintext"}, out)
		_ = out.Close()
		ended <- err
	}()
	// The first line says where it serves.
	line := make([]byte, 1000)
	n, err := logs.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	address := regexp.MustCompile(`address=(\S+)`).FindSubmatch(line[:n])
	if address == nil {
		t.Fatalf("got %q, want the address", line[:n])
	}

	attribute := func(id string) xacml.AttributeKey {
		return xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: "urn:example:" + id, Type: value.TypeString}
	}
	p, err := grpc.New(grpc.Config{
		Address: string(address[1]), Plaintext: true,
		Needs:    []pip.Need{{Name: "user", Key: attribute("user-id")}},
		Provides: []pip.Provided{{Key: attribute("role")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan grpc.Invalidation, 10)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		p.Watch(ctx, func(i grpc.Invalidation) { heard <- i })
	}()
	ann, bob := pip.Question{value.String("ann")}, pip.Question{value.String("bob")}
	roles := func(q pip.Question) []string {
		t.Helper()
		ask, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		a, err := p.Fetch(ask, q)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, v := range a.Bags[0].Values() {
			all = append(all, v.String())
		}
		return all
	}
	if i := <-heard; !i.Matches(ann) || !i.Matches(bob) {
		t.Errorf("at first: got %v, want all", i)
	}
	if got := roles(ann); !slices.Equal(got, []string{"admin"}) {
		t.Errorf("ann has %q, want admin", got)
	}

	replace(t, name, "user,role\nann,\n")
	time.Sleep(2 * pollInterval)
	if got := roles(ann); !slices.Equal(got, []string{"admin"}) {
		t.Errorf("after a bad file: ann has %q, want admin", got)
	}

	replace(t, name, "user,role\nbob,reader\n")
	start := time.Now()
	i := <-heard
	took := time.Since(start)
	t.Logf("the change was heard after %s", took.Round(time.Millisecond))
	if took > 5*time.Second { // a quarter of one, on a machine that does nothing else
		t.Errorf("got the change after %s, want 5 s at most", took)
	}
	if !i.Matches(ann) || i.Matches(bob) {
		t.Errorf("got %v, want ann", i)
	}
	if got := roles(ann); len(got) != 0 {
		t.Errorf("ann has %q, want nothing", got)
	}
	if got := roles(bob); !slices.Equal(got, []string{"reader"}) {
		t.Errorf("bob has %q, want reader", got)
	}

	cancel()
	<-watched
	if err := errors.Join(p.Close(), <-ended); err != nil {
		t.Error(err)
	}
}

func TestRunRefuses(t *testing.T) {
	dir := t.TempDir()
	table := filepath.Join(dir, "roles.csv")
	replace(t, table, "user,role\n")
	for _, args := range [][]string{
		{"-table", filepath.Join(dir, "none.csv"), "-plaintext"},
		{"-table", table}, // no certificate
		{"-table", table, "-cert", "a", "-key", "b", "-client-ca", "c"},
		{"-table", table, "-plaintext", "-listen", "none"},
		{"-what"},
	} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%q: got no error", args)
		}
	}
}
