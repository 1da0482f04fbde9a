package reload

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe would wait for a writer, and so would the start of the service.
func TestRead_Pipe(t *testing.T) {
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
	expect(t, Secret(name, nil), "", "not a regular file")
}

func TestRead_Bound(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, tt := range []struct {
		size int
		want string
	}{{MaxBytes, ""}, {MaxBytes + 1, "larger than"}} {
		if err := os.WriteFile(name, make([]byte, tt.size), 0o600); err != nil {
			t.Fatal(err)
		}
		data, err := Read(name)
		if tt.want == "" && (err != nil || len(data) != tt.size) {
			t.Errorf("%d bytes: got %d, %v", tt.size, len(data), err)
		}
		if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%d bytes: got %v, want an error with %q", tt.size, err, tt.want)
		}
	}
}

// The line break at the end goes, spaces and other lines stay, and are checked.
func TestSecret_LineBreakAtItsEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("a\n b \r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, Secret(name, func(string) error { return nil }), "a\n b ", "")
}

func TestKeyPair_ErrorNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	there, gone := filepath.Join(dir, "there"), filepath.Join(dir, "gone")
	if err := os.WriteFile(there, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ cert, key, want string }{
		{gone, there, gone},
		{there, gone, gone},
		{there, there, "PEM"},
	} {
		_, err := KeyPair(tt.cert, tt.key)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v, want an error with %q", err, tt.want)
		}
	}
}
