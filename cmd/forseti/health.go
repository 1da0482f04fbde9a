package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// maxHealthAnswer bounds what is read of an answer about health, which is a line.
const maxHealthAnswer = 256

// probe is what health is asked, as its flags give it.
type probe struct {
	config, admin, address string
	live                   bool
	connection             connection
	timeout                time.Duration
}

func healthCommand() *cobra.Command {
	var p probe
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running service whether it is ready",
		Long: `Ask a running service whether it is ready for decisions: its page /readyz, at
server.admin of the configuration. For containers, which have nothing else to ask with.

With --address the health service is asked over gRPC instead, as callers reach it.
Nobody has to show who they are for that.

Exit codes:
  0  it is ready, or alive with --live
  1  it is not, it cannot be reached, or the command line is wrong`,
		Example: `  forseti health --config forseti.yaml
  forseti health --address pdp.example:7341 --tls-ca ca.crt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), p.timeout)
			defer cancel()
			answer, err := p.ask(ctx)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), answer)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.config, "config", "", "configuration `file` of the service")
	flags.StringVar(&p.admin, "admin", "", "`host:port` of the service's metrics and health, in place of server.admin")
	flags.BoolVar(&p.live, "live", false, "ask only whether it is alive (/healthz)")
	flags.StringVar(&p.address, "address", "", "`host:port` of the service's decisions, to ask there")
	p.connection.addFlags(cmd)
	flags.DurationVar(&p.timeout, "timeout", 2*time.Second, "how long to wait for the answer")
	for _, other := range []string{"config", "admin", "live"} {
		cmd.MarkFlagsMutuallyExclusive("address", other)
	}
	return cmd
}

// ask gives the answer of a service that is well. Anything else is an error.
func (p *probe) ask(ctx context.Context) (string, error) {
	if p.address != "" {
		return p.askDecisions(ctx)
	}
	admin := p.admin
	if admin == "" {
		c, err := config.Load(p.config, os.LookupEnv)
		if err != nil {
			return "", fmt.Errorf("the configuration is refused:\n%w", err)
		}
		admin = c.Server.Admin
	}
	path := "/readyz"
	if p.live {
		path = "/healthz"
	}
	return askAdmin(ctx, "http://"+fromHere(admin)+path)
}

// askAdmin asks a page of the administration listener. It is on this machine or
// near it, so there is no proxy to go through.
func askAdmin(ctx context.Context, url string) (string, error) {
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxHealthAnswer))
	if err != nil {
		return "", fmt.Errorf("%s: %w", url, err)
	}
	answer := plain(strings.TrimSpace(string(text)))
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", response.Status, answer)
	}
	return answer, nil
}

// askDecisions asks the health service.
func (p *probe) askDecisions(ctx context.Context) (string, error) {
	made, err := p.connection.dial(p.address)
	if err != nil {
		return "", err
	}
	defer made.Close() //nolint:errcheck // the answer is there already
	response, err := healthpb.NewHealthClient(made).Check(ctx, &healthpb.HealthCheckRequest{Service: v1.AuthorizationService_ServiceDesc.ServiceName})
	if err != nil {
		return "", fmt.Errorf("no answer from %s: %w%s", p.address, describe(err), p.connection.advice(err))
	}
	if response.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		return "", errors.New("not serving")
	}
	return "serving", nil
}

// fromHere is the address at which this machine reaches what listens there.
func fromHere(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address // the request will say so
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
