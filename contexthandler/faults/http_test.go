package faults

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/forseti-pdp/forseti/internal/faultproxy"
	piphttp "github.com/forseti-pdp/forseti/pip/http"
)

func startHTTP(t testing.TB, lane lane) *backend  { return startWeb(t, lane, "http/1.1") }
func startHTTP2(t testing.TB, lane lane) *backend { return startWeb(t, lane, "h2") }

// anotherKey marks a request that is answered with the rows of somebody else.
type anotherKey struct{}

// startWeb starts a service that speaks JSON over HTTPS.
func startWeb(t testing.TB, lane lane, protocol string) *backend {
	t.Helper()
	b := &backend{identity: newIdentity(t, protocol)}
	// Whoever was sent here has lost his way.
	trap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"users":[]}`)
	}))
	t.Cleanup(trap.Close)
	h := faultproxy.NewHandler(http.HandlerFunc(serveUsers), faultproxy.HTTPConfig{
		Another: func(r *http.Request) *http.Request {
			return r.WithContext(context.WithValue(r.Context(), anotherKey{}, true))
		},
		Elsewhere: trap.URL, Size: 5 << 18, Seed: 1,
	})
	var hangs atomic.Bool
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hangs.Load() {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client leaves
			<-r.Context().Done()
			return
		}
		h.ServeHTTP(w, r)
	}))
	s.TLS, s.EnableHTTP2 = b.identity.config(), protocol == "h2"
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	modes := map[mode]faultproxy.HTTPKind{
		good: faultproxy.Working, notNow: faultproxy.Unavailable, denied: faultproxy.Unauthorized,
		page: faultproxy.HTML, garbage: faultproxy.BadJSON, wrongType: faultproxy.WrongType, wrongRow: faultproxy.WrongRow,
		twice: faultproxy.DuplicateRows, twiceKeys: faultproxy.DuplicateKeys, huge: faultproxy.Huge, bomb: faultproxy.GzipBomb,
		elsewhere: faultproxy.Redirect, partial: faultproxy.Partial,
	}
	b.set = func(m mode) error {
		hangs.Store(m == stuck)
		h.Set(modes[m])
		return nil
	}
	needs, provides := declaration([]string{"@.roles"}, []string{"@.levels"})
	p, err := piphttp.New(piphttp.Config{
		Needs: needs, Provides: provides,
		Method: http.MethodPost,
		URL:    "https://" + lane.host() + ":" + b.proxied(t, s.Listener.Addr()) + "/users",
		Body:   `{"users": ["{user}"]}`,
		Rows:   "$.users",
		Echo:   map[string]string{"user": "@.user"},
		Bulk:   &piphttp.Bulk{Need: "user"},
		TLS:    piphttp.TLS{CAFile: b.identity.caFile},
	})
	must(t, err)
	b.declare(p, needs, provides)
	return b
}

// serveUsers tells the truth about the users of a request.
func serveUsers(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Users []string `json:"users"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, "what?", http.StatusBadRequest)
		return
	}
	type found struct {
		User   string   `json:"user"`
		Roles  []string `json:"roles"`
		Levels []string `json:"levels"`
	}
	var answer struct {
		Users []found `json:"users"`
	}
	for _, name := range asked.Users {
		f := found{User: name, Roles: []string{}, Levels: []string{}}
		if r.Context().Value(anotherKey{}) != nil {
			name = "admin-other"
			f.User = name
		}
		for _, r := range rowsOf(name) {
			f.Roles, f.Levels = append(f.Roles, r.role), append(f.Levels, r.level)
		}
		answer.Users = append(answer.Users, f)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// quiet is for servers that complain about what is done to them.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
