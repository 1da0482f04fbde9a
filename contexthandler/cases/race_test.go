//go:build race

package cases

// raceDetector tells that times mean nothing.
const raceDetector = true
