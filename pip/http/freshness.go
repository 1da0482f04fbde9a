package http

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// never marks an answer that must not be kept.
	never = time.Duration(-1)
	// maxWait bounds the time for which a service is left alone.
	maxWait = 24 * time.Hour
	// maxSeconds bounds the numbers of seconds that a service gives (RFC 9111, 1.2.2).
	maxSeconds = 1 << 31
)

// validFor is how long the service lets others keep the answer (RFC 9111, 4.2):
// zero if it does not say. What cannot be understood is taken for stale.
func validFor(h http.Header, now time.Time) time.Duration {
	control := strings.Join(h.Values("Cache-Control"), ",")
	if control == "" && strings.EqualFold(strings.TrimSpace(h.Get("Pragma")), "no-cache") {
		return never
	}
	life, known := time.Duration(0), false
	for directive := range strings.SplitSeq(control, ",") {
		name, argument, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return never
		case "max-age", "s-maxage":
			age, ok := seconds(strings.Trim(argument, `"`))
			if !ok {
				return never
			}
			if !known || age < life {
				life, known = age, true
			}
		}
	}
	if expires := h.Get("Expires"); !known && expires != "" {
		end, err := http.ParseTime(expires)
		if err != nil {
			return never
		}
		life, known = end.Sub(sent(h, now)), true
	}
	if !known {
		return 0
	}
	if text := h.Get("Age"); text != "" {
		age, ok := seconds(text)
		if !ok {
			return never
		}
		life -= age
	}
	if life <= 0 {
		return never
	}
	return life
}

// retryAfter is how long the service asks to be left alone; zero if it does not
// say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if wait, ok := seconds(text); ok {
		return min(wait, maxWait)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(sent(h, now)), maxWait))
}

// sent is the service's own reading of its clock, because the two may differ.
func sent(h http.Header, now time.Time) time.Time {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		return at
	}
	return now
}

// seconds reads a number of seconds.
func seconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n = maxSeconds // digits fail only by being too many
	}
	return time.Duration(min(n, maxSeconds)) * time.Second, true
}
