package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
)

func serveCommand() *cobra.Command {
	var file, policies, listen, admin string
	var shadowRate float64
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve decisions over gRPC, and metrics and health over HTTP",
		Long: `Serve decisions over gRPC, and on another address, over HTTP:
  /metrics  for Prometheus
  /healthz  200 while the process is alive
  /readyz   200 from when it has a valid set of policies, and reached what is
            required at the start, until it stops, else 503
  /status   JSON: the policies in force, what is wrong with those in the folder, sources

The configuration is the defaults, then the file, then the environment, then the
flags; see forseti config. Without a valid set of policies the service runs, is
not ready, and answers UNAVAILABLE, until the policy folder is in order.

SIGTERM or SIGINT stop it gracefully, a second one within a second. SIGHUP reads
the policy folder now.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(file, os.LookupEnv)
			if err != nil {
				return fmt.Errorf("the configuration is refused:\n%w", err)
			}
			for flag, to := range map[string]*string{
				"policies": &c.Policies.Folder, "listen": &c.Server.Listen, "admin": &c.Server.Admin,
			} {
				if f := cmd.Flags().Lookup(flag); f.Changed {
					*to = f.Value.String()
				}
			}
			if cmd.Flags().Changed("shadow-rate") {
				if c.Policies.ShadowRate = shadowRate; !(shadowRate >= 0 && shadowRate <= 1) {
					return fmt.Errorf("--shadow-rate: %v is not between 0 and 1", shadowRate)
				}
			}
			signals := make(chan os.Signal, 2)
			signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
			defer signal.Stop(signals)
			return serve(cmd.Context(), c, signals, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `file`")
	cmd.Flags().StringVar(&policies, "policies", "", "policy `folder`, in place of policies.folder")
	cmd.Flags().StringVar(&listen, "listen", "", "`host:port` for decisions, in place of server.listen; port 0 takes a free one")
	cmd.Flags().StringVar(&admin, "admin", "", "`host:port` for metrics and health, in place of server.admin")
	cmd.Flags().Float64Var(&shadowRate, "shadow-rate", 0, "`share` of decisions that the reference evaluator makes too, in place of policies.shadow_rate")
	return cmd
}

// serve runs the service until it is told to stop.
func serve(ctx context.Context, c *config.Config, signals <-chan os.Signal, stdout, stderr io.Writer) error {
	logger := c.Log.Logger(stderr)
	s, err := begin(ctx, signals, logger, c.Server.ShutdownTimeout, func(ctx context.Context) (*service, error) {
		return newService(ctx, c, logger)
	})
	if err != nil || s == nil {
		return err
	}
	if c.Audit.Stdout {
		stdout = stderr // standard output is for records
	}
	if err := s.greet(stdout); err != nil {
		s.close()
		return err
	}
	return s.run(ctx, signals)
}

// greet says where the service listens, what it decides on and how to ask it.
func (s *service) greet(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Forseti %s\n", thisBuild().Version)
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "  %-10s%s\n", label, fmt.Sprintf(format, args...))
	}
	decisions := reachable(s.decisions.Addr())
	line("decisions", "%s (gRPC)", decisions)
	flags := ""
	if s.config.Server.TLS.CertFile != "" {
		flags = " --tls"
	}
	switch s.config.Server.Authentication.Mode {
	case "none":
		line("callers", "not authenticated: whoever reaches that address is answered; for development only")
	case "mtls":
		line("callers", "by certificate")
		flags += " --cert FILE --key FILE"
	case "token":
		line("callers", "by token")
		flags += " --token-file FILE"
	default:
		line("callers", "by token, or else by certificate")
		flags += " --token-file FILE"
	}
	line("admin", "http://%s (/metrics /healthz /readyz /status)", reachable(s.adminListener.Addr()))
	if snapshot := s.store.Current(); snapshot != nil {
		line("policies", "%d in %d files of folder %s, snapshot %s", snapshot.Policies, snapshot.Files, s.config.Policies.Folder, snapshot.ID)
	} else {
		line("policies", "none: folder %s is refused, see /status; not ready", s.config.Policies.Folder)
	}
	if s.hasDemo() {
		address := ""
		if decisions != defaultAddress() {
			address = " --address " + decisions
		}
		fmt.Fprintf(&b, "\nAsk for a decision:\n  %s authorize%s%s --subject user-id=1337"+
			" --resource instance-id=50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01 --action read\n", invocation(), address, flags)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// hasDemo tells whether a source answers from the demo data.
func (s *service) hasDemo() bool {
	return s.config.Demo.Seed && slices.Contains(s.config.Databases(), s.config.Demo.Database)
}

// reachable is an address at which a program on this machine reaches what
// listens there.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// invocation is what to type to run this program again.
func invocation() string {
	if strings.Contains(os.Args[0], string(os.PathSeparator)+"go-build") {
		return "go run ./cmd/forseti"
	}
	return os.Args[0]
}
