package faults

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// domain is that of all names; each lane of the matrix has one of its own.
const domain = ".faults.test"

// names knows all names: net.DefaultResolver asks it.
var names = nameServer{broken: make(map[string]bool)}

// nameServer resolves every name to the loopback interface, unless it is broken.
type nameServer struct {
	mu     sync.Mutex
	broken map[string]bool
}

// resolver asks the server, whatever the machine is configured for. Packets could
// get lost, and resolvers wait seconds for those: this is as over TCP.
func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go s.serve(server) // until the client closes its end
		return client, nil
	}}
}

// set breaks or mends a name.
func (s *nameServer) set(name string, broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[name] = broken
}

// serve answers the questions of a connection, each of which comes with its length
// in front (RFC 1035, 4.2.2).
func (s *nameServer) serve(c net.Conn) {
	defer c.Close() //nolint:errcheck // the other end is closed
	for {
		length := make([]byte, 2)
		if _, err := io.ReadFull(c, length); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(length))
		if _, err := io.ReadFull(c, question); err != nil {
			return
		}
		answer, err := s.answer(question)
		if err != nil {
			return
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// answer says 127.0.0.1, or SERVFAIL. Of other types of records there are none.
func (s *nameServer) answer(packet []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil {
		return nil, err
	}
	reply := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RecursionAvailable: true},
		Questions: m.Questions,
	}
	for _, q := range m.Questions {
		name := strings.TrimSuffix(q.Name.String(), ".")
		s.mu.Lock()
		broken := s.broken[name]
		s.mu.Unlock()
		switch {
		case broken:
			reply.RCode = dnsmessage.RCodeServerFailure
		case !strings.HasSuffix(name, domain):
			reply.RCode = dnsmessage.RCodeNameError
		case q.Type == dnsmessage.TypeA:
			reply.Answers = append(reply.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			})
		}
	}
	return reply.Pack()
}
