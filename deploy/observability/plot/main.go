// Command plot draws the board: it runs two instances of Forseti for some minutes
// with callers and troubles under a real Prometheus, asks it what the panels ask, and
// writes a picture of each row, docs/img/board-*.svg.
//
//	go run ./plot                  runs and draws
//	go run ./plot -save run.json   keeps what Prometheus said
//	go run ./plot -from run.json   draws it again
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/forseti-pdp/forseti/deploy/observability/alert"
	"github.com/forseti-pdp/forseti/deploy/observability/board"
	"github.com/forseti-pdp/forseti/deploy/observability/lab"
)

func main() {
	log.SetFlags(0)
	root := flag.String("root", "../..", "the `folder` of the repository")
	save := flag.String("save", "", "the `file` to keep the run in")
	from := flag.String("from", "", "the `file` with a run to draw")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := draw(ctx, *root, *save, *from)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// draw gets a recording and writes the pictures.
func draw(ctx context.Context, root, save, from string) error {
	r, err := recording(ctx, root, from)
	if err != nil {
		return err
	}
	if save != "" {
		text, err := json.Marshal(r)
		if err := errors.Join(err, os.WriteFile(save, text, 0o644)); err != nil {
			return err
		}
	}
	for _, row := range board.Rows() {
		name := filepath.Join(root, "docs", "img", "board-"+row.Name+".svg")
		if err := os.WriteFile(name, []byte(picture(r, row)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// recording is that of a file, or of a new run.
func recording(ctx context.Context, root, from string) (*Recording, error) {
	if from != "" {
		text, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		r := &Recording{}
		return r, json.Unmarshal(text, r)
	}
	rules, err := alert.RulesForTest(time.Second)
	if err != nil {
		return nil, err
	}
	l, err := lab.Start(ctx, lab.Config{Root: root, Rules: rules, Scrape: time.Second})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	start, events, err := perform(ctx, l)
	if err != nil {
		return nil, err
	}
	return record(ctx, l, start, events)
}
