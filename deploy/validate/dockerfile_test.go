package validate

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// dockerfile is the Dockerfile as BuildKit reads it.
type dockerfile struct {
	args         map[string]string // the global ones, with their defaults
	build, image instructions.Stage
}

func readDockerfile(t *testing.T) dockerfile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "docker/Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	warn := func(rule, description, _, message string, _ []parser.Range) {
		t.Errorf("Dockerfile: %s: %s: %s", rule, description, message)
	}
	stages, global, err := instructions.Parse(tree.AST, linter.New(&linter.Config{Warn: warn}))
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 2 {
		t.Fatalf("got %d stages, want 2: one that builds, and the image", len(stages))
	}
	d := dockerfile{args: make(map[string]string), build: stages[0], image: stages[1]}
	for _, command := range global {
		for _, arg := range command.Args {
			d.args[arg.Key] = arg.ValueString()
		}
	}
	return d
}

// one gives the only command of a kind in a stage.
func one[C any](t *testing.T, stage instructions.Stage) C {
	t.Helper()
	all := every[C](stage)
	if len(all) != 1 {
		t.Fatalf("got %d commands %T, want 1", len(all), *new(C))
	}
	return all[0]
}

// every gives the commands of a kind in a stage.
func every[C any](stage instructions.Stage) (all []C) {
	for _, command := range stage.Commands {
		if c, ok := command.(C); ok {
			all = append(all, c)
		}
	}
	return all
}

// TestDockerfile_Image: the image holds the program and what it trusts, nobody in it
// is root, and what it runs exists.
func TestDockerfile_Image(t *testing.T) {
	d := readDockerfile(t)
	if got := d.image.BaseName; got != "scratch" {
		t.Errorf("the image is built on %q, want scratch", got)
	}
	var copied []string
	for _, c := range every[*instructions.CopyCommand](d.image) {
		if c.From != d.build.Name {
			t.Errorf("%s: from %q, want only what was built", c, c.From)
		}
		copied = append(copied, c.DestPath)
	}
	if want := []string{"/etc/ssl/certs/ca-certificates.crt", "/forseti"}; !slices.Equal(copied, want) {
		t.Errorf("the image has %q, want %q", copied, want)
	}
	for _, c := range d.image.Commands {
		switch c.(type) {
		case *instructions.AddCommand, *instructions.RunCommand, *instructions.EnvCommand, *instructions.VolumeCommand:
			t.Errorf("%s: not in this image", c)
		}
	}
	if user := one[*instructions.UserCommand](t, d.image).User; !regexp.MustCompile(`^[1-9][0-9]*:[1-9][0-9]*$`).MatchString(user) {
		t.Errorf("the user is %q, want numbers, and not root", user)
	}
	entry := one[*instructions.EntrypointCommand](t, d.image)
	if entry.PrependShell || !slices.Equal(entry.CmdLine, []string{"/forseti"}) {
		t.Errorf("the entry point is %q, want the program without a shell", entry.CmdLine)
	}
	cmd := one[*instructions.CmdCommand](t, d.image)
	if cmd.PrependShell {
		t.Error("CMD needs a shell")
	}
	checkCommandLine(t, "CMD", cmd.CmdLine)
	health := one[*instructions.HealthCheckCommand](t, d.image).Health
	if len(health.Test) < 3 || health.Test[0] != "CMD" || health.Test[1] != "/forseti" {
		t.Fatalf("the health check is %q, want the program without a shell", health.Test)
	}
	checkCommandLine(t, "HEALTHCHECK", health.Test[2:])

	defaults := effective(t, "")
	if got, want := one[*instructions.ExposeCommand](t, d.image).Ports, []string{port(t, defaults.Server.Listen), port(t, defaults.Server.Admin)}; !slices.Equal(got, want) {
		t.Errorf("the ports are %q, want those of the defaults, %q", got, want)
	}
}

// TestDockerfile_Go: the image is built by a version of Go that go.mod accepts, and
// that has the repairs that Forseti relies on.
func TestDockerfile_Go(t *testing.T) {
	const floor = 6 // of 1.26: encoding/xml, asn1, net/http, os.Root
	version := regexp.MustCompile(`^golang:1\.26\.(\d+)-bookworm$`).FindStringSubmatch(readDockerfile(t).args["GO_IMAGE"])
	if version == nil || len(version[1]) == 1 && version[1][0]-'0' < floor {
		t.Errorf("the image is built by %q, want Go 1.26.%d or later", readDockerfile(t).args["GO_IMAGE"], floor)
	}
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(module, []byte("\ngo 1.26.")) {
		t.Error("go.mod asks for another Go than 1.26: change GO_IMAGE, and this test")
	}
}

// TestDockerfile_Build carries out the steps of the first stage on what .dockerignore
// lets through. The binary is the same as one that is built as releases are, in
// another folder.
func TestDockerfile_Build(t *testing.T) {
	d := readDockerfile(t)
	source, out := buildContext(t), t.TempDir()
	arguments := map[string]string{"VERSION": "test", "TARGETOS": "linux", "TARGETARCH": runtime.GOARCH}
	for _, command := range every[*instructions.ArgCommand](d.build) {
		for _, arg := range command.Args {
			if _, given := arguments[arg.Key]; !given {
				t.Errorf("nobody gives the argument %s", arg.Key)
			}
		}
	}
	for _, step := range every[*instructions.RunCommand](d.build) {
		if !step.PrependShell || len(step.CmdLine) != 1 {
			t.Fatalf("%s: not a line for a shell", step)
		}
		cmd := exec.Command("sh", "-ec", strings.ReplaceAll(step.CmdLine[0], " /out/", " "+out+"/"))
		cmd.Dir = source
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
		for name, value := range arguments {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", step, err, text)
		}
	}
	got, err := os.ReadFile(filepath.Join(out, "forseti"))
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.CopyFS(other, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	if err := buildProgram(other, filepath.Join(out, "other")); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(out, "other"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the binary differs from one that was built in another folder")
	}
}

// TestDockerfile_Context: what lies about in the folder does not get to the builder.
func TestDockerfile_Context(t *testing.T) {
	ignored := dockerignore(t)
	for _, name := range []string{
		".git/config", "data/demo.db", "tls/tls.key", "key.pem", ".env", "bin/forseti", "dist/forseti", "deploy/docker/Dockerfile",
		"cmd/forseti/testdata/stop.txtar", "cmd/forseti/main_test.go", "docs/operations.md", "policies/own.xml", "audit/audit-00000001.jsonl",
	} {
		skipped, err := ignored.MatchesOrParentMatches(name)
		if err != nil {
			t.Fatal(err)
		}
		if !skipped {
			t.Errorf("%s gets into the context of the build", name)
		}
	}
}

func dockerignore(t *testing.T) *patternmatcher.PatternMatcher {
	t.Helper()
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return matcher
}

// buildContext copies what .dockerignore lets through.
func buildContext(t *testing.T) string {
	t.Helper()
	ignored, to := dockerignore(t), t.TempDir()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || name == "." {
			return err
		}
		if entry.IsDir() {
			if strings.HasPrefix(name, ".") {
				return fs.SkipDir // large, and seen to above
			}
			return nil
		}
		if skipped, err := ignored.MatchesOrParentMatches(name); err != nil || skipped || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}
