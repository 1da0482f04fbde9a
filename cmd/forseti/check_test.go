package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// TestVerdict_Print shows colour, and that what a policy holds cannot act on a
// terminal.
func TestVerdict_Print(t *testing.T) {
	v := &verdict{folder: "f", problems: policy.Problems{
		{File: "a.xml", Position: policy.Position{Line: 1, Column: 2}, Path: `Policy "p"`, Reason: policy.ReasonType, Message: "\x1b[2J"},
		{File: "b.xml", Reason: policy.ReasonIO, Message: "ignored", Warning: true},
	}}
	tests := []struct {
		color bool
		want  string
	}{
		{false, `f/a.xml:1:2: type: Policy "p": "\x1b[2J"
f/b.xml: warning: io: ignored
refused f: 1 error, 1 warning
`},
		{true, "f/a.xml:1:2: \x1b[1;31mtype\x1b[0m: Policy \"p\": \"\\x1b[2J\"\n" +
			"f/b.xml: \x1b[1;33mwarning: io\x1b[0m: ignored\n" +
			"\x1b[1;31mrefused\x1b[0m f: 1 error, 1 warning\n"},
	}
	for _, test := range tests {
		var got strings.Builder
		if err := v.print(&got, test.color); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got.String()); diff != "" {
			t.Errorf("want (-), got (+), input colour %v:\n%s", test.color, diff)
		}
	}
}
