package pap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIDForm(t *testing.T) {
	id := ID("", nil)
	if !regexp.MustCompile(`^sha256:[0-9a-f]{32}$`).MatchString(id) {
		t.Errorf("ID: got %q, want sha256: and 32 hexadecimal digits", id)
	}
}

// TestIDIsStable: a release that changes the scheme changes its name as well.
func TestIDIsStable(t *testing.T) {
	got := ID("root", []File{{"a.xml", []byte("1")}, {"b/c.xml", []byte("2")}})
	if want := "sha256:da95b0d6a969ceaf3c27d2ad3075b93b"; got != want {
		t.Errorf("ID: got %s, want %s", got, want)
	}
}

// TestGroupsFollowChanges: hashing only the groups that a change is in gives
// what hashing all of them does.
func TestGroupsFollowChanges(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var files []file
	var followed groups
	for range 300 {
		stale := new(groupSet)
		switch i := random.IntN(len(files) + 1); {
		case i == len(files) || random.IntN(2) == 0:
			name := fmt.Sprintf("%d.xml", random.IntN(1_000_000))
			at, found := slices.BinarySearchFunc(files, name, func(f file, name string) int { return strings.Compare(f.name, name) })
			if found {
				continue
			}
			files = slices.Insert(files, at, file{entry: entry{name: name}, group: groupOf(name)})
			stale[groupOf(name)] = true
		case random.IntN(2) == 0:
			files[i].digest[0]++
			stale[files[i].group] = true
		default:
			stale[files[i].group] = true
			files = slices.Delete(files, i, i+1)
		}
		followed.update(files, stale)
		var whole groups
		whole.update(files, everyGroup())
		if followed != whole {
			t.Fatalf("groups of %d files: got others than from scratch", len(files))
		}
	}
}

// plain writes out what an ID stands for, in a form that is unambiguous.
func plain(root string, files []File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q", root)
	for _, f := range files {
		fmt.Fprintf(&b, " %q=%q", f.Name, f.Data)
	}
	return b.String()
}

// TestIDsAreDistinct makes many folders of very few letters, in which bytes
// wander between the root algorithm, names, contents and files. Equal IDs have
// to be those of equal folders.
func TestIDsAreDistinct(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, random.IntN(4))
		for i := range b {
			b[i] = "\x00\x01ax"[random.IntN(4)]
		}
		return string(b)
	}
	byID, byPlain := map[string]string{}, map[string]string{}
	for range 50_000 {
		root := word()
		var files []File
		for range random.IntN(4) {
			files = append(files, File{Name: word(), Data: []byte(word())})
		}
		slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
		id, text := ID(root, files), plain(root, files)
		if other, ok := byID[id]; ok && other != text {
			t.Fatalf("ID %s: got it for %s and for %s", id, text, other)
		}
		if other, ok := byPlain[text]; ok && other != id {
			t.Fatalf("folder %s: got IDs %s and %s", text, id, other)
		}
		byID[id], byPlain[text] = text, id
	}
}

// TestIDMovedBytes moves the border between the parts of a folder.
func TestIDMovedBytes(t *testing.T) {
	const text = "abcdefgh"
	seen := map[string]string{}
	for i := 0; i <= len(text); i++ {
		for j := i; j <= len(text); j++ {
			for k := j; k <= len(text); k++ {
				for _, files := range [][]File{
					{{text[i:j], []byte(text[j:])}},
					{{text[i:j], []byte(text[j:k])}, {text[k:], nil}},
					{{text[i:j], nil}, {text[j:k], []byte(text[k:])}},
				} {
					slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
					id, folder := ID(text[:i], files), plain(text[:i], files)
					if other, ok := seen[id]; ok && other != folder {
						t.Fatalf("ID %s: got it for %s and for %s", id, folder, other)
					}
					seen[id] = folder
				}
			}
		}
	}
}

func TestReadFolder(t *testing.T) {
	f := newFixture(t, "b/c.xml", "2", "a.xml", "1", "skip.txt", "x")
	got, problems, err := ReadFolder(t.Context(), f.dir, Limits{})
	want := []File{{"a.xml", []byte("1")}, {"b/c.xml", []byte("2")}}
	if err != nil || len(problems) > 0 || !cmp.Equal(got, want) {
		t.Errorf("ReadFolder: got %v, %v, %s", problems, err, cmp.Diff(want, got))
	}
	f.config.RootAlgorithm = "other"
	f.open()
	if got, want := f.inForce(), ID("other", want); got != want {
		t.Errorf("in force: got %s, want the ID of what ReadFolder gives, %s", got, want)
	}
	got, problems, err = ReadFolder(t.Context(), filepath.Join(f.dir, "nothing"), Limits{})
	if len(got) > 0 || len(problems) != 1 || err != nil {
		t.Errorf("ReadFolder of nothing: got %v, %v, %v, want one problem", got, problems, err)
	}
}

// FuzzNames: no name of a file makes a store read what is not a policy file, or
// fail otherwise than by a problem.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"a.xml", ".xml", "..data", "a.XML", "a\n.xml", "\xff.xml", "~", "#.xml#", "a.xml~"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 255 || filepath.Base(name) != name || strings.ContainsRune(name, 0) || name == "." || name == ".." {
			t.Skip()
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Skip()
		}
		files, problems, err := ReadFolder(t.Context(), dir, Limits{})
		if err != nil {
			t.Fatalf("%q: got %v, want no error", name, err)
		}
		policy := strings.HasSuffix(name, ".xml") && !ignored(name) && printable(name)
		if (len(files) == 1) != policy {
			t.Errorf("%q: got %d files and %v, want it read %t", name, len(files), problems, policy)
		}
		if len(files) == 1 && (files[0].Name != name || !bytes.Equal(files[0].Data, []byte(name))) {
			t.Errorf("%q: got %q", name, files[0])
		}
	})
}
