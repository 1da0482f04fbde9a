package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What was on disk is not taken away from the end without being found out, and no log
// goes on as if it had never been there.
func TestHead_TheEndIsTakenAway(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*memDisk)
		missing bool // is what verify finds
	}{
		{"the last record", edit(third, func(l [][]byte) [][]byte { return l[:len(l)-1] }), true},
		{"half of the last file", edit(third, func(l [][]byte) [][]byte { return l[:len(l)/2] }), true},
		{"within the last record", edit(third, func(l [][]byte) [][]byte { n := len(l) - 1; l[n] = l[n][:20]; return l }), true},
		{"the last file is emptied", func(d *memDisk) { d.files[third].data = nil }, true},
		{"the last file", func(d *memDisk) { delete(d.files, third) }, true},
		{"all but the first file", func(d *memDisk) { delete(d.files, third); delete(d.files, second) }, true},
		{"all files", func(d *memDisk) { delete(d.files, third); delete(d.files, second); delete(d.files, first) }, false},
		{"the note is changed", func(d *memDisk) { d.files[headName].data[8] ^= 1 }, false},
		{"the note is emptied", func(d *memDisk) { d.files[headName].data = nil }, false},
	} {
		d := writtenFolder(t)
		tt.change(d)
		report, err := verify(d, nil)
		if err == nil && len(report.Findings) == 0 {
			t.Errorf("%s: nothing was found", tt.name)
		}
		if found := slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Problem == Missing && f.From == 21 }); found != tt.missing {
			t.Errorf("%s: got %+v", tt.name, report.Findings)
		}
		if l, err := open(config(), d, nil); err == nil {
			t.Errorf("%s: the log starts", tt.name)
			giveUp(l)
		}
	}
}

// Folders of former versions have no note, and get one.
func TestHead_IsMade(t *testing.T) {
	d := writtenFolder(t)
	delete(d.files, headName)
	mustClose(t, mustOpen(t, config(), d, nil))
	report, err := verify(d, nil)
	h, ok, headErr := readHead(d)
	if err != nil || headErr != nil || !ok || h.seq != report.Last || h.hash.String() != report.LastHash {
		t.Errorf("got %+v, %v, %v of %+v, %v", h, ok, headErr, report, err)
	}
}

// The log of the service holds anchors: with them a whole new chain is found out, too.
func TestHead_Announced(t *testing.T) {
	var text bytes.Buffer
	d, c := newMemDisk(), config()
	c.Logger = slog.New(slog.NewJSONHandler(&text, nil))
	l := mustOpen(t, c, d, nil)
	for i := range 20 {
		if err := put(t.Context(), l, fmt.Sprintf("r%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, l)
	var anchors []Anchor
	for line := range strings.Lines(text.String()) {
		var said struct {
			Record uint64
			Hash   string
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		a := Anchor{Seq: said.Record}
		if n, err := hex.Decode(a.Hash[:], []byte(said.Hash)); err != nil || n != len(a.Hash) {
			t.Fatalf("got %s", line)
		}
		anchors = append(anchors, a)
	}
	report, err := verify(d, anchors)
	if err != nil || len(report.Findings) > 0 || len(anchors) < 4 || anchors[len(anchors)-1].Seq != report.Last {
		t.Errorf("got %+v, %v with %d anchors", report, err, len(anchors))
	}
	other := newMemDisk()
	l = mustOpen(t, config(), other, nil)
	load(t.Context(), l, "forged", 1, 20)
	mustClose(t, l)
	if report, err = verify(other, anchors); err != nil || len(report.Findings) < 4 {
		t.Errorf("got %+v, %v of a whole new chain", report, err)
	}
}

// A file that somebody moves or removes while it is written is missed, and told of; what
// is recorded afterwards is in its folder.
func TestHead_TheFileIsMoved(t *testing.T) {
	for _, rule := range []SyncRule{SyncAlways, SyncInterval} {
		dir := t.TempDir()
		c := config()
		c.Folder, c.MaxBytes, c.Sync = dir, 1<<20, rule
		l, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := put(context.Background(), l, "gone"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, first), filepath.Join(dir, "moved")); err != nil {
			t.Fatal(err)
		}
		soon(t, "there is another file", func() bool {
			_ = put(context.Background(), l, "after")
			_, err := os.Stat(filepath.Join(dir, second))
			return err == nil
		})
		mustClose(t, l)
		report, err := Verify(dir)
		if err != nil || len(report.Findings) != 1 || report.Findings[0].Problem != Missing || report.Findings[0].From != 1 {
			t.Errorf("%s: got %+v, %v, want the records of the first file to be missing", rule, report, err)
		}
		// Somebody brings it back.
		if err := os.Rename(filepath.Join(dir, "moved"), filepath.Join(dir, first)); err != nil {
			t.Fatal(err)
		}
		wantSound(t, folder{dir}, []string{"gone"}, string(rule))
	}
}

// A link in place of a file is not passed over: what it leads to would not be looked at.
func TestFolder_Links(t *testing.T) {
	dir := t.TempDir()
	c := config()
	c.Folder = dir
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(filepath.Join(dir, first), elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, first)); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v from Verify", err)
	}
	if _, err := Open(c); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v from Open", err)
	}
}

// removing is a disk whose log removes its oldest file while somebody reads.
type removing struct {
	*memDisk
	name string
}

func (r *removing) names() ([]string, error) {
	names, err := r.memDisk.names()
	if r.name != "" {
		delete(r.files, r.name)
		r.name = ""
	}
	return names, err
}

// The log removes old files while they are read: they are looked for again.
func TestVerify_WhileFilesAreRemoved(t *testing.T) {
	d, c := newMemDisk(), config()
	c.MaxBytes, c.Keep = 1000, 3
	l := mustOpen(t, c, d, nil)
	load(t.Context(), l, "a", 1, 30)
	mustClose(t, l)
	names, _ := chainFiles(d)
	if _, err := verify(&removing{d, names[0]}, nil); err != nil {
		t.Errorf("got %v", err)
	}
}
