package client

import (
	"context"
	"slices"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// StreamServerInterceptor is for grpc.ChainStreamInterceptor, after what tells who the
// caller is. Where the client sends one message, and the server several, that message
// is asked about, when it is there, and nothing can be sent before. Otherwise the
// stream is asked about before its handler runs, and its messages if the
// configuration says how. A stream ends with the first message that is refused.
func (p *PEP) StreamServerInterceptor() grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		if slices.Contains(p.config.Public, info.FullMethod) {
			return handler(srv, stream)
		}
		g := newGuarded(p, stream, info.FullMethod)
		if info.IsClientStream {
			if err := p.enforce(stream.Context(), info.FullMethod, nil, p.config.Ask); err != nil {
				return err
			}
			g.granted.Store(true)
			g.ask = p.config.AskMessage
		}
		err := handler(srv, g)
		if refused := g.refused(); refused != nil {
			return refused // whatever the handler made of it
		}
		if !g.granted.Load() {
			// It did not look at what is asked of it, or could not; what it makes of that
			// would tell as much as a message.
			if broken := g.broken.Load(); broken != nil {
				return *broken
			}
			return errDenied().Err()
		}
		return err
	}
}

// guarded is a stream whose messages are asked about.
type guarded struct {
	grpc.ServerStream
	pep    *PEP
	method string
	ask    AskFunc // nil if nothing is asked about messages

	context context.Context
	granted atomic.Bool
	refusal atomic.Pointer[error]
	broken  atomic.Pointer[error] // why there was no message
}

// newGuarded guards a stream. Handlers reach its headers and trailers by its context
// as well, with [grpc.SetTrailer] say, so that goes through the guard too;
// [grpc.SetSendCompressor] finds no stream in it then.
func newGuarded(p *PEP, stream grpc.ServerStream, method string) *guarded {
	g := &guarded{ServerStream: stream, pep: p, method: method, ask: p.config.Ask, context: stream.Context()}
	if transport := grpc.ServerTransportStreamFromContext(g.context); transport != nil {
		g.context = grpc.NewContextWithServerTransportStream(g.context, guardedTransport{transport, g})
	}
	return g
}

// Context is that of the stream, by which nothing more can be told than by the stream.
func (g *guarded) Context() context.Context { return g.context }

// refused is why the stream ends, nil if it does not.
func (g *guarded) refused() error {
	if err := g.refusal.Load(); err != nil {
		return *err
	}
	return nil
}

// RecvMsg gives the handler a message that it may have.
func (g *guarded) RecvMsg(m any) error {
	if err := g.refused(); err != nil {
		return err
	}
	if err := g.ServerStream.RecvMsg(m); err != nil {
		g.broken.Store(&err)
		return err
	}
	if g.ask == nil {
		return nil
	}
	if err := g.pep.enforce(g.Context(), g.method, m, g.ask); err != nil {
		g.refusal.Store(&err)
		if message, ok := m.(proto.Message); ok {
			proto.Reset(message)
		}
		return err
	}
	g.granted.Store(true)
	return nil
}

// SendMsg sends nothing before access was granted, and nothing after it was refused.
func (g *guarded) SendMsg(m any) error {
	if err := g.silenced(); err != nil {
		return err
	}
	return g.ServerStream.SendMsg(m)
}

// silenced is why nothing may be sent, nil if that is not so.
func (g *guarded) silenced() error {
	if err := g.refused(); err != nil {
		return err
	}
	if !g.granted.Load() {
		return errDenied().Err()
	}
	return nil
}

// SetHeader is as SendMsg is: headers can tell as much.
func (g *guarded) SetHeader(md metadata.MD) error {
	if err := g.silenced(); err != nil {
		return err
	}
	return g.ServerStream.SetHeader(md)
}

// SendHeader is as SendMsg is.
func (g *guarded) SendHeader(md metadata.MD) error {
	if err := g.silenced(); err != nil {
		return err
	}
	return g.ServerStream.SendHeader(md)
}

// SetTrailer is as SendMsg is.
func (g *guarded) SetTrailer(md metadata.MD) {
	if g.silenced() == nil {
		g.ServerStream.SetTrailer(md)
	}
}

// guardedTransport is what the functions of gRPC find in the context of a stream.
type guardedTransport struct {
	grpc.ServerTransportStream
	guard *guarded
}

// SetHeader is as that of the stream.
func (t guardedTransport) SetHeader(md metadata.MD) error {
	if err := t.guard.silenced(); err != nil {
		return err
	}
	return t.ServerTransportStream.SetHeader(md)
}

// SendHeader is as that of the stream.
func (t guardedTransport) SendHeader(md metadata.MD) error {
	if err := t.guard.silenced(); err != nil {
		return err
	}
	return t.ServerTransportStream.SendHeader(md)
}

// SetTrailer is as that of the stream.
func (t guardedTransport) SetTrailer(md metadata.MD) error {
	if err := t.guard.silenced(); err != nil {
		return err
	}
	return t.ServerTransportStream.SetTrailer(md)
}
