package rpc

import (
	"context"
	"errors"
	"strings"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"

	"github.com/forseti-pdp/forseti/contexthandler/caller"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// nobody is the caller of every request, if callers are not told apart.
const nobody = ""

// methodReflection is the method of the reflection service, in each of its versions.
const methodReflection = "ServerReflectionInfo"

// Methods lists the methods that the rules of callers may name ([caller.Rule]).
// Those of the health service are open to everybody, and Invalidate is a right of its own.
func Methods() []string {
	var all []string
	for _, m := range v1.AuthorizationService_ServiceDesc.Methods {
		all = append(all, m.MethodName)
	}
	for _, m := range v1.AuthorizationService_ServiceDesc.Streams {
		all = append(all, m.StreamName)
	}
	return append(all, methodReflection)
}

// isOpen reports whether a method, by its full name, is for callers that nobody knows.
func isOpen(method string) bool {
	return strings.HasPrefix(method, "/"+healthpb.Health_ServiceDesc.ServiceName+"/")
}

// access is who makes a call. It is a part of the ticket of the call.
type access struct {
	token  string // as it came
	known  bool   // caller is
	caller caller.Caller
}

// token finds the token of a call in its headers, as far as that costs next to nothing.
func (a *admission) token(header map[string][]string, m method) (*access, *failure) {
	if a.callers == nil || m.open {
		return nil, nil
	}
	token, err := a.callers.Token(header)
	if err != nil {
		return nil, errUnauthenticated()
	}
	return &access{token: token}, nil
}

// identify tells who makes the call, which may be done already, and refuses what
// admission refuses and who may not make the call. It comes before the message of the
// call is decoded: who is not known costs no more than a signature. It does not panic.
func (s *service) identify(ctx context.Context, t *ticket, method string) (err error) {
	if t.refusal != nil {
		return t.refusal
	}
	if s.callers == nil || t.access != nil && t.access.known || isOpen(method) {
		return nil
	}
	defer s.contain(ctx, &err)
	if t.access == nil {
		return errUnauthenticated()
	}
	shown := caller.Credentials{Token: t.access.token, Certificate: certificateOf(ctx)}
	who, err := s.callers.Authenticate(s.impatient, shown)
	if isCanceled(err) {
		who, err = s.identifyPatiently(ctx, t, shown)
	}
	if err != nil {
		return s.unidentified(ctx, err)
	}
	if !who.May(method[strings.LastIndexByte(method, '/')+1:]) {
		s.callers.Refused(caller.ReasonMethod)
		return &failure{reason: v1.ErrorReason_ERROR_REASON_NOT_ALLOWED, message: "the caller may not call this method"}
	}
	t.access.caller, t.access.known = who, true
	return nil
}

// identifyPatiently waits for the keys of an issuer. Meanwhile the call does not hold
// its place: whoever makes up tokens while keys are slow to come must not keep others
// from being answered.
func (s *service) identifyPatiently(ctx context.Context, t *ticket, shown caller.Credentials) (caller.Caller, error) {
	rested := t.placed
	if rested {
		t.placed = false
		t.gate.leave(t.host)
	}
	who, err := s.callers.Authenticate(ctx, shown)
	if err == nil && rested {
		if !t.gate.enter(t.host) {
			return caller.Caller{}, errOverloaded(shedCalls)
		}
		t.placed = true
	}
	return who, err
}

// unidentified is the failure of a call of which it is not known who makes it. It says
// the same whatever was wrong with what the caller showed.
func (s *service) unidentified(ctx context.Context, err error) error {
	e, ok := errors.AsType[*caller.Error](err)
	if !ok {
		return err // it is a failure already
	}
	if e.Reason == caller.ReasonCanceled {
		s.callers.Refused(e.Reason)
		if err := s.checkTime(ctx); err != nil {
			return err
		}
	}
	if e.Reason == caller.ReasonCanceled || e.Reason == caller.ReasonNotChecked {
		return &failure{reason: v1.ErrorReason_ERROR_REASON_TOKEN_NOT_CHECKED, message: "the token of the caller cannot be checked now"}
	}
	return errUnauthenticated()
}

func isCanceled(err error) bool {
	e, ok := errors.AsType[*caller.Error](err)
	return ok && e.Reason == caller.ReasonCanceled
}

func errUnauthenticated() *failure {
	return &failure{reason: v1.ErrorReason_ERROR_REASON_UNAUTHENTICATED, message: "it is not known who calls"}
}

// callerOf is who makes the call. Where callers are told apart, a call that nobody
// identified is an error, whatever way it got here.
func (s *service) callerOf(ctx context.Context) (caller.Caller, error) {
	if s.callers == nil {
		return caller.Caller{Name: nobody}, nil
	}
	if a := ticketOf(ctx).access; a != nil && a.known {
		return a.caller, nil
	}
	return caller.Caller{}, errUnauthenticated()
}

// mayExplain reports whether the caller may ask for explanations.
func (s *service) mayExplain(c *caller.Caller) bool {
	return s.explains != nil && s.explains(c.Name) && (s.callers == nil || c.MayExplain())
}

// refused counts a call that is refused before its message is decoded.
func (s *service) refused(ctx context.Context, m *methodMetrics, method string, err error) error {
	m.started.Inc()
	err = s.refusal(ctx, method, err)
	ticketOf(ctx).tell(ctx, err)
	m.ended(err, 0, nil)
	return err
}

// lapse tells when what a stream was begun with is not good any more.
type lapse struct {
	service *service
	caller  *caller.Caller // nil if callers are not told apart
	timer   *time.Timer
	c       <-chan time.Time // nil if there is no end
}

// lapse begins to watch the caller of a stream, until stop.
func (s *service) lapse(ctx context.Context) *lapse {
	l := &lapse{service: s}
	if a := ticketOf(ctx).access; s.callers != nil && a != nil {
		l.caller = &a.caller
		l.timer = time.NewTimer(time.Until(a.caller.Until))
		l.c = l.timer.C
	}
	return l
}

// over reports whether that time has come.
func (l *lapse) over() bool { return l.caller != nil && l.service.callers.Expired(l.caller) }

// end is the failure of the stream.
func (l *lapse) end() error {
	l.service.callers.Refused(caller.ReasonExpired)
	return errUnauthenticated()
}

func (l *lapse) stop() {
	if l.timer != nil {
		l.timer.Stop()
	}
}

// certificateOf is what the connection of a call showed.
func certificateOf(ctx context.Context) *caller.Certificate {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	c, ok := p.AuthInfo.(connectionInfo)
	if !ok {
		return nil
	}
	return c.certificate
}
