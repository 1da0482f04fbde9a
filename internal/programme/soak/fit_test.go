package soak

import (
	"math"
	"testing"
	"time"
)

// point is what was measured at a time.
type point struct {
	at    time.Duration
	value float64
}

// least is the lowest point of each of so many parts of the time: what was measured above
// it was under way, and would be gone a moment later.
func least(points []point, parts int) []point {
	if len(points) == 0 {
		return nil
	}
	span := points[len(points)-1].at + 1
	out := make([]point, 0, parts)
	for _, p := range points {
		part := int(int64(parts) * int64(p.at) / int64(span))
		if part >= len(out) {
			out = append(out, p)
			continue
		}
		if last := &out[len(out)-1]; p.value < last.value {
			*last = p
		}
	}
	return out
}

// slope is how much the values grow in an hour, by the line that fits them best, and the
// standard error of that.
func slope(points []point) (perHour, deviation float64) {
	n := float64(len(points))
	if n < 3 {
		return 0, math.Inf(1)
	}
	var meanT, meanV float64
	for _, p := range points {
		meanT, meanV = meanT+p.at.Hours()/n, meanV+p.value/n
	}
	var tt, tv float64
	for _, p := range points {
		t := p.at.Hours() - meanT
		tt, tv = tt+t*t, tv+t*(p.value-meanV)
	}
	perHour = tv / tt
	var rest float64
	for _, p := range points {
		off := p.value - meanV - perHour*(p.at.Hours()-meanT)
		rest += off * off
	}
	return perHour, math.Sqrt(rest / (n - 2) / tt)
}

// TestSlope: the line is found through what was measured above it.
func TestSlope(t *testing.T) {
	var points []point
	for i := range 3600 {
		above := float64(i % 7)
		points = append(points, point{time.Duration(i) * time.Second, 100 + 2*float64(i)/3600 + above})
	}
	got, deviation := slope(least(points, 30))
	if math.Abs(got-2) > 0.1 || deviation > 0.1 {
		t.Errorf("got %.3f ± %.3f an hour, want 2", got, deviation)
	}
	if _, deviation := slope(points[:2]); !math.IsInf(deviation, 1) {
		t.Error("two points are enough for a line that means something")
	}
}
