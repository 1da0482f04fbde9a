package ldap

import (
	"context"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/pip"
)

// pool keeps connections. A connection is used by one question at a time, and
// shows by its use whether it still works: nothing watches it in between.
type pool struct {
	connector *connector
	maxIdle   time.Duration
	slots     chan struct{} // one for each connection in use
	done      context.Context
	stop      context.CancelFunc
	closing   sync.WaitGroup // connections that say goodbye

	mu     sync.Mutex
	idle   []*conn // the one used last at the end
	closed bool
}

// newPool makes an empty pool; it connects when it is asked for a connection.
func newPool(k *connector) *pool {
	p := &pool{connector: k, maxIdle: k.cfg.MaxIdle, slots: make(chan struct{}, k.cfg.MaxConnections)}
	p.done, p.stop = context.WithCancel(context.Background())
	return p
}

// errClosed is the failure of a question to a source that is shut down.
func errClosed() *pip.Error {
	return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the source is closed"}
}

// use calls do with a connection that do has for itself, and on which the server
// may send so many octets. The connection is closed as soon as ctx is done,
// because there is no other way to make the library stop waiting. do gives the
// error of the library; use makes it, or why there is no connection, an
// [pip.Error].
func (p *pool) use(ctx context.Context, octets int, do func(*ldap.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return pip.Failure(ctx, err)
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return &pip.Error{Outcome: pip.Failure(ctx, ctx.Err()).Outcome, Detail: "no connection was free in time", Err: ctx.Err()}
	case <-p.done.Done():
		return errClosed()
	}
	defer func() { <-p.slots }()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.done, cancel)()

	c, err := p.take(inner)
	if err != nil {
		if p.done.Err() != nil {
			return errClosed()
		}
		return err
	}
	c.guard.allow(octets)
	cut := context.AfterFunc(inner, func() { _ = c.raw.Close() })
	healthy := false
	defer func() {
		if cut() && healthy {
			p.put(c)
			return
		}
		c.abort()
	}()
	if err = do(c.ldap); err == nil {
		healthy = true
		return nil
	}
	healthy = usable(err)
	if inner.Err() == nil && blamed(err, c.guard) {
		p.connector.avoid(c.at)
		// The other connections are most likely dead as well: one question finds
		// out, not one for each of them.
		p.drop()
	}
	return classify(ctx, err, c.guard)
}

// take gives an idle connection that works as far as anybody knows, or a new one.
func (p *pool) take(ctx context.Context) (*conn, error) {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, errClosed()
		}
		last := len(p.idle) - 1
		if last < 0 {
			p.mu.Unlock()
			return p.connector.connect(ctx)
		}
		c := p.idle[last]
		p.idle = p.idle[:last]
		if !c.ldap.IsClosing() && time.Since(c.idle) < p.maxIdle {
			p.mu.Unlock()
			return c, nil
		}
		p.goodbye(c)
		p.mu.Unlock()
	}
}

// put makes a connection idle.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.goodbye(c)
		return
	}
	c.idle = time.Now()
	p.idle = append(p.idle, c)
}

// drop closes all idle connections.
func (p *pool) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		p.goodbye(c)
	}
	p.idle = nil
}

// goodbye closes a connection that is neither in use nor idle any more. The
// caller holds the lock, so that close waits for all of them.
func (p *pool) goodbye(c *conn) { p.closing.Go(c.close) }

// close ends all questions and closes all connections.
func (p *pool) close() {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if again {
		return
	}
	p.stop()
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	p.drop()
	p.closing.Wait()
}
