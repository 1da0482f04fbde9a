package faults

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// remote is a server that decides with one of the sources of a test.
type remote struct {
	source   *source
	snapshot atomic.Pointer[pap.Snapshot]
	client   v1.AuthorizationServiceClient
	stop     func()
}

// overGRPC makes a slice of the matrix: single calls and batches, as callers of the
// service make them.
func (t *test) overGRPC() {
	var running sync.WaitGroup
	defer running.Wait()
	for _, s := range t.sources {
		slice := s.setting == setting{cold, guarded} || s.setting == setting{stale, bare} || s.remembered == uncached
		if !slice {
			continue
		}
		running.Go(func() {
			r := t.serve(s)
			for _, rules := range t.matrix.rules {
				if rules.algorithm == "deny-overrides" && !rules.mustBePresent || rules.algorithm == "first-applicable" && rules.mustBePresent {
					r.snapshot.Store(rules.snapshot)
					t.callRemote(r, rules)
				}
			}
			r.stop()
		})
	}
}

// serve starts a server on a loopback connection.
func (t *test) serve(s *source) *remote {
	r := &remote{source: s}
	server, err := rpc.New(rpc.Config{
		Handler: contexthandler.New(contexthandler.Config{Snapshot: r.snapshot.Load, Sources: []pip.Source{s.Source}}),
		Limits:  rpc.Limits{MaxInFlight: 64},
	})
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableServiceConfig())
	must(t, err)
	r.client = v1.NewAuthorizationServiceClient(conn)
	r.stop = func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		must(t, conn.Close())
		must(t, server.Shutdown(ctx))
		must(t, <-served)
	}
	return r
}

// callRemote asks everything there is to ask, one by one and all at once.
func (t *test) callRemote(r *remote, rules rules) {
	var calls, batch []*call
	for n := range len(sorts()) * len(actions()) {
		calls = append(calls, t.newCall(r.source, rules, n))
		batch = append(batch, t.newCall(r.source, rules, n))
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	var callers sync.WaitGroup
	for _, c := range calls {
		callers.Go(func() {
			response, err := r.client.Authorize(ctx, c.message())
			t.judgeRemote(ctx, c, response, err)
		})
	}
	callers.Go(func() {
		message := new(v1.AuthorizeBatchRequest)
		for _, c := range batch {
			message.Requests = append(message.Requests, c.message())
		}
		answer, err := r.client.AuthorizeBatch(ctx, message)
		for i, c := range batch {
			switch {
			case err != nil:
				t.judgeRemote(ctx, c, nil, err)
			case answer.GetItems()[i].GetError() != nil:
				reason := answer.GetItems()[i].GetError().GetReason()
				if reason != v1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED {
					t.Errorf("over gRPC, %s: got %v in a batch", c, reason)
				}
			default:
				t.judgeRemote(ctx, c, answer.GetItems()[i].GetResponse(), nil)
			}
		}
	})
	callers.Wait()
}

// message is the call as a caller of the service writes it.
func (c *call) message() *v1.AuthorizeRequest {
	return &v1.AuthorizeRequest{Subject: map[string]string{user.ID: c.user}, Action: c.action}
}

// judgeRemote compares an answer with what the reference evaluator says. Nobody
// overheard the source: what it may say under the fault is what counts.
func (t *test) judgeRemote(ctx context.Context, c *call, response *v1.AuthorizeResponse, err error) {
	t.matrix.count.remote.Add(1)
	if err != nil {
		if late := time.Since(deadlineOf(ctx)); status.Code(err) != codes.DeadlineExceeded || late > 20*grace {
			t.Errorf("over gRPC, %s: got %v, %s after the deadline", c, err, late)
		}
		return
	}
	got := outcome{
		strings.ReplaceAll(strings.TrimPrefix(response.GetDecision().String(), "DECISION_"), "_", ""),
		response.GetStatus().GetCode(),
	}
	var want []outcome
	for _, o := range t.wants(c, &heard{}) {
		decision, _, _ := strings.Cut(strings.ToUpper(o.decision), "{") // the extended ones stay inside
		want = append(want, outcome{decision, o.status})
	}
	if slices.Contains(want, got) {
		return
	}
	if response.GetDecision() == v1.Decision_DECISION_PERMIT {
		t.matrix.count.wrong.Add(1)
	}
	t.Errorf("over gRPC, %s: got %v, want %v", c, got, want)
}

func deadlineOf(ctx context.Context) time.Time {
	deadline, _ := ctx.Deadline()
	return deadline
}
