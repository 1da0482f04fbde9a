package http

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// What a service says about user 1337 for party 1000, and what that means.
func TestAnswer(t *testing.T) {
	invalid := [][]string{{"invalid"}}
	none := [][]string{nil, nil}
	plain := func(*Config) {}
	rows := func(c *Config) {
		c.Rows = "$.rows"
		c.Provides[0].From = []string{"@.role", "@.more?"}
		c.Provides[1].From = []string{"@.level?"}
		c.Echo = map[string]string{"user": "@.user", "party": "$.party"}
		c.Require, c.Forbid = []string{"@.role"}, []string{"@.error"}
	}
	optional := func(c *Config) {
		c.Provides[0].From, c.Provides[1].From = []string{"$.roles?"}, []string{"$.level?"}
		c.Require = []string{"$.status"}
		c.Forbid = []string{"$.errors", "$.page.next"}
		c.Echo = nil
	}
	tests := []struct {
		name   string
		change func(*Config)
		body   string
		want   [][]string
	}{
		{"values", plain, `{"user": "1337", "roles": ["dagl", "regna", "dagl"], "level": 3}`, [][]string{{"dagl", "regna"}, {"3"}}},
		{"number for text", plain, `{"user": 1337, "roles": 7, "level": "3"}`, [][]string{{"7"}, {"3"}}},
		{"none", plain, `{"user": 1337, "roles": [], "level": null}`, none},
		{"empty object", plain, `{}`, invalid},
		{"error with status 200", plain, `{"error": "database is down"}`, invalid},
		{"null", plain, `null`, invalid},
		{"a list", plain, `[]`, invalid},
		{"a string", plain, `"dagl"`, invalid},
		{"path that is missing", plain, `{"user": 1337, "roles": []}`, invalid},
		{"wrong type", plain, `{"user": 1337, "roles": [], "level": "three"}`, invalid},
		{"fraction", plain, `{"user": 1337, "roles": [], "level": 3.0}`, invalid},
		{"exponent", plain, `{"user": 1337, "roles": [], "level": 3e0}`, invalid},
		{"object for text", plain, `{"user": 1337, "roles": [{"name": "dagl"}], "level": 3}`, invalid},
		{"NUL in a value", plain, `{"user": 1337, "roles": ["dagl\u0000"], "level": 3}`, invalid},
		{"half a character", plain, `{"user": 1337, "roles": ["dagl\ud800"], "level": 3}`, invalid},
		{"duplicate names", plain, `{"user": 1337, "roles": [], "roles": ["dagl"], "level": 3}`, invalid},
		{"somebody else", plain, `{"user": 1338, "roles": ["dagl"], "level": 3}`, invalid},
		{"somebody else without roles", plain, `{"user": 1338, "roles": [], "level": null}`, invalid},
		{"somebody by another form", plain, `{"user": 1337.0, "roles": ["dagl"], "level": 3}`, invalid},
		{"two users", plain, `{"user": [1338, 1337], "roles": ["dagl"], "level": 3}`, invalid},
		{"nobody", plain, `{"user": null, "roles": ["dagl"], "level": 3}`, invalid},

		{"rows", rows, `{"party": 1000, "rows": [{"user": 1337, "role": "dagl", "level": 3}, {"user": 1337, "role": "regna", "more": ["x"]}]}`, [][]string{{"dagl", "regna", "x"}, {"3"}}},
		{"no rows", rows, `{"party": 1000, "rows": []}`, none},
		{"null rows", rows, `{"party": 1000, "rows": null}`, none},
		{"missing rows", rows, `{"party": 1000}`, invalid},
		{"rows are an object", rows, `{"party": 1000, "rows": {"error": "x"}}`, invalid},
		{"row is null", rows, `{"party": 1000, "rows": [null]}`, invalid},
		{"row is text", rows, `{"party": 1000, "rows": ["x"]}`, invalid},
		{"row of somebody else", rows, `{"party": 1000, "rows": [{"user": 1337, "role": "dagl"}, {"user": 1338, "role": "regna"}]}`, invalid},
		{"row of nobody", rows, `{"party": 1000, "rows": [{"role": "dagl"}]}`, invalid},
		{"row with null where something is required", rows, `{"party": 1000, "rows": [{"user": 1337, "role": null}]}`, invalid},
		{"row with an error", rows, `{"party": 1000, "rows": [{"user": 1337, "role": "dagl", "error": {"code": 1}}]}`, invalid},
		{"row without its value", rows, `{"party": 1000, "rows": [{"user": 1337}]}`, invalid},
		{"rows of another party", rows, `{"party": 1001, "rows": [{"user": 1337, "role": "dagl"}]}`, invalid},

		{"optional, nothing there", optional, `{"status": "ok"}`, none},
		{"optional, shape not shown", optional, `{}`, invalid},
		{"optional, required is null", optional, `{"status": null}`, invalid},
		{"no errors", optional, `{"status": "ok", "errors": [], "page": {"next": null}, "roles": ["dagl"]}`, [][]string{{"dagl"}, nil}},
		{"no page", optional, `{"status": "ok", "errors": false, "page": {"next": ""}}`, none},
		{"errors", optional, `{"status": "ok", "errors": ["database is down"], "roles": []}`, invalid},
		{"errors are a number", optional, `{"status": "ok", "errors": 0, "roles": []}`, invalid},
		{"another page", optional, `{"status": "ok", "page": {"next": "/roles?page=2"}, "roles": ["dagl"]}`, invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles(says(t, tt.body).URL)
			cfg.Provides = append(cfg.Provides, pip.Provided{Key: key("urn:altinn:level", value.TypeInteger), From: []string{"$.level"}})
			tt.change(&cfg)
			a, err := provider(t, cfg).Fetch(t.Context(), ask("1337", "1000"))
			if cmp.Equal(tt.want, invalid) {
				wantOutcome(t, err, pip.OutcomeInvalid, "1337", "1338", "dagl", "three", "database")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lexicals(a)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for i, b := range a.Bags {
				if b.Type() != cfg.Provides[i].Key.Type {
					t.Errorf("got a bag of %s, want %s", b.Type(), cfg.Provides[i].Key.Type)
				}
			}
		})
	}
}

// An echo by a list has at least one member where there are values.
func TestEchoOfList(t *testing.T) {
	for body, want := range map[string]pip.Outcome{
		`{"owners": ["1337", "1337"], "roles": ["dagl"]}`: pip.OutcomeOK,
		`{"owners": [], "roles": []}`:                     pip.OutcomeOK,
		`{"owners": [], "roles": ["dagl"]}`:               pip.OutcomeInvalid,
		`{"owners": ["1337", "1"], "roles": ["dagl"]}`:    pip.OutcomeInvalid,
		`{"owners": ["1"], "roles": []}`:                  pip.OutcomeInvalid,
		`{"owners": [null], "roles": []}`:                 pip.OutcomeInvalid,
	} {
		cfg := byUser(says(t, body).URL, "$.roles")
		cfg.Echo = map[string]string{"user": "$.owners[*]"}
		_, err := provider(t, cfg).Fetch(t.Context(), ask("1337"))
		if want != pip.OutcomeOK {
			wantOutcome(t, err, want)
		} else if err != nil {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestStatus(t *testing.T) {
	gone := []None{{Status: http.StatusNotFound, Path: "$.code", Value: "NO_SUCH_USER"}, {Status: http.StatusNoContent}}
	tests := []struct {
		name, contentType, body string
		status                  int
		none                    []None
		ok                      []int
		want                    pip.Outcome // OutcomeOK: dagl
	}{
		{"ok", "application/json", `{"roles": ["dagl"]}`, 200, nil, nil, pip.OutcomeOK},
		{"ok by suffix", "application/vnd.register+json; charset=UTF-8", `{"roles": ["dagl"]}`, 200, nil, nil, pip.OutcomeOK},
		{"other ok", "application/json", `{"roles": ["dagl"]}`, 203, nil, []int{200, 203}, pip.OutcomeOK},
		{"not ok", "application/json", `{"roles": ["dagl"]}`, 203, nil, nil, pip.OutcomeError},
		{"HTML", "text/html", `{"roles": ["dagl"]}`, 200, nil, nil, pip.OutcomeInvalid},
		{"HTML that says JSON", "application/json", `<html>`, 200, nil, nil, pip.OutcomeInvalid},
		{"no type", "", `{"roles": ["dagl"]}`, 200, nil, nil, pip.OutcomeInvalid},
		{"JSON lines", "application/x-ndjson", `{"roles": ["dagl"]}`, 200, nil, nil, pip.OutcomeInvalid},
		{"Latin-1", "application/json; charset=iso-8859-1", `{"roles": ["dagl"]}`, 200, nil, nil, pip.OutcomeInvalid},
		{"nothing", "application/json", ``, 200, nil, nil, pip.OutcomeInvalid},
		{"part", "application/json", `{"roles": ["dagl"]}`, 206, nil, nil, pip.OutcomeError},

		{"none", "", ``, 204, gone, nil, pip.OutcomeEmpty},
		{"no content, not declared", "", ``, 204, nil, nil, pip.OutcomeError},
		{"nobody", "application/problem+json", `{"code": "NO_SUCH_USER"}`, 404, gone, nil, pip.OutcomeEmpty},
		{"nobody, not declared", "application/problem+json", `{"code": "NO_SUCH_USER"}`, 404, nil, nil, pip.OutcomeError},
		{"no such route", "application/problem+json", `{"code": "NO_SUCH_ROUTE"}`, 404, gone, nil, pip.OutcomeError},
		{"several codes", "application/problem+json", `{"code": ["NO_SUCH_ROUTE", "NO_SUCH_USER"]}`, 404, gone, nil, pip.OutcomeError},
		{"gateway without service", "text/plain", `default backend - 404`, 404, gone, nil, pip.OutcomeError},
		{"any 404", "text/plain", `gone`, 404, []None{{Status: 404}}, nil, pip.OutcomeEmpty},
		{"none with status 200", "application/json", `{"code": "NO_SUCH_USER"}`, 200, []None{{Status: 200, Path: "$.code", Value: "NO_SUCH_USER"}}, nil, pip.OutcomeEmpty},
		{"values with status 200", "application/json", `{"roles": ["dagl"]}`, 200, []None{{Status: 200, Path: "$.code", Value: "NO_SUCH_USER"}}, nil, pip.OutcomeOK},

		{"unauthorized", "application/json", `{"roles": []}`, 401, nil, nil, pip.OutcomeError},
		{"forbidden", "application/json", `{"roles": []}`, 403, nil, nil, pip.OutcomeError},
		{"bad request", "", ``, 400, nil, nil, pip.OutcomeError},
		{"not modified", "", ``, 304, nil, nil, pip.OutcomeError},
		{"slow down", "", ``, 429, nil, nil, pip.OutcomeUnavailable},
		{"failed", "application/json", `{"roles": []}`, 500, nil, nil, pip.OutcomeUnavailable},
		{"unavailable", "", ``, 503, nil, nil, pip.OutcomeUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil
				if tt.contentType != "" {
					w.Header().Set("Content-Type", tt.contentType)
				}
				w.WriteHeader(tt.status)
				if tt.body != "" {
					_, _ = io.WriteString(w, tt.body)
				}
			})
			cfg := byUser(s.URL, "$.roles")
			cfg.None, cfg.OK = tt.none, tt.ok
			a, err := provider(t, cfg).Fetch(t.Context(), ask("1337"))
			switch tt.want {
			case pip.OutcomeOK, pip.OutcomeEmpty:
				if err != nil || len(a.Bags) != 1 || a.Empty() != (tt.want == pip.OutcomeEmpty) {
					t.Errorf("got %v, %v, want %s", a, err, tt.want)
				}
			default:
				wantOutcome(t, err, tt.want, "1337", "NO_SUCH", "default backend")
			}
		})
	}
}

// What the service puts into one answer after another must not pass for the whole.
func TestAnswer_OnePageOfSeveral(t *testing.T) {
	for link, want := range map[string]bool{
		`</users?page=2>; rel="next"`:                 false,
		`</a>; rel=self, </b>; title=x; REL = "Next"`: false,
		`</b>; rel="last next"`:                       false,
		`</users/1>; rel="self"`:                      true,
		`</next>; rel=prev; title="nextnext"`:         true,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", link)
			writeJSON(w, `{"roles": ["dagl"]}`)
		})
		_, err := provider(t, byUser(s.URL, "$.roles")).Fetch(t.Context(), ask("1337"))
		if want && err != nil {
			t.Errorf("%s: got %v", link, err)
		}
		if !want {
			wantOutcome(t, err, pip.OutcomeInvalid)
		}
	}
}
