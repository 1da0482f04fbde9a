package main

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
)

// Each thing is told once, however many sources and sets of policies it is about.
func TestUnaskedLog_Once(t *testing.T) {
	var out strings.Builder
	names := &unaskedLog{slog.New(slog.NewTextHandler(&out, nil)), make(map[string]bool)}
	for _, found := range []config.Problems{
		{{Key: "sources[0].provides[0]", Message: "about a"}, {Key: "sources[1].provides[0]", Message: "about a"}},
		{{Key: "sources[0].provides[0]", Message: "about a"}, {Key: "sources[2].provides[0]", Message: "about b"}},
		nil,
		{{Key: "sources[0].provides[0]", Message: "about a"}},
	} {
		names.log(found)
	}
	if text := out.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "about a") || !strings.Contains(text, "about b") {
		t.Errorf("got\n%swant a line about a and one about b", text)
	}
}
