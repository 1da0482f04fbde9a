package hostile

import (
	"golang.org/x/net/http2"
)

// bodies are attacks by what calls hold. The rate is in frames for DATA frames that say
// little, and otherwise in calls.
func bodies() []attack {
	message := question()
	bomb := zeros(48 << 20)
	return []attack{
		{name: "data of nothing", rate: 20000, run: func(a *attacker) { a.dribble(nil, 0) }},
		{name: "data of one octet", rate: 20000, run: func(a *attacker) { a.dribble([]byte{0}, 0) }},
		{name: "data that is padding", rate: 20000, run: func(a *attacker) { a.dribble(nil, 255) }},
		{name: "data of no stream", rate: 20000, run: func(a *attacker) {
			a.flood(func(w *wire) { w.stream = 1; w.call(healthCheck, empty) }, func(w *wire) {
				w.do(func(f *http2.Framer) error { return f.WriteData(1, false, []byte{0}) })
			})
		}},
		{name: "more data than the window", rate: 200, run: func(a *attacker) {
			octets := make([]byte, 200<<10)
			a.flood(nil, func(w *wire) { w.data(w.open(false, fields(healthWatch)), false, octets) })
		}},
		{name: "messages that are half there", rate: 100, run: func(a *attacker) {
			a.wires(pool, func(w *wire) {
				for {
					if !a.pace(1) || !w.flush() {
						return
					}
					w.data(w.open(false, fields(authorize)), false, message[:len(message)/2])
				}
			})
		}},
		{name: "messages that are not there", rate: 2000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.open(false, fields(authorize, "grpc-timeout", "9S")) })
		}},
		{name: "messages shorter than they say", rate: 2000, run: func(a *attacker) {
			lies := [][]byte{prefixed(0, 1<<32-1, message), prefixed(0, 1<<20, message), prefixed(0, 1<<31, nil), prefixed(7, 5, message), {0, 0}}
			n := 0
			a.flood(nil, func(w *wire) { n++; w.call(authorize, lies[n%len(lies)]) })
		}},
		{name: "messages that say they are long, and wait", rate: 500, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.data(w.open(false, fields(authorize)), false, prefixed(0, 1<<20, nil)) })
		}},
		{name: "many messages where one belongs", rate: 1000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				id := w.open(false, fields(authorize))
				for range 10 {
					w.data(id, false, message)
				}
			})
		}},
		{name: "compressed bombs", rate: 50, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.call(authorize, bomb, "grpc-encoding", "gzip") })
		}},
		{name: "bombs for health", rate: 50, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.call(healthCheck, bomb, "grpc-encoding", "gzip") })
		}},
		{name: "unknown compressors", rate: 2000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.call(authorize, prefixed(1, 4, []byte("bomb")), "grpc-encoding", "x-bomb") })
		}},
		{name: "messages that are none", rate: 2000, run: func(a *attacker) {
			junk := framed(append(make([]byte, 3000), 0xff, 0xff))
			a.flood(nil, func(w *wire) { w.call(authorize, junk) })
		}},
	}
}

// dribble sends frames of a call that say little, until the call is gone.
func (a *attacker) dribble(octets []byte, padding int) {
	var pad []byte
	if padding > 0 {
		pad = make([]byte, padding)
	}
	a.wires(pool, func(w *wire) {
		for n, sent := a.burst(), 0; a.pace(n) && w.flush(); sent += n {
			if sent%(1<<10) < n {
				w.open(false, fields(healthCheck))
				w.data(w.stream-1, false, prefixed(0, 1<<19, nil))
			}
			for range n {
				w.do(func(f *http2.Framer) error { return f.WriteDataPadded(w.stream-1, false, octets, pad) })
			}
		}
	})
}
