package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Callers are programs that ask the instances, and keep to what they may do or not.
type Callers struct {
	secrets     *secrets
	pep         []*grpc.ClientConn // one for each instance; so are those below
	nobody      []*grpc.ClientConn // has no certificate
	stranger    []*grpc.ClientConn // has one, and no rights
	distrustful []*grpc.ClientConn // does not trust the service
	turn        atomic.Int64
}

// Callers makes the connections of all callers.
func (l *Lab) Callers() (*Callers, error) {
	c := &Callers{secrets: l.secrets}
	var errs []error
	connect := func(secure *tls.Config) (all []*grpc.ClientConn) {
		for _, target := range l.Targets() {
			connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(credentials.NewTLS(secure)))
			errs, all = append(errs, err), append(all, connection)
		}
		return all
	}
	c.pep, c.nobody, c.stranger = connect(l.secrets.client(pep)), connect(l.secrets.client("")), connect(l.secrets.client("stranger.example"))
	c.distrustful = connect(&tls.Config{MinVersion: tls.VersionTLS13})
	return c, errors.Join(errs...)
}

// Close closes the connections.
func (c *Callers) Close() {
	for _, all := range [][]*grpc.ClientConn{c.pep, c.nobody, c.stranger, c.distrustful} {
		for _, connection := range all {
			_ = connection.Close()
		}
	}
}

// Ask asks at a rate, calls a second, until the context ends: mostly questions on the
// demo data, and of every hundred calls some of each other kind. It waits for all of
// them. What becomes of a call is for the metrics to tell.
func (c *Callers) Ask(ctx context.Context, rate float64) {
	var calls sync.WaitGroup
	defer calls.Wait()
	tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			n := int(c.turn.Add(1))
			calls.Go(func() { c.call(context.WithoutCancel(ctx), n) })
		}
	}
}

// Flood has so many callers ask about users whom no cache knows, each again soon after
// it is answered, until the context ends.
func (c *Callers) Flood(ctx context.Context, callers int) {
	var all sync.WaitGroup
	defer all.Wait()
	for range callers {
		all.Go(func() {
			for ctx.Err() == nil {
				n := int(c.turn.Add(1))
				_, _ = v1.NewAuthorizationServiceClient(c.pep[n%len(c.pep)]).Authorize(ctx, unusual(n))
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
}

// call makes the n-th call, and ignores the answer.
func (c *Callers) call(ctx context.Context, n int) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	at := n % len(c.pep)
	pep := v1.NewAuthorizationServiceClient(c.pep[at])
	var err error
	switch kind := n / len(c.pep) % 100; {
	case kind < 4:
		_, err = pep.AuthorizeBatch(ctx, &v1.AuthorizeBatchRequest{Requests: []*v1.AuthorizeRequest{usual(n), usual(n + 1), usual(n + 2)}})
	case kind < 6:
		err = stream(ctx, pep, n)
	case kind < 10:
		_, err = pep.Authorize(ctx, unusual(n))
	case kind < 12: // missing_attribute
		r := archive("export")
		_, err = pep.Authorize(ctx, r)
	case kind < 14: // attribute_not_allowed
		r := usual(n)
		r.Subject["role"] = "dagl"
		_, err = pep.Authorize(ctx, r)
	case kind == 14: // deadline_too_short, or deadline_exceeded
		hurried, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		_, err = pep.Authorize(hurried, unusual(n))
	case kind == 15: // unauthenticated
		_, err = v1.NewAuthorizationServiceClient(c.nobody[at]).Authorize(ctx, usual(n))
	case kind == 16: // not_allowed
		_, err = v1.NewAuthorizationServiceClient(c.stranger[at]).Authorize(ctx, usual(n))
	case kind < 19:
		err = c.token(ctx, at, n)
	case kind == 19: // handshakes
		_, err = v1.NewAuthorizationServiceClient(c.distrustful[at]).Authorize(ctx, usual(n))
	case kind == 20:
		err = c.pep[at].Invoke(ctx, "/forseti.authorization.v1.AuthorizationService/Guess", usual(n), new(v1.AuthorizeResponse))
	case kind < 24:
		err = c.ofSubject(ctx, pep, n)
	case kind == 24:
		_, err = v1.NewAdministrationServiceClient(c.pep[at]).Invalidate(ctx, &v1.InvalidateRequest{Source: "roles"})
	default:
		_, err = pep.Authorize(ctx, usual(n))
	}
	_ = err // the metrics tell
}

// token calls with a token instead of a certificate, that is good or expired.
func (c *Callers) token(ctx context.Context, at, n int) error {
	life := time.Minute
	if n%4 == 0 {
		life = -time.Minute
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.secrets.caller("pep", life))
	_, err := v1.NewAuthorizationServiceClient(c.nobody[at]).Authorize(ctx, usual(n))
	return err
}

// ofSubject lets a token say who the subject is, that is good or expired.
func (c *Callers) ofSubject(ctx context.Context, pep v1.AuthorizationServiceClient, n int) error {
	life := time.Minute
	if n%5 == 0 {
		life = -time.Minute
	}
	r := usual(n)
	r.Subject, r.SubjectToken = nil, c.secrets.subject("1337", life)
	_, err := pep.Authorize(ctx, r)
	return err
}

// stream asks a few questions in a stream.
func stream(ctx context.Context, pep v1.AuthorizationServiceClient, n int) error {
	s, err := pep.AuthorizeStream(ctx)
	if err != nil {
		return err
	}
	for i := range 5 {
		if err := s.Send(&v1.AuthorizeStreamRequest{Request: usual(n + i)}); err != nil {
			return err
		}
	}
	if err := s.CloseSend(); err != nil {
		return err
	}
	for {
		switch _, err := s.Recv(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// usual is a question on the demo data.
func usual(n int) *v1.AuthorizeRequest {
	questions := []struct{ user, instance, action string }{
		{"1337", "c01", "read"},
		{"1337", "c01", "write"},
		{"1337", "c02", "sign"},
		{"1338", "c01", "read"},
		{"1337", "c03", "delete"},
		{"1337", "c04", "write"},
		{"1339", "c02", "sign"},
		{"1341", "c01", "read"},
		{"1342", "c01", "write"},
	}
	q := questions[n%len(questions)]
	return &v1.AuthorizeRequest{
		Subject:  map[string]string{"user-id": q.user},
		Resource: map[string]string{"instance-id": "50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9" + q.instance},
		Action:   q.action,
	}
}

// unusual is a question about somebody whom no cache knows.
func unusual(n int) *v1.AuthorizeRequest {
	r := usual(n)
	r.Subject["user-id"] = strconv.Itoa(100_000 + n)
	return r
}

// archive is a question that a policy needs one more attribute for.
func archive(action string) *v1.AuthorizeRequest {
	return &v1.AuthorizeRequest{
		Subject:  map[string]string{"user-id": "1337"},
		Resource: map[string]string{"resource": "ttd-archive", "party-id": "50001"},
		Action:   action,
	}
}

// Check asks one question of each instance, and fails if it is not answered.
func (c *Callers) Check(ctx context.Context) error {
	for i, connection := range c.pep {
		answer, err := v1.NewAuthorizationServiceClient(connection).Authorize(ctx, usual(0))
		if err != nil {
			return fmt.Errorf("instance %d: %w", i, err)
		}
		if answer.GetDecision() != v1.Decision_DECISION_PERMIT {
			return fmt.Errorf("instance %d: got %v, want Permit", i, answer.GetDecision())
		}
	}
	return nil
}
