//go:build unix

package pap

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// Rows 22 and 23 of the fault catalogue: links, special files and limits.

func TestLinksInsideTheFolder(t *testing.T) {
	f := newFixture(t, "a.xml", "1", ".store/v1/b.xml", "2", ".store/v1/c/d.xml", "3", ".store/e", "4")
	f.link(".store/v1", "v")
	f.link("../a.xml", "g/h.xml")
	f.link(".store/e", "e.xml")
	f.link(".store/e", "e.txt")
	f.run()
	f.wants("a.xml", "1", "e.xml", "4", "g/h.xml", "1", "v/b.xml", "2", "v/c/d.xml", "3")
	f.write(".store/v1/c/d.xml", "5") // seen through a link only
	f.wants("a.xml", "1", "e.xml", "4", "g/h.xml", "1", "v/b.xml", "2", "v/c/d.xml", "5")
}

func TestKubernetesVolumeSwap(t *testing.T) {
	f := newFixture(t, "..2026_01/a.xml", "1", "..2026_01/s/b.xml", "2")
	f.link("..2026_01", "..data")
	f.link("..data/a.xml", "a.xml")
	f.link("..data/s", "s")
	f.run()
	f.wants("a.xml", "1", "s/b.xml", "2")
	f.write("..2026_02/a.xml", "3")
	f.write("..2026_02/s/b.xml", "4")
	f.link("..2026_02", "..data_tmp")
	f.rename("..data_tmp", "..data")
	f.remove("..2026_01")
	f.wants("a.xml", "3", "s/b.xml", "4")
	for _, files := range f.compiler.seen() {
		if len(files) != 2 {
			t.Errorf("files of a candidate: got %q, want a.xml and s/b.xml, each once", files)
		}
		if a, b := string(files[0].Data), string(files[1].Data); a+b != "12" && a+b != "34" {
			t.Errorf("content of a candidate: got %q, want that of one version", a+b)
		}
	}
}

// A file system may show a name twice while a file takes the place of another.
func TestNameThatIsShownTwice(t *testing.T) {
	f := newFixture(t, "a.xml", "1", "d/b.xml", "2")
	root, err := openRoot(f.dir)
	f.must(err)
	defer func() { f.must(root.Close()) }()
	w := walk{tree: root, limits: DefaultLimits()}
	w.folder(".", nil)
	w.folder(".", nil)
	var names []string
	for _, e := range w.done().files {
		names = append(names, e.name)
	}
	if diff := cmp.Diff([]string{"a.xml", "d/b.xml"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestFolderThatIsALink(t *testing.T) {
	f := newFixture(t, "v1/a.xml", "1", "v2/a.xml", "2")
	f.link("v1", "current")
	f.config.Dir = f.path("current")
	f.run()
	f.wants("a.xml", "1")
	f.link("v2", "next")
	f.rename("next", "current")
	f.wants("a.xml", "2")
	f.write("v2/a.xml", "3")
	f.wants("a.xml", "3")
}

func TestWhatIsRefused(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "o.xml"), []byte("out"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, file, message string
		make                func(f *fixture)
	}{
		{
			"link out of the folder", "b.xml", "link cannot be followed inside the policy folder: path escapes from parent",
			func(f *fixture) { f.link(filepath.Join(outside, "o.xml"), "b.xml") },
		},
		{"relative link out of the folder", "b.xml", "path escapes", func(f *fixture) { f.link("../x.xml", "b.xml") }},
		{"link to a folder outside", "b", "path escapes", func(f *fixture) { f.link(outside, "b") }},
		{"link through a folder outside", "b/c.xml", "path escapes", func(f *fixture) { f.link("../../"+filepath.Base(outside)+"/o.xml", "b/c.xml") }},
		{"dangling link", "b.xml", "no such file", func(f *fixture) { f.link("c.xml", "b.xml") }},
		{"dangling link of any name", "b", "no such file", func(f *fixture) { f.link("c", "b") }},
		{"link to itself", "b.xml", "too many", func(f *fixture) { f.link("b.xml", "b.xml") }},
		{"links to each other", "b.xml", "too many", func(f *fixture) { f.link("c.xml", "b.xml"); f.link("b.xml", "c.xml") }},
		{"loop of folders", "b/c", "link loop", func(f *fixture) { f.write("b/d.xml", "2"); f.link("..", "b/c") }},
		{"loop to the same folder", "b", "link loop", func(f *fixture) { f.link(".", "b") }},
		{"pipe", "b.xml", "not a regular file but a named pipe", func(f *fixture) { f.must(syscall.Mkfifo(f.path("b.xml"), 0o644)) }},
		{"link to a pipe", "b.xml", "a named pipe", func(f *fixture) { f.must(syscall.Mkfifo(f.path("p"), 0o644)); f.link("p", "b.xml") }},
		{"control character in a name", `b\n.xml`, "not printable", func(f *fixture) { f.write("b\n.xml", "2") }},
		{"invalid UTF-8 in a name", `b\xff`, "not printable", func(f *fixture) { f.write("b\xff/c.xml", "2") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, "a.xml", "1").open()
			test.make(f)
			if err := f.store.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("Reload: got %v, want a problem with %q", err, test.message)
			}
			f.wantsRefused(test.file, policy.ReasonIO, "a.xml", "1")
			f.remove(strings.Split(strings.NewReplacer(`\n`, "\n", `\xff`, "\xff").Replace(test.file), "/")[0])
			f.remove("c.xml")
			if err := f.store.Reload(t.Context()); err != nil {
				t.Errorf("Reload after the repair: got %v, want no error", err)
			}
		})
	}
}

func TestOtherThingsThanPoliciesDoNotMatter(t *testing.T) {
	f := newFixture(t, "a.xml", "1", "LICENSE", "text")
	f.must(syscall.Mkfifo(f.path("control"), 0o644))
	f.must(syscall.Mkfifo(f.path(".b.xml"), 0o644))
	f.link("nowhere", ".c.xml")
	f.link("LICENSE", "license")
	f.open().wants("a.xml", "1")
}

func TestDevice(t *testing.T) {
	if _, err := os.Stat("/dev/null"); err != nil {
		t.Skip("no devices here")
	}
	problems := list(fakeTree{stat: func(string) (os.FileInfo, error) { return os.Stat("/dev/null") }}.on(t, "null.xml"), DefaultLimits(), 0).problems
	if got, want := problems.Error(), "null.xml: not a regular file but a device"; got != want {
		t.Errorf("device: got %q, want %q", got, want)
	}
}

func TestUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("everything can be read as root; TestNthOperationFails covers this")
	}
	f := newFixture(t, "a.xml", "1", "b/c.xml", "2").open()
	for _, name := range []string{"a.xml", "b"} {
		info, err := os.Stat(f.path(name))
		f.must(err)
		f.must(os.Chmod(f.path(name), 0))
		if err := f.store.Reload(t.Context()); err == nil {
			t.Errorf("%s that cannot be read: got no error", name)
		}
		f.wantsRefused(name, policy.ReasonIO, "a.xml", "1", "b/c.xml", "2")
		f.must(os.Chmod(f.path(name), info.Mode()))
		if err := f.store.Reload(t.Context()); err != nil {
			t.Errorf("%s that can be read again: got %v, want no error", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name    string
		limits  Limits
		reason  policy.Reason
		message string
	}{
		{"files", Limits{Files: 2}, policy.ReasonSize, ".: more than 2 policy files"},
		{"names", Limits{Entries: 4}, policy.ReasonSize, ".: more than 4 names in the policy folder"},
		{"bytes of a file", Limits{FileBytes: 3}, policy.ReasonSize, "b/c.xml: file is larger than 3 bytes"},
		{"bytes", Limits{TotalBytes: 6}, policy.ReasonSize, ".: policy files are larger than 6 bytes together"},
		{"depth", Limits{Depth: 1}, policy.ReasonDepth, "b: folders are nested more than 1 deep"},
		{"all just reached", Limits{Files: 3, Entries: 5, FileBytes: 4, TotalBytes: 7, Depth: 2}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, "a.xml", "1", "b/c.xml", "1234", "d.xml", "12", "e", "")
			f.config.Limits = test.limits
			f.open()
			got := f.store.Status().Problems.Errors()
			if got.Error() != test.message || (len(got) > 0 && got[0].Reason != test.reason) {
				t.Errorf("problems: got %+v, want %q for %q", got, test.message, test.reason)
			}
			if (f.store.Current() == nil) != (test.message != "") {
				t.Errorf("in force: got %s", f.inForce())
			}
		})
	}
}

func TestFileThatGrowsWhileItIsRead(t *testing.T) {
	f := newFixture(t, "a.xml", "12345", "b.xml", "12345")
	for _, test := range []struct {
		limits Limits
		want   string
	}{
		{Limits{FileBytes: 4}, "a.xml: file is larger than 4 bytes\nb.xml: file is larger than 4 bytes"},
		{Limits{TotalBytes: 9}, ".: policy files are larger than 9 bytes together"},
		{Limits{FileBytes: 5, TotalBytes: 10}, ""},
	} {
		source := folder{dir: f.dir, limits: test.limits.orDefault(), open: openRoot}
		root, err := openRoot(f.dir)
		f.must(err)
		seen := new(sight)
		listed := []entry{{name: "a.xml"}, {name: "b.xml"}} // as listed when they were empty
		f.must(source.fill(t.Context(), root, seen, listed, reading{}))
		f.must(root.Close())
		if got := seen.problems.Error(); got != test.want {
			t.Errorf("limits %+v: got %q, want %q", test.limits, got, test.want)
		}
		for _, p := range seen.problems {
			if p.Reason != policy.ReasonSize {
				t.Errorf("limits %+v: got reason %s, want size", test.limits, p.Reason)
			}
		}
	}
}

func TestLinksThatMultiplyEnd(t *testing.T) {
	f := newFixture(t)
	// Each level is in the one above twice: 2^30 paths.
	for _, level := range "abcdefghijklmnopqrstuvwxyzABCD" {
		f.write(string(level)+"/p.xml", "1")
	}
	for _, level := range "abcdefghijklmnopqrstuvwxyzABC" {
		below := string(level + 1)
		if level == 'z' {
			below = "A"
		}
		f.link("../"+below, string(level)+"/l")
		f.link("../"+below, string(level)+"/r")
	}
	f.config.Limits.Entries = 5_000
	f.open()
	f.wantsRefused(".", policy.ReasonSize)
}
