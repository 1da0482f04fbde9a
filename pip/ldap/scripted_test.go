package ldap

import (
	"io"
	"net"
	"sync"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// scripted is a server that does with each connection what serve says, and gives
// its URL.
func scripted(t *testing.T, serve func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	conns := make(map[net.Conn]bool)
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			running.Go(func() {
				defer c.Close() //nolint:errcheck // a connection of a test
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		mu.Lock()
		for c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return "ldap://" + l.Addr().String()
}

// request is what a client asks.
type request struct {
	id        int64
	operation *ber.Packet
}

// next reads a request.
func next(c net.Conn) (request, bool) {
	p, err := ber.ReadPacket(c)
	if err != nil || len(p.Children) < 2 {
		return request{}, false
	}
	id, ok := p.Children[0].Value.(int64)
	return request{id, p.Children[1]}, ok
}

// answers is a server that answers each search with these operations, and binds
// with success.
func answers(operations ...*ber.Packet) func(net.Conn) {
	return func(c net.Conn) {
		for {
			r, ok := next(c)
			if !ok {
				return
			}
			reply := operations
			if r.operation.Tag == ldap.ApplicationBindRequest {
				reply = []*ber.Packet{result(ldap.ApplicationBindResponse, 0)}
			}
			for _, operation := range reply {
				if _, err := c.Write(message(r.id, operation)); err != nil {
					return
				}
			}
		}
	}
}

// says is a server that answers each search with these octets.
func says(octets []byte) func(net.Conn) {
	return func(c net.Conn) {
		for {
			if _, ok := next(c); !ok {
				return
			}
			if _, err := c.Write(octets); err != nil {
				return
			}
		}
	}
}

// success ends a search.
func success() *ber.Packet { return result(ldap.ApplicationSearchResultDone, 0) }

// alice is an entry that answers the question for her.
func alice(attributes ...[]string) *ber.Packet {
	return found("uid=alice,ou=people,dc=example,dc=org", append([][]string{{"uid", "alice"}}, attributes...)...)
}

// hang hears everything and says nothing.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
