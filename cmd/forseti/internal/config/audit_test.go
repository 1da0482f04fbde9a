package config

import "testing"

// TestAudit_Refused shows what is wrong with where records go.
func TestAudit_Refused(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"audit: {file: {max_bytes: 0}}\n", `f.yaml:1:27: audit.file.max_bytes: 0 is not more than 0`},
		{"audit: {file: {keep: -1}}\n", `f.yaml:1:22: audit.file.keep: -1 is not more than 0`},
		{"audit: {file: {max_age: -1s}}\n", `f.yaml:1:25: audit.file.max_age: -1s is negative`},
		{"audit: {sync: never}\n", `f.yaml:1:15: audit.sync: "never" is none of always, interval`},
		{"audit: {when_blocked: drop}\n", `f.yaml:1:23: audit.when_blocked: "drop" is none of refuse, spill`},
		{"audit: {when_blocked: spill}\n", `defaults:` /* the key is there */},
		{"audit: {spill: {max_bytes: 0}}\n", `f.yaml:1:28: audit.spill.max_bytes: 0 is not more than 0`},
	} {
		_, err := load("f.yaml", []byte(tt.text), nil)
		if err == nil || len(err.Error()) < len(tt.want) || err.Error()[:len(tt.want)] != tt.want {
			t.Errorf("got %v, want %s, input: %s", err, tt.want, tt.text)
		}
	}
}

func TestAudit_On(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "audit: {stdout: true}\n": true, "audit: {file: {folder: audit}}\n": true, "audit: {sync: interval}\n": false,
	} {
		c, err := load("f.yaml", []byte(text), nil)
		if err != nil || c.Audit.On() != want {
			t.Errorf("got %v, want %v, input: %s", err, want, text)
		}
	}
}
