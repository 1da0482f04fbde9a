package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	prometheus "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/forseti-pdp/forseti/deploy/observability/board"
	"github.com/forseti-pdp/forseti/deploy/observability/lab"
)

// Recording is a run: what the queries of the board said, and what happened.
type Recording struct {
	Start  time.Time
	Length float64                 // seconds
	Events []Event                 // what happened
	Answer map[string]model.Matrix // by the text of the query
}

// Event is something that was done to the instances.
type Event struct {
	From, To float64 // seconds since the start; equal if it was a moment
	What     string
}

// window is that of rates in the pictures, and step the time between points.
const (
	window = "15s"
	step   = 2 * time.Second
)

// record asks all queries of the board for the time of a run.
func record(ctx context.Context, l *lab.Lab, start time.Time, events []Event) (*Recording, error) {
	end := time.Now()
	r := &Recording{Start: start, Length: end.Sub(start).Seconds(), Events: events, Answer: make(map[string]model.Matrix)}
	for _, row := range board.Rows() {
		for _, panel := range row.Panels {
			for _, q := range panel.Queries {
				value, _, _, err := l.Prometheus.QueryRange(ctx, q.Over(window), prometheus.Range{Start: start, End: end, Step: step})
				if err != nil {
					return nil, fmt.Errorf("%s: %w", q.Text, err)
				}
				matrix, ok := value.(model.Matrix)
				if !ok {
					return nil, fmt.Errorf("%s: the answer is no matrix", q.Text)
				}
				r.Answer[q.Text] = matrix
			}
		}
	}
	return r, nil
}

// series is a line of a panel.
type series struct {
	name   string
	class  string
	labels model.Metric
	points map[int]float64 // by the number of the step
}

// seriesOf are the lines of a panel, named and coloured.
func (r *Recording) seriesOf(p board.Panel) []series {
	var all []series
	for _, q := range p.Queries {
		for _, stream := range r.Answer[q.Text] {
			s := series{name: legend(q.Legend, stream.Metric), labels: stream.Metric, points: make(map[int]float64)}
			for _, v := range stream.Values {
				if f := float64(v.Value); !math.IsNaN(f) && !math.IsInf(f, 0) {
					s.points[int(math.Round(v.Timestamp.Time().Sub(r.Start).Seconds()/step.Seconds()))] = f
				}
			}
			if len(s.points) > 0 {
				all = append(all, s)
			}
		}
	}
	next := 0
	for i := range all {
		if c, ok := p.Colours[all[i].name]; ok {
			all[i].class = class(c)
			continue
		}
		all[i].class = palette()[next%len(palette())]
		next++
	}
	return all
}

// legend fills in labels.
func legend(form string, labels model.Metric) string {
	for name, value := range labels {
		form = strings.ReplaceAll(form, "{{"+string(name)+"}}", strings.TrimPrefix(string(value), "https://"))
	}
	return form
}

func (r *Recording) steps() int { return int(r.Length / step.Seconds()) }

// last is the last value of a line.
func (s series) last() float64 {
	at := -1
	for i := range s.points {
		at = max(at, i)
	}
	if at < 0 {
		return math.NaN()
	}
	return s.points[at]
}

// most is the greatest value of a line.
func (s series) most() float64 {
	most := math.Inf(-1)
	for _, v := range s.points {
		most = max(most, v)
	}
	return most
}
