package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// newAdmin makes the HTTP server for metrics and health.
func (s *service) newAdmin() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{
		Registry:            s.registry,
		ErrorLog:            slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: 8,
		EnableOpenMetrics:   true, // which exemplars need
		Timeout:             10 * time.Second,
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { s.say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := s.unready(); why != "" {
			s.say(w, http.StatusServiceUnavailable, why)
			return
		}
		s.say(w, http.StatusOK, "ready")
	})
	mux.HandleFunc("GET /status", s.serveStatus)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		s.say(w, http.StatusOK, "Forseti\n/metrics\n/healthz\n/readyz\n/status")
	})
	s.profile(mux)
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
}

// say answers with a line of text. Nobody is left to tell of a failed write.
func (s *service) say(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	if _, err := fmt.Fprintln(w, text); err != nil {
		s.logger.Debug("an answer was not written", "error", err)
	}
}

// statusReport is the answer of /status.
type statusReport struct {
	Ready    bool           `json:"ready"`
	Missing  []string       `json:"missing"` // of what is required at the start
	Started  time.Time      `json:"started"`
	Build    build          `json:"build"`
	Listen   string         `json:"listen"`
	Policies policyStatus   `json:"policies"`
	Sources  []sourceStatus `json:"sources"`
}

// policyStatus tells what is in force, and how the folder relates to it.
type policyStatus struct {
	Folder string `json:"folder"`
	// State is current, refused or changing, see pap.State.
	State    string          `json:"state"`
	Snapshot *snapshotStatus `json:"snapshot"`
	// Problems are those of the content of the folder that was judged last.
	Problems []problemStatus `json:"problems"`
	// ProblemsOmitted is how many more there are.
	ProblemsOmitted int        `json:"problems_omitted,omitempty"`
	LastLook        *time.Time `json:"last_look,omitempty"`
	LastAttempt     *time.Time `json:"last_attempt,omitempty"`
	LastSuccess     *time.Time `json:"last_success,omitempty"`
	ChangingSince   *time.Time `json:"changing_since,omitempty"`
}

// snapshotStatus is the set of policies in force.
type snapshotStatus struct {
	ID         string    `json:"id"`
	LoadedAt   time.Time `json:"loaded_at"`
	AgeSeconds float64   `json:"age_seconds"`
	Files      int       `json:"files"`
	Policies   int       `json:"policies"`
}

// problemStatus is a problem of a policy file.
type problemStatus struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Warning bool   `json:"warning"`
}

// sourceStatus is the declaration of a source.
type sourceStatus struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Needs    []string `json:"needs"`
	Provides []string `json:"provides"`
}

func (s *service) serveStatus(w http.ResponseWriter, _ *http.Request) {
	text, err := json.MarshalIndent(s.status(), "", "  ")
	if err != nil {
		s.say(w, http.StatusInternalServerError, "the status cannot be told")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := io.WriteString(w, string(text)+"\n"); err != nil {
		s.logger.Debug("an answer was not written", "error", err)
	}
}

func (s *service) status() statusReport {
	return statusReport{
		Ready:    s.ready(),
		Missing:  append([]string{}, s.required.missing()...),
		Started:  s.started,
		Build:    thisBuild(),
		Listen:   s.decisions.Addr().String(),
		Policies: s.policyStatus(),
		Sources:  s.sourceStatuses(),
	}
}

func (s *service) policyStatus() policyStatus {
	current, folder := s.store.Current(), s.store.Status()
	out := policyStatus{
		Folder:        s.config.Policies.Folder,
		State:         string(folder.State),
		LastLook:      moment(folder.LastLook),
		LastAttempt:   moment(folder.LastAttempt),
		LastSuccess:   moment(folder.LastSuccess),
		ChangingSince: moment(folder.ChangingSince),
	}
	if current != nil {
		out.Snapshot = &snapshotStatus{
			current.ID, current.LoadedAt, time.Since(current.LoadedAt).Seconds(), current.Files, current.Policies,
		}
	}
	out.Problems, out.ProblemsOmitted = problemStatuses(folder.Problems)
	return out
}

func (s *service) sourceStatuses() (all []sourceStatus) {
	for i, source := range s.sources.List {
		told := sourceStatus{Name: source.Name, Kind: s.config.Sources[i].Kind, Needs: []string{}}
		for _, n := range source.Needs {
			told.Needs = append(told.Needs, categoryName(n.Key.Category)+"/"+n.Key.ID)
		}
		for _, p := range source.Provides {
			told.Provides = append(told.Provides, categoryName(p.Key.Category)+"/"+p.Key.ID)
		}
		all = append(all, told)
	}
	return all
}

// problemStatuses tells of problems, up to a number that can be read.
func problemStatuses(problems policy.Problems) (told []problemStatus, omitted int) {
	const most = 100
	told = []problemStatus{}
	for i, p := range problems {
		if i == most {
			return told, len(problems) - most
		}
		told = append(told, problemStatusOf(p))
	}
	return told, 0
}

func problemStatusOf(p policy.Problem) problemStatus {
	return problemStatus{p.File, p.Line, p.Column, p.Path, string(p.Reason), p.Message, p.Warning}
}

// moment is a time that may never have been.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
