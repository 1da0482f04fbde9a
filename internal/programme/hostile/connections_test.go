package hostile

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"net"
	"strings"
)

// connections are attacks by connections. The rate is in connections.
func connections() []attack {
	return []attack{
		{name: "silent connections", rate: 200, run: func(a *attacker) {
			a.many(200, func(conn net.Conn) {
				if a.pace(1) {
					a.await(conn)
				}
			})
		}},
		{name: "connections that come and go", rate: 500, run: func(a *attacker) {
			a.many(pool*4, func(net.Conn) { a.pace(1) })
		}},
		{name: "connections of HTTP/2 that come and go", rate: 200, run: func(a *attacker) {
			a.wires(pool*4, func(w *wire) {
				w.call(healthCheck, empty)
				w.flush()
				a.pace(1)
			})
		}},
		{name: "idle connections of HTTP/2", rate: 200, run: func(a *attacker) {
			a.wires(200, func(w *wire) {
				if a.pace(1) {
					a.hold(w)
				}
			})
		}},
		{name: "prefaces in halves", rate: 200, run: func(a *attacker) {
			a.many(200, func(conn net.Conn) {
				if a.pace(1) {
					a.say(conn, "PRI * HTTP/2.0\r\n\r")
					a.await(conn)
				}
			})
		}},
		{name: "HTTP/1", rate: 500, run: func(a *attacker) {
			text := []byte("POST " + authorize + " HTTP/1.1\r\nHost: forseti\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n" + strings.Repeat("x", 1<<16))
			a.many(pool, func(conn net.Conn) {
				if a.pace(1) {
					a.write(conn, text)
					a.await(conn)
				}
			})
		}},
		{name: "garbage", rate: 500, run: func(a *attacker) {
			rest := bytes.Repeat([]byte("\x00\xff"), 1<<15)
			a.many(pool, func(conn net.Conn) {
				if a.pace(1) {
					a.say(conn, rand.Text())
					a.write(conn, rest)
					a.await(conn)
				}
			})
		}},
		{name: "frames of garbage", rate: 2000, run: func(a *attacker) {
			octets := make([]byte, 4096)
			a.wires(pool, func(w *wire) {
				_, _ = rand.Read(octets) // it does not fail
				octets[0] = 0            // a frame that is not too large
				if a.pace(1) {
					w.raw(octets)
					a.hold(w)
				}
			})
		}},
		{name: "half a hello of TLS", rate: 200, secured: true, run: func(a *attacker) {
			a.many(200, func(conn net.Conn) {
				if a.pace(1) {
					a.say(conn, "\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03"+rand.Text())
					a.await(conn)
				}
			})
		}},
		{name: "TLS without the preface", rate: 100, secured: true, run: func(a *attacker) {
			a.many(100, func(conn net.Conn) {
				if !a.pace(1) {
					return
				}
				if secured, err := a.secure(conn); err == nil {
					a.await(secured)
				}
			})
		}},
		{name: "TLS 1.2", rate: 200, secured: true, run: func(a *attacker) {
			a.tls = a.tls.Clone()
			a.tls.MinVersion, a.tls.MaxVersion, a.tls.Renegotiation = tls.VersionTLS12, tls.VersionTLS12, tls.RenegotiateFreelyAsClient
			a.many(pool, func(conn net.Conn) {
				if a.pace(1) {
					if _, err := a.secure(conn); err == nil {
						a.seen.count("TLS 1.2 is spoken")
					}
				}
			})
		}},
		{name: "handshakes of TLS", rate: 100, secured: true, run: func(a *attacker) {
			a.many(pool*4, func(conn net.Conn) {
				if a.pace(1) {
					_, _ = a.secure(conn) // counts what fails
				}
			})
		}},
		{name: "records of garbage", rate: 100, secured: true, run: func(a *attacker) {
			a.many(pool, func(conn net.Conn) {
				if !a.pace(1) {
					return
				}
				if _, err := a.secure(conn); err == nil {
					a.say(conn, "\x17\x03\x03\x40\x00"+strings.Repeat("x", 1<<14)) // and below that, no TLS
					a.await(conn)
				}
			})
		}},
	}
}

func (a *attacker) say(conn net.Conn, text string) { a.write(conn, []byte(text)) }

// write sends octets. Large ones are made once: the others are in this process as well,
// and must not have to wait for the collector because of the attacker.
func (a *attacker) write(conn net.Conn, octets []byte) {
	if _, err := conn.Write(octets); err != nil {
		a.seen.count("closed")
	}
}

// await waits until the service closes the connection, or the attack ends.
func (a *attacker) await(conn net.Conn) {
	octets := make([]byte, 1<<10)
	for {
		if _, err := conn.Read(octets); err != nil {
			a.seen.count("closed")
			return
		}
	}
}
