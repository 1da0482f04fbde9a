package bugbank

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// patch is a unified diff of files that there are.
type patch []filePatch

// filePatch is what changes in one file, by its slash path below the root.
type filePatch struct {
	name  string
	hunks []hunk
}

// hunk is lines in the place of others. line is where they began when the patch was
// made, counted from 1.
type hunk struct {
	line          int
	before, after []string
}

// parsePatch reads a unified diff.
func parsePatch(text string) (patch, error) {
	var p patch
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		var file *filePatch
		if len(p) > 0 {
			file = &p[len(p)-1]
		}
		switch {
		case strings.HasPrefix(line, "--- a/"):
			p = append(p, filePatch{name: strings.TrimPrefix(line, "--- a/")})
			continue
		case file == nil:
			return nil, fmt.Errorf("the patch begins with %q", line)
		case strings.HasPrefix(line, "+++ "):
			if line != "+++ b/"+file.name {
				return nil, fmt.Errorf("%s: the patch makes another file of it", file.name)
			}
			continue
		case strings.HasPrefix(line, "@@ -"):
			var h hunk
			if _, err := fmt.Sscanf(line, "@@ -%d", &h.line); err != nil {
				return nil, fmt.Errorf("%s: %q: %w", file.name, line, err)
			}
			file.hunks = append(file.hunks, h)
			continue
		case len(file.hunks) == 0:
			return nil, fmt.Errorf("%s: %q stands before the first hunk", file.name, line)
		}
		h := &file.hunks[len(file.hunks)-1]
		switch {
		case line == "": // whose space an editor took away
			h.before, h.after = append(h.before, ""), append(h.after, "")
		case line[0] == ' ':
			h.before, h.after = append(h.before, line[1:]), append(h.after, line[1:])
		case line[0] == '-':
			h.before = append(h.before, line[1:])
		case line[0] == '+':
			h.after = append(h.after, line[1:])
		default:
			return nil, fmt.Errorf("%s: %q is no line of a hunk", file.name, line)
		}
	}
	for _, file := range p {
		if len(file.hunks) == 0 {
			return nil, fmt.Errorf("%s: nothing changes", file.name)
		}
	}
	if len(p) == 0 {
		return nil, errors.New("the patch is empty")
	}
	return p, nil
}

// apply gives the changed files.
func (p patch) apply(tree fs.FS) (map[string]string, error) {
	changed := make(map[string]string)
	for _, file := range p {
		text, err := fs.ReadFile(tree, file.name)
		if err != nil {
			return nil, err
		}
		lines := strings.Split(string(text), "\n")
		for i, h := range file.hunks {
			if lines, err = h.apply(lines); err != nil {
				return nil, fmt.Errorf("%s: hunk %d: %w", file.name, i+1, err)
			}
		}
		changed[file.name] = strings.Join(lines, "\n")
	}
	return changed, nil
}

// apply puts the hunk where its lines are, nearest to where they were.
func (h hunk) apply(lines []string) ([]string, error) {
	at, distance := -1, 0
	for i := 0; i+len(h.before) <= len(lines); i++ {
		if !slices.Equal(lines[i:i+len(h.before)], h.before) {
			continue
		}
		if d := max(i+1-h.line, h.line-i-1); at < 0 || d < distance {
			at, distance = i, d
		}
	}
	if at < 0 || slices.Equal(h.before, h.after) {
		return nil, fmt.Errorf("the lines around line %d are not there any more, or do not change", h.line)
	}
	return slices.Concat(lines[:at], h.after, lines[at+len(h.before):]), nil
}

func TestPatch(t *testing.T) {
	const file = "one\ntwo\nthree\ntwo\nfour\n"
	tests := []struct{ name, diff, want string }{
		{"in its place", "@@ -2,1 +2,1 @@\n-two\n+2\n", "one\n2\nthree\ntwo\nfour\n"},
		{"the nearest", "@@ -5,1 +5,1 @@\n-two\n+2\n", "one\ntwo\nthree\n2\nfour\n"},
		{"with context", "@@ -90,2 +90,3 @@\n three\n+3\n two\n", "one\ntwo\nthree\n3\ntwo\nfour\n"},
		{"two hunks", "@@ -1,1 +1,0 @@\n-one\n@@ -5,1 +4,1 @@\n-four\n+4\n", "two\nthree\ntwo\n4\n"},
		{"lines that are gone", "@@ -1,1 +1,1 @@\n-five\n+5\n", ""},
		{"nothing", "@@ -1,1 +1,1 @@\n one\n", ""},
		{"no hunk", "", ""},
		{"no diff", "@@ -1,1 +1,1 @@\n-one\n*two\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]string{}
			p, err := parsePatch("--- a/a/b.txt\n+++ b/a/b.txt\n" + tt.diff)
			if err == nil {
				got, err = p.apply(fstest.MapFS{"a/b.txt": &fstest.MapFile{Data: []byte(file)}})
			}
			if tt.want == "" {
				if err == nil {
					t.Errorf("got %q, want an error", got)
				}
				return
			}
			if diff := cmp.Diff(map[string]string{"a/b.txt": tt.want}, got); err != nil || diff != "" {
				t.Errorf("got error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}
