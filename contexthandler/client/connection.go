package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // what the service config asks for
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// serviceConfig spreads calls over all instances, has them wait for one that is
// ready, and repeats those that fail with UNAVAILABLE. gRPC stops to repeat when more
// than half of the tokens are gone.
func serviceConfig(c Config) string {
	health, retry := "", ""
	if !c.IgnoreHealth {
		health = fmt.Sprintf(`"healthCheckConfig":{"serviceName":%q},`, v1.AuthorizationService_ServiceDesc.ServiceName)
	}
	if c.Retry.Attempts > 1 {
		retry = fmt.Sprintf(`,"retryPolicy":{"maxAttempts":%d,"initialBackoff":"%.9fs","maxBackoff":"%.9fs","backoffMultiplier":2,"retryableStatusCodes":["UNAVAILABLE"]}`,
			c.Retry.Attempts, c.Retry.Backoff.Seconds(), c.Retry.MaxBackoff.Seconds())
	}
	return fmt.Sprintf(`{"loadBalancingConfig":[{"round_robin":{}}],%s"retryThrottling":{"maxTokens":%d,"tokenRatio":0.1},`+
		`"methodConfig":[{"name":[{"service":%q}],"waitForReady":true%s}]}`,
		health, 2*c.Retry.Budget, v1.AuthorizationService_ServiceDesc.ServiceName, retry)
}

// dial makes the connection. It does not wait for it.
func dial(target string, c Config, unary grpc.UnaryClientInterceptor) (*grpc.ClientConn, error) {
	options := append(slices.Clip(c.DialOptions),
		grpc.WithDisableServiceConfig(), // of DNS
		grpc.WithDefaultServiceConfig(serviceConfig(c)),
		grpc.WithNoProxy(),
		grpc.WithUserAgent("forseti-client"),
		grpc.WithMaxHeaderListSize(16<<10),
		grpc.WithIdleTimeout(0),
		grpc.WithChainUnaryInterceptor(unary),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallSendMsgSize(c.MaxSendBytes),
			grpc.MaxCallRecvMsgSize(c.MaxReceiveBytes),
			grpc.MaxRetryRPCBufferSize(c.MaxSendBytes+1<<10),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: c.KeepaliveTime, Timeout: c.KeepaliveTimeout}),
		// A service that comes back is found within a second or two.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 3 * time.Second,
		}),
	)
	if c.Insecure || c.InsecureRemote {
		options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	} else {
		options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(c.TLS)))
	}
	if c.Token != nil {
		options = append(options, grpc.WithPerRPCCredentials(bearer{c.Token}))
	}
	if strings.Contains(target, ",") {
		list, err := addresses(target)
		if err != nil {
			return nil, err
		}
		target, options = list.Scheme()+":///forseti", append(options, grpc.WithResolvers(list))
	}
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		return nil, err
	}
	conn.Connect()
	return conn, nil
}

// addresses resolves a list of addresses to what it says.
func addresses(list string) (*manual.Resolver, error) {
	var state resolver.State
	var errs []error
	for address := range strings.SplitSeq(list, ",") {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			errs = append(errs, fmt.Errorf("%q of the target is not host:port", address))
		}
		// The certificate is that of the host, and not of what the list is called.
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address, ServerName: address}}})
	}
	r := manual.NewBuilderWithScheme("list")
	r.InitialState(state)
	return r, errors.Join(errs...)
}

// bearer adds the token to each call.
type bearer struct {
	token func(context.Context) (string, error)
}

// tokenKey is the key of the token that was got for a question.
type tokenKey struct{}

// GetRequestMetadata gives the header of a call.
func (b bearer) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, ok := ctx.Value(tokenKey{}).(string)
	if !ok {
		var err error
		if token, err = readToken(ctx, b.token); err != nil {
			return nil, err
		}
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity makes gRPC refuse to send the token in plaintext.
func (bearer) RequireTransportSecurity() bool { return true }

// maxToken is the size in bytes that a token may have.
const maxToken = 8 << 10

// readToken gets a token, which must be one word of ASCII. Errors do not hold it.
func readToken(ctx context.Context, get func(context.Context) (string, error)) (string, error) {
	token, err := get(ctx)
	notOfToken := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case err != nil:
		return "", status.Errorf(codes.Unauthenticated, "the client has no token: %v", err)
	case token == "":
		return "", status.Error(codes.Unauthenticated, "the token of the client is empty")
	case len(token) > maxToken:
		return "", status.Errorf(codes.Unauthenticated, "the token of the client is longer than %d bytes", maxToken)
	case strings.ContainsFunc(token, notOfToken):
		return "", status.Error(codes.Unauthenticated, "the token of the client is not one word of printable ASCII")
	}
	return token, nil
}
