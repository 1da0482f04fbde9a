//go:build !race

package rpc

// raceEnabled tells that the test runs under the race detector.
const raceEnabled = false
