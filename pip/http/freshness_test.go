package http

import (
	"net/http"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pip"
)

func TestValidFor(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := []struct {
		header map[string][]string
		want   time.Duration
	}{
		{nil, 0},
		{map[string][]string{"Cache-Control": {"private, must-revalidate"}}, 0},
		{map[string][]string{"Cache-Control": {"max-age=60"}}, time.Minute},
		{map[string][]string{"Cache-Control": {"public,  Max-Age=\"60\""}}, time.Minute},
		{map[string][]string{"Cache-Control": {"max-age=60"}, "Age": {"45"}}, 15 * time.Second},
		{map[string][]string{"Cache-Control": {"max-age=60"}, "Age": {"60"}}, never},
		{map[string][]string{"Cache-Control": {"max-age=60"}, "Age": {"-1"}}, never},
		{map[string][]string{"Cache-Control": {"max-age=60", "s-maxage=5"}}, 5 * time.Second},
		{map[string][]string{"Cache-Control": {"max-age=60, max-age=30"}}, 30 * time.Second},
		{map[string][]string{"Cache-Control": {"max-age=0"}}, never},
		{map[string][]string{"Cache-Control": {"max-age=-5"}}, never},
		{map[string][]string{"Cache-Control": {"max-age=soon"}}, never},
		{map[string][]string{"Cache-Control": {"max-age"}}, never},
		{map[string][]string{"Cache-Control": {"max-age=99999999999999999999"}}, maxSeconds * time.Second},
		{map[string][]string{"Cache-Control": {"max-age=60, no-store"}}, never},
		{map[string][]string{"Cache-Control": {"no-cache"}}, never},
		{map[string][]string{"Cache-Control": {"max-age=60"}, "Expires": {"0"}}, time.Minute},
		{map[string][]string{"Expires": {at(time.Minute)}}, time.Minute},
		{map[string][]string{"Expires": {at(time.Hour)}, "Date": {at(30 * time.Minute)}}, 30 * time.Minute},
		{map[string][]string{"Expires": {at(-time.Minute)}}, never},
		{map[string][]string{"Expires": {"0"}}, never},
		{map[string][]string{"Pragma": {"no-cache"}}, never},
	}
	for _, tt := range tests {
		if got := validFor(tt.header, now); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.header, got, tt.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := []struct {
		after, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{"-7", "", 0},
		{"soon", "", 0},
		{"99999999999999999999", "", maxWait},
		{at(time.Minute), "", time.Minute},
		{at(time.Hour), at(59 * time.Minute), time.Minute},
		{at(-time.Minute), "", 0},
		{at(1000 * time.Hour), "", maxWait},
	}
	for _, tt := range tests {
		h := http.Header{}
		h.Set("Retry-After", tt.after)
		h.Set("Date", tt.date)
		if got := retryAfter(h, now); got != tt.want {
			t.Errorf("%q at %q: got %v, want %v", tt.after, tt.date, got, tt.want)
		}
	}
}

// The bounds of the service reach whoever keeps answers and asks again.
func TestBoundsOfAnswers(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/users/busy":
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/users/gone":
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNotFound)
		default:
			w.Header().Set("Cache-Control", "max-age=60")
			w.Header().Set("Age", "20")
			writeJSON(w, `{"roles": []}`)
		}
	})
	cfg := byUser(s.URL, "$.roles")
	cfg.None = []None{{Status: http.StatusNotFound}}
	p := provider(t, cfg)
	if a, err := p.Fetch(t.Context(), ask("1")); err != nil || a.ValidFor != 40*time.Second {
		t.Errorf("got %v, %v, want 40s", a.ValidFor, err)
	}
	if a, err := p.Fetch(t.Context(), ask("gone")); err != nil || a.ValidFor >= 0 {
		t.Errorf("got %v, %v, want a negative time", a.ValidFor, err)
	}
	_, err := p.Fetch(t.Context(), ask("busy"))
	wantOutcome(t, err, pip.OutcomeUnavailable)
	if got := failure(t, err).RetryAfter; got != 3*time.Second {
		t.Errorf("got %v, want 3s", got)
	}
}
