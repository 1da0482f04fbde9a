package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	pb "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

const (
	reloads = 300
	clients = 4
)

// TestReloadUnderLoad changes the policies while calls come in. A policy set
// refers to three policies in files of their own, each of which stamps its
// version into an obligation. No call may fail, and every answer must hold three
// equal stamps, which are those of the snapshot that it names. One candidate in
// ten is broken; the calls must not see anything of it.
func TestReloadUnderLoad(t *testing.T) {
	root := t.TempDir()
	versions := make(map[string]string) // by snapshot
	write := func(version int, broken bool) {
		dir := filepath.Join(root, fmt.Sprintf("v%d", version))
		files := stamped(version)
		if broken {
			files[1].Data = files[1].Data[:len(files[1].Data)/2]
		} else {
			versions[pap.ID(pdp.DefaultRootAlgorithm, files)] = fmt.Sprint(version)
		}
		for _, f := range files {
			name := filepath.Join(dir, filepath.FromSlash(f.Name))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		swap(t, root, dir)
	}
	write(0, false)

	store, err := pap.Open(t.Context(), pap.Config{
		Dir:           filepath.Join(root, "current"),
		Compile:       pap.CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "library"),
		RootAlgorithm: pdp.DefaultRootAlgorithm,
		Poll:          20 * time.Millisecond, Settle: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := store.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	client := dialServer(t, store.Current)

	type answer struct {
		snapshot string
		stamps   [3]string
	}
	var seen sync.Map // every distinct answer
	var calls atomic.Int64
	for range clients {
		wait.Go(func() {
			for ctx.Err() == nil {
				response, err := client.Authorize(t.Context(), &pb.AuthorizeRequest{Action: "read"})
				if err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
				calls.Add(1)
				a := answer{snapshot: response.GetSnapshot()}
				if response.GetDecision() != pb.Decision_DECISION_PERMIT || len(response.GetObligations()) != 3 {
					t.Errorf("got %s with %d obligations, want Permit with 3", response.GetDecision(), len(response.GetObligations()))
					return
				}
				for i, o := range response.GetObligations() {
					a.stamps[i] = o.GetAssignments()[0].GetValue().GetValue()
				}
				seen.Store(a, true)
			}
		})
	}

	refused := 0
	for version := 1; version <= reloads; version++ {
		broken := version%10 == 0
		write(version, broken)
		err := store.Reload(ctx)
		if (err != nil) != broken {
			t.Errorf("version %d, broken %t: Reload gave %v", version, broken, err)
		}
		if err != nil {
			refused++
		}
		if err := os.RemoveAll(filepath.Join(root, fmt.Sprintf("v%d", version-1))); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	wait.Wait()

	distinct := 0
	seen.Range(func(k, _ any) bool {
		distinct++
		a := k.(answer)
		if want := versions[a.snapshot]; want == "" || a.stamps != [3]string{want, want, want} {
			t.Errorf("snapshot %s of version %q gave the stamps %v", a.snapshot, want, a.stamps)
		}
		return true
	})
	if distinct < reloads/4 {
		t.Errorf("the calls saw %d versions of %d: the test shows little", distinct, reloads)
	}
	t.Logf("%d reloads, %d of them refused; %d calls, which saw %d versions", reloads, refused, calls.Load(), distinct)
}

// stamped is the policies of a version: a set and three policies that it refers to.
func stamped(version int) []pap.File {
	set := ""
	var files []pap.File
	for i := range 3 {
		files = append(files, pap.File{Name: fmt.Sprintf("library/p%d.xml", i), Data: fmt.Appendf(nil,
			`<Policy xmlns=%q PolicyId="p%d" Version="%d" RuleCombiningAlgId="%sdeny-overrides"><Target/><Rule RuleId="r" Effect="Permit"/>
  <ObligationExpressions><ObligationExpression ObligationId="stamp%d" FulfillOn="Permit"><AttributeAssignmentExpression AttributeId="version">
    <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">%d</AttributeValue>
  </AttributeAssignmentExpression></ObligationExpression></ObligationExpressions></Policy>`,
			xacml.Namespace, i, version, xacml.RuleAlgorithm3, i, version)})
		set += fmt.Sprintf("<PolicyIdReference>p%d</PolicyIdReference>", i)
	}
	return append(files, pap.File{Name: "set.xml", Data: fmt.Appendf(nil,
		`<PolicySet xmlns=%q PolicySetId="set" Version="%d" PolicyCombiningAlgId="%sdeny-overrides"><Target/>%s</PolicySet>`,
		xacml.Namespace, version, xacml.PolicyAlgorithm3, set)})
}

// swap makes root/current lead to dir, in one step.
func swap(t *testing.T, root, dir string) {
	t.Helper()
	next := filepath.Join(root, "next")
	if err := os.Symlink(filepath.Base(dir), next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(root, "current")); err != nil {
		t.Fatal(err)
	}
}

// dialServer starts a server on the snapshots and gives a client of it.
func dialServer(t *testing.T, snapshot func() *pap.Snapshot) pb.AuthorizationServiceClient {
	t.Helper()
	server, err := rpc.New(rpc.Config{
		Handler: contexthandler.New(contexthandler.Config{Snapshot: snapshot}),
		Limits:  rpc.Limits{DefaultDeadline: 10 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return pb.NewAuthorizationServiceClient(conn)
}
