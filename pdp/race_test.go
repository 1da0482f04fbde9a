//go:build race

package pdp_test

// raceEnabled tells that the test runs under the race detector.
const raceEnabled = true
