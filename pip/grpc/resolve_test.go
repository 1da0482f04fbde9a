package grpc

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/resolver"
)

// zone is a DNS, and the client that it is asked for.
type zone struct {
	resolver.ClientConn // what is not used

	mu     sync.Mutex
	hosts  []string // nil: DNS fails
	looks  int
	known  []string // addresses that the client was told
	errors int
}

func (z *zone) set(hosts ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.hosts = hosts
}

func (z *zone) lookup(_ context.Context, host string) ([]string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.looks++; z.hosts == nil || host != "roles.example" {
		return nil, errors.New("DNS is down")
	}
	return z.hosts, nil
}

func (z *zone) UpdateState(s resolver.State) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.known = nil
	for _, e := range s.Endpoints {
		z.known = append(z.known, e.Addresses[0].Addr)
	}
	return nil
}

func (z *zone) ReportError(error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.errors++
}

// state is what the client knows, and how often it was told of an error.
func (z *zone) state() (known []string, failed, looks int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.known, z.errors, z.looks
}

// resolving begins to look for roles.example:8443.
func resolving(t *testing.T, z *zone) resolver.Resolver {
	t.Helper()
	target := resolver.Target{URL: url.URL{Scheme: "dns", Path: "/roles.example:8443"}}
	r, err := names{resolver.Get("dns"), z.lookup}.Build(target, z, resolver.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// However long DNS was down, the service is found within a second after it is up.
func TestNamesAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := new(zone)
		r := resolving(t, z)
		defer r.Close()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if known, failed, looks := z.state(); known != nil || failed != looks || looks < 500 || looks > 801 {
			t.Errorf("while DNS is down: got %v, %d errors, %d looks", known, failed, looks)
		}
		z.set("192.0.2.1", "2001:db8::1")
		time.Sleep(resolveRest)
		synctest.Wait()
		known, _, _ := z.state()
		if d := cmp.Diff([]string{"192.0.2.1:8443", "[2001:db8::1]:8443"}, known); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	})
}

// A service that moved is found when a connection failed, and nobody looks more
// often than that, or without a reason.
func TestNamesOfAServiceThatMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := new(zone)
		z.set("192.0.2.1")
		r := resolving(t, z)
		defer r.Close()
		time.Sleep(time.Hour)
		if _, _, looks := z.state(); looks != 1 {
			t.Errorf("got %d looks in an hour in which nothing happened, want 1", looks)
		}
		z.set("192.0.2.2")
		for range 100 {
			r.ResolveNow(resolver.ResolveNowOptions{})
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(resolveRest)
		synctest.Wait()
		known, failed, looks := z.state()
		if d := cmp.Diff([]string{"192.0.2.2:8443"}, known); d != "" || failed != 0 || looks > 5 {
			t.Errorf("got %d errors, %d looks, want 0 and at most 5; -want +got\n%s", failed, looks, d)
		}
		z.set()
		r.ResolveNow(resolver.ResolveNowOptions{})
		time.Sleep(2 * resolveRest)
		synctest.Wait()
		if known, failed, _ := z.state(); len(known) != 1 || failed == 0 {
			t.Errorf("after DNS failed: got %v, %d errors, want the address that was known, and errors", known, failed)
		}
	})
}

// Everything but a name with a port is left to gRPC.
func TestNamesOfOtherTargets(t *testing.T) {
	for _, text := range []string{"dns:///192.0.2.1:8443", "dns:///[2001:db8::1]:8443"} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		z := new(zone)
		r, err := names{resolver.Get("dns"), z.lookup}.Build(resolver.Target{URL: *u}, z, resolver.BuildOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		if known, _, looks := z.state(); len(known) != 1 || looks != 0 {
			t.Errorf("%s: got %v after %d looks, want its address without any", text, known, looks)
		}
	}
}
