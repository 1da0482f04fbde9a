package http

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pip"
)

// bulkRoles asks for the roles of several users for one party.
func bulkRoles(base string) Config {
	cfg := roles(base)
	cfg.URL = base + "/parties/{party}/roles"
	cfg.Method = http.MethodPost
	cfg.Body = `{"users": ["{user}"], "active": true}`
	cfg.Rows = "$.rows"
	cfg.Provides[0].From = []string{"@.role"}
	cfg.Echo = map[string]string{"user": "@.user"}
	cfg.Bulk = &Bulk{Need: "user"}
	return cfg
}

// fetchAll asks all questions and gives the values, or the outcome.
func fetchAll(t *testing.T, cfg Config, qs ...pip.Question) [][]string {
	t.Helper()
	b, ok := provider(t, cfg).Bulk()
	if !ok {
		t.Fatal("got no bulk provider")
	}
	var got [][]string
	for _, r := range b.FetchAll(t.Context(), qs) {
		if r.Err != nil {
			got = append(got, []string{"!" + string(failure(t, r.Err).Outcome)})
			continue
		}
		got = append(got, lexicals(r.Answer)[0])
	}
	return got
}

func TestFetchAll(t *testing.T) {
	var requests atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		var body struct {
			Users  []string
			Active bool
		}
		data, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(data, &body) != nil || !body.Active {
			t.Errorf("got body %q, %v", data, err)
		}
		party := strings.Split(r.URL.Path, "/")[2]
		var rows []string
		slices.Reverse(body.Users) // any order
		for _, u := range body.Users {
			if u != "nobody" {
				rows = append(rows, `{"user": "`+u+`", "role": "dagl-`+party+`"}`, `{"user": "`+u+`", "role": ["`+u+`"]}`)
			}
		}
		writeJSON(w, `{"rows": [`+strings.Join(rows, ",")+`]}`)
	})
	got := fetchAll(t, bulkRoles(s.URL), ask("1", "10"), ask("2", "20"), ask("nobody", "10"), ask("3", "10"), ask("", "10"), ask("4", "../10"), ask("5"), pip.Question{nil, nil})
	want := [][]string{{"dagl-10", "1"}, {"dagl-20", "2"}, nil, {"dagl-10", "3"}, {"!error"}, {"!error"}, {"!invalid"}, {"!invalid"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("got %d requests, want 2", n)
	}

	// One question alone is a list of one.
	a, err := provider(t, bulkRoles(s.URL)).Fetch(t.Context(), ask("1", "10"))
	if err != nil || !cmp.Equal(lexicals(a), [][]string{{"dagl-10", "1"}}) {
		t.Errorf("got %v, %v", lexicals(a), err)
	}
}

// A row that nobody asked for, or that does not say whose it is, makes all of the
// answer worthless: it is not known what else is wrong.
func TestFetchAllWrongRows(t *testing.T) {
	all := [][]string{{"!invalid"}, {"!invalid"}}
	for rows, want := range map[string][][]string{
		`[]`:                           {nil, nil},
		`[{"user": "2", "role": "x"}]`: {nil, {"x"}},
		`[{"user": 2, "role": "x"}]`:   {nil, {"x"}},
		`[{"user": "3", "role": "x"}]`: all,
		`[{"user": "1", "role": "x"}, {"user": "01", "role": "x"}]`: all,
		`[{"user": ["1", "2"], "role": "x"}]`:                       all,
		`[{"user": null, "role": "x"}]`:                             all,
		`[{"role": "x"}]`:                                           all,
		`[{"user": "1"}]`:                                           all,
		`[{"user": "1", "role": {}}]`:                               all,
		`[[]]`:                                                      all,
		`{"1": "x"}`:                                                all,
		`[{"user": "1", "user": "2", "role": "x"}]`:                 all,
	} {
		s := says(t, `{"rows": `+rows+`}`)
		if diff := cmp.Diff(want, fetchAll(t, bulkRoles(s.URL), ask("1", "10"), ask("2", "10"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rows, diff)
		}
	}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	want := [][]string{{"!unavailable"}, {"!unavailable"}}
	if diff := cmp.Diff(want, fetchAll(t, bulkRoles(s.URL), ask("1", "10"), ask("2", "10"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFetchAllByQuery(t *testing.T) {
	var query string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		writeJSON(w, `{"rows": [{"user": "2", "role": "x"}]}`)
	})
	for _, commas := range []bool{false, true} {
		cfg := bulkRoles(s.URL)
		cfg.Method, cfg.Body, cfg.URL = http.MethodGet, "", s.URL+"/?a=b&user={user}&party={party}"
		cfg.Bulk.Commas = commas
		got := fetchAll(t, cfg, ask("a,b&c", "10"), ask("2", "10"))
		wantQuery, want := "a=b&user=a%2Cb%26c&user=2&party=10", [][]string{nil, {"x"}}
		if commas {
			// The other end would take it for two.
			wantQuery, want = "a=b&user=2&party=10", [][]string{{"!error"}, {"x"}}
		}
		if query != wantQuery || !cmp.Equal(got, want) {
			t.Errorf("got %q, %q, want %q, %q", query, got, wantQuery, want)
		}
	}
	cfg := bulkRoles(s.URL)
	cfg.Method, cfg.Body, cfg.URL = http.MethodGet, "", s.URL+"/?user={user}&party={party}"
	cfg.Bulk.Commas = true
	if fetchAll(t, cfg, ask("2", "10"), ask("1", "10")); query != "user=2,1&party=10" {
		t.Errorf("got %q", query)
	}
}

// What goes wrong with one request of several goes wrong with its questions only.
func TestFetchAllRecovers(t *testing.T) {
	cfg := bulkRoles("https://register.example")
	p := provider(t, cfg)
	b := bulkProvider{&Provider{cfg: p.cfg, shape: p.shape}} // nothing to ask with
	for _, r := range b.FetchAll(t.Context(), []pip.Question{ask("1", "10"), ask("2", "20")}) {
		wantOutcome(t, r.Err, pip.OutcomeError)
	}
}

func TestNoBulk(t *testing.T) {
	if _, ok := provider(t, roles("https://register.example")).Bulk(); ok {
		t.Error("got a bulk provider without a configuration of one")
	}
}
