package rpc

import (
	"context"
	"net/netip"
	"sync/atomic"

	"google.golang.org/grpc/peer"
)

// What hosts have shares of.
type resource uint8

const (
	resourceCalls   resource = iota // calls that are worked on
	resourceReading                 // calls whose message is not there yet
	resourceStreams                 // streams of requests
	resourceOpen                    // calls of other services, of which some are open to everybody
	resourceUnsent                  // octets of answers that are not sent yet
	resourceRoom                    // octets that messages take
	resourceWaiting                 // calls that wait for a source or their record
	resources
)

// host is who is at the other end of connections: an IPv4 address, or an IPv6 /64
// network. One that is not known has no address.
type host struct {
	address     netip.Prefix
	connections int           // of those that the connections know; guarded by them
	hosts       *atomic.Int64 // how many have connections
	held        [resources]atomic.Int64
}

// alone reports whether no other host has connections.
func (h *host) alone() bool { return h.hosts == nil || h.hosts.Load() <= 1 }

// share is a resource that hosts share: a host that is alone may have all of it. If
// there are others, none may have more than it leaves to them. So those that take what
// they can get always leave something: half of it if there is one of them, a third if
// there are two, and so on.
//
// It may be exceeded by as much as hosts ask for in the same moment.
type share struct {
	resource resource
	limit    int64

	inside atomic.Int64
}

// may reports whether the host may have n more.
func (s *share) may(h *host, n int64) bool {
	inside, held := s.inside.Load(), h.held[s.resource].Load()
	return inside+n <= s.limit && (held+n <= s.limit-inside || h.alone())
}

// enter takes n, if the host may have them.
func (s *share) enter(h *host, n int64) bool {
	if !s.may(h, n) {
		return false
	}
	s.take(h, n)
	return true
}

// back takes one again that a host had before, unless others are there, and it has half of
// all already: it may have given them back only to be there with all at once.
func (s *share) back(h *host) bool {
	if !s.may(h, 1) && !h.alone() && h.held[s.resource].Load() >= max(s.limit/2, 1) {
		return false
	}
	s.take(h, 1)
	return true
}

// take takes n, whether or not the host may have them.
func (s *share) take(h *host, n int64) {
	h.held[s.resource].Add(n)
	s.inside.Add(n)
}

// leave gives n back.
func (s *share) leave(h *host, n int64) {
	h.held[s.resource].Add(-n)
	s.inside.Add(-n)
}

// hostOf is who makes a call.
func hostOf(ctx context.Context) *host {
	if conn := connOf(ctx); conn != nil {
		return conn.host
	}
	return new(host)
}

// connOf is the connection of a call, nil if it is none of ours.
func connOf(ctx context.Context) *boundedConn {
	if p, ok := peer.FromContext(ctx); ok {
		if c, ok := p.AuthInfo.(connectionInfo); ok {
			return c.conn
		}
	}
	return nil
}
