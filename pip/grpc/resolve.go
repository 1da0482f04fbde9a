package grpc

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc/resolver"
)

const (
	// resolveTime bounds one look at DNS.
	resolveTime = 5 * time.Second
	// resolveRest is the time between two looks, also while they fail.
	resolveRest = 750 * time.Millisecond
)

// names finds the addresses of a name for gRPC, in place of its own resolver: that
// one waits up to two minutes after DNS failed, and half a minute before it looks
// again for a service that moved. It cannot be told otherwise.
type names struct {
	resolver.Builder // of gRPC, for targets that are not just a name and a port
	lookup           func(ctx context.Context, host string) ([]string, error)
}

// newNames uses the DNS of the system.
func newNames() names {
	return names{resolver.Get("dns"), func(ctx context.Context, host string) ([]string, error) {
		return net.DefaultResolver.LookupHost(ctx, host)
	}}
}

// Build begins to look for the addresses of a target. gRPC calls it.
func (n names) Build(target resolver.Target, cc resolver.ClientConn, o resolver.BuildOptions) (resolver.Resolver, error) {
	host, port, err := net.SplitHostPort(target.Endpoint())
	if err != nil || host == "" || port == "" || net.ParseIP(host) != nil || target.URL.Host != "" {
		return n.Builder.Build(target, cc, o)
	}
	ctx, stop := context.WithCancel(context.Background())
	l := &looking{host: host, port: port, lookup: n.lookup, cc: cc, stop: stop, again: make(chan struct{}, 1)}
	l.running.Go(func() { l.run(ctx) })
	return l, nil
}

// looking looks for the addresses of a name: at once, when a connection failed, and
// until there are some.
type looking struct {
	host, port string
	lookup     func(ctx context.Context, host string) ([]string, error)
	cc         resolver.ClientConn
	stop       context.CancelFunc
	again      chan struct{}
	running    sync.WaitGroup
}

// ResolveNow asks for another look. gRPC calls it when a connection failed.
func (l *looking) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case l.again <- struct{}{}:
	default:
	}
}

// Close ends the looking.
func (l *looking) Close() {
	l.stop()
	l.running.Wait()
}

func (l *looking) run(ctx context.Context) {
	for {
		if err := l.look(ctx); err == nil {
			select {
			case <-l.again:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-time.After(resolveRest):
		case <-ctx.Done():
			return
		}
	}
}

// look looks once. What was found before stays in use if nothing is found.
func (l *looking) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	hosts, err := l.lookup(ctx, l.host)
	if err == nil && len(hosts) == 0 {
		err = errors.New("the name has no address")
	}
	if err != nil {
		l.cc.ReportError(err)
		return err
	}
	var state resolver.State
	for _, host := range hosts {
		address := resolver.Address{Addr: net.JoinHostPort(host, l.port)}
		state.Addresses = append(state.Addresses, address)
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{address}})
	}
	return l.cc.UpdateState(state)
}
