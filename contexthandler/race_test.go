//go:build race

package contexthandler

// raceEnabled tells that the test runs under the race detector.
const raceEnabled = true
