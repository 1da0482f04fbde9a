package ldap

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"net"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/pip"
)

// refusedPause is how long a password that a server refused is not offered
// again: with every question that it is offered for, an account comes nearer to
// being locked.
const refusedPause = 30 * time.Second

// connector makes connections that are ready to search.
type connector struct {
	cfg     Config
	servers []server

	mu      sync.Mutex
	first   int               // the server to begin with
	refused [sha256.Size]byte // of the password that was refused
	until   time.Time         // when it may be offered again
}

// conn is a connection that is ready to search. One question at a time uses it.
type conn struct {
	ldap  *ldap.Conn
	raw   net.Conn
	guard *guard
	at    int // the server
	idle  time.Time
}

// close says goodbye if the server still listens.
func (c *conn) close() {
	_ = c.raw.SetDeadline(time.Now().Add(time.Second))
	_ = c.ldap.Unbind()
	c.abort()
}

// abort closes the connection at once. The library waits for its goroutines,
// which end when theirs is closed.
func (c *conn) abort() {
	_ = c.raw.Close()
	_ = c.ldap.Close()
}

// connect tries the servers in turn until one is ready. What another server
// would say as well, a refused password for one, ends the search for one.
func (k *connector) connect(ctx context.Context) (*conn, error) {
	password, err := k.password()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	first := k.first
	k.mu.Unlock()
	var failed *pip.Error
	for i := range k.servers {
		at := (first + i) % len(k.servers)
		c, err := k.open(ctx, k.servers[at], len(k.servers)-i, password)
		if err == nil {
			c.at = at
			k.mu.Lock()
			k.first = at
			k.mu.Unlock()
			return c, nil
		}
		failed = err
		if ctx.Err() != nil || err.Outcome != pip.OutcomeUnavailable && err.Outcome != pip.OutcomeInvalid {
			break
		}
	}
	return nil, failed
}

// avoid makes the next connection begin with another server than this one.
func (k *connector) avoid(at int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.first == at {
		k.first = (at + 1) % len(k.servers)
	}
}

// password reads the password, if there is one, unless it was refused lately.
func (k *connector) password() (string, error) {
	if k.cfg.Bind.DN == "" {
		return "", nil
	}
	password, err := k.cfg.Bind.password()
	if err != nil {
		return "", &pip.Error{Outcome: pip.OutcomeError, Detail: "the password cannot be read", Err: err}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Now().Before(k.until) && k.refused == sha256.Sum256([]byte(password)) {
		return "", &pip.Error{Outcome: pip.OutcomeError, Detail: "the server refused the password, and is not asked again yet"}
	}
	return password, nil
}

// refuse remembers a password that a server refused.
func (k *connector) refuse(password string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refused, k.until = sha256.Sum256([]byte(password)), time.Now().Add(refusedPause)
}

// open connects to a server, secures the connection and binds. One of several
// servers that could be asked gets only a share of the time that is left.
func (k *connector) open(ctx context.Context, s server, shares int, password string) (*conn, *pip.Error) {
	limit := k.cfg.ConnectTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/time.Duration(shares))
	}
	own, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(own, "tcp", s.address)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	// Whatever waits for the server from here on ends with own.
	stop := context.AfterFunc(own, func() { _ = raw.Close() })
	defer stop()
	secured, failed := k.secure(own, raw, s)
	if failed != nil {
		_ = raw.Close()
		return nil, unlessLate(ctx, failed)
	}
	c := &conn{raw: raw, guard: newGuard(secured)}
	c.ldap = ldap.NewConn(c.guard, secured != raw)
	c.ldap.Start()
	if failed := k.bind(own, c, password); failed != nil {
		c.abort()
		return nil, unlessLate(ctx, failed)
	}
	if !stop() {
		c.abort()
		return nil, unreachable(ctx, own.Err())
	}
	return c, nil
}

// secure starts TLS where it has to.
func (k *connector) secure(ctx context.Context, raw net.Conn, s server) (net.Conn, *pip.Error) {
	if !s.tls && !k.cfg.StartTLS {
		return raw, nil
	}
	config, err := k.cfg.TLS.config(s.host)
	if err != nil {
		return nil, &pip.Error{Outcome: pip.OutcomeError, Detail: "the certificates cannot be read", Err: err}
	}
	if !s.tls {
		if failed := startTLS(ctx, raw); failed != nil {
			return nil, failed
		}
	}
	secured := tls.Client(raw, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the connection could not be secured", Err: err}
	}
	return secured, nil
}

// startTLS asks the server to begin TLS (RFC 4511 §4.14). It reads the octets of
// the answer and not one more, so that nothing said in the clear can pass for
// something said in the secured connection.
func startTLS(ctx context.Context, raw net.Conn) *pip.Error {
	const oid = "1.3.6.1.4.1.1466.20037"
	request := append([]byte{tagSequence, 29, tagInteger, 1, 1, 0x77, 24, 0x80, byte(len(oid))}, oid...)
	g := newGuard(raw)
	if _, err := g.Write(request); err != nil {
		return classify(ctx, err, g)
	}
	packet, err := ber.ReadPacket(g)
	if err != nil {
		return classify(ctx, err, g)
	}
	id, isNumber := packet.Children[0].Value.(int64)
	if answer := packet.Children[1]; !isNumber || id != 1 || answer.Tag != ldap.ApplicationExtendedResponse {
		return pip.Invalidf("the server answered something else than the question for TLS")
	}
	if err := ldap.GetLDAPError(packet); err != nil {
		return classify(ctx, err, g)
	}
	return nil
}

// bind says who asks.
func (k *connector) bind(ctx context.Context, c *conn, password string) *pip.Error {
	var err error
	switch {
	case k.cfg.Bind.External:
		err = c.ldap.ExternalBind()
	case k.cfg.Bind.DN != "":
		err = c.ldap.Bind(k.cfg.Bind.DN, password)
		if code, ok := resultCode(err); ok && code == ldap.LDAPResultInvalidCredentials {
			k.refuse(password)
		}
	}
	if err != nil {
		return classify(ctx, err, c.guard)
	}
	return nil
}

// unreachable is the failure to reach a server. That its own time was up does not
// mean that the time of the question is; if it is, the timers of the network may
// know before that of the context does.
func unreachable(ctx context.Context, err error) *pip.Error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return pip.Failure(ctx, err)
	}
	return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the server cannot be reached", Err: err}
}

// unlessLate is failed, unless it failed because the time of the server, or of
// the question, was up.
func unlessLate(ctx context.Context, failed *pip.Error) *pip.Error {
	late := failed.Outcome == pip.OutcomeTimeout || failed.Outcome == pip.OutcomeCanceled
	if late || failed.Outcome == pip.OutcomeUnavailable && ctx.Err() != nil {
		return unreachable(ctx, failed.Err)
	}
	return failed
}
