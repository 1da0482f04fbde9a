package hostile

import (
	"net"

	"golang.org/x/net/http2"
)

// answers are attacks by not taking them. The rate is in calls.
func answers() []attack {
	message, large := question(), echoed(60<<10) // as much as there is a window for
	closed := http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}
	return []attack{
		{name: "no window for answers", rate: 2000, run: func(a *attacker) {
			a.wires(pool, func(w *wire) {
				for a.pace(1) && w.flush() {
					w.call(authorize, message)
				}
			}, closed)
		}},
		{name: "no window for large answers", rate: 500, run: func(a *attacker) {
			a.wires(pool, func(w *wire) {
				for a.pace(1) && w.flush() {
					w.call(authorize, large)
				}
			}, closed)
		}},
		{name: "answers that nobody reads", rate: 2000, run: func(a *attacker) { a.deaf(message) }},
		{name: "large answers that nobody reads", rate: 500, run: func(a *attacker) { a.deaf(large) }},
		{name: "half-closed connections", rate: 200, run: func(a *attacker) {
			a.many(pool, func(conn net.Conn) {
				if a.tls != nil || !a.pace(1) {
					return
				}
				w := newWire(conn, a.seen)
				w.call(authorize, message)
				w.flush()
				if tcp, ok := conn.(*net.TCPConn); ok {
					_ = tcp.CloseWrite() // an error would be that it is closed
				}
				w.listen()
			})
		}},
	}
}

// deaf calls and reads nothing.
func (a *attacker) deaf(message []byte) {
	a.many(pool, func(raw net.Conn) {
		conn, err := a.secure(raw)
		if err != nil {
			return
		}
		if tcp, ok := raw.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4096) // so that the service notices soon
		}
		w := newWire(conn, a.seen)
		w.do(func(f *http2.Framer) error { return f.WriteWindowUpdate(0, 1<<30) })
		for a.pace(1) && w.flush() {
			w.call(authorize, message)
		}
		<-a.ctx.Done() // what is sent waits
	})
}
