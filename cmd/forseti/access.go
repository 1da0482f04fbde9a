package main

import (
	"context"
	"fmt"
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/contexthandler/rpc"
)

// openAccess opens what secures connections and tells who calls.
func (s *service) openAccess(context.Context) (err error) {
	if s.tls, err = s.config.OpenTLS(s.logger); err != nil {
		return fmt.Errorf("connections cannot be secured:\n%w", err)
	}
	if s.tls != nil {
		s.closers = append(s.closers, s.tls.Close)
		if err := s.registry.Register(s.tls); err != nil {
			return err
		}
	}
	if s.callers, err = s.config.OpenCallers(s.logger); err != nil {
		return fmt.Errorf("callers cannot be authenticated:\n%w", err)
	}
	if s.callers == nil {
		return nil
	}
	s.closers = append(s.closers, s.callers.Close)
	return s.callers.Register(s.registry)
}

// secure fills in how connections are secured and who tells who calls.
func (s *service) secure(c *rpc.Config) {
	if s.tls != nil {
		c.TLS = s.tls.TLS()
	}
	if s.callers != nil {
		c.Callers = s.callers.Authenticator
	}
}

// checkExposure refuses to serve others than this machine while callers are not
// authenticated or connections not encrypted, unless that was asked for. What counts
// is the address that the service listens on, wherever it came from.
func (s *service) checkExposure(address net.Addr) error {
	exposed := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "forseti_insecure",
		Help: "Whether others than this machine reach the service although callers are not authenticated or connections not encrypted.",
	})
	if err := s.registry.Register(exposed); err != nil {
		return err
	}
	missing := s.config.Unprotected()
	switch {
	case missing == "":
		return nil
	case isLoopback(address):
		if !s.config.Authenticated() {
			s.logger.Warn("development mode: whoever is on this machine is answered, because callers are not authenticated", "address", address.String())
		}
		return nil
	case !s.config.Server.Insecure:
		return fmt.Errorf("server.listen: %s is not an address of this machine alone, and %s; server.insecure accepts that", address, missing)
	default:
		exposed.Set(1)
		s.logger.Warn("insecure: others than this machine reach the service", "address", address.String(), "missing", missing)
		return nil
	}
}

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
