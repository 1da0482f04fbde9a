//go:build !race

package eval

// raceDetector tells that the test runs under it.
const raceDetector = false
