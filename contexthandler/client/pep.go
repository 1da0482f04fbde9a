package client

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// PEPConfig is what a PEP works with.
type PEPConfig struct {
	// Client asks. Required, with a Timeout: calls may come without a deadline, and
	// streams with one far away.
	Client *Client
	// Ask says what to ask about a call of the method, as in /package.Service/Method.
	// The message is that of the client; it is nil at the beginning of a stream on
	// which the client sends several. Required.
	//
	// An error refuses. If it has a status of gRPC, such as UNAUTHENTICATED, that is
	// what the caller gets; any other is PERMISSION_DENIED.
	Ask AskFunc
	// AskMessage says what to ask about each message that comes on a stream on which
	// the client sends several, beside what Ask says at its beginning. Nil: nothing is
	// asked then, and what was granted at the beginning holds until the stream ends.
	AskMessage AskFunc
	// Public are the methods that everybody may call, in full. Nothing is asked then.
	Public []string
	// Obligations are those that are understood.
	Obligations Obligations
	// Refused, if not nil, is told of each call or message that is refused, and why, to
	// log or count it. The caller is not told why.
	Refused func(ctx context.Context, method string, err error)
}

// AskFunc says what to ask.
type AskFunc func(ctx context.Context, method string, message any) (Request, error)

// PEP enforces decisions in front of the handlers of a server: no handler is called,
// and no message given to one, unless access is granted. What callers get instead
// is
//
//   - PERMISSION_DENIED if access is denied, whatever the reason, with an ErrorInfo if
//     a higher level of authentication would do (see [StepUpError] and [RequiredLevel]),
//   - UNAUTHENTICATED if the token of the subject is not valid,
//   - UNAVAILABLE if there is no decision, and INTERNAL if there never will be one.
type PEP struct {
	config PEPConfig
}

// NewPEP makes a PEP. The error tells everything that is wrong with the configuration.
func NewPEP(config PEPConfig) (*PEP, error) {
	var errs []error
	switch {
	case config.Client == nil:
		errs = append(errs, errors.New("a client is required"))
	case config.Client.config.Timeout == 0:
		errs = append(errs, errors.New("the client needs a timeout"))
	}
	if config.Ask == nil {
		errs = append(errs, errors.New("what to ask is required"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	config.Public = slices.Clone(config.Public)
	return &PEP{config}, nil
}

// UnaryServerInterceptor is for grpc.ChainUnaryInterceptor, after what tells who the
// caller is.
func (p *PEP) UnaryServerInterceptor() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if !slices.Contains(p.config.Public, info.FullMethod) {
			if err := p.enforce(ctx, info.FullMethod, request, p.config.Ask); err != nil {
				return nil, err
			}
		}
		return handler(ctx, request)
	}
}

// enforce asks about a message. The error is what the caller gets.
func (p *PEP) enforce(ctx context.Context, method string, message any, ask AskFunc) error {
	request, err := ask(ctx, method, message)
	if err == nil {
		err = p.config.Client.Enforce(ctx, request, p.config.Obligations)
	}
	if err == nil {
		return nil
	}
	if p.config.Refused != nil {
		p.config.Refused(ctx, method, err)
	}
	return refusal(err)
}

// refusal is an error as callers get it: its own status, if it has one that refuses,
// without what is around it.
func refusal(err error) error {
	e, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err)
	if ok && e.GRPCStatus().Code() != codes.OK {
		return e.GRPCStatus().Err()
	}
	return errDenied().Err()
}
