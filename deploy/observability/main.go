// Command observability writes the dashboard, the rules and the runbook of Forseti
// from tables: package board holds rows, panels and queries, package alert recording
// rules and alerts with what to do about them. docs/metrics.md is the table of the
// metrics that both ask for; tests hold all of it together, and run every query and
// every rule against a real Prometheus that scrapes a real Forseti.
//
//	go run .          writes the files
//	go run . -check   says which are not as they should be
//
// The module is apart from Forseti's, so that nobody who imports Forseti gets
// Prometheus, whose parser and rule format are used here.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/forseti-pdp/forseti/deploy/observability/alert"
	"github.com/forseti-pdp/forseti/deploy/observability/board"
	"github.com/forseti-pdp/forseti/deploy/observability/metric"
)

func main() {
	log.SetFlags(0)
	root := flag.String("root", "../..", "the `folder` of the repository")
	check := flag.Bool("check", false, "compare instead of writing")
	flag.Parse()
	if err := generate(*root, *check); err != nil {
		log.Fatal(err)
	}
}

// file is one that is generated.
type file struct {
	path string // below the root
	text []byte
}

// generate writes or compares all files.
func generate(root string, check bool) error {
	files, err := generated(root)
	if err != nil {
		return err
	}
	var problems []error
	for _, f := range files {
		path := filepath.Join(root, filepath.FromSlash(f.path))
		switch old, err := os.ReadFile(path); {
		case err == nil && bytes.Equal(old, f.text):
		case check:
			problems = append(problems, fmt.Errorf("%s is not up to date; run make gen", f.path))
		default:
			problems = append(problems, os.WriteFile(path, f.text, 0o644))
		}
	}
	return errors.Join(problems...)
}

// generated makes all files.
func generated(root string) ([]file, error) {
	table, err := metric.Read(filepath.Join(root, "docs", "metrics.md"))
	if err != nil {
		return nil, err
	}
	rules, err1 := alert.Rules()
	resource, err2 := alert.Resource()
	dashboard, err3 := board.Grafana()
	return []file{
		{"deploy/grafana/forseti.json", dashboard},
		{"deploy/prometheus/forseti.rules.yaml", rules},
		{"deploy/prometheus/prometheusrule.yaml", resource},
		{"docs/alerts.md", alert.RunbookPage(table)},
	}, errors.Join(err1, err2, err3)
}
