package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writtenFolder is a folder of three files with 21 records.
func writtenFolder(t *testing.T) *memDisk {
	t.Helper()
	d, c := newMemDisk(), config()
	c.MaxBytes = 2000
	l := mustOpen(t, c, d, nil)
	for i := range 17 {
		if err := put(context.Background(), l, fmt.Sprintf("r%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, l)
	if names, _ := chainFiles(d); len(names) != 3 {
		t.Fatalf("got files %v, want 3", names)
	}
	return d
}

// linesOf are the lines of a file, with their line feeds.
func linesOf(d *memDisk, name string) [][]byte {
	return bytes.SplitAfter(d.files[name].data, []byte("\n"))
}

// tampering changes files.
type tampering struct {
	name   string
	change func(d *memDisk)
	// want are the problems, with the numbers of the records: "missing 3-5".
	want []string
}

const first, second, third = "audit-00000001.jsonl", "audit-00000002.jsonl", "audit-00000003.jsonl"

// edit changes the lines of a file.
func edit(name string, change func(lines [][]byte) [][]byte) func(*memDisk) {
	return func(d *memDisk) {
		d.files[name].data = bytes.Join(change(slices.DeleteFunc(linesOf(d, name), func(l []byte) bool { return len(l) == 0 })), nil)
	}
}

// forged is a record with a hash of its own, in place of another one.
func forged(t *testing.T, text []byte, seq uint64, change func(*line)) []byte {
	t.Helper()
	l, ok := parseLine(bytes.TrimSuffix(text, []byte("\n")))
	if !ok {
		t.Fatalf("no record: %s", text)
	}
	l.record = payload("forged")
	change(&l)
	out, _ := appendLine(nil, l.chain, position{seq - 1, l.prev}, l.durable, l.record)
	return out
}

func TestVerify_Tampering(t *testing.T) {
	swap := func(i, j int) func([][]byte) [][]byte {
		return func(l [][]byte) [][]byte { l[i], l[j] = l[j], l[i]; return l }
	}
	for _, tt := range []tampering{
		{"nothing", func(*memDisk) {}, nil},
		{"a record is deleted", edit(first, func(l [][]byte) [][]byte { return slices.Delete(l, 2, 3) }), []string{"missing 3-3"}},
		{"three records are deleted", edit(second, func(l [][]byte) [][]byte { return slices.Delete(l, 1, 4) }), []string{"missing 10-12"}},
		{"the last record of a file is deleted", edit(first, func(l [][]byte) [][]byte { return l[:len(l)-1] }), []string{"missing 8-8"}},
		{"the first record is deleted", edit(first, func(l [][]byte) [][]byte { return l[1:] }), []string{"missing 1-1"}},
		{"two records are swapped", edit(first, swap(2, 3)), []string{"reordered 3-3"}},
		{"two records far apart are swapped", edit(first, swap(1, 4)), []string{"reordered 3-3", "reordered 4-4", "reordered 2-2"}},
		{"a record is there twice", edit(first, func(l [][]byte) [][]byte { return slices.Insert(l, 4, l[3]) }), []string{"duplicated 4-4"}},
		{"a record is repeated at the end", edit(third, func(l [][]byte) [][]byte { return append(l, l[1]) }), []string{"duplicated 18-18"}},
		{"a record is replaced", edit(first, func(l [][]byte) [][]byte {
			l[3] = forged(t, l[3], 4, func(*line) {})
			return l
		}), []string{"altered 5-5"}},
		{"the last record of a file is replaced", edit(first, func(l [][]byte) [][]byte {
			l[7] = forged(t, l[7], 8, func(*line) {})
			return l
		}), []string{"altered 9-9"}},
		{"a record is inserted", edit(first, func(l [][]byte) [][]byte {
			return slices.Insert(l, 3, forged(t, l[3], 4, func(*line) {}))
		}), []string{"duplicated 4-4", "altered 5-5"}},
		{"a record of another chain is inserted", edit(first, func(l [][]byte) [][]byte {
			return slices.Insert(l, 3, forged(t, l[3], 4, func(l *line) { l.chain[0]++ }))
		}), []string{"foreign 4-4"}},
		{"text is inserted", edit(first, func(l [][]byte) [][]byte { return slices.Insert(l, 3, []byte("hello\n")) }), []string{"altered 0-0"}},
		{"an empty line is inserted", edit(first, func(l [][]byte) [][]byte { return slices.Insert(l, 3, []byte("\n")) }), []string{"altered 0-0"}},
		{"a line feed is lost", edit(first, func(l [][]byte) [][]byte { l[3] = bytes.TrimSpace(l[3]); return l }), []string{"altered 0-0", "missing 5-5"}},
		{"a carriage return is added", edit(first, func(l [][]byte) [][]byte {
			l[3] = append(bytes.TrimSpace(l[3]), "\r\n"...)
			return l
		}), []string{"altered 0-0"}},
		{"a record is blanked", edit(first, func(l [][]byte) [][]byte { l[3] = append(make([]byte, len(l[3])-1), '\n'); return l }), []string{"altered 0-0"}},
		{"two records are blanked into one", edit(first, func(l [][]byte) [][]byte { l[3] = nil; l[4] = []byte("x\n"); return l }), []string{"altered 0-0", "missing 5-5"}},
		{"the log is cut off within a record", edit(third, func(l [][]byte) [][]byte { n := len(l) - 1; l[n] = l[n][:20]; return l }), []string{"torn 0-0", "missing 21-21"}},
		{"a file is cut off within a record", edit(first, func(l [][]byte) [][]byte { l[7] = l[7][:20]; return l }), []string{"altered 0-0"}},
		{"a file is emptied", func(d *memDisk) { d.files[second].data = nil }, []string{"missing 9-16"}},
		{"a file is deleted", func(d *memDisk) { delete(d.files, second) }, []string{"missing 9-16"}},
		{"the first file is deleted", func(d *memDisk) { delete(d.files, first) }, []string{"missing 1-8"}},
		{"the first two files are deleted", func(d *memDisk) { delete(d.files, first); delete(d.files, second) }, []string{"missing 1-16"}},
		{"a file is there twice", func(d *memDisk) { d.files["audit-00000004.jsonl"] = d.files[second] }, []string{
			"duplicated 9-9", "duplicated 10-10", "duplicated 11-11", "duplicated 12-12", "duplicated 13-13", "duplicated 14-14", "duplicated 15-15", "duplicated 16-16",
		}},
		{"two files are swapped", func(d *memDisk) { d.files[second], d.files[third] = d.files[third], d.files[second] }, []string{
			"reordered 9-9", "reordered 10-10", "reordered 11-11", "reordered 12-12", "reordered 13-13", "reordered 14-14", "reordered 15-15", "reordered 16-16",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := writtenFolder(t)
			tt.change(d)
			report, err := verify(d, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range report.Findings {
				got = append(got, fmt.Sprintf("%s %d-%d", f.Problem, f.From, f.To))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Any octet that is changed, anywhere, is found.
func TestVerify_EachOctet(t *testing.T) {
	whole := writtenFolder(t)
	step := 7
	if long() {
		step = 1
	}
	for name, i := range whole.files {
		for at := 0; at < len(i.data); at += step {
			d := newMemDisk()
			for n, o := range whole.files {
				d.files[n] = &inode{data: o.data}
			}
			data := bytes.Clone(i.data)
			data[at] ^= 1
			d.files[name] = &inode{data: data}
			report, err := verify(d, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Findings) == 0 {
				t.Fatalf("%s: a change of octet %d was not found", name, at)
			}
			if f := report.Findings[0]; f.File != name || f.Offset > int64(at) {
				t.Fatalf("%s: a change of octet %d was found at %s:%d", name, at, f.File, f.Offset)
			}
		}
	}
}

// What is cut off at the end can only be known from elsewhere.
func TestVerify_Anchors(t *testing.T) {
	d := writtenFolder(t)
	report, err := verify(d, nil)
	if err != nil || report.Last != 21 || report.First != 1 || report.Records != 21 || report.Files != 3 {
		t.Fatalf("got %+v, %v", report, err)
	}
	last, _ := parseLine(bytes.TrimSpace(linesOf(d, third)[4]))
	anchor := Anchor{last.seq, last.hash}
	if report, _ = verify(d, []Anchor{anchor}); len(report.Findings) > 0 || report.LastHash != last.hash.String() {
		t.Errorf("got %+v, want nothing", report)
	}
	edit(third, func(l [][]byte) [][]byte { return l[:4] })(d)
	if report, _ = verify(d, nil); len(report.Findings) != 1 || report.Findings[0].Problem != Missing || report.Findings[0].From != 21 {
		t.Errorf("got %+v, want record 21 to be missing: the log noted it", report)
	}
	delete(d.files, headName)
	if report, _ = verify(d, nil); len(report.Findings) > 0 {
		t.Errorf("got %+v, want nothing: nobody can know", report)
	}
	if report, _ = verify(d, []Anchor{anchor}); len(report.Findings) != 1 || report.Findings[0].Problem != Missing || report.Findings[0].From != 21 {
		t.Errorf("got %+v, want record 21 to be missing", report)
	}
	if report, _ = verify(writtenFolder(t), []Anchor{anchor}); len(report.Findings) != 1 || report.Findings[0].Problem != Altered {
		t.Errorf("got %+v of another chain, want an altered record", report)
	}
}

// What is removed because it is old is not missing; what is removed besides is.
func TestVerify_Retention(t *testing.T) {
	d, c := newMemDisk(), config()
	c.MaxBytes, c.Keep = 1000, 3
	l := mustOpen(t, c, d, nil)
	for i := range 30 {
		if err := put(context.Background(), l, fmt.Sprintf("r%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, l)
	names, _ := chainFiles(d)
	report, err := verify(d, nil)
	if err != nil || len(names) != 3 || len(report.Findings) > 0 || report.First < 10 {
		t.Fatalf("got files %v, %+v, %v", names, report, err)
	}
	delete(d.files, names[0])
	report, _ = verify(d, nil)
	if len(report.Findings) != 1 || report.Findings[0].Problem != Missing {
		t.Errorf("got %+v, want missing records", report.Findings)
	}
}

// What waited in a spill file is in the log in its order, each once.
func TestVerify_Spilled(t *testing.T) {
	one, other := newChainID(), newChainID()
	folderOf := func(marks ...spillMark) *memDisk {
		var text []byte
		id, last := newChainID(), position{}
		for _, m := range marks {
			text, last = appendLine(text, id, last, 0, spliced(m, payload("r")))
		}
		d := newMemDisk()
		d.files[first] = &inode{data: text}
		return d
	}
	for _, tt := range []struct {
		name  string
		marks []spillMark
		want  string
	}{
		{"in order", []spillMark{{one, 1}, {one, 2}, {other, 1}, {other, 2}}, ""},
		{"one is missing", []spillMark{{one, 1}, {one, 3}}, "missing 2"},
		{"the first is missing", []spillMark{{one, 1}, {other, 2}}, "missing 2"},
		{"twice", []spillMark{{one, 1}, {one, 2}, {one, 1}, {one, 2}}, "duplicated 3, duplicated 4"},
	} {
		report, err := verify(folderOf(tt.marks...), nil)
		var got []string
		for _, f := range report.Findings {
			got = append(got, fmt.Sprintf("%s %d", f.Problem, f.From))
		}
		if strings.Join(got, ", ") != tt.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestVerify_NotReadable(t *testing.T) {
	if _, err := Verify(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("no error for a folder that is not there")
	}
	dir := t.TempDir()
	if _, err := Verify(dir); err == nil {
		t.Error("no error for a folder without audit files")
	}
	if err := os.Mkdir(filepath.Join(dir, first), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(dir); err == nil {
		t.Error("no error for a folder in place of a file")
	}
}

// There is one way to write a line.
func TestChain_Canonical(t *testing.T) {
	good, _ := appendLine(nil, newChainID(), position{}, 0, []byte(`{"kind":"note"}`))
	text := strings.TrimSuffix(string(good), "\n")
	if _, ok := parseLine([]byte(text)); !ok {
		t.Fatalf("not read: %s", text)
	}
	reseal := func(body string) []byte { // with a hash that is right
		hash := sha256.Sum256([]byte(body))
		return []byte(body + `,"hash":"` + hex.EncodeToString(hash[:]) + `"}`)
	}
	body := text[:len(text)-sealLength]
	if !bytes.Equal(reseal(body), []byte(text)) {
		t.Fatal("the test does not seal as the log does")
	}
	for _, wrong := range []string{
		strings.Replace(body, `"seq":1`, `"seq":01`, 1),
		strings.Replace(body, `"seq":1`, `"seq":0`, 1),
		strings.Replace(body, `"seq":1`, `"seq":-1`, 1),
		strings.Replace(body, `"seq":1`, `"seq":99999999999999999999`, 1),
		strings.Replace(body, `{"seq"`, `{ "seq"`, 1),
		strings.Replace(body, `"durable":0`, `"durable":`, 1),
		body[:strings.Index(body, `{"kind"`)],
		"",
	} {
		if l, ok := parseLine(reseal(wrong)); ok {
			t.Errorf("read %+v of %s", l, wrong)
		}
	}
	if _, ok := parseLine([]byte(strings.ToUpper(text))); ok {
		t.Error("read in upper case")
	}
}

// Whatever is read as a line is what the log would write for it, and no start of
// files, whatever they hold, panics or goes on for ever.
func FuzzLine(f *testing.F) {
	good, _ := appendLine(nil, newChainID(), position{}, 0, []byte(`{"kind":"note","note":{"what":"started","void":[{"file":"audit-00000001.jsonl","from":3}]}}`))
	f.Add(good)
	f.Add(append(bytes.Clone(good), `{"seq":2`...))
	f.Add(append(bytes.Clone(good), good...))
	f.Fuzz(func(t *testing.T, text []byte) {
		for part := range bytes.SplitSeq(text, []byte("\n")) {
			if l, ok := parseLine(part); ok {
				again, _ := appendLine(nil, l.chain, position{l.seq - 1, l.prev}, l.durable, l.record)
				if !bytes.Equal(again, append(bytes.Clone(part), '\n')) {
					t.Fatalf("read %s, and would write %s", part, again)
				}
				spilledFrom(l.record)
			}
		}
		d := newMemDisk()
		d.files[first], d.files[second] = &inode{data: bytes.Clone(text)}, &inode{data: bytes.Clone(good)}
		if _, err := verify(d, nil); err != nil {
			t.Fatal(err)
		}
		_, _ = recoverFiles(d, []string{first, second})
		_, _ = recoverFiles(d, []string{first})
	})
}
