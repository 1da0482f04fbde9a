package rpc

import (
	"strings"

	"google.golang.org/grpc"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// mostReading is how many calls may have sent no message yet, for each that may be
// worked on. Each of them may have sent all of its message but for an octet.
const mostReading = 4

// receive reads the message of the call. Until that is there nobody works on the call,
// so that it has no place among those that are worked on: whoever sends the headers of
// calls and no more than that would keep all others out. Then it has its place again.
func (t *ticket) receive(reading *share, read func() error) error {
	if !t.placed {
		return read()
	}
	if !reading.enter(t.host, 1) {
		return errOverloaded(shedReading)
	}
	t.gate.leave(t.host)
	err := read()
	reading.leave(t.host, 1)
	if t.placed = t.gate.back(t.host); !t.placed && err == nil {
		return errOverloaded(shedCalls)
	}
	return err
}

// readOthers is an interceptor for the streams of other services, of which some are open
// to everybody. They are few that wait for a message, or they are finished with them.
func (s *service) readOthers(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if strings.HasPrefix(info.FullMethod, "/"+v1.AuthorizationService_ServiceDesc.ServiceName+"/") {
		return handler(srv, stream)
	}
	return handler(srv, &readStream{stream, s.reading, hostOf(stream.Context())})
}

// readStream is a stream that counts while it waits for a message.
type readStream struct {
	grpc.ServerStream
	reading *share
	host    *host
}

// RecvMsg receives a message.
func (s *readStream) RecvMsg(m any) error {
	if !s.reading.enter(s.host, 1) {
		return errOverloaded(shedReading)
	}
	defer s.reading.leave(s.host, 1)
	return s.ServerStream.RecvMsg(m)
}
