package http

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// posted is the body that a template makes of a value.
func posted(t *testing.T, template string, dataType value.Type, lexical string) (string, error) {
	t.Helper()
	var got string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %s with %q", r.Method, r.Header.Get("Content-Type"))
		}
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = string(data)
		writeJSON(w, `{"roles": []}`)
	})
	cfg := byUser(s.URL, "$.roles")
	cfg.URL, cfg.Method, cfg.Body = s.URL, http.MethodPost, template
	cfg.Needs[0].Key.Type = dataType
	v, err := value.Parse(dataType, lexical)
	if err != nil {
		t.Fatal(err)
	}
	_, err = provider(t, cfg).Fetch(t.Context(), pip.Question{v})
	return got, err
}

func TestBody(t *testing.T) {
	tests := []struct {
		template string
		dataType value.Type
		lexical  string
		want     string
	}{
		{`{"user": "{user}"}`, value.TypeString, "1337", `{"user":"1337"}`},
		{`{"user": "{user:number}"}`, value.TypeString, "1337", `{"user":1337}`},
		{`{"user": "{user}"}`, value.TypeInteger, "+01337", `{"user":1337}`},
		{`{"user": "{user}"}`, value.TypeInteger, "123456789012345678901234567890", `{"user":123456789012345678901234567890}`},
		{`{"user": "{user:string}"}`, value.TypeInteger, "1337", `{"user":"1337"}`},
		{`{"user": "{user}"}`, value.TypeBoolean, "1", `{"user":true}`},
		{`{"user": "{user}"}`, value.TypeDouble, "0.5", `{"user":5.0E-1}`},
		{`{"user": "{user}"}`, value.TypeDouble, "INF", ``},
		{`{"user": "{user:number}"}`, value.TypeString, "1,\"admin\":true", ``},
		{`{"user": "{user:number}"}`, value.TypeString, "01", ``},
		{`{"user": "{user}"}`, value.TypeString, `a","admin":true,"b":"`, `{"user":"a\",\"admin\":true,\"b\":\""}`},
		{`{"user": "{user}"}`, value.TypeString, `\u0022`, `{"user":"\\u0022"}`},
		{`[{"b": {"a": ["{user}", 1.50, null, true, "{{x}}"]}}]`, value.TypeString, "{x}", `[{"b":{"a":["{x}",1.50,null,true,"{x}"]}}]`},
	}
	for _, tt := range tests {
		t.Run(tt.template+tt.lexical, func(t *testing.T) {
			got, err := posted(t, tt.template, tt.dataType, tt.lexical)
			if tt.want == "" {
				wantOutcome(t, err, pip.OutcomeError)
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBodyRefuses(t *testing.T) {
	for template, want := range map[string]string{
		`{"user": "user {user}"}`:            "stands alone",
		`{"user": "{user"}`:                  "stands alone",
		`{"user": "{usr}"}`:                  "{usr} is not a need",
		`{"user": "{user:int}"}`:             "is not a need",
		`{"user": "1"}`:                      `does not use the need "user"`,
		`{"user": "{user}", "user": 1}`:      "two members",
		`{"user": "{user}", "{user}": 1}`:    "names are fixed",
		`{"user": "{user}"} x`:               "follows",
		`{"user": {user}}`:                   "not JSON",
		``:                                   "needs a body",
		strings.Repeat("[", 70) + `"{user}"`: "deeper",
	} {
		cfg := byUser("https://register.example", "$.roles")
		cfg.URL, cfg.Method, cfg.Body = "https://register.example", http.MethodPost, template
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", template, err, want)
		}
	}
}
