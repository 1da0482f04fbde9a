package hostile

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// headers are attacks by the headers of calls. The rate is in frames for those whose
// headers do not end, and otherwise in calls.
func headers() []attack {
	return []attack{
		{name: "many headers", rate: 200, run: func(a *attacker) {
			list := fields(authorize)
			for n := range 5000 {
				list = append(list, hpack.HeaderField{Name: fmt.Sprintf("x-%d", n), Value: "x"})
			}
			block := standalone(list)
			a.flood(nil, func(w *wire) { w.openBlock(true, block) })
		}},
		{name: "huge headers", rate: 100, run: func(a *attacker) {
			block := standalone(fields(authorize, "x-huge", strings.Repeat("~", 1<<20)))
			a.flood(nil, func(w *wire) { w.openBlock(true, block) })
		}},
		{name: "headers out of the table", rate: 200, run: func(a *attacker) {
			a.flood(func(w *wire) {
				w.open(true, fields(healthCheck, "x-bomb", strings.Repeat("~", 3900))) // is in the table now
			}, func(w *wire) {
				w.mu.Lock()
				block := w.encode(fields(healthCheck))
				w.stream += 2
				bomb := []byte(strings.Repeat("\xbe", 8000)) // the last entry of the table (RFC 7541 §6.1), 30 MiB
				w.keep(w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: w.stream - 1, BlockFragment: append(block, bomb...), EndStream: true, EndHeaders: true}))
				w.mu.Unlock()
			})
		}},
		{name: "table sizes up and down", rate: 1000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				w.mu.Lock()
				w.stream += 2
				sizes := []byte(strings.Repeat("\x20\x3f\xe1\x1f", 2000)) // RFC 7541 §6.3: 0 and 4096
				w.keep(w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: w.stream - 1, BlockFragment: sizes, EndStream: true, EndHeaders: true}))
				w.mu.Unlock()
			})
		}},
		{name: "continuations without end", rate: 20000, run: func(a *attacker) {
			a.flood(unfinished, func(w *wire) { w.do(func(f *http2.Framer) error { return f.WriteContinuation(1, false, nil) }) })
		}},
		{name: "continuations of headers without end", rate: 500, run: func(a *attacker) {
			var part []byte
			for n := range 1000 {
				part = append(part, 0, 6)
				part = append(part, fmt.Sprintf("x-%04d", n)...)
				part = append(part, 1, 'x') // a literal that is not to be indexed (RFC 7541 §6.2.2)
			}
			a.flood(unfinished, func(w *wire) { w.do(func(f *http2.Framer) error { return f.WriteContinuation(1, false, part) }) })
		}},
		{name: "headers in drops", rate: 1, run: func(a *attacker) {
			a.wires(pool*4, func(w *wire) {
				block := w.encode(fields(healthCheck))
				w.do(func(f *http2.Framer) error {
					return f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:1]})
				})
				for _, octet := range block[1:] {
					if !w.flush() || !a.sleep(time.Second/4) {
						return
					}
					w.do(func(f *http2.Framer) error { return f.WriteContinuation(1, false, []byte{octet}) })
				}
				a.hold(w)
			})
		}},
		{name: "paths of no method", rate: 5000, run: func(a *attacker) {
			paths := []string{"Authorize", "", "/", "//", "/a", authorize + "/", "/x" + authorize, strings.ToLower(authorize), "/" + strings.Repeat("a/", 2000), authorize[:20] + "\x00" + authorize[20:]}
			n := 0
			a.flood(nil, func(w *wire) {
				n++
				w.call(paths[n%len(paths)], empty, "grpc-timeout", fmt.Sprint(n%99999999+1, "H"))
			})
		}},
		{name: "headers of no call", rate: 5000, run: func(a *attacker) {
			lists := [][]hpack.HeaderField{
				fields(authorize)[1:], fields(authorize)[:3], fields(authorize, ":path", authorize), fields(authorize, "connection", "close"),
				fields(authorize, "host", "a", "host", "b"), fields(authorize, "grpc-timeout", "-1S"), fields(authorize, "x-bin", "%%%"),
				fields(authorize, "content-type", "text/html"), fields(authorize, "UPPER", "x"), fields(authorize, "x", "a\r\nb"), fields(authorize, "transfer-encoding", "chunked"),
			}
			n := 0
			a.flood(nil, func(w *wire) { n++; w.open(n%2 == 0, lists[n%len(lists)]) })
		}},
		{name: "streams of wrong numbers", rate: 5000, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				w.call(healthCheck, empty)
				w.stream -= 2 // again the same, or an even one
				if w.stream%4 == 0 {
					w.stream++
				}
			})
		}},
		{name: "trailers that are none", rate: 5000, run: func(a *attacker) {
			trailers := []hpack.HeaderField{{Name: "x-trailer", Value: "x"}, {Name: "grpc-status", Value: "0"}}
			a.flood(nil, func(w *wire) {
				id := w.open(false, fields(healthCheck))
				w.data(id, false, empty)
				w.mu.Lock()
				block := w.encode(trailers)
				w.keep(w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndStream: true, EndHeaders: true}))
				w.mu.Unlock()
			})
		}},
	}
}

// unfinished begins headers that do not end.
func unfinished(w *wire) {
	block := w.encode(fields(authorize))
	w.do(func(f *http2.Framer) error {
		return f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block})
	})
}
