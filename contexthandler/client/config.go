package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"google.golang.org/grpc"
)

// Config says how a Client asks. A number or time that is zero stands for its
// default. The zero Config asks over TLS, trusts the certificate authorities of the
// system, and wants a deadline in each context.
type Config struct {
	// TLS says how the service and the client prove who they are. Nil: the service by
	// the authorities of the system, the client not at all.
	TLS *tls.Config
	// Insecure does without TLS, for a service on the same machine. New refuses it for
	// targets that are not loopback addresses or unix sockets.
	Insecure bool
	// InsecureRemote does without TLS whatever the target is: whoever is on the way
	// can grant access. It is for networks that encrypt by themselves.
	InsecureRemote bool
	// Token gives the token that proves who the client is, for the header
	// "authorization: Bearer token". It needs TLS. It is called for each question, and
	// with the context of no question when the client asks how the service is. Nil:
	// there is none.
	Token func(ctx context.Context) (string, error)

	// Timeout is how long a question may take at most, repetitions included. Contexts
	// without a deadline are accepted then. Zero: the context of each question says
	// it, and ErrNoDeadline is the answer to one without a deadline.
	Timeout time.Duration
	// Retry says how calls are repeated that did not find the service.
	Retry Retry
	// Reuse says whether decisions are kept.
	Reuse Reuse

	// IgnoreHealth sends questions also to instances that are not ready by their own
	// account. Otherwise they get none, and so do those that are shutting down.
	IgnoreHealth bool
	// KeepaliveTime is for how long a connection may be silent before it is tested;
	// 1 min. At least 30 s: the service does not put up with less.
	KeepaliveTime time.Duration
	// KeepaliveTimeout is how long what was sent may stay without an acknowledgement
	// before the connection counts as broken; 10 s.
	KeepaliveTimeout time.Duration

	MaxSendBytes    int // of one message; 1 MiB, as the service accepts
	MaxReceiveBytes int // of one message, after decompression; 4 MiB, as the service sends

	// DialOptions are further options of the connection, for tracing say. What the
	// client sets by itself stays as it is. They must not say who asks, as credentials
	// do that differ from call to call: Reuse does not know of it.
	DialOptions []grpc.DialOption
}

// Retry says how calls are repeated that fail with UNAVAILABLE. All questions may be
// repeated; the deadline counts for all attempts together. A call whose answer was cut
// off is begun once more from the first attempt.
type Retry struct {
	// Attempts of one call, at most; 4. 1: none is repeated. At most 5.
	Attempts int
	// Backoff is the time before the second attempt, which doubles for each further
	// one; 20 ms.
	Backoff time.Duration
	// MaxBackoff bounds that time; 500 ms.
	MaxBackoff time.Duration
	// Budget is how many attempts may fail before calls are not repeated any more, so
	// that a service that is down is not asked many times as often; 200. Ten calls that
	// succeed make up for one. At most 500.
	Budget int
}

// Reuse says whether the answers to questions are given again to questions that are
// equal, by the same client with the same token and metadata. The service tells with
// each answer for how long that may be, if at all; what it tells counts from when
// the question was sent. Only Permit, Deny and NotApplicable are kept, and nothing
// that is stale. Equal questions that come at the same time go out once, under the
// same conditions.
//
// The service does not know of changes to its policies before they happen: for as
// long as answers are kept, decisions may be those of policies that are no more.
type Reuse struct {
	// Max bounds the time for which an answer is kept. Zero: none is.
	Max time.Duration
	// Entries bounds the number of answers; 10,000. Those that were not used for the
	// longest time make way.
	Entries int
}

// filled is c with the defaults in place of what is not set. The error tells
// everything that is wrong with c.
func (c Config) filled(target string) (Config, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	plaintext := c.Insecure || c.InsecureRemote
	switch {
	case target == "":
		fail("a target is required")
	case c.Insecure && !c.InsecureRemote && !local(target):
		fail("the target %q is not on this machine, and needs TLS", target)
	}
	if plaintext && c.TLS != nil {
		fail("there is a configuration of TLS for connections without it")
	}
	if plaintext && c.Token != nil {
		fail("a token must not be sent without TLS")
	}
	duration := func(name string, t *time.Duration, byDefault, least time.Duration) {
		if *t == 0 {
			*t = byDefault
		}
		if *t < least {
			fail("%s is %s, which is less than %s", name, *t, least)
		}
	}
	duration("Timeout", &c.Timeout, 0, 0)
	duration("Retry.Backoff", &c.Retry.Backoff, 20*time.Millisecond, time.Millisecond)
	duration("Retry.MaxBackoff", &c.Retry.MaxBackoff, 500*time.Millisecond, max(c.Retry.Backoff, time.Millisecond))
	duration("Reuse.Max", &c.Reuse.Max, 0, 0)
	duration("KeepaliveTime", &c.KeepaliveTime, time.Minute, 30*time.Second)
	duration("KeepaliveTimeout", &c.KeepaliveTimeout, 10*time.Second, 100*time.Millisecond)
	number := func(name string, n *int, byDefault, most int) {
		if *n == 0 {
			*n = byDefault
		}
		if *n < 1 || *n > most {
			fail("%s is %d, which is not between 1 and %d", name, *n, most)
		}
	}
	number("Retry.Attempts", &c.Retry.Attempts, 4, 5)
	number("Retry.Budget", &c.Retry.Budget, 200, 500)
	number("Reuse.Entries", &c.Reuse.Entries, 10_000, 1<<24)
	number("MaxSendBytes", &c.MaxSendBytes, 1<<20, 1<<30)
	number("MaxReceiveBytes", &c.MaxReceiveBytes, 4<<20, 1<<30)
	return c, errors.Join(errs...)
}

// local reports whether what is sent to the target stays on this machine.
func local(target string) bool {
	socket := strings.HasPrefix(target, "unix:") || strings.HasPrefix(target, "unix-abstract:")
	if socket && !strings.Contains(target, ",") { // else it is the first of a list
		return true
	}
	for _, scheme := range []string{"dns:///", "passthrough:///"} {
		if rest, ok := strings.CutPrefix(target, scheme); ok {
			target = rest
			break
		}
	}
	for address := range strings.SplitSeq(target, ",") {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return false
		}
		if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}
