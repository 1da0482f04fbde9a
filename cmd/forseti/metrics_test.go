package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// documented is a row of docs/metrics.md.
type documented struct{ kind, labels, help string }

// TestMetricsDocument compares docs/metrics.md with a real scrape, both ways.
func TestMetricsDocument(t *testing.T) {
	want := readMetricsDocument(t)
	keys := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(keys, tokentest.Set(tokentest.NewKey("1", "ES256")), 0o600); err != nil {
		t.Fatal(err)
	}
	secure := newSecured(t)
	s := startService(t, func(c *config.Config) {
		secure.configure(c)
		c.Audit.File.Folder = t.TempDir()
		c.Tokens.Issuers = []config.Issuer{{
			Name: "https://issuer.example", Audiences: []string{"forseti"}, Algorithms: []string{"ES256"}, Keys: config.Keys{File: keys},
		}}
	})
	q := question{
		subject: []string{"user-id=1337"}, resource: []string{running}, action: "read",
		address: s.decisions.Addr().String(), timeout: 10 * time.Second, connection: secure.client(),
	}
	request, err := q.request()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context(), q, request); err != nil {
		t.Fatal(err)
	}
	// Open sets are described in words. What is in them is checked here.
	open := map[string][]string{
		"the version of Go":               {thisBuild().Go},
		"the version of Forseti":          {thisBuild().Version},
		"the id of the snapshot in force": {s.store.Current().ID},
		"the names of the sources":        nil,
		"the names of the issuers":        {"https://issuer.example", "https://callers.example"},
	}
	for _, source := range s.config.Sources {
		open["the names of the sources"] = append(open["the names of the sources"], source.Name)
	}
	got := scrape(t, "http://"+s.adminListener.Addr().String()+"/metrics", open)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(documented{})); diff != "" {
		t.Errorf("docs/metrics.md (-) and a scrape (+) differ:\n%s", diff)
	}
}

func readMetricsDocument(t *testing.T) map[string]documented {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash("../../docs/metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]documented)
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\| (.*?)\\s?\\| (.+?) \\| (.+?) \\|$")
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = documented{m[2], m[3], m[4]}
	}
	return rows
}

// scrape reads the metrics of Forseti as rows of the document.
func scrape(t *testing.T, url string, open map[string][]string) map[string]documented {
	t.Helper()
	response, err := http.Get(url) //nolint:noctx // the test has a timeout
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read-only
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]documented)
	for name, family := range families {
		if !strings.HasPrefix(name, "forseti_") {
			continue
		}
		values := make(map[string]map[string]bool)
		for _, series := range family.GetMetric() {
			for _, l := range series.GetLabel() {
				if values[l.GetName()] == nil {
					values[l.GetName()] = make(map[string]bool)
				}
				values[l.GetName()][l.GetValue()] = true
			}
		}
		var labels []string
		for _, label := range slices.Sorted(maps.Keys(values)) {
			labels = append(labels, fmt.Sprintf("`%s`: %s", label, describeSet(slices.Sorted(maps.Keys(values[label])), open)))
		}
		rows[name] = documented{strings.ToLower(family.GetType().String()), strings.Join(labels, "; "), family.GetHelp()}
	}
	return rows
}

// describeSet is the words for an open set, or the values.
func describeSet(values []string, open map[string][]string) string {
	for words, set := range open {
		if slices.Equal(values, slices.Sorted(slices.Values(set))) {
			return words
		}
	}
	return "`" + strings.Join(values, "` `") + "`"
}
