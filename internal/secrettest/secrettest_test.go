package secrettest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

func TestPlants_Find(t *testing.T) {
	p := Planted()
	p.Add("a password", "s3cret/with+signs")
	for text, want := range map[string]bool{
		"person " + Person:                                                         true,
		"PERSON=" + strings.ToUpper(PersonUUID):                                    true,
		"x" + Password + "x":                                                       true,
		url.QueryEscape("s3cret/with+signs"):                                       true,
		hex.EncodeToString([]byte(Bearer)):                                         true,
		base64.StdEncoding.EncodeToString([]byte("user:" + Password)):              true,
		base64.RawURLEncoding.EncodeToString([]byte("use:" + Password)):            true,
		base64.RawURLEncoding.EncodeToString([]byte("us:" + Password)):             true,
		"token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl":                  true,
		"-----BEGIN PRIVATE KEY-----":                                              true,
		"cannot connect to postgres://user:pass@host/db":                           true,
		`{"person":"01017012345"}`:                                                 true,
		"postgres://user@host:5432/db":                                             false,
		"heap=10110600804":                                                         false,
		`{"heap":10110600804}`:                                                     false,
		"took 0.01017012345 s":                                                     false,
		"sha256:8030bb5a0528139500828101f5610b53":                                  false,
		"3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01, 1337, 50001, 310000001":             false,
		"2026-11-22T07:34:21.609315948Z at http://127.0.0.1:9090/status":           false,
		"the key of dns:pep.example was read; eyJ is how tokens begin; BEGIN HERE": false,
	} {
		if found := p.Find(text); (len(found) > 0) != want {
			t.Errorf("%q: got %q, want something: %t", text, found, want)
		}
	}
	if found := p.Without(User).Find("user " + User + ", person " + Person); len(found) != 2 || strings.Contains(found[0]+found[1], "user:") {
		t.Errorf("got %q, want the person twice, by the text and by the form", found)
	}
}

// failures is a test that must fail.
type failures struct {
	testing.TB
	told []string
	end  func()
}

func (f *failures) Helper()            {}
func (f *failures) Cleanup(end func()) { f.end = end }
func (f *failures) Errorf(format string, args ...any) {
	f.told = append(f.told, fmt.Sprintf(format, args...))
}

// Whatever the way by which a value gets into a log, it is found.
func TestPlants_Handler(t *testing.T) {
	for name, log := range map[string]func(*slog.Logger){
		"message":    func(l *slog.Logger) { l.Debug("about " + Person) },
		"text":       func(l *slog.Logger) { l.Info("", "a", Note) },
		"error":      func(l *slog.Logger) { l.Warn("", "error", errors.New(Password)) },
		"bytes":      func(l *slog.Logger) { l.Warn("", "text", []byte(Password)) },
		"structure":  func(l *slog.Logger) { l.Warn("", "request", struct{ hidden string }{Note}) },
		"attributes": func(l *slog.Logger) { l.With("id", User).Info("") },
		"group":      func(l *slog.Logger) { l.WithGroup("g").Info("", "id", User) },
	} {
		f := &failures{}
		log(slog.New(Planted().Handler(f, nil)))
		if f.told != nil {
			t.Errorf("%s: told before the end: %q", name, f.told)
		}
		if f.end(); len(f.told) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
	f, kept := &failures{}, &bytes.Buffer{}
	slog.New(Planted().Handler(f, kept)).Info("ready", "address", "127.0.0.1:7341")
	if f.end(); f.told != nil || strings.Count(kept.String(), "ready") != 1 {
		t.Errorf("got %q, kept %q", f.told, kept)
	}
	Planted().Check(f, "the answer", "of "+User)
	if len(f.told) != 1 || !strings.HasPrefix(f.told[0], "the answer tells the id of a user: …of "+User) {
		t.Errorf("got %q", f.told)
	}
}
