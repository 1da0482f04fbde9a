package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestArchive: what is in an archive depends on names and contents, and on nothing
// else of the files.
func TestArchive(t *testing.T) {
	at := time.Unix(1_700_000_000, 0).UTC()
	make := func(mode os.FileMode, age time.Duration, swap bool) []byte {
		folder := t.TempDir()
		file := filepath.Join(folder, "binary")
		if err := os.WriteFile(file, []byte("program"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at.Add(-age), at.Add(-age)); err != nil {
			t.Fatal(err)
		}
		entries := []entry{{name: "b", from: file, executable: true}, {name: "a", data: []byte("text")}}
		if swap {
			entries[0], entries[1] = entries[1], entries[0]
		}
		out := filepath.Join(folder, "x.tar.gz")
		if err := writeArchive(out, "x", at, entries); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	one := make(0o600, time.Hour, false)
	if !bytes.Equal(one, make(0o755, time.Minute, true)) {
		t.Error("two archives of the same files differ")
	}
	packed, err := gzip.NewReader(bytes.NewReader(one))
	if err != nil {
		t.Fatal(err)
	}
	var got []tar.Header
	for archive := tar.NewReader(packed); ; {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, tar.Header{Name: head.Name, Mode: head.Mode, Size: head.Size, ModTime: head.ModTime.UTC(), Uid: head.Uid, Uname: head.Uname})
	}
	want := []tar.Header{
		{Name: "x/", Mode: 0o755, ModTime: at},
		{Name: "x/a", Mode: 0o644, Size: 4, ModTime: at},
		{Name: "x/b", Mode: 0o755, Size: 7, ModTime: at},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the archive holds (-want +got):\n%s", diff)
	}
}

// TestRelease_Refuses what would be no release.
func TestRelease_Refuses(t *testing.T) {
	for name, r := range map[string]release{
		"no folder":  {source: "../..", version: "1.0.0"},
		"no version": {source: "../..", out: t.TempDir()},
		"a path":     {source: "../..", out: t.TempDir(), version: "../1.0.0"},
		"a flag":     {source: "../..", out: t.TempDir(), version: "1.0.0 -race"},
		"no sources": {source: t.TempDir(), out: t.TempDir(), version: "1.0.0"},
	} {
		if err := r.make(t.Context()); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// TestReproducible makes the release twice: of two copies of the sources in folders
// of different names, the second time with an empty cache and another
// environment. It takes as long as compiling everything does, so
// it runs only where FORSETI_RELEASE is set.
func TestReproducible(t *testing.T) {
	if os.Getenv("FORSETI_RELEASE") == "" {
		t.Skip("FORSETI_RELEASE is not set; make release-check sets it")
	}
	at := time.Unix(1_700_000_000, 0).UTC()
	sums := func(source string) (out, text string) {
		out = t.TempDir()
		r := release{source: source, out: out, version: "1.2.3", at: at, platforms: allPlatforms()}
		if err := r.make(t.Context()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		return out, string(data)
	}
	source, other := copySources(t, t.TempDir()), filepath.Join(t.TempDir(), "a", "longer", "name than that")
	if err := os.CopyFS(other, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	out, one := sums(source)
	cache := t.TempDir()
	t.Setenv("GOCACHE", cache)
	t.Setenv("GOFLAGS", "-buildvcs=auto -ldflags=-X=main.version=other")
	t.Setenv("GOAMD64", "v3")
	t.Setenv("TZ", "Asia/Tokyo")
	t.Setenv("LC_ALL", "C")
	_, two := sums(other)
	if one != two {
		t.Errorf("the second release differs (-first +second):\n%s", cmp.Diff(one, two))
	}
	if lines := strings.Count(one, "\n"); lines != 2*len(allPlatforms()) {
		t.Errorf("got %d files, want %d:\n%s", lines, 2*len(allPlatforms()), one)
	}
	t.Logf("\n%s", one)
	if text, err := exec.Command("sh", "-c", "cd "+out+" && sha256sum -c SHA256SUMS").CombinedOutput(); err != nil {
		t.Errorf("sha256sum does not take the sums: %s", text)
	}
	for _, p := range allPlatforms() {
		checkBinary(t, filepath.Join(out, "forseti-1.2.3-"+p.String()+".tar.gz"), p)
	}
}

// copySources copies the sources, without what version control ignores.
func copySources(t *testing.T, to string) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = "../.."
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join("../..", name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and that is not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// checkBinary: the binary is static, has no trace of where it was built, and says
// which version it is.
func checkBinary(t *testing.T, archive string, p platform) {
	t.Helper()
	folder := t.TempDir()
	if text, err := exec.Command("tar", "-xzf", archive, "-C", folder, "--strip-components=1").CombinedOutput(); err != nil {
		t.Fatalf("%s: %s", archive, text)
	}
	for _, name := range []string{"LICENSE", "README.md", "THIRD_PARTY_LICENSES", "forseti.yaml", "forseti.service"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s has no %s", archive, name)
		}
	}
	binary := filepath.Join(folder, "forseti")
	program, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close() //nolint:errcheck // it was only read
	if want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[p.arch]; program.Machine != want {
		t.Errorf("%s is for %v, want %v", archive, program.Machine, want)
	}
	for _, segment := range program.Progs {
		if segment.Type == elf.PT_INTERP || segment.Type == elf.PT_DYNAMIC {
			t.Errorf("%s is not static", archive)
		}
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range []string{os.TempDir() + "/Test", home + "/go"} {
		if bytes.Contains(data, []byte(trace)) {
			t.Errorf("%s holds the path %q", archive, trace)
		}
	}
	if p.arch != runtime.GOARCH || p.os != runtime.GOOS {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	text, err := exec.CommandContext(ctx, binary, "version").Output()
	if err != nil || !strings.HasPrefix(string(text), "forseti 1.2.3\n") {
		t.Errorf("the binary says %q (%v)", text, err)
	}
}
