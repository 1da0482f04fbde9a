package faultproxy

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Proxy is a proxy on a port of the loopback interface.
type Proxy struct {
	backend string
	address string
	seed    uint64
	running sync.WaitGroup

	mu       sync.Mutex
	listener *net.TCPListener // nil while connections are refused
	fault    Fault
	changed  chan struct{} // closed when another fault is set
	links    map[*link]bool
	accepted int
	flapped  int // connections since the fault was set
	closed   bool
}

// New listens on a free port for connections to backend, a host and port.
func New(backend string, seed uint64) (*Proxy, error) {
	p := &Proxy{backend: backend, seed: seed, changed: make(chan struct{}), links: make(map[*link]bool)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	p.address = p.listener.Addr().String()
	return p, nil
}

// Addr is the host and port for clients. It stays the same, whatever is set.
func (p *Proxy) Addr() string { return p.address }

// Accepted is the number of connections so far, those that were reset included.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Set replaces the fault. It fails if the port, after Refuse, belongs to somebody
// else by now.
func (p *Proxy) Set(f Fault) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	p.fault, p.flapped = f, 0
	close(p.changed)
	p.changed = make(chan struct{})
	if f.Kind == Refuse || f.Kind == Flap || f.Kind == Reset && f.After == 0 {
		for l := range p.links {
			l.reset()
		}
	}
	if f.Kind == Refuse {
		return p.refuse()
	}
	if p.listener != nil {
		return nil
	}
	var err error
	for range 50 {
		if err = p.listen(p.address); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// Close ends everything. Nothing of the proxy runs afterwards.
func (p *Proxy) Close() error {
	p.mu.Lock()
	err := p.refuse()
	if !p.closed {
		p.closed = true
		close(p.changed)
	}
	for l := range p.links {
		l.reset()
	}
	p.mu.Unlock()
	p.running.Wait()
	return err
}

// refuse closes the port, if it is open. The caller holds the lock.
func (p *Proxy) refuse() error {
	if p.listener == nil {
		return nil
	}
	err := p.listener.Close()
	p.listener = nil
	return err
}

// listen opens the port. The caller holds the lock.
func (p *Proxy) listen(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	listener, ok := l.(*net.TCPListener)
	if !ok {
		return errors.Join(fmt.Errorf("%s: not a TCP port", address), l.Close())
	}
	p.listener = listener
	p.running.Go(func() {
		for {
			client, err := listener.AcceptTCP()
			if err != nil {
				return
			}
			p.accept(client)
		}
	})
	return nil
}

// accept serves a connection, or resets it.
func (p *Proxy) accept(client *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted++
	p.flapped++
	l := &link{
		proxy:  p,
		client: client,
		done:   make(chan struct{}),
		random: rand.New(rand.NewPCG(p.seed, uint64(p.accepted))),
	}
	f := p.fault
	if p.closed || f.Kind == Refuse || f.Kind == Reset && f.After == 0 || f.Kind == Flap && p.flapped%2 == 1 {
		l.reset()
		return
	}
	p.links[l] = true
	p.running.Go(l.run)
}

// current is the fault, and a channel that tells when it is another one.
func (p *Proxy) current() (Fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, p.changed
}

// forget takes a connection off the list.
func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}
