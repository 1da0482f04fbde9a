package rpc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/gzip"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// moody is an auditor that is slow, fails, and panics at times, and remembers what it
// said that it has.
type moody struct {
	mu   sync.Mutex
	said map[string]string // by the id of the request
}

func (m *moody) Record(ctx context.Context, events []*contexthandler.Event) error {
	switch rand.IntN(20) {
	case 0:
		return errors.New("no room")
	case 1:
		panic("a fault of the log")
	case 2, 3:
		select {
		case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range events {
		m.said[e.ID] = e.Snapshot + " " + e.Reason
		for _, d := range e.Decisions {
			m.said[e.ID] = e.Snapshot + " " + d.Result.Decision.String()
		}
	}
	return nil
}

// evens is a source that says yes about users with even numbers, that is slow, fails and
// panics at times, and takes several questions at once.
type evens struct{}

func (e evens) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	r := e.FetchAll(ctx, []pip.Question{q})[0]
	return r.Answer, r.Err
}

func (evens) FetchAll(ctx context.Context, qs []pip.Question) []pip.Reply {
	switch rand.IntN(10) {
	case 0:
		panic("a fault of the source")
	case 1, 2, 3:
		select {
		case <-time.After(time.Duration(rand.IntN(30)) * time.Millisecond):
		case <-ctx.Done():
		}
	}
	replies := make([]pip.Reply, len(qs))
	for i, q := range qs {
		if ctx.Err() != nil || rand.IntN(10) == 0 {
			replies[i].Err = errors.New("down")
			continue
		}
		bag := value.NewBag(value.TypeString)
		if even(q[0].String()) {
			bag = value.NewBag(value.TypeString, value.String("yes"))
		}
		replies[i].Answer = pip.Answer{Bags: []value.Bag{bag}}
	}
	return replies
}

func even(number string) bool { return strings.ContainsAny(number[len(number)-1:], "02468") }

// wants is what may be the answer to an action of a user.
func wants(action, user string) []v1.Decision {
	switch action {
	case "read":
		return []v1.Decision{v1.Decision_DECISION_PERMIT}
	case "write":
		return []v1.Decision{v1.Decision_DECISION_DENY}
	case "lack":
		return []v1.Decision{v1.Decision_DECISION_INDETERMINATE}
	case "ask":
		known := v1.Decision_DECISION_NOT_APPLICABLE
		if even(user) {
			known = v1.Decision_DECISION_PERMIT
		}
		return []v1.Decision{known, v1.Decision_DECISION_INDETERMINATE}
	default:
		return []v1.Decision{v1.Decision_DECISION_NOT_APPLICABLE}
	}
}

// storm is callers who do what they like, all at once.
type storm struct {
	*rig
	audit   *moody // may be nil
	answers atomic.Int64
	conns   []*grpc.ClientConn
}

// request is one with an id of its own, plain or not.
func (s *storm) request() *v1.AuthorizeRequest {
	m := action([]string{"read", "write", "lack", "ask", "ask", "ask", "sing"}[rand.IntN(7)])
	user := fmt.Sprint(rand.IntN(100))
	m.Subject = map[string]string{"user-id": user}
	m.RequestId = m.GetAction() + " " + user + " " + fmt.Sprint(rand.Uint64())
	switch rand.IntN(6) {
	case 0:
		m.Attributes = []*v1.RequestAttribute{{Category: "subject", AttributeId: "urn:a", DataType: "integer", Values: []string{"1"}}}
	case 1:
		m.Attributes = []*v1.RequestAttribute{{Category: "subject", AttributeId: "urn:a", Values: []string{strings.Repeat("x", rand.IntN(64<<10))}}}
	case 2:
		m.Resource = map[string]string{"urn:forged": "x", "no uri": "y"}
	case 3:
		m.Enforce = true
	case 4:
		m.Explain = rand.IntN(4) == 0
	}
	return m
}

// check compares an answer with its request.
func (s *storm) check(id string, got *v1.AuthorizeResponse, snapshot string) {
	if got == nil {
		return
	}
	action, rest, _ := strings.Cut(id, " ")
	user, _, _ := strings.Cut(rest, " ")
	s.answers.Add(1)
	ok := false
	for _, d := range wants(action, user) {
		ok = ok || d == got.GetDecision()
	}
	if !ok || got.GetRequestId() != id {
		s.t.Errorf("request %q: got %v of %q", id, got.GetDecision(), got.GetRequestId())
	}
	if snapshot != "" && got.GetSnapshot() != snapshot {
		s.t.Errorf("request %q: decided on %q, want %q", id, got.GetSnapshot(), snapshot)
	}
	if action == "read" && (len(got.GetObligations()) != 1 || got.GetObligations()[0].GetAssignments()[0].GetValue().GetValue() != got.GetSnapshot()) {
		s.t.Errorf("request %q: got obligations %v on %q", id, got.GetObligations(), got.GetSnapshot())
	}
	if s.audit != nil {
		s.audit.mu.Lock()
		said := s.audit.said[id]
		s.audit.mu.Unlock()
		want := map[v1.Decision]string{
			v1.Decision_DECISION_PERMIT: "Permit", v1.Decision_DECISION_DENY: "Deny",
			v1.Decision_DECISION_NOT_APPLICABLE: "NotApplicable", v1.Decision_DECISION_INDETERMINATE: "Indeterminate",
		}[got.GetDecision()]
		if said != got.GetSnapshot()+" "+want {
			s.t.Errorf("request %q: got %s on %s, recorded is %q", id, want, got.GetSnapshot(), said)
		}
	}
}

func (s *storm) options() []grpc.CallOption {
	if rand.IntN(4) == 0 {
		return []grpc.CallOption{grpc.UseCompressor(gzip.Name)}
	}
	return nil
}

// once makes one call, of some kind, that may be given up at any time.
func (s *storm) once() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+rand.IntN(1000))*time.Millisecond)
	defer cancel()
	if rand.IntN(4) == 0 {
		time.AfterFunc(time.Duration(rand.IntN(5_000))*time.Microsecond, cancel)
	}
	conn := s.conns[rand.IntN(len(s.conns))]
	client := v1.NewAuthorizationServiceClient(conn)
	switch rand.IntN(6) {
	case 0, 1:
		m := s.request()
		got, err := client.Authorize(ctx, m, s.options()...)
		if err == nil {
			s.check(m.GetRequestId(), got, "")
		}
	case 2:
		batch := &v1.AuthorizeBatchRequest{}
		for range rand.IntN(40) {
			batch.Requests = append(batch.Requests, s.request())
		}
		got, err := client.AuthorizeBatch(ctx, batch, s.options()...)
		if err == nil && len(got.GetItems()) != len(batch.GetRequests()) {
			s.t.Errorf("got %d items for %d", len(got.GetItems()), len(batch.GetRequests()))
			return
		}
		for i, item := range got.GetItems() {
			if item.GetRequestId() != batch.GetRequests()[i].GetRequestId() {
				s.t.Errorf("item %q is that of %q", item.GetRequestId(), batch.GetRequests()[i].GetRequestId())
			}
			s.check(item.GetRequestId(), item.GetResponse(), got.GetSnapshot())
		}
	case 3:
		s.stream(ctx, client)
	case 4:
		broken := raw(append([]byte(strings.Repeat("r\x00", rand.IntN(8<<10))), 0x0A, 0x7F))
		var answer raw
		method := []string{"Authorize", "AuthorizeBatch", "Evaluate"}[rand.IntN(3)]
		if err := conn.Invoke(ctx, "/"+v1.AuthorizationService_ServiceDesc.ServiceName+"/"+method, &broken, &answer, grpc.ForceCodec(rawCodec{})); err == nil {
			s.t.Errorf("%s: got an answer to what is no message", method)
		}
	case 5:
		broken := raw(append([]byte(strings.Repeat("r\x00", rand.IntN(8<<10))), 0x0A, 0x7F))
		stream, err := client.AuthorizeStream(ctx, grpc.ForceCodec(rawCodec{}))
		if err != nil {
			return
		}
		_ = stream.(grpc.ClientStream).SendMsg(&broken)
		var answer raw
		if err := stream.(grpc.ClientStream).RecvMsg(&answer); err == nil {
			s.t.Error("stream: got an answer to what is no message")
		}
	}
}

func (s *storm) stream(ctx context.Context, client v1.AuthorizationServiceClient) {
	stream, err := client.AuthorizeStream(ctx, s.options()...)
	if err != nil {
		return
	}
	var sent []string
	for range rand.IntN(8) {
		m := s.request()
		if stream.Send(&v1.AuthorizeStreamRequest{Request: m}) != nil {
			break
		}
		sent = append(sent, m.GetRequestId())
	}
	if rand.IntN(3) == 0 {
		return // and never look at what comes
	}
	_ = stream.CloseSend()
	for _, id := range sent {
		got, err := stream.Recv()
		if err != nil {
			return
		}
		if got.GetRequestId() != id && got.GetError() == nil {
			s.t.Errorf("answer to %q is that to %q", id, got.GetRequestId())
		}
		s.check(got.GetRequestId(), got.GetResponse(), "")
	}
}

// Callers who cancel, send what is no message, do not take what they asked for, and ask
// for more than there is room for, with sources and an audit log that are slow, fail and
// panic: nobody gets an answer that is not that to its request, on one snapshot and
// recorded, and nothing that was taken is kept.
func TestStorm(t *testing.T) {
	for _, audit := range []*moody{nil, {said: make(map[string]string)}} {
		t.Run(fmt.Sprintf("audit %t", audit != nil), func(t *testing.T) { testStorm(t, audit) })
	}
}

func testStorm(t *testing.T, audit *moody) {
	key := func(category, id string) xacml.AttributeKey {
		return xacml.AttributeKey{Category: category, ID: id, Type: value.TypeString}
	}
	source, err := pip.Assemble(pip.Source{
		Name: "evens", Provider: evens{},
		Needs:    []pip.Need{{Name: "user", Key: key(xacml.CategoryAccessSubject, "urn:test:user")}},
		Provides: []pip.Provided{{Key: key(xacml.CategoryEnvironment, "urn:test:asked")}},
	}, pip.Config{
		Timeout: 20 * time.Millisecond, Gather: pip.GatherConfig{MaxBatch: 8},
		Cache: pip.CacheConfig{TTL: 5 * time.Millisecond, NegativeTTL: 5 * time.Millisecond},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &storm{audit: audit}
	s.rig = start(t, func(c *Config) {
		config := contexthandler.Config{Snapshot: func() *pap.Snapshot { return s.snapshot.Load() }, Dictionary: c.Handler.Dictionary(), Sources: []pip.Source{source}, MaxReuse: time.Minute}
		if audit != nil {
			config.Audit = audit
		}
		c.Handler = contexthandler.New(config)
		c.Limits.MaxInFlight, c.Limits.MaxWaiting = 8, 32
		c.MayExplain = func(string) bool { return true }
		c.Logger = nil // a panic is what this is about
	})
	for range 4 {
		s.conns = append(s.conns, s.dial())
	}
	snapshots := []*pap.Snapshot{newSnapshot(t, "one"), newSnapshot(t, "two"), newSnapshot(t, "three")}
	lasts := 2 * time.Second
	end := time.Now().Add(lasts)
	var callers sync.WaitGroup
	for range 16 {
		callers.Go(func() {
			for time.Now().Before(end) && !t.Failed() {
				s.once()
			}
		})
	}
	for time.Now().Before(end) {
		s.snapshot.Store(snapshots[rand.IntN(len(snapshots))])
		time.Sleep(time.Millisecond)
	}
	callers.Wait()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	server := s.server.service
	eventually(t, "nothing is under way", func() bool {
		return server.gate.count() == 0 && server.gate.waiting.Load() == 0 && server.reading.inside.Load() == 0 &&
			server.room.inside.Load() == 0 && server.unsent.inside.Load() == 0 && s.metric("forseti_rpc_open_streams") == 0
	})
	if server.gate.coming != nil {
		t.Error("a call is on its way")
	}
	if n := s.answers.Load(); n == 0 {
		t.Error("nobody got an answer")
	}
	t.Logf("%d answers", s.answers.Load())
}
