package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/forseti-pdp/forseti/deploy/observability/board"
)

// ticks are round values from 0 to at least most, no more than five of them.
func ticks(unit board.Unit, most float64) []float64 {
	if !(most > 0) {
		most = 1
	}
	bases := []float64{1, 2, 2.5, 5, 10}
	scale := 1.0
	if unit == board.Bytes {
		bases, scale = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}, 1<<20
	}
	if unit == board.Seconds && most > 60 {
		return times(most)
	}
	step := 0.0
	for decade := math.Pow(10, math.Floor(math.Log10(most/4/scale))); step == 0; decade *= 10 {
		if unit == board.Bytes {
			decade = 1
		}
		for _, base := range bases {
			if step == 0 && base*decade*scale*4 >= most*0.999 {
				step = base * decade * scale
			}
		}
	}
	return upTo(most, step)
}

// times are round minutes, hours or days.
func times(most float64) []float64 {
	const minute, hour, day = 60, 60 * 60, 24 * 60 * 60
	for _, step := range []float64{minute / 2, minute, 2 * minute, 5 * minute, 10 * minute, 20 * minute, hour, 2 * hour, 6 * hour, 12 * hour, day, 7 * day} {
		if step*5 >= most {
			return upTo(most, step)
		}
	}
	return upTo(most, 30*day)
}

// upTo are the multiples of a step up to the first that is not less than most.
func upTo(most, step float64) []float64 {
	all := []float64{0}
	for i := 1.0; all[len(all)-1] < most*0.999; i++ {
		all = append(all, i*step)
	}
	return all
}

// figure is a value as people read it.
func figure(unit board.Unit, v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case unit == board.Share:
		return short(v*100) + " %"
	case unit == board.Seconds:
		return duration(v)
	case unit == board.Bytes:
		return short(v/(1<<20)) + " MiB"
	case unit == board.PerSecond:
		return short(v) + "/s"
	default:
		return short(v)
	}
}

// duration is a time with the unit that suits it.
func duration(s float64) string {
	switch a := math.Abs(s); {
	case a == 0:
		return "0"
	case a < 1e-3:
		return short(s*1e6) + " µs"
	case a < 1:
		return short(s*1e3) + " ms"
	case a < 60:
		return short(s) + " s"
	case a < 3600:
		return short(s/60) + " min"
	default:
		return short(s/3600) + " h"
	}
}

// short is a number with three digits at most, unless it is a large one.
func short(v float64) string {
	digits := 2
	switch a := math.Abs(v); {
	case a >= 100:
		digits = 0
	case a >= 10:
		digits = 1
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// clock is a time of the run as minutes and seconds.
func clock(seconds float64) string {
	return fmt.Sprintf("%d:%02d", int(seconds)/60, int(seconds)%60)
}
