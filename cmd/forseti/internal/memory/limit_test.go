package memory

import (
	"maps"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const gib = 1 << 30

// files are files of Linux by name.
func files(list map[string]string) fstest.MapFS {
	out := make(fstest.MapFS)
	for name, text := range list {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func nothing(string) (string, bool) { return "", false }

// Row 44: the limit is that of the control group, wherever it is to be found, and the
// memory of the machine if there is none.
func TestFind(t *testing.T) {
	const machine = "MemTotal:       16777216 kB\nMemFree: 1 kB\n" // 16 GiB
	fromGroup := func(n int64) Limit { return Limit{Heap: n / 10 * 8, Runtime: n / 10 * 8, Of: n, From: FromCgroup} }
	fromMachine := Limit{Heap: 16 * gib / 10 * 8 / 2, Of: 16 * gib, From: FromMachine}
	for _, test := range []struct {
		name  string
		files map[string]string
		want  Limit
		fails string
	}{
		{"version 2", map[string]string{
			"proc/self/cgroup": "0::/kubepods/pod1/c1\n", "sys/fs/cgroup/kubepods/pod1/c1/memory.max": "1073741824\n",
			"sys/fs/cgroup/kubepods/pod1/memory.max": "max\n",
		}, fromGroup(gib), ""},
		{"version 2 of a parent", map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "4294967296\n", "sys/fs/cgroup/a/memory.max": "1073741824\n",
		}, fromGroup(gib), ""},
		{"version 2 in a namespace", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, fromGroup(gib), ""},
		{"version 2 out of the namespace", map[string]string{"proc/self/cgroup": "0::/../x\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, fromGroup(gib), ""},
		{"version 2, throttled before", map[string]string{
			"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "4294967296\n", "sys/fs/cgroup/a/memory.high": "1073741824\n",
		}, fromGroup(gib), ""},
		{"version 1", map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/docker/1\n0::/\n", "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "1073741824\n",
		}, fromGroup(gib), ""},
		{"version 1, the path is that outside", map[string]string{
			"proc/self/cgroup": "4:blkio,memory:/docker/1\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		}, fromGroup(gib), ""},
		{"version 1 without a limit", map[string]string{
			"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, fromMachine, ""},
		{"version 1 without a limit, large pages", map[string]string{
			"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854710272\n",
		}, fromMachine, ""},
		{"more than the machine has", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "99999999999999\n"}, fromMachine, ""},
		{"not a number", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "lots\n"}, fromMachine, "memory.max"},
		{"no groups", nil, fromMachine, ""},
		{"a group and nothing of the machine", map[string]string{
			"proc/meminfo": "", "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n",
		}, fromGroup(gib), "proc/meminfo"},
		{"nothing of the machine", map[string]string{"proc/meminfo": "MemTotal: many kB\n"}, Limit{}, "proc/meminfo"},
	} {
		all := files(map[string]string{"proc/meminfo": machine})
		maps.Copy(all, files(test.files))
		got, err := Find(all, nothing)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.name, diff)
		}
		if (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: got %v, want something about %q", test.name, err, test.fails)
		}
	}
	if got, err := Find(files(nil), nothing); err != nil || got != (Limit{}) {
		t.Errorf("not Linux: got %+v, %v", got, err)
	}
}

// Who sets GOMEMLIMIT sees to that.
func TestFind_Environment(t *testing.T) {
	group := files(map[string]string{"proc/meminfo": "MemTotal: 16777216 kB\n", "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"})
	lookup := func(text string) func(string) (string, bool) {
		return func(name string) (string, bool) { return text, name == "GOMEMLIMIT" }
	}
	before := debug.SetMemoryLimit(gib / 2)
	defer debug.SetMemoryLimit(before)
	got, err := Find(group, lookup("512MiB"))
	if want := (Limit{Heap: gib / 2, Runtime: gib / 2, Of: gib / 2, From: FromEnvironment}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	got.Apply()
	if n := debug.SetMemoryLimit(-1); n != gib/2 {
		t.Errorf("got a limit of %d, want what was set", n)
	}
	got, err = Find(group, lookup("off"))
	if want := (Limit{Heap: gib / 10 * 8 / 2, Of: gib, From: FromCgroup}); err != nil || got != want {
		t.Errorf("off: got %+v, %v, want %+v", got, err, want)
	}
	got.Apply()
	if n := debug.SetMemoryLimit(-1); n != gib/2 {
		t.Errorf("off: got a limit of %d, want what was set", n)
	}
}

func TestLimit_Apply(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	Limit{Heap: gib, Runtime: gib, From: FromCgroup}.Apply()
	if n := debug.SetMemoryLimit(-1); n != gib {
		t.Errorf("got %d, want %d", n, gib)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	Limit{Heap: gib, From: FromMachine}.Apply()
	if n := debug.SetMemoryLimit(-1); n != math.MaxInt64 {
		t.Errorf("machine: got %d, want no limit", n)
	}
}

// On Linux something is always known.
func TestFind_Here(t *testing.T) {
	if _, err := os.Stat("/proc/meminfo"); err != nil {
		t.Skip("it is not Linux")
	}
	got, err := Find(os.DirFS("/"), nothing)
	if err != nil || got.Heap <= 0 || got.Of < got.Heap || got.From == "" {
		t.Errorf("got %+v, %v", got, err)
	}
}
