//go:build !race

package altinncases

// raceDetector tells that times mean nothing.
const raceDetector = false
