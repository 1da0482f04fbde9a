package hostile

import (
	"strings"

	"google.golang.org/grpc/reflection/grpc_reflection_v1"
)

// calls are attacks by calls that are in order, of the services that are open to
// everybody. The rate is in calls.
func calls() []attack {
	list := marshal(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "forseti.authorization.v1.AuthorizationService"},
	})
	return []attack{
		{name: "streams that watch health", rate: 5000, run: func(a *attacker) {
			a.wires(64, func(w *wire) {
				for range 256 {
					if !a.pace(1) || !w.flush() {
						return
					}
					w.call(healthWatch, empty)
				}
				a.hold(w)
			})
		}},
		{name: "streams that watch, and do not say what", rate: 1000, run: func(a *attacker) {
			junk := make([]byte, 60<<10)
			a.wires(64, func(w *wire) {
				for range 256 {
					if !a.pace(1) || !w.flush() {
						return
					}
					id := w.open(false, fields(healthWatch))
					w.data(id, false, empty)
					w.data(id, false, junk)
				}
				a.hold(w)
			})
		}},
		{name: "questions about health", rate: 2000, run: func(a *attacker) {
			long := framed(append([]byte{10, 0x80, 0x80, 2}, strings.Repeat("x", 1<<15)...))
			a.flood(nil, func(w *wire) { w.call(healthCheck, long) })
		}},
		{name: "reflection", rate: 1000, run: func(a *attacker) {
			a.wires(pool, func(w *wire) {
				for range 256 {
					id := w.open(false, fields(reflectionInfo))
					for range 10 {
						if !a.pace(1) || !w.flush() {
							return
						}
						w.data(id, false, list)
					}
				}
				a.hold(w)
			})
		}},
		{name: "streams of requests that say nothing", rate: 2000, run: func(a *attacker) {
			a.wires(64, func(w *wire) {
				for range 256 {
					if !a.pace(1) || !w.flush() {
						return
					}
					w.open(false, fields(authorizeStream))
				}
				a.hold(w)
			})
		}},
		{name: "deadlines that have passed", rate: 10000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.call(authorize, empty, "grpc-timeout", "1n") })
		}},
	}
}
