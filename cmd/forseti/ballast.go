package main

// ballastSize is how much the service lets its heap grow at least before it is
// collected.
const ballastSize = 64 << 20

// newBallast gives memory that is never touched, so that no memory stands behind
// it, but which the garbage collector counts. A service that keeps little would
// otherwise be collected hundreds of times a second, and each collection shrinks
// the stacks that the next calls have to grow again: together that costs as much
// as all decisions. It counts as memory in use, so that it is a small part of the limit
// of the runtime, if there is one. Whoever sets GOGC or GOMEMLIMIT sees to that; there is
// no ballast then.
func newBallast(lookup func(name string) (string, bool), limit int64) []byte {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if _, set := lookup(name); set {
			return nil
		}
	}
	if limit > 0 {
		return make([]byte, min(ballastSize, limit/16))
	}
	return make([]byte, ballastSize)
}
