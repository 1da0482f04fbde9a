package faults

import (
	"io"
	"net"
	"testing"

	"github.com/forseti-pdp/forseti/internal/faultproxy"
	"github.com/forseti-pdp/forseti/internal/pgtest"
	"github.com/forseti-pdp/forseti/pip"
)

// kind is a kind of source with a real backend.
type kind struct {
	name string
	// start starts a backend of its own for one lane, and declares the source.
	start func(t testing.TB, lane lane) *backend
}

// lane is what a backend is for.
type lane struct {
	name     string         // fit for a label of DNS
	postgres *pgtest.Server // started when it is used first
	database string         // its URL; empty for other kinds
}

// host is the name of the backend.
func (l lane) host() string { return l.name + domain }

// backend is what a source asks, and the source.
type backend struct {
	// source has a provider without any decorator.
	source pip.Source
	// bulk takes several questions at once; nil if the kind does not.
	bulk pip.BulkProvider
	// local is for sources that have no decorators.
	local bool
	// users are those that the backend knows; nil if it knows all.
	users []string
	// set makes the backend answer like this from now on.
	set func(mode) error
	// close lets go of everything that the source holds.
	close func() error

	proxy    *faultproxy.Proxy // nil for files
	identity *identity         // nil for those without a certificate to exchange
}

// proxied puts a proxy in front of a server.
func (b *backend) proxied(t testing.TB, server net.Addr) (port string) {
	t.Helper()
	proxy, err := faultproxy.New(server.String(), 1)
	must(t, err)
	t.Cleanup(func() { must(t, proxy.Close()) })
	b.proxy = proxy
	_, port, err = net.SplitHostPort(proxy.Addr())
	must(t, err)
	return port
}

// provider is what the providers of all kinds have.
type provider interface {
	pip.Provider
	io.Closer
}

// several is a provider that may take several questions at once.
type several interface {
	provider
	Bulk() (pip.BulkProvider, bool)
}

// declare makes the source of a provider.
func (b *backend) declare(p provider, needs []pip.Need, provides []pip.Provided) {
	b.source = pip.Source{Name: "users", Needs: needs, Provides: provides, Provider: p}
	b.close = p.Close
	switch p := p.(type) {
	case pip.BulkProvider:
		b.bulk = p
	case several:
		b.bulk, _ = p.Bulk()
	}
}
