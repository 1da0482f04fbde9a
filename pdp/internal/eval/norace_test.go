//go:build !race

package eval_test

// raceEnabled tells that the test runs under the race detector.
const raceEnabled = false
